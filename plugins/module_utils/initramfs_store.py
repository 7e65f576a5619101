# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a generation's directory and where it is published, and bringing both to what is wanted."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, initramfs_source

KERNEL = "vmlinuz"
INITRD = "initrd.img"
FILES = (KERNEL, INITRD)
RECORD = "initramfs.json"
SQUASHFS = "root.squashfs"
TREE = "root"

FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
LANGUAGE = 2
"""Raise it when an initramfs that was built before cannot start by the kernel's command line and the servers of now (an
argument has another meaning, the node service another protocol): every one is then built anew."""

GROWING = ("modules", "programs")
"""What a slave with another kind of root needs besides, also of generations that were there before it."""

_PROBED = ("boot", "usr/lib/modules", "lib/modules", "usr/bin/busybox", "bin/busybox")


def sha256(data: bytes) -> str:
    """Give the digest in hex."""
    return hashlib.sha256(data).hexdigest()


def root_of(directory: str) -> str | None:
    """Give the image's root in the generation ``directory``: the tree if there is one, else the squashfs file."""
    for name in (TREE, SQUASHFS):
        path = os.path.join(directory, name)
        if os.path.lexists(path):
            return path
    return None


def fingerprint(directory: str) -> list[list[int]]:
    """Give sizes and times, which tell cheaply that the root in a generation is still the one that was read.

    Those of the squashfs file where there is one: a tree may be added beside it later.

    :raises OSError: when the root cannot be read.
    """
    squashfs, root = (os.path.join(directory, name) for name in (SQUASHFS, TREE))
    if os.path.lexists(squashfs):
        places: list[str | None] = [squashfs]
    else:
        places = [initramfs_source.resolve(root, path) for path in _PROBED]
    statuses = [os.stat(place) for place in places if place is not None]
    return [[status.st_size, status.st_mtime_ns] for status in statuses]


def serves(recorded: Mapping[str, Any], root: list[list[int]], wanted: Mapping[str, Iterable[str]]) -> bool:
    """Say whether a build is of this root and holds what its slaves need before they have one.

    Other drivers and other scripts make another generation. This one stays what slaves can go back to.
    """
    understood = recorded["language"] == LANGUAGE and recorded["root"] == root
    return understood and all({*wanted[kind]} <= {*recorded["asked"][kind]} for kind in GROWING)


def to_build(
    recorded: Mapping[str, Any] | None, root: list[list[int]], wanted: Mapping[str, Iterable[str]]
) -> dict[str, list[str]]:
    """Give what to take out of the root: what an earlier build of it took, with what is needed besides."""
    if recorded is None or recorded["root"] != root:
        return {kind: sorted({*names}) for kind, names in wanted.items()}
    before = recorded["asked"]
    return {**before, **{kind: sorted({*before[kind], *wanted[kind]}) for kind in GROWING}}


def record(version: str, kernel: bytes, initrd: bytes, **more: Any) -> dict[str, Any]:
    """Give what is kept in ``initramfs.json``, sizes in bytes; ``more``: ``root``, ``asked``, and lists of names."""
    files = {name: {"bytes": len(data), "sha256": sha256(data)} for name, data in ((KERNEL, kernel), (INITRD, initrd))}
    return {"language": LANGUAGE, "kernel": version, "files": files, **more}


def read_record(directory_fd: int) -> dict[str, Any] | None:
    """Give the record of a complete build in the generation, or nothing where none stands or it is damaged."""
    found = atomic_file.read_file(RECORD, directory_fd)
    if found is None:
        return None
    try:
        data = json.loads(found[0])
        files = data["files"]
        complete = all(isinstance(files[name]["sha256"], str) for name in FILES)
        lists = (data["root"], data["modules"], *(data["asked"][kind] for kind in ("drivers", *GROWING)))
        texts = isinstance(data["kernel"], str) and isinstance(data["language"], int)
        known = texts and all(isinstance(one, list) for one in lists)
    except (ValueError, KeyError, TypeError):
        return None
    return data if complete and known else None


def intact(recorded: Mapping[str, Any], directory_fd: int) -> dict[str, bytes]:
    """Give those of kernel and initramfs that stand in the directory as they were written, mode included."""
    good = {}
    for name in FILES:
        found = atomic_file.read_file(name, directory_fd)
        if found is not None and found[1] == FILE_MODE and sha256(found[0]) == recorded["files"][name]["sha256"]:
            good[name] = found[0]
    return good


def store(recorded: Mapping[str, Any], contents: Mapping[str, bytes], directory_fd: int) -> None:
    """Write a build into its generation; the record comes last, so that a run that dies is seen and mended."""
    atomic_file.sweep((*FILES, RECORD), directory_fd)
    for name in FILES:
        atomic_file.write_file(name, contents[name], FILE_MODE, directory_fd)
    text = json.dumps(recorded, indent=2, sort_keys=True) + "\n"
    atomic_file.write_file(RECORD, text.encode(), FILE_MODE, directory_fd)


@contextlib.contextmanager
def _existing(path: str) -> Iterator[int | None]:
    if not os.path.isdir(path):
        yield None
        return
    with atomic_file.open_directory(path) as descriptor:
        yield descriptor


def unpublished(recorded: Mapping[str, Any], path: str) -> list[str]:
    """Give what is not right in the published directory ``path``: names of files, ``.`` for the directory itself."""
    with _existing(path) as descriptor:
        if descriptor is None:
            return [".", *FILES]
        good = intact(recorded, descriptor)
        wrong = [] if stat.S_IMODE(os.fstat(descriptor).st_mode) == DIRECTORY_MODE else ["."]
        return wrong + [name for name in FILES if name not in good]


def publish(names: Iterable[str], contents: Mapping[str, bytes], path: str) -> None:
    """Mend the published directory: make it with its parents, set its mode, replace the files named."""
    missing = []
    parent = path
    while not os.path.isdir(parent):
        missing.append(parent)
        parent = os.path.dirname(parent)
    for place in reversed(missing):
        os.mkdir(place)
        os.chmod(place, DIRECTORY_MODE)  # whatever the umask is: the TFTP server is not root
    with atomic_file.open_directory(path) as descriptor:
        for name in names:
            if name == ".":
                os.fchmod(descriptor, DIRECTORY_MODE)
            else:
                atomic_file.sweep((name,), descriptor)
                atomic_file.write_file(name, contents[name], FILE_MODE, descriptor)
