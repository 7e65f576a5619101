# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packing a generation that is there into one more file, for slaves whose root is a network block device."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    disk_files,
    rootfs_build,
    rootfs_command,
    rootfs_configure,
    rootfs_disk_size,
    rootfs_made,
    rootfs_workshop,
)
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_disk_command as commands

UNCOMPRESSED = (
    "its btrfs is not compressed, and has no device files: this master cannot mount one on a loop device to fill it"
)


def check(nbd: Mapping[str, Any] | None) -> None:
    """Refuse a size that the format does not have or that the name of the file could not tell.

    :raises ValueError: naming the value and what is allowed.
    """
    if nbd is None or nbd["size"] is None:
        return
    format_, size = nbd["format"], nbd["size"]
    if format_ not in disk_files.WRITABLE:
        raise ValueError(
            f"nbd.size {size}: {format_} is as large as what it holds; allowed with {', '.join(disk_files.WRITABLE)}"
        )
    if size <= 0 or size % disk_files.UNIT:
        raise ValueError(f"nbd.size {size}: no multiple of {disk_files.UNIT} bytes (1 MiB)")


def _size(nbd: Mapping[str, Any], made: rootfs_made.Made) -> int:
    """Give the size (bytes) of the file system to make; 0 where the format has none of its own."""
    if nbd["format"] not in disk_files.WRITABLE:
        return 0
    return rootfs_disk_size.size_of(nbd["format"], nbd["size"], made.contents)


def check_size(directory: str, image: Mapping[str, Any]) -> None:
    """Refuse what a generation that is there does not fit, or of which nobody knows whether it does.

    :raises ValueError: telling what it needs.
    """
    _size(image["nbd"], rootfs_made.read(rootfs_build.generation_path(directory, image)))


class _Job(NamedTuple):
    """One file to make: out of the generation at ``path``, as ``target`` in the workshop ``folder``.

    ``size``: bytes of what has a size of its own, else 0; ``name``: what its UUIDs are made from.
    """

    path: str
    folder: str
    target: str
    size: int
    name: str
    made: rootfs_made.Made


def add(directory: str, image: Mapping[str, Any], run: rootfs_configure.Run) -> list[str]:
    """Give a generation the file that its ``nbd`` asks for, and return what an administrator should know of it.

    :raises BuildError: when a program fails or the disk is full; nothing of it stays.
    :raises ValueError: when it does not fit the size asked for.
    """
    path = rootfs_build.generation_path(directory, image)
    format_ = image["nbd"]["format"]
    file = disk_files.image_file(format_, image["nbd"]["size"])
    made = rootfs_made.read(path)
    size = _size(image["nbd"], made)
    squashed = os.path.getsize(f"{path}/{rootfs_build.SQUASHFS}")
    unpack = format_ != "btrfs" and not os.path.isdir(f"{path}/{rootfs_build.TREE}")
    bytes_ = rootfs_disk_size.planned(format_, made.contents, squashed, unpack)
    with rootfs_workshop.workshop(path) as folder, rootfs_disk_size.room_for(folder, bytes_):
        job = _Job(path, folder, f"{folder}/{file}", size, f"{rootfs_build.label(image)}/{file}", made)
        warnings = _MAKERS[format_](job, run)
        rootfs_workshop.publish_file(job.target, f"{path}/{file}")
    return warnings


def _tree(job: _Job, run: rootfs_configure.Run) -> str:
    """Give the tree of a generation; unpacked in the workshop where it has none."""
    tree = f"{job.path}/{rootfs_build.TREE}"
    if not os.path.isdir(tree):
        tree = f"{job.folder}/{rootfs_build.TREE}"
        run(rootfs_command.unsquash(f"{job.path}/{rootfs_build.SQUASHFS}", tree))
    return tree


def _empty_file(job: _Job) -> None:
    """Make a file of the size wanted that holds nothing yet, and takes no room."""
    with open(job.target, "xb") as file:
        file.truncate(job.size)


def _make_erofs(job: _Job, run: rootfs_configure.Run) -> list[str]:
    run(commands.erofs(_tree(job, run), job.target, job.made.epoch, job.name))
    return []


def _make_ext4(job: _Job, run: rootfs_configure.Run) -> list[str]:
    _empty_file(job)
    epoch, contents = job.made
    inodes = rootfs_disk_size.inodes_of(job.size, contents)
    run(commands.ext4(_tree(job, run), job.target, inodes, epoch, job.name))
    times = f"{job.folder}/times"
    with open(times, "x", encoding="ascii") as file:
        file.write(commands.ext4_times(contents.inodes, epoch))
    run(commands.set_times(times, job.target, epoch))
    return []


def _make_btrfs(job: _Job, run: rootfs_configure.Run) -> list[str]:
    """Make it compressed if the master can mount it, and tell if it cannot."""
    _empty_file(job)
    run(commands.btrfs(job.target))
    try:
        told = run(commands.fill(job.target, f"{job.folder}/mounted", f"{job.path}/{rootfs_build.SQUASHFS}"))
    except rootfs_command.BuildError as error:
        # What it says of space is about the file system in the file.
        if rootfs_disk_size.free(job.folder) >= disk_files.MIB:
            raise rootfs_disk_size.ToldError(str(error)) from error
        raise
    if commands.UNMOUNTABLE not in told:
        return []
    os.unlink(job.target)
    unpack = not os.path.isdir(f"{job.path}/{rootfs_build.TREE}")
    with rootfs_disk_size.room_for(job.folder, rootfs_disk_size.planned_plain("btrfs", job.made.contents, unpack)):
        _empty_file(job)
        run(commands.btrfs(job.target, _tree(job, run)))
    return [UNCOMPRESSED]


_MAKERS: Mapping[str, Callable[[_Job, rootfs_configure.Run], list[str]]] = {
    "erofs": _make_erofs,
    "ext4": _make_ext4,
    "btrfs": _make_btrfs,
}
