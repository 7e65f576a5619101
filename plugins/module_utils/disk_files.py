# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the files behind network block devices, below `diskless_directory`; an export is named by that path."""

from __future__ import annotations

FORMATS = ("squashfs", "erofs", "ext4", "btrfs")
"""What an image's root can be packed into; the first is the default, and there in every generation."""

WRITABLE = ("ext4", "btrfs")
"""Those that a slave can write to, which nbd_cow needs; they alone have a size of their own."""

DISKS = "disks"
"""Holds a directory for each slave that has devices of its own."""

PERSIST, SCRATCH, SWAP = "persist", "scratch", "swap"
RESERVED = (PERSIST, SCRATCH, SWAP)
"""The devices that a slave has by its root and its swap; none of `slave_disks` may be called so."""

FILESYSTEMS = ("ext4", "xfs", "btrfs")
"""What a disk of `slave_disks` can be made with."""

MIB = 1 << 20
UNIT = MIB
"""Sizes of devices are whole multiples of this many bytes."""


def image_file(format_: str, size: int | None) -> str:
    """Name the file of an image's root in its generation; ``size``: bytes that the inventory asks for, if it does."""
    return f"root.{format_}" if size is None else f"root.{size // MIB}M.{format_}"


def disk_path(slave: str, name: str) -> str:
    """Give the path of a slave's own device below ``diskless_directory``."""
    return f"{DISKS}/{slave}/{name}"
