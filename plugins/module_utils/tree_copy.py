# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making one entry of an image again elsewhere, with all that belongs to it, by the cheapest means there is."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import (
    CREATE_FLAGS,
    READ_FLAGS,
    open_directory,
)
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import (
    DIRECTORY,
    FILE,
    LINK,
    Entry,
    read_xattrs,
)

FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
# What ioctl_ficlone(2) and copy_file_range(2) say where the file system or a pair of them cannot do it.
UNSUPPORTED = (
    errno.EOPNOTSUPP,
    errno.EXDEV,
    errno.EINVAL,
    errno.ENOSYS,
    errno.ENOTTY,
    errno.EPERM,
    errno.EBADF,
    errno.ETXTBSY,
)
CHUNK = 1 << 24
NODE_TYPES = {"c": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO, "s": stat.S_IFSOCK}


class Source(NamedTuple):
    """Where entries come from: ``root``, the descriptor of an image's tree, or ``own``, one slave's path → content."""

    root: int
    own: Mapping[str, bytes]


class Origin(NamedTuple):
    """One entry to be made, and where from."""

    entry: Entry
    path: str
    source: Source


def copy_content(source: int, target: int, size: int) -> str:
    """Give ``target`` the content of ``source`` and tell how: ``shared`` blocks, ``kernel`` copy or ``bytes``."""
    if size == 0:
        return "shared"
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
    else:
        return "shared"
    copied = 0
    try:
        while done := os.copy_file_range(source, target, CHUNK):
            copied += done
    except OSError as error:
        if error.errno not in UNSUPPORTED or copied:
            raise
    if copied == size:
        return "kernel"
    # Some file systems say "end of file" to copy_file_range(2) where they cannot do it.
    os.lseek(source, copied, os.SEEK_SET)
    while data := os.read(source, CHUNK):
        write_all(target, data)
    return "bytes"


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _dress(descriptor: int, entry: Entry, xattrs: dict[str, bytes]) -> None:
    """Set owner, permissions, attributes and time of what is open.

    In this order: chown(2) clears the setuid bit and capabilities.
    """
    os.fchown(descriptor, entry.owner, entry.group)
    for name in read_xattrs(descriptor):
        if name not in xattrs:
            os.removexattr(descriptor, name)  # a default access list of the directory, inherited
    os.fchmod(descriptor, entry.mode)
    for name, value in xattrs.items():
        os.setxattr(descriptor, name, value)
    os.utime(descriptor, ns=(entry.mtime_ns, entry.mtime_ns))


def make(origin: Origin, name: str, directory: int) -> None:
    """Make ``name`` in the open ``directory``, where nothing may be of that name."""
    entry = origin.entry
    if entry.kind == FILE:
        _make_file(origin, name, directory)
    elif entry.kind == DIRECTORY:
        os.mkdir(name, 0o700, dir_fd=directory)
        dress_directory(origin, name, directory)
    elif entry.kind == LINK:
        os.symlink(entry.detail, name, dir_fd=directory)
        _own(entry, name, directory)
    else:
        number = 0
        if entry.detail:
            major, minor = entry.detail.split(":")
            number = os.makedev(int(major), int(minor))
        # The mode is given at once: a chmod(2) by name would follow a link that somebody has put there meanwhile.
        mask = os.umask(0)
        try:
            os.mknod(name, NODE_TYPES[entry.kind] | entry.mode, number, dir_fd=directory)
        finally:
            os.umask(mask)
        _own(entry, name, directory)


def _own(entry: Entry, name: str, directory: int) -> None:
    """Set owner and time of what cannot be opened."""
    os.chown(name, entry.owner, entry.group, dir_fd=directory, follow_symlinks=False)
    os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=directory, follow_symlinks=False)


def _make_file(origin: Origin, name: str, directory: int) -> None:
    content = origin.source.own.get(origin.path)
    target = os.open(name, CREATE_FLAGS, 0o600, dir_fd=directory)
    try:
        if content is not None:
            write_all(target, content)
            _dress(target, origin.entry, {})
            return
        with tree_files.parent_of(origin.source.root, origin.path) as (above, last):
            original = os.open(last, READ_FLAGS, dir_fd=above)
        try:
            copy_content(original, target, origin.entry.size)
            _dress(target, origin.entry, read_xattrs(original))
        finally:
            os.close(original)
    finally:
        os.close(target)


def dress_directory(origin: Origin, name: str, directory: int) -> None:
    """Set what belongs to the directory ``name``; its content is left alone. A link of that name is refused."""
    xattrs: dict[str, bytes] = {}
    if origin.entry.xattrs:
        with tree_files.open_below(origin.source.root, tree_files.components(origin.path)) as original:
            xattrs = read_xattrs(original)
    with open_directory(name, directory) as target:
        _dress(target, origin.entry, xattrs)
