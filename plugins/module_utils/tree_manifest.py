# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree is made of: one entry a path, comparable, storable as JSON."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory

FILE, DIRECTORY, LINK = "f", "d", "l"
KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, DIRECTORY),
    (stat.S_ISLNK, LINK),
    (stat.S_ISCHR, "c"),
    (stat.S_ISBLK, "b"),
    (stat.S_ISFIFO, "p"),
    (stat.S_ISSOCK, "s"),
)
CHUNK = 1 << 20


class Entry(NamedTuple):
    """One path. ``detail``: a file's SHA-256, a link's target, a device's number; ``xattrs``: a digest of all."""

    kind: str
    mode: int
    owner: int
    group: int
    detail: str
    xattrs: str
    size: int
    mtime_ns: int

    def same(self, other: Entry | None) -> bool:
        """Whether both would do as the other. Time does not count: a package built anew may have new times only."""
        return other is not None and self[:6] == other[:6]


class Manifest(NamedTuple):
    """``entries``: path relative to the root → entry. ``links``: path → an earlier path of that file (hard links)."""

    entries: dict[str, Entry]
    links: dict[str, str]


def kind_of(mode: int) -> str:
    """Give the letter for the type in ``st_mode``."""
    return next(letter for is_kind, letter in KINDS if is_kind(mode))


def digest_xattrs(descriptor: int) -> str:
    """Digest the extended attributes (capabilities, access lists) of what is open; empty where there are none."""
    pairs = read_xattrs(descriptor)
    if not pairs:
        return ""
    return hashlib.sha256(repr(sorted(pairs.items())).encode()).hexdigest()


def read_xattrs(descriptor: int) -> dict[str, bytes]:
    """Give the extended attributes of what is open; none where the file system has none."""
    try:
        return {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor)}
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENODATA):
            return {}
        raise


def digest_file(descriptor: int, size: int) -> str:
    """Give the SHA-256 of ``size`` bytes; of a file that grows meanwhile no more is read."""
    digest = hashlib.sha256()
    while size > 0:
        data = os.read(descriptor, min(CHUNK, size))
        if not data:
            break
        digest.update(data)
        size -= len(data)
    return digest.hexdigest()


def observe(name: str, directory: int, known: Iterable[Entry] | None = None) -> Entry | None:
    """Give the entry of ``name`` as it is now, or nothing where there is none.

    :param known: the entries that it may turn out to be. A file of another size than any of them is not read (a slave
        may have made it as large as it likes), and one of the same size and time is taken to be it, as rsync(1) does.
        Without ``known`` a file is read.
    """
    try:
        place = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return None
    try:
        return _entry(place, known)
    finally:
        os.close(place)


def _entry(place: int, known: Iterable[Entry] | None) -> Entry:
    """Give the entry of what ``place`` (``O_PATH``) is, whatever has its name by now."""
    found = os.fstat(place)
    kind = kind_of(found.st_mode)
    detail = xattrs = ""
    if kind in (FILE, DIRECTORY):
        descriptor = tree_files.reopen(place)
        try:
            xattrs = digest_xattrs(descriptor)
            if kind == FILE:
                found = os.fstat(descriptor)
                detail = _content(descriptor, found, known)
        finally:
            os.close(descriptor)
    elif kind == LINK:
        detail = os.readlink("", dir_fd=place)  # readlink(2): the link that is open itself
    elif kind in "cb":
        detail = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    size = found.st_size if kind == FILE else 0
    return Entry(kind, stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, detail, xattrs, size, found.st_mtime_ns)


def _content(descriptor: int, found: os.stat_result, known: Iterable[Entry] | None) -> str:
    """Give what stands for the content of the open file: its digest, or ``?`` where it can be none of ``known``."""
    if known is None:
        return digest_file(descriptor, found.st_size)
    alike = [entry for entry in known if entry.kind == FILE and entry.size == found.st_size]
    for entry in alike:
        if entry.mtime_ns == found.st_mtime_ns:
            return entry.detail
    return digest_file(descriptor, found.st_size) if alike else "?"


def scan(root: int, left_out: Collection[str] = ()) -> Manifest:
    """Give the manifest of a tree that nobody changes (an image's).

    :param left_out: absolute paths of directories whose content does not belong to it; they themselves do.
    """
    manifest = Manifest({}, {})
    _scan(root, "", frozenset(path.strip("/") for path in left_out), manifest, {})
    return manifest


def _scan(
    directory: int, prefix: str, left_out: frozenset[str], manifest: Manifest, inodes: dict[tuple[int, int], str]
) -> None:
    for name in sorted(os.listdir(directory)):
        path = prefix + name
        entry = observe(name, directory)
        if entry is None:
            continue
        manifest.entries[path] = entry
        if entry.kind == DIRECTORY:
            if path not in left_out:
                with open_directory(name, directory) as below:
                    _scan(below, path + "/", left_out, manifest, inodes)
            continue
        found = os.lstat(name, dir_fd=directory)
        if found.st_nlink > 1:
            first = inodes.setdefault((found.st_dev, found.st_ino), path)
            if first != path:
                manifest.links[path] = first
