# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of devices and file systems: `512M`, `4G`, or a number of bytes."""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import MIB, UNIT
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, text

# the largest file of ext4 is a block short of 16 TiB, and a device is a file on the master (ext4(5), "Limits")
MOST = 15 << 40
# mkfs.xfs refuses less, mkfs.btrfs less than 109 MiB; a smaller ext4 would have no room beside its journal
LEAST = {"ext4": 16 * MIB, "xfs": 300 * MIB, "btrfs": 128 * MIB}
UNITS = {"": 1, "K": 1 << 10, "M": MIB, "G": 1 << 30, "T": 1 << 40}

_SIZE = re.compile(r"([0-9]{1,18})([KMGT]?)(?:(?<=[KMGT])iB)?")


def size(place: Place, value: Plain, least: int, *, none: bool = False) -> int | None:
    """Bytes, of a number of them or of text; None after an error. All sizes here are whole numbers of MiB.

    `none`: 0 is allowed too, for nothing of the kind.
    """
    allowed = (
        f"a size like 512M or 4G (binary units K, M, G, T) or a number of bytes, from {shown(least)} to {shown(MOST)}"
    )
    if none:
        allowed += ", or 0 for none"
        if value in (0, "0") and not isinstance(value, bool):
            return 0
    if isinstance(value, int) and not isinstance(value, bool):
        found = value
    else:
        string = text(place, value, allowed)
        if string is None:
            return None
        match = _SIZE.fullmatch(string)
        if match is None:
            place.error(value, "is no size", allowed)
            return None
        found = int(match[1]) * UNITS[match[2]]
    if not least <= found <= MOST:
        place.error(value, "is too small" if found < least else "is too large", allowed)
        return None
    if found % UNIT:
        place.error(value, f"is no multiple of {shown(UNIT)}", allowed)
        return None
    return found


def shown(size: int) -> str:
    """As people write it: in the largest unit that gives a whole number."""
    return next(f"{size // unit}{name}" for name, unit in reversed(UNITS.items()) if size % unit == 0)
