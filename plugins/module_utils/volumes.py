# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems in files, one for each directory that slaves may write to: who writes to a part of a file system by NFS
reaches all of it, by file handles that he makes up (exports(5), ``subtree_check``).

A volume is ``volumes/<path>.ext4``, with ``+`` for ``/``, mounted at that path below the same folder. What is mounted
is told by the files alone, so that the machine's next start needs nothing else.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import subprocess
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, tree_files, whole_file

FOLDER = "volumes"
FOLDER_MODE, FILE_MODE = 0o700, 0o600
ENDING = ".ext4"
PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:~-]*(?:/[A-Za-z0-9][A-Za-z0-9._@:~-]*)*")
"""What a volume's path below its folder may be; no ``+``, which stands for ``/``."""
LEFT = re.compile(rf"\..+{re.escape(ENDING)}\.[0-9a-f]{{12}}")
"""Names of files that a run was making when it died."""
FORMAT = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-J", "size=16", "-E", "discard,lazy_journal_init=1")
"""Nothing is kept for root, who writes here as every slave's; a journal of 16 MiB, as each slave has one of its own.
``discard``: the new file reads as zeros, and no tables need to be written."""

RECORDS = {"trees": "state/trees/{}.json", "own": "state/own/{}"}
"""What tells of a slave's directory of that kind that it was made."""


class VolumeError(ValueError):
    """A program failed; the message names the volume."""


class Survey(NamedTuple):
    """By path: ``make``, ``grow``: volumes with the size (bytes) that they are to have; ``mount``: those that are not
    mounted; ``together``: directories that have no file system of their own and get none. ``left``: names of files in
    ``volumes/`` that runs which died have left. ``closed``: root alone may enter ``volumes/``, or it is not needed.
    """

    make: dict[str, int]
    grow: dict[str, int]
    mount: list[str]
    together: list[str]
    left: list[str]
    closed: bool

    def work(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.make or self.grow or self.mount or self.left or not self.closed)


def file_of(path: str) -> str:
    """Name the file of the volume at ``path``, relative to the folder."""
    return path.replace("/", "+") + ENDING


def path_of(file: str) -> str | None:
    """Give the path of the volume in a file of that name, or nothing where it is none."""
    path = file.removesuffix(ENDING).replace("+", "/")
    return path if file.endswith(ENDING) and PATH.fullmatch(path) else None


def survey(directory: str, wanted: Mapping[str, int], info: str) -> Survey:
    """Look what is there.

    :param wanted: by absolute path, the least size (bytes) of its volume; 0: it gets none.
    :param info: what is mounted, see :func:`tree_files.mountinfo`.
    """
    top = os.path.realpath(directory)
    sizes, left, closed = _files(directory)
    make, grow, together = {}, {}, []
    for path, size in wanted.items():
        real = os.path.realpath(path)
        below = real[len(top) + 1 :] if tree_files.lies_in(real, top) else ""
        if below in sizes:
            if size > sizes[below]:
                grow[below] = size
        elif tree_files.has_own_file_system(real, info):
            continue
        elif size and PATH.fullmatch(below) and _is_new(directory, below):
            make[below] = size
        else:
            together.append(path)
    return Survey(
        make,
        grow,
        sorted(path for path in sizes if not _is_mounted(f"{top}/{path}", info)),
        together,
        left,
        closed or not make,
    )


def _files(directory: str) -> tuple[dict[str, int], list[str], bool]:
    """Give the size of each volume by its path, what dead runs have left, and whether root alone comes there."""
    try:
        with atomic_file.open_directory(f"{directory}/{FOLDER}") as folder:
            status = os.fstat(folder)
            names = os.listdir(folder)
            sizes = {path: os.lstat(name, dir_fd=folder).st_size for name in names if (path := path_of(name))}
    except FileNotFoundError:
        return {}, [], False
    closed = status.st_mode & 0o7777 == FOLDER_MODE and status.st_uid == os.geteuid()
    return sizes, sorted(name for name in names if LEFT.fullmatch(name)), closed


def _is_mounted(path: str, info: str) -> bool:
    return path in tree_files.mounts_below(path, info)


def _is_new(directory: str, path: str) -> bool:
    """Say whether nothing is there and nothing was: what was made and is gone may lie on what is not mounted."""
    kind, _slash, slave = path.partition("/")
    if kind in RECORDS and os.path.lexists(f"{directory}/{RECORDS[kind].format(slave)}"):
        return False
    try:
        return tree_files.is_empty(f"{directory}/{path}")
    except FileNotFoundError:
        return True


