# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names below a directory that somebody else may be changing: no link is followed, no path leads out."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import DIRECTORY_FLAGS, open_directory

MAX_DEPTH = 64
"""Directories held open at once while removing; a slave may have nested more than a process may open."""
MAX_PASSES = 10_000
"""Each pass takes :data:`MAX_DEPTH` levels."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""What slaves, images and generations may be called, as the inventory's validation has it (plugin_utils/names.py)."""
CHANGED = (errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENOTEMPTY)
"""What is said of a name that has become something else, or of a directory that somebody has added to."""


def components(path: str) -> list[str]:
    """Split a path relative to some root into names, each of which stays where it is.

    :raises ValueError: for an empty path, an empty component, ``.``, ``..`` or a NUL.
    """
    names = path.split("/")
    if any(name in ("", ".", "..") or "\0" in name for name in names):
        raise ValueError(f"{path!r} is no path below a directory")
    return names


def check_name(name: str, what: str) -> str:
    """Give ``name`` back when it is a :data:`NAME`, so one visible component of a path.

    :raises ValueError: naming ``what`` it was to be.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{what} {name!r}: no plain file name")
    return name


@contextlib.contextmanager
def open_below(root: int, names: list[str]) -> Iterator[int]:
    """Give a descriptor of the directory reached from the descriptor ``root`` by ``names``, one after the other.

    :raises OSError: ``ENOENT``, or ``ENOTDIR``/``ELOOP`` where a name is a link or no directory.
    """
    current = os.dup(root)
    try:
        for name in names:
            following = os.open(name, DIRECTORY_FLAGS, dir_fd=current)
            os.close(current)
            current = following
        yield current
    finally:
        os.close(current)


@contextlib.contextmanager
def parent_of(root: int, path: str) -> Iterator[tuple[int, str]]:
    """Give the descriptor of the directory that holds ``path`` (relative to ``root``) and the last name.

    :raises ValueError: see :func:`components`.
    :raises OSError: see :func:`open_below`.
    """
    names = components(path)
    with open_below(root, names[:-1]) as directory:
        yield directory, names[-1]


def status(name: str, directory: int) -> os.stat_result | None:
    """Give what lstat(2) says of ``name``, or nothing where there is none."""
    try:
        return os.lstat(name, dir_fd=directory)
    except FileNotFoundError:
        return None


LOST_AND_FOUND = "lost+found"
"""What each ext4 has, and fsck(8) needs; made anew, it takes room that there may not be."""


def is_empty(path: str) -> bool:
    """Say whether a directory, whose path leads over no link at its end, holds nothing of anybody's."""
    with open_directory(path) as directory, os.scandir(directory) as entries:
        return all(entry.name == LOST_AND_FOUND for entry in entries)


def reopen(place: int) -> int:
    """Give a descriptor for reading of the file or directory that is open as ``place`` (``O_PATH``).

    So what it is can be looked at first: opening a device that somebody has put there may do things by itself.
    """
    # proc(5): the same object as the descriptor, whatever has its name by now
    return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)


def make_directories(root: int, path: str, mode: int = 0o755) -> None:
    """Make the directory ``path`` below ``root`` and those above it, where they are missing."""
    names = components(path)
    for depth, name in enumerate(names):
        with open_below(root, names[:depth]) as directory, contextlib.suppress(FileExistsError):
            os.mkdir(name, mode, dir_fd=directory)


def mountinfo() -> str:
    """Give what this process sees mounted, in the form of proc(5)'s mountinfo."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return file.read()


class Mount(NamedTuple):
    """What is mounted somewhere: the number of its ``device``, its ``source``, and the file system's ``options``."""

    device: str
    source: str
    options: tuple[str, ...]


def mounts(info: str) -> dict[str, Mount]:
    """Give what a text in that form tells of each mount point: of several on the same one the last, which is seen."""
    return dict(_mounts(info))


def _mounts(info: str) -> list[tuple[str, Mount]]:
    found = []
    for line in info.splitlines():
        fields, _dash, system = line.partition(" - ")
        _number, _parent, device, _root, point = fields.split(" ")[:5]
        source, options = f"{system} ".split(" ")[1:3]
        found.append((_plain(point), Mount(device, _plain(source), tuple(options.split(",")))))
    return found


