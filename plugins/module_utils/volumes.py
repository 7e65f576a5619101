# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems in files, one for each directory that slaves may write to: who writes to a part of a file system by NFS
reaches all of it, by file handles that he makes up (exports(5), ``subtree_check``).

A volume is ``volumes/<path>.ext4``, with ``+`` for ``/``, mounted at that path below the same folder. What is mounted
is told by the files alone, so that the machine's next start needs nothing else. ``state/volumes`` has an empty file for
each that was made and mounted: where its volume is gone, a file system may not be mounted.
"""

from __future__ import annotations

import fcntl
import os
import re
import struct
from collections.abc import Collection, Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import ext4_superblock, tree_files

FOLDER, RECORDS = "volumes", "state/volumes"
ENDING = ".ext4"
PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:~-]*(?:/[A-Za-z0-9][A-Za-z0-9._@:~-]*)*")
"""What a volume's path below its folder may be; no ``+``, which stands for ``/``."""
LEFT = re.compile(rf"\..+{re.escape(ENDING)}\.[0-9a-f]{{12}}")
"""Names of files that a run was making when it died."""
CLOSED = {"trees": "state/trees/{}.json", "own": "state/own/{}", "nodes": ""}
"""What is root's alone, and what tells of one that it was made. An empty directory there may become a volume; any other
may be the place of what an administrator mounts."""
SLACK = 16 << 20
"""Bytes that a file may have more than its file system: mke2fs leaves out a last group that would hold little but its
tables."""
BROKEN = frozenset({"ro", "emergency_ro", "shutdown"})
"""What mountinfo says of a file system to which nothing is written any more."""
_LOOP_GET_STATUS64, _LOOP_INFO_BYTES = 0x4C05, 232


class VolumeError(ValueError):
    """Something is wrong with a volume, which the message names."""


class Survey(NamedTuple):
    """By path: ``make``, ``grow``: volumes with the size (bytes) that they are to have; ``mount``: those that are not
    mounted; ``record``: those that no record tells of; ``together``: directories that have no file system of their own
    and get none. ``left``: names of files in ``volumes/`` that runs which died have left.
    """

    make: dict[str, int]
    grow: dict[str, int]
    mount: list[str]
    record: list[str]
    together: list[str]
    left: list[str]

    def work(self) -> bool:
        """Say whether there is anything to do."""
        return any((self.make, self.grow, self.mount, self.record, self.left))


class _File(NamedTuple):
    """``mount``: the volume's own; ``covered``: something else is mounted at its place."""

    size: int
    system: ext4_superblock.Superblock | None
    mount: tree_files.Mount | None
    covered: bool


def file_of(path: str) -> str:
    """Name the file of the volume at ``path``, relative to the folder."""
    return path.replace("/", "+") + ENDING


def path_of(file: str) -> str | None:
    """Give the path of the volume in a file of that name, or nothing where it is none."""
    path = file.removesuffix(ENDING).replace("+", "/")
    return path if file.endswith(ENDING) and PATH.fullmatch(path) else None


def survey(directory: str, wanted: Mapping[str, int], info: str) -> Survey:
    """Look what is there.

    :param wanted: by absolute path, the least size (bytes) of its volume; 0: it gets none.
    :param info: what is mounted, see :func:`tree_files.mountinfo`.
    :raises VolumeError: for a volume that was made and is gone, or is read-only since an error.
    """
    top = os.path.realpath(directory)
    made = {path for name in _names(f"{directory}/{RECORDS}") if (path := path_of(name))}
    mounts = tree_files.mounts(info)
    files, left = _files(top, mounts, made)
    make, grow, together = {}, {}, []
    for path, size in wanted.items():
        real = os.path.realpath(path)
        below = real[len(top) + 1 :] if tree_files.lies_in(real, top) else ""
        if below in files and not files[below].covered:
            _require_writable(directory, below, files[below])
            if _is_small(files[below], size):
                grow[below] = size
        elif tree_files.has_own_file_system(real, info):
            continue
        elif below in made and below not in files:
            raise VolumeError(
                f"volume {below} was made, and its file {directory}/{FOLDER}/{file_of(below)} is gone: is a file "
                f"system not mounted? To have it made anew, empty, remove {directory}/{RECORDS}/{file_of(below)}"
            )
        elif (
            size
            and PATH.fullmatch(below)
            and real not in mounts
            and not _lies_in_one(below, files)
            and _is_new(directory, below)
        ):
            make[below] = size
        else:
            together.append(path)
    unmounted = sorted(path for path, file in files.items() if file.mount is None and not file.covered)
    return Survey(make, grow, unmounted, sorted(files.keys() - made), together, left)


