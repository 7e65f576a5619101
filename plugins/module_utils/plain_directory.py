# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories reached without following a symbolic link in any part of their path."""

from __future__ import annotations

import errno
import os

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file


def parts(path: str) -> list[str]:
    """Split an absolute path.

    :raises ValueError: where it is not absolute or a part leads elsewhere.
    """
    names = path.split("/")[1:]
    if not path.startswith("/") or any(name in ("", ".", "..") for name in names):
        raise ValueError(f"{path!r}: must be an absolute path without '.', '..' or '//'")
    return names


def walk(path: str, *, make: bool) -> bool:
    """Go down from ``/``, making what is missing where ``make``; say whether the end was reached.

    :raises ValueError: where a part is a symbolic link or no directory.
    """
    descriptor = os.open("/", atomic_file.DIRECTORY_FLAGS)
    try:
        for name in parts(path):
            following = step(name, descriptor, path, make=make)
            if following is None:
                return False
            os.close(descriptor)
            descriptor = following
        return True
    finally:
        os.close(descriptor)


def step(name: str, dir_fd: int, path: str, *, make: bool) -> int | None:
    """Open one part of ``path``; gives nothing where it is missing and may not be made."""
    try:
        return os.open(name, atomic_file.DIRECTORY_FLAGS, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise ValueError(f"{path}: {name!r} is a symbolic link or no directory; give the real path") from None
        if error.errno != errno.ENOENT:
            raise
    if not make:
        return None
    os.mkdir(name, 0o700, dir_fd=dir_fd)
    descriptor = os.open(name, atomic_file.DIRECTORY_FLAGS, dir_fd=dir_fd)
    # Not by mkdir's mode: a umask would take bits from it.
    os.fchmod(descriptor, 0o755)
    os.fchown(descriptor, 0, 0)
    return descriptor


def exists(path: str) -> bool:
    """Say whether ``path`` is a directory."""
    return walk(path, make=False)


def create(path: str) -> None:
    """Make ``path`` and its missing parents, root's, mode 0755."""
    walk(path, make=True)
