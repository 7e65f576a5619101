# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an image's root, be it a tree or one squashfs file, without ever leaving it through a link."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import subprocess
from collections.abc import Iterable

LINKS = 40
"""How many symbolic links one path may lead through, the kernel's own limit (path_resolution(7))."""

LIBRARIES = ("usr/lib", "lib")
"""Where modules and firmware lie: distributions with a merged /usr and others."""


def resolve(root: str, path: str) -> str | None:
    """Give the real place of ``path`` on this machine, links followed as if ``root`` were ``/``, or nothing.

    ``..`` and absolute links stay inside: what an image's links name is the image's, never the master's.
    """
    pending = [part for part in path.split("/") if part]
    done: list[str] = []
    links = 0
    while pending:
        part = pending.pop(0)
        if part == ".":
            continue
        if part == "..":
            done = done[:-1]
            continue
        place = os.path.join(root, *done, part)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISLNK(status.st_mode):
            done.append(part)
            continue
        links += 1
        if links > LINKS:
            return None
        target = os.readlink(place)
        if target.startswith("/"):
            done = []
        pending = [other for other in target.split("/") if other] + pending
    return os.path.join(root, *done)


def read(root: str, path: str) -> bytes | None:
    """Give the content of the regular file ``path`` below ``root``, or nothing where there is none."""
    place = resolve(root, path)
    if place is None or not os.path.isfile(place):
        return None
    with open(place, "rb") as file:
        return file.read()


def first(root: str, paths: Iterable[str]) -> tuple[str, bytes] | None:
    """Give the first of the paths that is a file below ``root``, with its content."""
    for path in paths:
        data = read(root, path)
        if data is not None:
            return path, data
    return None


def _by_number(version: str) -> list[tuple[int, str]]:
    return [(int(number or 0), word) for number, word in re.findall(r"(\d+)|(\D+)", version)]


def kernel_version(root: str) -> tuple[str, str] | None:
    """Give the highest version that has modules below ``root`` and the directory of those, as a path in the image."""
    found: dict[str, str] = {}
    for library in LIBRARIES:
        place = resolve(root, f"{library}/modules")
        if place is None or not os.path.isdir(place):
            continue
        for version in os.listdir(place):
            directory = posixpath.join(library, "modules", version)
            if version not in found and read(root, f"{directory}/modules.dep") is not None:
                found[version] = directory
    if not found:
        return None
    version = max(found, key=_by_number)
    return version, found[version]


def unsquash(squashfs: str, destination: str, patterns: Iterable[str]) -> None:
    """Extract what the patterns name (fnmatch(3) for each component; a directory with all that it holds).

    ``destination`` may exist. What the file does not have is left out. Links are extracted as links: unsquashfs'
    own ``-follow-symlinks`` (4.5) takes a link in the top directory for damage.

    :raises ValueError: when the file is damaged, or the program is not there.
    """
    wanted = sorted(set(patterns))
    if not wanted:
        return
    command = ["unsquashfs", "-quiet", "-no-progress", "-no-xattrs", "-force", "-dest", destination, squashfs, *wanted]
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        raise ValueError(f"the program unsquashfs cannot be started: {error}") from error
    if result.returncode != 0:
        words = result.stdout.decode(errors="replace").strip().splitlines()
        raise ValueError(f"unsquashfs cannot read {squashfs}: {' '.join(words[-3:])}")
