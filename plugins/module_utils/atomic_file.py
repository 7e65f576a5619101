# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and replacing one file of a directory that is held open, so that no name is followed twice."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Container, Iterator

DIRECTORY_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# What candidate() writes.
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{12}")


@contextlib.contextmanager
def open_directory(path: str | bytes, dir_fd: int | None = None) -> Iterator[int]:
    """Give a descriptor of the directory ``path``; its last component may be no symbolic link.

    :raises OSError: ``ELOOP`` or ``ENOTDIR`` for a link, as open(2) says.
    """
    descriptor = os.open(path, DIRECTORY_FLAGS, dir_fd=dir_fd)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_with_status(name: str, dir_fd: int) -> tuple[bytes, os.stat_result] | None:
    """Give the bytes and the status of the regular file ``name``, or nothing where there is none.

    What is no regular file (a link, a fifo that would block, a directory) counts as absent: it is not ours to read.
    """
    try:
        descriptor = os.open(name, READ_FLAGS, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
            return None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(), status
    finally:
        os.close(descriptor)


def read_file(name: str, dir_fd: int) -> tuple[bytes, int] | None:
    """Give the bytes and permission bits of what :func:`read_with_status` gives."""
    found = read_with_status(name, dir_fd)
    return (found[0], stat.S_IMODE(found[1].st_mode)) if found else None


@contextlib.contextmanager
def candidate(name: str, data: bytes, mode: int, dir_fd: int) -> Iterator[str]:
    """Write ``data`` to a temporary file beside ``name`` and give its name; it is gone afterwards unless renamed.

    A checker (``kea-dhcp4 -t``, ``dhcpd -t``) reads it there: their AppArmor profiles allow the
    configuration's own directory and nothing else.
    """
    temporary = f".{name}.{secrets.token_hex(6)}"
    descriptor = os.open(temporary, CREATE_FLAGS, 0o600, dir_fd=dir_fd)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=dir_fd)


def finished(name: str) -> str | None:
    """Give the name that a temporary file would have got, or nothing for any other file."""
    matched = _UNFINISHED.fullmatch(name)
    return matched[1] if matched else None


def sweep(names: Container[str], dir_fd: int, age: float = 0) -> None:
    """Remove what runs that were killed have left of files of these names.

    ``age``: in seconds, what is younger may be another's that still works. Without it nobody else may write there now.
    """
    before = time.time() - age
    for one in os.listdir(dir_fd):
        if finished(one) in names:
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(one, dir_fd=dir_fd)
                if stat.S_ISREG(status.st_mode) and status.st_mtime <= before:
                    os.unlink(one, dir_fd=dir_fd)


def replace(temporary: str, name: str, dir_fd: int) -> None:
    """Put a candidate in the place of ``name``, durable when this returns (rename(2), fsync(2) of the directory)."""
    os.rename(temporary, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    os.fsync(dir_fd)


def write_file(name: str, data: bytes, mode: int, dir_fd: int) -> None:
    """Write ``name`` so that a reader sees the old content or the new one, never a part."""
    with candidate(name, data, mode, dir_fd) as temporary:
        replace(temporary, name, dir_fd)
