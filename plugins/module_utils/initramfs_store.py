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

from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    initramfs_drivers,
    initramfs_source,
)

KERNEL = "vmlinuz"
INITRD = "initrd.img"
FILES = (KERNEL, INITRD)
RECORD = "initramfs.json"
SQUASHFS = "root.squashfs"
TREE = "root"

FORMAT = 1
"""Raise it when the same inputs shall give other bytes than before: every initramfs is then built anew."""

FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
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


def _fingerprint(root: str) -> list[list[int]]:
    """Give sizes and times, which tell cheaply that a root is still the one that was read: generations never change."""
    if not os.path.isdir(root):
        status = os.stat(root)
        return [[status.st_size, status.st_mtime_ns]]
    places = [initramfs_source.resolve(root, path) for path in _PROBED]
    statuses = [os.stat(place) for place in places if place is not None]
    return [[status.st_size, status.st_mtime_ns] for status in statuses]


def inputs_digest(root: str, wanted: Mapping[str, Iterable[str]], scripts: Mapping[str, str]) -> str:
    """Give the digest of all that decides what is built; ``wanted``: what is asked for, by kind.

    :raises OSError: when the root cannot be read.
    """
    tables = [initramfs_drivers.REQUIRED, initramfs_drivers.USUAL, initramfs_drivers.COMMON]
    asked = {kind: sorted(set(names)) for kind, names in wanted.items()}
    inputs = [FORMAT, tables, _fingerprint(root), sorted(asked.items()), sorted(scripts.items())]
    return sha256(json.dumps(inputs).encode())


def record(digest: str, version: str, kernel: bytes, initrd: bytes, **lists: Iterable[str]) -> dict[str, Any]:
    """Give what is kept in ``initramfs.json``; sizes in bytes."""
    files = {name: {"bytes": len(data), "sha256": sha256(data)} for name, data in ((KERNEL, kernel), (INITRD, initrd))}
    return {"inputs": digest, "kernel": version, "files": files, **{key: sorted(names) for key, names in lists.items()}}


def read_record(directory_fd: int) -> dict[str, Any] | None:
    """Give the record of a complete build in the generation, or nothing where none stands or it is damaged."""
    found = atomic_file.read_file(RECORD, directory_fd)
    if found is None:
        return None
    try:
        data = json.loads(found[0])
        files = data["files"]
        complete = all(isinstance(files[name]["sha256"], str) for name in FILES)
        known = (
            isinstance(data["inputs"], str) and isinstance(data["kernel"], str) and isinstance(data["modules"], list)
        )
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
                atomic_file.write_file(name, contents[name], FILE_MODE, descriptor)
