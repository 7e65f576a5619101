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

import os
import re
from collections.abc import Mapping
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
    size: int
    system: ext4_superblock.Superblock | None
    mount: tree_files.Mount | None


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
    files, left = _files(top, tree_files.mounts(info))
    made = {path for name in _names(f"{directory}/{RECORDS}") if (path := path_of(name))}
    make, grow, together = {}, {}, []
    for path, size in wanted.items():
        real = os.path.realpath(path)
        below = real[len(top) + 1 :] if tree_files.lies_in(real, top) else ""
        if below in files:
            _require_writable(directory, below, files[below])
            if _is_small(files[below], size):
                grow[below] = size
        elif tree_files.has_own_file_system(real, info):
            continue
        elif below in made:
            raise VolumeError(
                f"volume {below} was made, and its file {directory}/{FOLDER}/{file_of(below)} is gone: is a file "
                f"system not mounted? To have it made anew, empty, remove {directory}/{RECORDS}/{file_of(below)}"
            )
        elif size and PATH.fullmatch(below) and not _lies_in_one(below, files) and _is_new(directory, below):
            make[below] = size
        else:
            together.append(path)
    unmounted = sorted(path for path, file in files.items() if file.mount is None)
    return Survey(make, grow, unmounted, sorted(files.keys() - made), together, left)


def _files(top: str, mounts: Mapping[str, tree_files.Mount]) -> tuple[dict[str, _File], list[str]]:
    """Give what is known of each volume by its path, and the names of what dead runs have left."""
    files: dict[str, _File] = {}
    left = []
    for name in _names(f"{top}/{FOLDER}"):
        path = path_of(name)
        if path is None:
            if LEFT.fullmatch(name):
                left.append(name)
            continue
        mount = mounts.get(f"{top}/{path}")
        # The device shows what the kernel has of one in use. An administrator may have mounted something over it.
        system = None
        if mount is None or mount.source.startswith("/dev/"):
            system = ext4_superblock.read(f"{top}/{FOLDER}/{name}" if mount is None else mount.source)
        if mount is None and system is not None and not system.used:
            left.append(name)
            continue
        files[path] = _File(os.stat(f"{top}/{FOLDER}/{name}").st_size, system, mount)
    return files, sorted(left)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def _require_writable(directory: str, path: str, file: _File) -> None:
    if file.mount is not None and file.mount.read_only:
        raise VolumeError(
            f"volume {path} is read-only since an error, which the kernel's log tells (journalctl -k). Is there room "
            f"on the file system of {directory}/{FOLDER}? Then restart this machine: its start mends the volume"
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


def other_mounts(directory: str, path: str) -> list[str]:
    """Give what is mounted at the directory ``path`` below the folder, or in it, beside its volume."""
    folder, name = os.path.split(f"{directory}/{path}")
    # Not the real path of the name itself: a link there is removed, wherever it leads.
    place = f"{os.path.realpath(folder)}/{name}"
    mounts = tree_files.mounts_below(place, tree_files.mountinfo())
    return [mount for mount in mounts if mount != place or not is_volume(directory, path)]