def work(directory: str, found: Survey, mounter: str) -> None:
    """Do what was found.

    :raises VolumeError: where a program fails; no part of a volume stays.
    """
    if not found.closed:
        os.makedirs(f"{directory}/{FOLDER}", mode=FOLDER_MODE, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if found.work():
            folder = stack.enter_context(atomic_file.open_directory(f"{directory}/{FOLDER}"))
            os.fchmod(folder, FOLDER_MODE)
            os.fchown(folder, os.geteuid(), os.getegid())
            for name in found.left:
                os.unlink(name, dir_fd=folder)
            for path, size in found.make.items():
                _make(directory, path, size, folder)
    for path, size in found.grow.items():
        _grow(f"{directory}/{FOLDER}/{file_of(path)}", size, in_use=path not in found.mount)
    if found.make or found.mount:
        _mount(directory, found, mounter)
    for path in found.make:
        # What fsck(8) puts there it makes itself; users of the slaves need not see it.
        with contextlib.suppress(FileNotFoundError), atomic_file.open_directory(f"{directory}/{path}") as place:
            os.rmdir("lost+found", dir_fd=place)


def _make(directory: str, path: str, size: int, folder: int) -> None:
    """Make a volume; its file appears by one rename."""
    file = file_of(path)
    temporary = f".{file}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(temporary, atomic_file.CREATE_FLAGS, FILE_MODE, dir_fd=folder)
        try:
            os.ftruncate(descriptor, size)
            _do(f"volume {path}", [*FORMAT, f"{directory}/{FOLDER}/{temporary}"])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, file, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)


def _mount(directory: str, found: Survey, mounter: str) -> None:
    """Have all mounted by the program that does it when the machine starts."""
    said = _do("volumes", [mounter, directory])
    top = os.path.realpath(directory)
    info = tree_files.mountinfo()
    for path in (*found.make, *found.mount):
        if not _is_mounted(f"{top}/{path}", info):
            raise VolumeError(
                f"volume {path} cannot be mounted: {' '.join(said.split())}. A master that has no loop devices, as a "
                "container has none, does without volumes: diskless_share_size: 0, slave_volume_size: 0"
            )


def _grow(file: str, size: int, *, in_use: bool) -> None:
    """Give a volume more room: its file and, if it is mounted, its device and file system; else the mounter does."""
    before = os.path.getsize(file)
    os.truncate(file, size)
    if not in_use:
        return
    what = f"volume {file}"
    devices = _do(what, ["losetup", "--noheadings", "--output", "NAME", "--associated", file]).split()
    try:
        for device in devices:
            _do(what, ["losetup", "--set-capacity", device])
            _do(what, ["resize2fs", device])
    except VolumeError:
        # The next run is to try it again.
        os.truncate(file, before)
        for device in devices:
            _do(what, ["losetup", "--set-capacity", device])
        raise


def _do(what: str, command: list[str]) -> str:
    """Run a program and give what it said."""
    done = subprocess.run(
        command,
        env=whole_file.environment({}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise VolumeError(f"{what}: {os.path.basename(command[0])} fails: {' '.join(done.stdout.split())}")
    return done.stdout


def is_volume(directory: str, path: str) -> bool:
    """Say whether the directory ``path`` below the folder has a volume."""
    return os.path.lexists(f"{directory}/{FOLDER}/{file_of(path)}")


def other_mounts(directory: str, path: str) -> list[str]:
    """Give what is mounted at the directory ``path`` below the folder, or in it, beside its volume."""
    folder, name = os.path.split(f"{directory}/{path}")
    # Not the real path of the name itself: a link there is removed, wherever it leads.
    place = f"{os.path.realpath(folder)}/{name}"
    mounts = tree_files.mounts_below(place, tree_files.mountinfo())
    return [mount for mount in mounts if mount != place or not is_volume(directory, path)]


def remove(directory: str, path: str) -> None:
    """Remove a volume with all that is in it. What a server still has open goes when it lets it go.

    :raises VolumeError: where it cannot be unmounted.
    """
    place = f"{directory}/{path}"
    if _is_mounted(os.path.realpath(place), tree_files.mountinfo()):
        _do(f"volume {path}", ["umount", "--lazy", place])
    os.unlink(f"{directory}/{FOLDER}/{file_of(path)}")
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(place)
