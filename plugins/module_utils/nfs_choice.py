# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NFS server a machine can run. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Machine(NamedTuple):
    """What was seen of it.

    ``known``: the kernel has nfsd or finds its module. ``container``: its kind, empty outside of one.
    ``mountable``: tries whether nfsd's control file system can be mounted; asked in containers only.
    """

    known: bool
    container: str
    mountable: Callable[[], bool]


class Choice(NamedTuple):
    """The server, and why."""

    backend: str
    reason: str


def choose(machine: Machine) -> Choice:
    """Take the kernel's server where it can serve."""
    if not machine.known:
        return Choice("ganesha", "the kernel has no nfsd and finds no module of that name")
    if not machine.container:
        return Choice("kernel", "the kernel has nfsd")
    if not machine.mountable():
        return Choice("ganesha", f"the kernel has nfsd, but does not let this container ({machine.container}) use it")
    return Choice("kernel", f"the kernel has nfsd and lets this container ({machine.container}) use it")
