# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ext4 says of itself (the kernel's documentation of ext4, "Super Block")."""

from __future__ import annotations

import struct
from typing import NamedTuple

_OFFSET, _BYTES = 1024, 1024
_MAGIC = 0xEF53
_ERRORS = 2


class Superblock(NamedTuple):
    """``size``: bytes that it spans; ``used``: it was mounted at some time; ``errors``: the kernel has found some since
    it was checked.
    """

    size: int
    used: bool
    errors: bool


def parse(block: bytes) -> Superblock | None:
    """Read the superblock in these 1024 bytes; nothing where there is none."""
    if len(block) < _BYTES or struct.unpack_from("<H", block, 0x38) != (_MAGIC,):
        return None
    low, log_size, mounted, high = (struct.unpack_from("<I", block, place)[0] for place in (0x4, 0x18, 0x2C, 0x150))
    [state] = struct.unpack_from("<H", block, 0x3A)
    return Superblock((high << 32 | low) << (10 + log_size), mounted != 0, bool(state & _ERRORS))


def read(path: str) -> Superblock | None:
    """Read that of a file or device."""
    with open(path, "rb", buffering=0) as file:
        file.seek(_OFFSET)
        return parse(file.read(_BYTES))
