# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive that the kernel unpacks as its first root: cpio, form "newc", the same bytes for the same entries."""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = "070701"
"""newc without checksums, the form that initramfs-buffer-format.rst of the kernel asks for."""

TRAILER = "TRAILER!!!"
ALIGNMENT = 4


@dataclass(frozen=True)
class Entry:
    """One member: its path without a leading slash, its st_mode (kind and permission bits) and what it holds.

    ``data`` is the content of a regular file or the target of a symbolic link; ``device`` the major and minor
    number of a device node.
    """

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def directory(name: str, mode: int = 0o755) -> Entry:
    """Give the entry of a directory."""
    return Entry(name, stat.S_IFDIR | mode)


def regular(name: str, data: bytes, mode: int = 0o644) -> Entry:
    """Give the entry of a regular file."""
    return Entry(name, stat.S_IFREG | mode, data)


def symlink(name: str, target: str) -> Entry:
    """Give the entry of a symbolic link."""
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def character_device(name: str, major: int, minor: int, mode: int = 0o600) -> Entry:
    """Give the entry of a character device."""
    return Entry(name, stat.S_IFCHR | mode, device=(major, minor))


def _padding(length: int) -> bytes:
    return b"\0" * (-length % ALIGNMENT)


def _member(entry: Entry, inode: int) -> bytes:
    name = entry.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    # inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
    numbers = (inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0)
    head = (MAGIC + "".join(f"{number:08X}" for number in numbers)).encode() + name
    return head + _padding(len(head)) + entry.data + _padding(len(entry.data))


def _with_parents(entries: Iterable[Entry]) -> dict[str, Entry]:
    """Give the entries by name with every missing directory above them.

    :raises ValueError: for a name that leaves the archive or stands twice.
    """
    named: dict[str, Entry] = {}
    for entry in entries:
        if not entry.name or entry.name.startswith("/") or posixpath.normpath(entry.name) != entry.name:
            raise ValueError(f"{entry.name!r} is no plain relative path")
        if entry.name.split("/")[0] == ".." or "\0" in entry.name:
            raise ValueError(f"{entry.name!r} leaves the archive")
        if entry.name in named:
            raise ValueError(f"{entry.name!r} stands twice in the archive")
        named[entry.name] = entry
    for name in list(named):
        parent = posixpath.dirname(name)
        while parent and parent not in named:
            named[parent] = directory(parent)
            parent = posixpath.dirname(parent)
    return named


def archive(entries: Iterable[Entry]) -> bytes:
    """Give the archive: sorted (so that a directory comes before what it holds), owned by root, without times.

    :raises ValueError: for a name that leaves the archive or stands twice.
    """
    named = _with_parents(entries)
    members = [_member(named[name], inode) for inode, name in enumerate(sorted(named), start=1)]
    return b"".join([*members, _member(Entry(TRAILER, 0), 0)])
