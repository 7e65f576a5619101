# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a file system for an image has to be, and whether there is room for it on the master."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import disk_files, rootfs_command

BLOCK = 4096
"""Bytes; the block size of ext4 and btrfs here."""
INODE = 256
"""Bytes of an inode in ext4's tables, with room for a file's capabilities."""
FREE = 1 << 30
"""Bytes that a slave can write to where the inventory names no size; the file is sparse, so they cost nothing."""
_DIRECTORY = 3800
"""Bytes of a directory's block that hold names; ext4 does not split an entry over two blocks."""


class Contents(NamedTuple):
    """What a tree holds: distinct files and directories, and blocks of :data:`BLOCK` bytes of their data."""

    inodes: int
    blocks: int


def blocks_of(size: int, block: int = BLOCK) -> int:
    """Give how many blocks ``size`` bytes fill."""
    return -(-size // block)


def measure(root: str) -> Contents:
    """Measure a tree: the same tree measures the same on every file system.

    So a directory's size is counted from its names, and holes count as data.
    """
    inodes, blocks, linked = 1, 1, set()
    for path, directories, files in os.walk(root, followlinks=False):
        # Each entry: 8 bytes, then the name, to the next multiple of 4 (ext4's struct ext4_dir_entry_2).
        names = sum(8 + -(-len(os.fsencode(name)) // 4) * 4 for name in [*directories, *files])
        blocks += max(1, blocks_of(names, _DIRECTORY))
        for name in [*directories, *files]:
            found = os.lstat(f"{path}/{name}")
            directory = stat.S_ISDIR(found.st_mode)
            if found.st_nlink > 1 and not directory:
                if (found.st_dev, found.st_ino) in linked:
                    continue
                linked.add((found.st_dev, found.st_ino))
            inodes += 1
            if not directory:
                blocks += blocks_of(found.st_size)
    return Contents(inodes, blocks)


def needed(format_: str, contents: Contents) -> int:
    """Give the bytes of the smallest file system of that format that holds a tree, compressed or not: whole MiB."""
    data = contents.blocks * BLOCK
    if format_ == "btrfs":
        # A file's metadata, then checksums and chunks that are never quite full, then what is there when it is empty.
        room = (data + contents.inodes * 2048) * 115 // 100 + 128 * disk_files.MIB
    else:
        # The tables of inodes, then maps of blocks and the few extents that do not fit an inode.
        room = data * 102 // 100 + contents.inodes * INODE * 11 // 10 + 4 * disk_files.MIB
    return blocks_of(room, disk_files.UNIT) * disk_files.UNIT


def size_of(format_: str, asked: int | None, contents: Contents) -> int:
    """Give the size (bytes) of the file system to make: as asked for, or so that a slave can write to it.

    :raises ValueError: where the tree does not fit what was asked for.
    """
    least = needed(format_, contents)
    if asked is None:
        return blocks_of(least * 11 // 10 + FREE, disk_files.UNIT) * disk_files.UNIT
    if asked < least:
        raise ValueError(
            f"nbd.size is {asked} bytes ({asked // disk_files.MIB} MiB), but as {format_} it needs at least "
            f"{least} bytes ({least // disk_files.MIB} MiB)"
        )
    return asked


def inodes_of(size: int, contents: Contents) -> int:
    """Give how many inodes an ext4 of ``size`` bytes gets: the tree's, and one for each 16 KiB that are free."""
    return contents.inodes + 16 + max(0, size - needed("ext4", contents)) // 16384


def planned_plain(format_: str, contents: Contents, unpack: bool) -> int:
    """Give the bytes that making it takes on the master's disk when nothing is compressed.

    :param unpack: whether the tree has to be unpacked for it.
    """
    return needed(format_, contents) + (contents.blocks * BLOCK if unpack else 0)


def planned(format_: str, contents: Contents, squashed: int, unpack: bool) -> int:
    """Give the bytes that making it takes on the master's disk; of what is compressed, about.

    :param squashed: bytes of the image's squashfs, to which compressed files are in proportion: btrfs takes 1.2 times,
        erofs 1.4 times that.
    """
    if format_ == "ext4":
        return planned_plain(format_, contents, unpack)
    return squashed * 3 // 2 + 8 * disk_files.MIB + (contents.blocks * BLOCK if unpack else 0)


def planned_build(contents: Contents) -> int:
    """Give about the bytes that building a generation takes on the master's disk: its tree, then its squashfs."""
    return contents.blocks * BLOCK * 7 // 5


def used(folder: str) -> int:
    """Give the bytes that a folder takes on the disk."""
    total, linked = 0, set()
    for path, directories, files in os.walk(folder, followlinks=False):
        for name in [*directories, *files]:
            found = os.lstat(f"{path}/{name}")
            if (found.st_dev, found.st_ino) not in linked:
                total += found.st_blocks * 512
            if found.st_nlink > 1:
                linked.add((found.st_dev, found.st_ino))
    return total


def free(folder: str) -> int:
    """Give the bytes that are free on the file system of ``folder``."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class ToldError(rootfs_command.BuildError):
    """One to which nothing is to be added about the disk."""


@contextlib.contextmanager
def room_for(folder: str, bytes_: int) -> Iterator[None]:
    """Do something in ``folder`` that takes so many bytes; if the disk has not got them, say how many are missing.

    :raises BuildError: before it is begun where they are not there, or when it fails on a disk that is full.
    """
    had = free(folder)
    if had < bytes_:
        raise ToldError(_shortage(folder, bytes_, had))
    with shortage_told(folder, bytes_):
        yield


@contextlib.contextmanager
def shortage_told(folder: str, bytes_: int) -> Iterator[None]:
    """Do something in ``folder`` that takes about so many bytes; if it fills the disk, say how many are missing.

    :raises BuildError: when it fails on a disk that is full.
    """
    try:
        yield
    except ToldError:
        raise
    except (rootfs_command.BuildError, OSError) as error:
        # The folder itself may have been renamed.
        left = free(os.path.dirname(folder))
        # Programs remove what they have begun, so that their disk is not full any more, but they say that it was.
        full = left < disk_files.MIB
        if not full and not rootfs_command.tells_of_full_disk(str(error)):
            raise
        had = left + used(folder)
        text = _shortage(folder, max(bytes_, had + disk_files.MIB), had)
        if not full and had >= bytes_:
            text += ", unless it is another disk that is full (df), or one without inodes (df -i)"
        raise ToldError(f"{error}\n{text}") from error


def _shortage(folder: str, bytes_: int, had: int) -> str:
    """Say it in bytes and MiB; ``folder`` is gone when somebody reads that, so the one above it is named.

    :param had: bytes that are free when all of ``folder`` is gone.
    """
    lacking = bytes_ - had
    return (
        f"the disk of {os.path.dirname(folder)} is full: about {bytes_} bytes are needed, {had} are free, "
        f"{lacking} bytes ({blocks_of(lacking, disk_files.MIB)} MiB) are missing"
    )