def _files(
    top: str, mounts: Mapping[str, tree_files.Mount], made: Collection[str]
) -> tuple[dict[str, _File], list[str]]:
    """Give what is known of each volume by its path, and the names of what dead runs have left."""
    files: dict[str, _File] = {}
    left = []
    for name in _names(f"{top}/{FOLDER}"):
        path = path_of(name)
        if path is None:
            if LEFT.fullmatch(name):
                left.append(name)
            continue
        there = mounts.get(f"{top}/{path}")
        mount = there if there is not None and is_from(there, f"{top}/{FOLDER}/{name}") else None
        # The device shows what the kernel has of one that is in use.
        system = ext4_superblock.read(f"{top}/{FOLDER}/{name}" if mount is None else mount.source)
        if path not in made and there is None and system is not None and not system.used:
            left.append(name)
            continue
        covered = there is not None and mount is None
        files[path] = _File(os.stat(f"{top}/{FOLDER}/{name}").st_size, system, mount, covered)
    return files, sorted(left)


def is_from(mount: tree_files.Mount, file: str) -> bool:
    """Say whether what is mounted is the file system in a file, by its loop device (loop(4))."""
    if not mount.source.startswith("/dev/loop"):
        return False
    with open(mount.source, "rb", buffering=0) as device:
        info = fcntl.ioctl(device, _LOOP_GET_STATUS64, bytes(_LOOP_INFO_BYTES))
    status = os.stat(file)
    return struct.unpack_from("QQ", info) == (status.st_dev, status.st_ino)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def _require_writable(directory: str, path: str, file: _File) -> None:
    if file.mount is None or file.system is None:
        return
    if file.system.errors or not BROKEN.isdisjoint(file.mount.options):
        raise VolumeError(
            f"volume {path}: the kernel has found errors and may write no more to it; its log tells (journalctl -k). "
            f"Make room on the file system of {directory}/{FOLDER}, if there is none, and restart this machine: its "
            "start mends the volume"
        )


def _is_small(file: _File, size: int) -> bool:
    return size > file.size or (file.system is not None and size - file.system.size >= SLACK)


def _lies_in_one(path: str, files: Mapping[str, _File]) -> bool:
    """Say whether a slave can write to what is around ``path``, and the next start might mount that over it."""
    return any(tree_files.lies_in(path, other) for other in files)


def _is_new(directory: str, path: str) -> bool:
    """Say whether nothing is there and nothing was: what was made and is gone may lie on what is not mounted."""
    kind, _slash, slave = path.partition("/")
    if CLOSED.get(kind) and os.path.lexists(f"{directory}/{CLOSED[kind].format(slave)}"):
        return False
    place = f"{directory}/{path}"
    return not os.path.lexists(place) or (kind in CLOSED and tree_files.is_empty(place))


def is_volume(directory: str, path: str) -> bool:
    """Say whether the directory ``path`` below the folder has a volume."""
    return os.path.lexists(f"{directory}/{FOLDER}/{file_of(path)}")


def names_in(directory: str, folder: str) -> set[str]:
    """Give the names in a folder, below the one of all, for which there is a volume, mounted or not."""
    paths = (path_of(name) for name in _names(f"{directory}/{FOLDER}"))
    return {path.removeprefix(f"{folder}/") for path in paths if path and path.startswith(f"{folder}/")}


def other_mounts(directory: str, path: str) -> list[str]:
    """Give what is mounted at the directory ``path`` below the folder, or in it, beside its volume."""
    folder, name = os.path.split(f"{directory}/{path}")
    # Not the real path of the name itself: a link there is removed, wherever it leads.
    place = f"{os.path.realpath(folder)}/{name}"
    info = tree_files.mountinfo()
    found = tree_files.mounts_below(place, info)
    if is_volume(directory, path) and place in found:
        mount = tree_files.mounts(info)[place]
        if is_from(mount, f"{directory}/{FOLDER}/{file_of(path)}"):
            found.remove(place)
    return found