def _plain(text: str) -> str:
    """Give a path as it is, of one as proc(5) writes it."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)


def lies_in(path: str, folder: str) -> bool:
    """Say whether a path is a folder or something below it; both normalised, and both absolute or neither."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def mounts_below(path: str, info: str) -> list[str]:
    """Give the mount points below ``path`` (or on it) that a text in the form of mountinfo names."""
    return [point for point, _mount in _mounts(info) if lies_in(point, path)]


def device_of(path: str, info: str) -> str:
    """Give the number of the device that ``path`` lies on, by a text in the form of mountinfo.

    Not by stat(2): that gives each subvolume of btrfs a number of its own.
    """
    longest = found = ""
    for point, mount in _mounts(info):
        # The later of two on the same point covers the earlier.
        if lies_in(path, point) and len(point) >= len(longest):
            longest, found = point, mount.device
    return found


def has_own_file_system(path: str, info: str) -> bool:
    """Say whether a file system is mounted at ``path``, and nowhere else; by a text in the form of mountinfo.

    Whoever may mount a part of a file system by NFS can guess the handles of all that lies on it, of other subvolumes
    too (exports(5), ``no_subtree_check``).
    """
    found = _mounts(info)
    devices = {mount.device for point, mount in found if point == path}
    return bool(devices) and all(lies_in(point, path) for point, mount in found if mount.device in devices)


def remove_tree(name: str, directory: int) -> None:
    """Remove ``name`` with all that is in it; links are removed, not followed, and no other file system is entered.

    Somebody may be working in it: what has gone is gone, and what has become something else is looked at again. What
    lies deeper than :data:`MAX_DEPTH` is first moved up, so that depth costs no descriptors.

    :raises OSError: ``EXDEV`` where another file system is mounted inside, ``ENOTEMPTY`` where somebody adds faster
        than this removes; what was not reached stays.
    """
    for _passed in range(MAX_PASSES):
        found = status(name, directory)
        if found is None:
            return
        if stat.S_ISDIR(found.st_mode):
            with open_directory(name, directory) as top:
                gone = not _empty(top, top, os.fstat(top).st_dev, MAX_DEPTH) and _done(os.rmdir, name, directory)
        else:
            gone = _done(os.unlink, name, directory)
        if gone:
            return
    raise OSError(errno.ENOTEMPTY, "somebody adds to it faster than it can be removed", name)


def _done(remove: Callable[..., None], name: str, directory: int) -> bool:
    """Remove ``name`` by unlink(2) or rmdir(2) and say if it is gone: otherwise somebody has changed it meanwhile."""
    try:
        remove(name, dir_fd=directory)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno not in CHANGED:
            raise
        return False
    return True


def _empty(directory: int, top: int, device: int, depth: int) -> bool:
    """Remove what is in ``directory``, moving directories to ``top`` after ``depth`` levels; say if more is left."""
    again = False
    with os.scandir(directory) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in listed:
        if not is_directory:
            again = not _done(os.unlink, name, directory) or again
        elif depth == 0:
            with contextlib.suppress(FileNotFoundError):
                os.rename(name, f"deep-{secrets.token_hex(8)}", src_dir_fd=directory, dst_dir_fd=top)
            again = True
        else:
            again = not _removed(name, directory, top, device, depth - 1) or again
    return again


def _removed(name: str, directory: int, top: int, device: int, depth: int) -> bool:
    """Remove the directory ``name`` with what is in it, see :func:`_empty`, and say if it is gone."""
    with contextlib.ExitStack() as stack:
        try:
            below = stack.enter_context(open_directory(name, directory))
        except OSError as error:
            if error.errno not in (errno.ENOENT, *CHANGED):
                raise
            return error.errno == errno.ENOENT
        if os.fstat(below).st_dev != device:
            raise OSError(errno.EXDEV, "another file system is mounted here", name)
        again = _empty(below, top, device, depth)
    return not again and _done(os.rmdir, name, directory)
