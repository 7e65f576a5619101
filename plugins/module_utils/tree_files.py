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
from collections.abc import Iterator

from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import DIRECTORY_FLAGS, open_directory

MAX_DEPTH = 64
"""Directories held open at once while removing; a slave may have nested more than a process may open."""
MAX_PASSES = 10_000
"""Each pass takes :data:`MAX_DEPTH` levels."""


def components(path: str) -> list[str]:
    """Split a path relative to some root into names, each of which stays where it is.

    :raises ValueError: for an empty path, an empty component, ``.``, ``..`` or a NUL.
    """
    names = path.split("/")
    if any(name in ("", ".", "..") or "\0" in name for name in names):
        raise ValueError(f"{path!r} is no path below a directory")
    return names


def check_name(name: str, what: str) -> str:
    """Give ``name`` back when it is one visible component of a path.

    :raises ValueError: naming ``what`` it was to be.
    """
    if name.startswith(".") or "/" in name or "\0" in name or not name:
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


def open_regular(name: str, directory: int) -> int:
    """Give a descriptor, for reading, of the regular file ``name``.

    What it is is looked at before it is opened: opening a device that somebody has put there may do things by itself.

    :raises OSError: ``EAGAIN`` where it is no regular file.
    """
    place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        if not stat.S_ISREG(os.fstat(place).st_mode):
            raise OSError(errno.EAGAIN, "became something else while it was looked at", name)
        # proc(5): the same object as the descriptor, whatever has its name by now
        return os.open(f"/proc/self/fd/{place}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(place)


def make_directories(root: int, path: str, mode: int = 0o755) -> None:
    """Make the directory ``path`` below ``root`` and those above it, where they are missing."""
    names = components(path)
    for depth, name in enumerate(names):
        with open_below(root, names[:depth]) as directory, contextlib.suppress(FileExistsError):
            os.mkdir(name, mode, dir_fd=directory)


def mounts_below(path: str, mountinfo: str) -> list[str]:
    """Give the mount points below ``path`` (or on it) that a text in the form of proc(5)'s mountinfo names."""
    found = []
    for line in mountinfo.splitlines():
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split(" ")[4])
        if point == path or point.startswith(path.rstrip("/") + "/"):
            found.append(point)
    return found


def remove_tree(name: str, directory: int) -> None:
    """Remove ``name`` with all that is in it; links are removed, not followed, and no other file system is entered.

    What lies deeper than :data:`MAX_DEPTH` is first moved up, so that depth costs no descriptors.

    :raises OSError: ``EXDEV`` where another file system is mounted inside, ``ENOTEMPTY`` where somebody adds faster
        than this removes; what was not reached stays.
    """
    found = status(name, directory)
    if found is None:
        return
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=directory)
        return
    with open_directory(name, directory) as top:
        device = os.fstat(top).st_dev
        for _passed in range(MAX_PASSES):
            if not _empty(top, top, device, MAX_DEPTH):
                break
    os.rmdir(name, dir_fd=directory)


def _empty(directory: int, top: int, device: int, depth: int) -> bool:
    """Remove what is in ``directory``, moving directories to ``top`` after ``depth`` levels; say if more is left."""
    again = False
    with os.scandir(directory) as entries:
        listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_directory in listed:
        if not is_directory:
            os.unlink(name, dir_fd=directory)
        elif depth == 0:
            os.rename(name, f"deep-{secrets.token_hex(8)}", src_dir_fd=directory, dst_dir_fd=top)
            again = True
        else:
            with open_directory(name, directory) as below:
                if os.fstat(below).st_dev != device:
                    raise OSError(errno.EXDEV, "another file system is mounted here", name)
                again = _empty(below, top, device, depth - 1) or again
            try:
                os.rmdir(name, dir_fd=directory)
            except OSError as error:
                if error.errno != errno.ENOTEMPTY:
                    raise
                again = True  # somebody added to it meanwhile
    return again
