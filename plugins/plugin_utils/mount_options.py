# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Those mount options that systemd reads: a wrong one it passes over, and the mount is made in another way than meant.

systemd.mount(5), "fstab"; what both systemd 252 (Debian 12) and 257 (Debian 13) know.
"""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.plugin_utils import spelling

AUTOMOUNT = "x-systemd.automount"
IDLE_TIMEOUT = "x-systemd.idle-timeout"
PREFIX = "x-systemd."
# Some take no value, some a unit or path, some a time.
FLAGS = (AUTOMOUNT, "x-systemd.device-bound", "x-systemd.growfs", "x-systemd.makefs", "x-systemd.rw-only")
NAMES = (
    "x-systemd.after",
    "x-systemd.before",
    "x-systemd.required-by",
    "x-systemd.requires",
    "x-systemd.requires-mounts-for",
    "x-systemd.wanted-by",
)
TIMES = (IDLE_TIMEOUT, "x-systemd.device-timeout", "x-systemd.mount-timeout")
ALL = (*FLAGS, *NAMES, *TIMES)
# Mounted by an initramfs that is a systemd of its own; this one leaves all of slave_mounts to the system.
INITRD = "x-initrd."

# systemd.time(7), "PARSING TIME SPANS", without spaces, which no option may hold; seconds where there is no unit.
_TIME = re.compile(
    r"infinity|(?:[0-9]+(?:\.[0-9]+)?"
    r"(?:usec|us|msec|ms|seconds|second|sec|s|minutes|minute|min|m|hours|hour|hr|h|days|day|d|weeks|week|w)?)+"
)


def fault(options: list[str]) -> str | None:
    """Why systemd would not do what these options, each without a comma, ask for."""
    for option in options:
        name, equals, value = option.partition("=")
        if name.startswith(INITRD):
            return f"holds {name!r}, which nothing reads: the initramfs leaves these mounts to the system"
        if not name.startswith(PREFIX):
            continue
        wrong = _fault(name, value if equals else None)
        if wrong:
            return wrong
    given = {option.partition("=")[0] for option in options}
    if IDLE_TIMEOUT in given and AUTOMOUNT not in given:
        return f"says {IDLE_TIMEOUT} without {AUTOMOUNT}: what is mounted at boot stays"
    return None


def _fault(name: str, value: str | None) -> str | None:
    """`value`: None where no equals sign is there."""
    if name not in ALL:
        near = spelling.nearest(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in ALL])
        return f"holds {name!r}, which systemd does not know" + (f", did you mean {PREFIX}{near}?" if near else "")
    if name in FLAGS:
        return None if value is None else f"gives {name} a value, and it has none"
    if not value:
        return f"gives {name} no value"
    if name in TIMES and not _TIME.fullmatch(value):
        return f"gives {name} no time, such as 60 (seconds), 5min or infinity"
    return None
