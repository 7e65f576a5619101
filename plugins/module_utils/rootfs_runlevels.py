# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services an image with OpenRC starts: links in ``/etc/runlevels/<level>/`` to scripts in ``/etc/init.d``.

As rc-update(8) makes them, which is of no use here: it would look at the system that it runs in.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import inits, rootfs_command, tree_files, unit_names

SCRIPTS = "etc/init.d"
RUNLEVELS = "etc/runlevels"
USUAL = "default"
NO_SERVICES = {"rc", "rcS"}
"""What inittab(5) calls to enter a runlevel."""


class Choice(NamedTuple):
    """What to do in a tree: paths that go, and links, each with its target."""

    gone: list[str]
    links: dict[str, str]


def choose(root: int, masked: Iterable[str], services: Iterable[str]) -> Choice:
    """Give what has an image start its ``services``; what it does not want (``!cron``), and what is ``masked``, goes.

    :param root: descriptor of the tree.
    :raises BuildError: where the image has no script of a service that it is to start.
    """
    known = _services(root)
    wanted, unwanted = map(inits.services, unit_names.split(services))
    for name in wanted:
        if name not in known:
            raise rootfs_command.BuildError(
                f"there is no service {name!r} in it, as far as it has scripts for OpenRC; its packages bring: "
                f"{', '.join(sorted(known)) or 'none'}"
            )
    not_started = {*masked} - {*wanted} | {*unwanted}
    gone = [
        f"{RUNLEVELS}/{level}/{name}"
        for level in sorted(_names(root, RUNLEVELS))
        for name in sorted(not_started & _names(root, f"{RUNLEVELS}/{level}"))
    ]
    return Choice(gone, {f"{RUNLEVELS}/{USUAL}/{name}": f"/{SCRIPTS}/{name}" for name in wanted})


def _services(root: int) -> set[str]:
    """Give the scripts that can be started, as OpenRC looks for them (gendepends.sh)."""
    found = set()
    for name in _names(root, SCRIPTS) - NO_SERVICES:
        with tree_files.open_below(root, SCRIPTS.split("/")) as directory:
            mode = os.lstat(name, dir_fd=directory).st_mode
        if stat.S_ISLNK(mode) or (stat.S_ISREG(mode) and mode & 0o111):
            found.add(name)
    return found


def _names(root: int, path: str) -> set[str]:
    try:
        with tree_files.open_below(root, path.split("/")) as directory:
            return set(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return set()
