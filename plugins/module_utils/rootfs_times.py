# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The times of files in an image: those that its packages have brought, none that tells of the build."""

from __future__ import annotations

import os


def package_epoch(root: str) -> int:
    """Give the time (seconds) of the newest package in the tree: that of the newest file of its own in dpkg's records.

    ``.list`` files are written by dpkg on installation; all others carry the package's time.
    """
    with os.scandir(f"{root}/var/lib/dpkg/info") as entries:
        times = [int(entry.stat().st_mtime) for entry in entries if entry.name.endswith(".md5sums")]
    return max(times, default=0)


def clamp(root: str, epoch: int) -> None:
    """Set what is younger than ``epoch`` to it: what remains are the times that the packages have brought."""
    for path, directories, files in os.walk(root, topdown=False, followlinks=False):
        for name in [*directories, *files]:
            full = f"{path}/{name}"
            if os.lstat(full).st_mtime > epoch:
                os.utime(full, (epoch, epoch), follow_symlinks=False)
    os.utime(root, (epoch, epoch))
