"""Runs on the master: prints what differs between two trees, in all that a file system keeps of a file."""

from __future__ import annotations

import hashlib
import os
import stat
import sys


def scan(top: str) -> dict[str, object]:
    """All that is below `top`, by its path; files that are one by the smallest of their paths."""
    found: dict[str, object] = {}
    first: dict[int, str] = {}
    for path, directories, files in os.walk(top):
        directories.sort()
        for name in sorted([*directories, *files]):
            full = f"{path}/{name}"
            relative = os.path.relpath(full, top)
            if relative == "lost+found":  # ext4's own
                directories.remove(name)
                continue
            status = os.lstat(full)
            content: object = None
            if stat.S_ISREG(status.st_mode):
                with open(full, "rb") as file:
                    content = hashlib.sha256(file.read()).hexdigest()
                if status.st_nlink > 1:
                    content = [content, status.st_nlink, first.setdefault(status.st_ino, relative)]
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(full)
            elif not stat.S_ISDIR(status.st_mode):
                content = status.st_rdev
            attributes = {
                name: os.getxattr(full, name, follow_symlinks=False)
                for name in os.listxattr(full, follow_symlinks=False)
            }
            found[relative] = [status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime), content, attributes]
    return found


one, other = scan(sys.argv[1]), scan(sys.argv[2])
for path in sorted({*one, *other}):
    if one.get(path) != other.get(path):
        print(path, one.get(path), other.get(path))  # noqa: T201 - what the test reads
print(len(one), "looked at")  # noqa: T201 - the same
