# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files processes have open, by device and inode; as proc(5) tells root."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

Identity = tuple[int, int]
"""``st_dev`` and ``st_ino``."""
GONE = (FileNotFoundError, ProcessLookupError, PermissionError)
"""A process may end meanwhile, and close what it had open. One that root may not look into belongs to the host of a
container; it is none of the servers'."""


def opened(interesting: Callable[[Identity], bool]) -> dict[Identity, list[int]]:
    """Give the processes that have interesting files open.

    By stat(2) of the link in ``/proc/<pid>/fd``, which leads to the open file itself whatever it is called by now, and
    also out of another mount namespace. So its numbers are those that stat(2) gives of the file by its path, as long as
    that is the same mount or one of the same file system: an overlay of somebody's own has numbers of its own.
    """
    found: dict[Identity, list[int]] = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        folder = f"/proc/{process}/fd"
        with contextlib.suppress(*GONE):
            for number in os.listdir(folder):
                with contextlib.suppress(*GONE):
                    status = os.stat(f"{folder}/{number}")
                    identity = (status.st_dev, status.st_ino)
                    if interesting(identity) and int(process) not in found.setdefault(identity, []):
                        found[identity].append(int(process))
    return found


def program(process: int) -> str:
    """Give the name of the program that a process runs, at most 15 characters; empty where it has ended."""
    with contextlib.suppress(*GONE), open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as file:
        return file.read().rstrip("\n")
    return ""
