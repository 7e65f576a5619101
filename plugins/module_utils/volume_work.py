# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making volumes, mounting them, giving them more room and removing them; :mod:`volumes` tells what they are."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import subprocess
from collections.abc import Iterator, Mapping

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, tree_files, volumes, whole_file
from ansible_collections.diskless.netboot.plugins.module_utils.volumes import (
    FOLDER,
    RECORDS,
    Survey,
    VolumeError,
    file_of,
)

FOLDER_MODE, FILE_MODE = 0o700, 0o600
FORMAT = ("mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-J", "size=8", "-E", "discard,root_owner=0:0")
"""Nothing is kept for root, who writes here as every slave's; a small journal, as each slave has one of its own, with
all its blocks: one that finds no room ends all writing. ``discard``: no tables are written, as a new file reads as
zeros."""


def work(directory: str, wanted: Mapping[str, int], mounter: str) -> tuple[list[str], str]:
    """Make it so, and give the paths of volumes that cannot be mounted and that nobody wants, and why.

    :raises VolumeError: see :func:`volumes.survey`, and where a program fails; no part of a volume stays.
    """
    os.makedirs(f"{directory}/{FOLDER}", mode=FOLDER_MODE, exist_ok=True)
    with _locked(directory) as folder:
        # Looked at again: the machine's start or another run may have done it meanwhile.
        found = volumes.survey(directory, wanted, tree_files.mountinfo())
        for name in found.left:
            os.unlink(name, dir_fd=folder)
        for path, size in found.make.items():
            _make(directory, path, size, folder)
    unmounted, said = _mount(directory, found, mounter) if found.make or found.mount else ([], "")
    wrong = [path for path in unmounted if f"{directory}/{path}" in wanted]
    with _locked(directory):
        for path in {*found.record, *found.make} - {*unmounted}:
            _record(directory, path)
        for path in found.grow.keys() - {*unmounted}:
            _grow(f"{directory}/{FOLDER}/{file_of(path)}", found.grow[path], path)
    if wrong:
        raise VolumeError(f"volumes that cannot be mounted: {', '.join(wrong)}: {said}")
    return unmounted, said


@contextlib.contextmanager
def _locked(directory: str) -> Iterator[int]:
    """Give ``volumes/``, closed to others, while no other run and no start of the machine works on it."""
    with atomic_file.open_directory(f"{directory}/{FOLDER}") as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        os.fchmod(folder, FOLDER_MODE)
        os.fchown(folder, os.geteuid(), os.getegid())
        yield folder


def _make(directory: str, path: str, size: int, folder: int) -> None:
    """Make a volume; its file appears by one rename."""
    file, what = file_of(path), f"volume {path}"
    temporary = f".{file}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(temporary, atomic_file.CREATE_FLAGS, FILE_MODE, dir_fd=folder)
        try:
            os.ftruncate(descriptor, size)
            _do(what, [*FORMAT, f"{directory}/{FOLDER}/{temporary}"])
            if path.partition("/")[0] in volumes.CLOSED:
                root = "set_inode_field <2> mode 040700"
                _do(what, ["debugfs", "-w", "-R", root, f"{directory}/{FOLDER}/{temporary}"])
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, file, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)


def _mount(directory: str, found: Survey, mounter: str) -> tuple[list[str], str]:
    """Have all mounted by the program that does it when the machine starts; give the paths of those that are not, and
    what it said.

    :raises VolumeError: where a new one cannot be; none of the new ones that are not mounted stays.
    """
    said = " ".join(_do("volumes", [mounter, directory]).replace("<3>", "").split())
    mounts, top = tree_files.mounts(tree_files.mountinfo()), os.path.realpath(directory)
    new = [path for path in found.make if f"{top}/{path}" not in mounts]
    for path in new:
        os.unlink(f"{directory}/{FOLDER}/{file_of(path)}")
    if new:
        raise VolumeError(
            f"volumes that cannot be mounted: {', '.join(new)}: {said}. A master that has no loop devices, as most "
            "containers have none, does without: diskless_share_size: 0, slave_volume_size: 0"
        )
    return [path for path in found.mount if f"{top}/{path}" not in mounts], said


def _record(directory: str, path: str) -> None:
    os.makedirs(f"{directory}/{RECORDS}", mode=0o700, exist_ok=True)
    with atomic_file.open_directory(f"{directory}/{RECORDS}") as records:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(file_of(path), atomic_file.CREATE_FLAGS, FILE_MODE, dir_fd=records))
        os.fsync(records)


def _grow(file: str, size: int, path: str) -> None:
    """Give a volume that is mounted more room. While it is mounted alone: then the kernel's journal keeps it whole."""
    what = f"volume {path}"
    if os.path.getsize(file) < size:
        os.truncate(file, size)
    for device in _do(what, ["losetup", "--noheadings", "--output", "NAME", "--associated", file]).split():
        _do(what, ["losetup", "--set-capacity", device])
        _do(what, ["resize2fs", device])


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


def remove(directory: str, path: str) -> None:
    """Remove a volume with all that is in it. What a server still has open goes when it lets it go.

    :raises VolumeError: where it cannot be unmounted.
    """
    place = f"{directory}/{path}"
    with _locked(directory):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{directory}/{RECORDS}/{file_of(path)}")
        if os.path.realpath(place) in tree_files.mounts(tree_files.mountinfo()):
            _do(f"volume {path}", ["umount", "--lazy", place])
        # At once: a server might take the directory below for what it exports.
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(place)
        os.unlink(f"{directory}/{FOLDER}/{file_of(path)}")
