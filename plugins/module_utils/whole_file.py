# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file should be, what it is, and how the two differ."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file

MODE = re.compile(r"0?[0-7]{3,4}")
MESSAGE_LENGTH = 1200


@dataclass(frozen=True)
class File:
    """A file as it should be."""

    path: str
    content: bytes
    mode: int


@dataclass(frozen=True)
class Found:
    """A regular file as it is; ``owners`` are the numbers of user and group."""

    content: bytes
    mode: int
    owners: tuple[int, int]


def wanted(path: str, content: str, mode: str) -> File:
    """Check and convert a module's parameters.

    :raises ValueError: for a path that is not absolute or ends in no name, or a mode that is no octal number.
    """
    if not os.path.isabs(path) or os.path.basename(path) in ("", ".", ".."):
        raise ValueError(f"{path}: must be the absolute path of a file")
    if not MODE.fullmatch(mode):
        raise ValueError(f"{path}: mode {mode!r} is no octal number such as '0644'")
    return File(path, content.encode("utf-8"), int(mode, 8))


def read(name: str, dir_fd: int) -> Found | None:
    """Give the regular file ``name`` of an open directory, or nothing where there is none."""
    held = atomic_file.read_with_status(name, dir_fd)
    if held is None:
        return None
    content, status = held
    return Found(content, stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid))


def differs(want: File, owners: tuple[int, int], found: Found | None) -> bool:
    """Say whether the file must be replaced."""
    return found is None or (want.content, want.mode, owners) != (found.content, found.mode, found.owners)


def diff(want: File, found: Found | None) -> dict[str, str]:
    """Give Ansible's ``diff`` of content."""
    return {
        "before_header": want.path,
        "after_header": want.path,
        "before": found.content.decode("utf-8", "replace") if found else "",
        "after": want.content.decode("utf-8"),
    }


def environment(additions: Mapping[str, object]) -> dict[str, str]:
    """Give a program's environment: the present one, made to speak English, and additions."""
    # A plain login's PATH lacks the administrator's directories.
    path = [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"]
    return {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join(path),
        **{name: str(value) for name, value in additions.items()},
    }


def missing_program(command: Sequence[str], environment: Mapping[str, str]) -> str | None:
    """Name the command's program where that environment does not find it."""
    return command[0] if command and shutil.which(command[0], path=environment["PATH"]) is None else None


def shorten(message: str, limit: int = MESSAGE_LENGTH) -> str:
    """Give the end of a program's output, where the reason stands, in at most ``limit`` characters."""
    message = "\n".join(line.rstrip() for line in message.splitlines() if line.strip())
    return message if len(message) <= limit else "..." + message[-(limit - 3) :]
