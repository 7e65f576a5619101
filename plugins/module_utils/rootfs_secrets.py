# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching an image for what no slave may read: secrets, and what belongs to one machine alone.

It finds what was forgotten, not what somebody hides. The tree may be anybody's: no link of it is followed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    rootfs_secret_contents,
    rootfs_secret_places,
    rootfs_secret_public,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import READ_FLAGS, open_directory
from ansible_collections.diskless.netboot.plugins.module_utils.rootfs_secret_contents import Match

PART = 4 << 20
"""Bytes that are looked at in one piece."""
OVERLAP = 8192
"""Bytes that two pieces have in common: more than any secret needs to be recognised."""
MAX_DEPTH = 128
"""Directories within each other, each of which is held open."""
MOST_TEXTS = 1000
"""Secrets at most that are looked for in what packages ship: where there are more, they are none of theirs."""


class Finding(NamedTuple):
    """A file, by its path relative to the root, and the kinds of what was found in it; never what was found."""

    path: str
    kinds: list[str]


def check(root: str, given: Iterable[bytes], open_paths: Sequence[str]) -> None:
    """Refuse a tree that holds what no image may hold.

    :param given: contents of files that the inventory wants there.
    :param open_paths: absolute paths in the tree of which the inventory says that everybody may read them.
    :raises ValueError: naming what was found, and where.
    """
    found = [
        finding
        for finding in search(root, given)
        if not any(tree_files.lies_in(f"/{finding.path}", path) for path in open_paths)
    ]
    if not found:
        return
    lines = [f"  {printable(finding.path)}: {', '.join(finding.kinds)}" for finding in found]
    raise ValueError(
        f"not published, as every slave could read these secrets and traces of one machine ({len(found)}):\n"
        + "\n".join(lines)
        + "\nWhat one slave needs of these goes into its slave_files; what everybody may read is named in the image's "
        "public_files. See docs/secrets.md."
    )


def printable(path: str) -> str:
    """Give a path as it may be shown on a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in path)


def search(root: str, given: Iterable[bytes] = ()) -> list[Finding]:
    """Give what a tree holds that no image may hold, by path.

    :raises ValueError: for a tree that cannot be searched as a whole.
    """
    with open_directory(root) as top:
        public = rootfs_secret_public.shipped(top) | {rootfs_secret_public.digest(content) for content in given}
        return _Search(top, public).all()


class _Suspect(NamedTuple):
    """A file that no package ships: what it is by its place, and the secrets in it."""

    path: str
    kinds: list[str]
    matches: list[Match]


class _Search:
    """A search of the tree that is open as ``top``; ``public``: digests of files that are no secret."""

    def __init__(self, top: int, public: frozenset[bytes]) -> None:
        self.top = top
        self.device = os.fstat(top).st_dev
        self.public = public

    def all(self) -> list[Finding]:
        """Search it."""
        suspects = [suspect for path, file in self._files() if (suspect := self._suspect(file, path)) is not None]
        texts = {match.text for suspect in suspects for match in suspect.matches if match.text}
        shown = self._shipped(texts) if len(texts) <= MOST_TEXTS else set()
        found = []
        for suspect in suspects:
            secret = [match.kind for match in suspect.matches if match.text not in shown]
            if kinds := list(dict.fromkeys([*suspect.kinds, *secret])):
                found.append(Finding(suspect.path, kinds))
        return sorted(found)

    def _files(self) -> Iterator[tuple[str, int]]:
        """Give the path of each file that is not empty, and a descriptor for as long as it is looked at."""
        yield from self._below(self.top, "", MAX_DEPTH)

    def _below(self, directory: int, path: str, depth: int) -> Iterator[tuple[str, int]]:
        if depth == 0:
            raise ValueError(f"{printable(path)}: more than {MAX_DEPTH} directories within each other")
        with os.scandir(directory) as entries:
            listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries if not entry.is_symlink()]
        for name, is_directory in listed:
            if is_directory:
                with open_directory(name, directory) as below:
                    if os.fstat(below).st_dev != self.device:
                        raise ValueError(f"{printable(path + name)}: another file system is mounted there")
                    yield from self._below(below, f"{path}{name}/", depth - 1)
            elif stat.S_ISREG(os.lstat(name, dir_fd=directory).st_mode):
                with _opened(name, directory) as file:
                    if file is not None:
                        yield path + name, file

    def _suspect(self, file: int, path: str) -> _Suspect | None:
        """Look at a file; nothing where it is no secret."""
        if self._is_compiled(file, path) or _digest(file) in self.public:
            return None
        data = os.pread(file, PART, 0)
        kinds = list(rootfs_secret_places.kinds(path, data))
        matches = list(rootfs_secret_contents.matches(data))
        offset = PART - OVERLAP
        while len(data) == PART:
            data = os.pread(file, PART, offset)
            matches.extend(rootfs_secret_contents.matches(data, first=False))
            offset += PART - OVERLAP
        return _Suspect(path, kinds, matches) if kinds or matches else None

    def _shipped(self, texts: set[bytes]) -> set[bytes]:
        """Give those texts that are in a file that a package ships too: examples, in a database made of them, say."""
        shown: set[bytes] = set()
        for _path, file in self._files() if texts else ():
            if _digest(file) in self.public:
                offset, data = 0, os.pread(file, PART, 0)
                while data:
                    shown |= {text for text in texts - shown if text in data}
                    offset += PART - OVERLAP
                    data = os.pread(file, PART, offset) if len(data) == PART else b""
        return shown

    def _is_compiled(self, file: int, path: str) -> bool:
        """Say whether a file is Python's byte code of what a package ships: made by its script, and as public."""
        source = rootfs_secret_public.compiled_from(path)
        if source is None:
            return False
        try:
            with contextlib.ExitStack() as stack:
                directory, name = stack.enter_context(tree_files.parent_of(self.top, source))
                opened = stack.enter_context(_opened(name, directory))
                if opened is None:
                    return False
                status = os.fstat(opened)
                # The header of a .pyc that is checked by time (PEP 552): flags, then the source's time and size.
                numbers = (0, int(status.st_mtime), status.st_size)
                expected = b"".join(number.to_bytes(4, "little") for number in numbers)
                return os.pread(file, len(expected), 4) == expected and _digest(opened) in self.public
        except OSError:
            return False  # it is not there, or a link leads there


@contextlib.contextmanager
def _opened(name: str, directory: int) -> Iterator[int | None]:
    """Give a descriptor of a regular file that is not empty, for reading; nothing for anything else."""
    descriptor = os.open(name, READ_FLAGS, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        yield descriptor if stat.S_ISREG(status.st_mode) and status.st_size else None
    finally:
        os.close(descriptor)


def _digest(file: int) -> bytes:
    sums = hashlib.md5(usedforsecurity=False)
    offset = 0
    while part := os.pread(file, PART, offset):
        sums.update(part)
        offset += len(part)
    return sums.digest()
