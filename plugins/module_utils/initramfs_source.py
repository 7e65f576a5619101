# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an image's root, be it a tree or one squashfs file, without ever leaving it through a link."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

LINKS = 40
"""How many symbolic links one path may lead through, the kernel's own limit (path_resolution(7))."""

LIBRARIES = ("usr/lib", "lib")
"""Where modules and firmware lie: distributions with a merged /usr and others."""


TOP = ("bin", "sbin", "lib", "lib32", "lib64")
"""Links where /usr is merged."""

Fetch = Callable[[Iterable[str]], None]
"""Makes paths or patterns of an image's root available in the directory that is read from."""


class Kernel(NamedTuple):
    """``version``, the directory of its ``modules`` as a path in the image, and the ``file`` that a loader starts."""

    version: str
    modules: str
    file: bytes


def follow(root: str, path: str) -> tuple[str, bool]:
    """Give where ``path`` leads to, links followed as if ``root`` were ``/``, and whether that is there.

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
            return "/".join([*done, part, *pending]), False
        if not stat.S_ISLNK(status.st_mode):
            done.append(part)
            continue
        links += 1
        if links > LINKS:
            return path, False
        target = os.readlink(place)
        if target.startswith("/"):
            done = []
        pending = [other for other in target.split("/") if other] + pending
    return "/".join(done), True


def resolve(root: str, path: str) -> str | None:
    """Give the real place of ``path`` on this machine, see :func:`follow`, or nothing where there is none."""
    place, there = follow(root, path)
    return os.path.join(root, place) if there else None


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


def kernel_of(root: str) -> Kernel:
    """Give the kernel below ``root``.

    :raises ValueError: where there is none, or more than one, for then nobody has said which one slaves start.
    """
    found: dict[str, str] = {}
    for library in LIBRARIES:
        place = resolve(root, f"{library}/modules")
        if place is None or not os.path.isdir(place):
            continue
        for version in os.listdir(place):
            directory = f"{library}/modules/{version}"
            if read(root, f"{directory}/modules.dep") is not None:  # which goes with the package; the folder may stay
                found.setdefault(version, directory)
    if not found:
        raise ValueError("the image has no kernel modules; its kernel's package is not installed")
    if len(found) > 1:
        raise ValueError(f"the image must hold one kernel, and has modules of {', '.join(sorted(found))}")
    version, directory = found.popitem()
    file = first(root, [f"boot/vmlinuz-{version}", f"{directory}/vmlinuz"])
    if file is None:
        raise ValueError(f"the image has modules of kernel {version}, but no /boot/vmlinuz-{version}")
    return Kernel(version, directory, file[1])


def fetch_followed(root: str, fetch: Fetch, paths: Sequence[str], folders: Iterable[str] = ()) -> None:
    """Fetch the paths, what stands in the ``folders`` and then, in turn, what the paths' links lead to."""
    wanted = {*paths, *folders}
    asked: set[str] = set()
    while wanted:
        fetch(map(_literal, wanted))
        asked |= wanted
        followed = (follow(root, path) for path in paths)
        wanted = {place for place, there in followed if not there} - asked


def _literal(path: str) -> str:
    """Give the pattern that names this path alone."""
    return re.sub(r"([*?\[\\])", r"\\\1", path)


def unsquash_top(squashfs: str, destination: str) -> None:
    """Extract the links and directories at the top and below ``/usr``, which paths lead through.

    :raises ValueError: as :func:`unsquash`.
    """
    _unsquashfs(squashfs, destination, ["-max-depth", "2"], ["usr", *TOP])


def unsquash(squashfs: str, destination: str, patterns: Iterable[str]) -> None:
    """Extract what the patterns name (fnmatch(3) for each component; a directory with all that it holds).

    ``destination`` may exist. What the file does not have is left out. Links are extracted as links: unsquashfs'
    own ``-follow-symlinks`` (4.5) takes a link in the top directory for damage.

    :raises ValueError: when the file is damaged, or the program is not there.
    """
    wanted = sorted(set(patterns))
    if wanted:
        _unsquashfs(squashfs, destination, [], wanted)


def _unsquashfs(squashfs: str, destination: str, options: list[str], wanted: list[str]) -> None:
    common = ["-quiet", "-no-progress", "-no-xattrs", "-force", "-dest", destination]
    command = ["unsquashfs", *common, *options, squashfs, *wanted]
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        raise ValueError(f"the program unsquashfs cannot be started: {error}") from error
    if result.returncode != 0:
        words = result.stdout.decode(errors="replace").strip().splitlines()
        raise ValueError(f"unsquashfs cannot read {squashfs}: {' '.join(words[-3:])}")
