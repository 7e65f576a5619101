# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of systemd's units, by one rule for the inventory's validation and for what is done with it on the master."""

from __future__ import annotations

from collections.abc import Iterable

ENDINGS = (
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
)
"""The types of units, systemd.unit(5)."""


def complete(name: str) -> str:
    """Complete the name of a unit as systemctl(1) does: without an ending it is a service."""
    return name if name.endswith(ENDINGS) else f"{name}.service"


NOT = "!"
"""What stands before the name of a unit that is not to run."""


def split(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Tell units that are wanted from those that are not to run (``!cups``); complete names, each once, in order."""
    given = list(dict.fromkeys(names))
    wanted = [complete(name) for name in given if not name.startswith(NOT)]
    unwanted = [complete(name.removeprefix(NOT)) for name in given if name.startswith(NOT)]
    return list(dict.fromkeys(wanted)), list(dict.fromkeys(unwanted))
