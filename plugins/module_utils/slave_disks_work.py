# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files behind the slaves' own block devices: looked at, made, grown and removed.

Root alone can change names below ``disks/``; what is in the files is the slaves', who may have put anything there.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import stat
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    disk_files,
    open_inodes,
    plain_directory,
    progress,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.slave_disks_plan import Disk, Found

DIRECTORY_MODE = 0o711
"""The server's user passes through; which slaves have disks is nobody else's business."""
FILE_MODE = 0o600
LEFT = re.compile(r"\.[A-Za-z0-9][A-Za-z0-9._-]*\.[0-9a-f]{12}")
"""Names of files that a run was making when it died."""
OPEN_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

SIGNATURES = {
    "ext4": (1080, b"\x53\xef"),
    "xfs": (0, b"XFSB"),
    "btrfs": (65600, b"_BHRfS_M"),
    "swap": (4086, b"SWAPSPACE2"),
}
"""Where each says what it is: ext4(5), mkswap(8) for pages of 4 KiB, the kernel's documentation of XFS and btrfs."""

FORMAT = {
    # Blocks as large as the device's, also on a small disk, which would get smaller ones: Linux does not mount that.
    # Discarding tells mke2fs that the new file reads as zeros: no tables are written, now or by the slave's kernel.
    "ext4": ["mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "discard,lazy_journal_init=1"],
    "xfs": ["mkfs.xfs", "-q", "-f", "-K"],
    "btrfs": ["mkfs.btrfs", "--quiet", "--force", "--nodiscard"],
    "swap": ["mkswap", "--quiet"],
}

Run = Callable[[list[str]], tuple[int, str]]
"""Runs a program; gives exit status and what it said."""


class Owner(NamedTuple):
    """The server's user, by number."""

    uid: int
    gid: int


def owner(user: str) -> Owner | None:
    """Look up the server's user; nothing where there is none yet."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    return Owner(entry.pw_uid, entry.pw_gid)


class DiskError(Exception):
    """Something could not be done; the message names the disk."""


def content(descriptor: int) -> str:
    """Give what a file holds, of what slaves are given; empty for anything else."""
    for name, (offset, signature) in SIGNATURES.items():
        if os.pread(descriptor, len(signature), offset) == signature:
            return name
    return ""


def observe(name: str, directory: int, owner: Owner | None) -> Found:
    """Look at one file; what is no regular file is not opened."""
    status = os.lstat(name, dir_fd=directory)
    identity = (status.st_dev, status.st_ino)
    if not stat.S_ISREG(status.st_mode):
        return Found(status.st_size, "", identity, regular=False)
    descriptor = os.open(name, os.O_RDONLY | OPEN_FLAGS, dir_fd=directory)
    try:
        private = owner is None or (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (*owner, FILE_MODE)
        return Found(status.st_size, content(descriptor), identity, private=private)
    finally:
        os.close(descriptor)


def open_files(interesting: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """Give the processes that have files open, by the files' device and inode; see :mod:`open_inodes`."""
    return open_inodes.opened(interesting.__contains__)


class Shelf:
    """The folder ``disks``; ``root`` is its descriptor."""

    def __init__(self, directory: str, root: int, owner: Owner | None) -> None:
        self.path = f"{directory}/{disk_files.DISKS}"
        self.root = root
        self.owner = owner

    def survey(self) -> tuple[dict[str, Found], list[str]]:
        """Give the disks by label, and what a run left that died; other names are not ours."""
        found: dict[str, Found] = {}
        left: list[str] = []
        for slave in sorted(filter(tree_files.NAME.fullmatch, os.listdir(self.root))):
            # A file, or a link: no slave's.
            with contextlib.suppress(NotADirectoryError), tree_files.open_below(self.root, [slave]) as directory:
                for name in sorted(os.listdir(directory)):
                    if tree_files.NAME.fullmatch(name):
                        found[f"{slave}/{name}"] = observe(name, directory, self.owner)
                    elif LEFT.fullmatch(name):
                        left.append(f"{slave}/{name}")
        return found, left

    def make(self, disk: Disk, run: Run, *, over: Found | None = None) -> bool:
        """Make a disk beside its place and put it there in one step.

        ``over``: the one that is there; it stays where a process has opened it meanwhile. Says whether it was made.

        :raises DiskError: where that fails; the partial file is gone then, and what was there still is.
        """
        with self._folder(disk.slave) as directory:
            temporary = f".{disk.name}.{secrets.token_hex(6)}"
            try:
                descriptor = os.open(temporary, atomic_file.CREATE_FLAGS, FILE_MODE, dir_fd=directory)
                try:
                    os.ftruncate(descriptor, disk.size)
                    self._format(disk, f"{self.path}/{disk.slave}/{temporary}", run)
                    self._own(descriptor)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
                free = over is None or not open_files({over.identity})
                if free:
                    atomic_file.replace(temporary, disk.name, directory)
            except OSError as error:
                raise DiskError(f"disk {disk.label}: {error.strerror}") from None
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=directory)
            return free

    def settle(self, disk: Disk) -> None:
        """Give a disk its size, where it is smaller, and its owner. Its file system is the slave's to grow."""
        with tree_files.open_below(self.root, [disk.slave]) as directory:
            descriptor = os.open(disk.name, os.O_RDWR | OPEN_FLAGS, dir_fd=directory)
            try:
                if os.fstat(descriptor).st_size < disk.size:
                    os.ftruncate(descriptor, disk.size)
                self._own(descriptor)
                os.fsync(descriptor)
            except OSError as error:
                raise DiskError(f"disk {disk.label}: {error.strerror}") from None
            finally:
                os.close(descriptor)

    def remove(self, label: str, identity: tuple[int, int] | None = None) -> bool:
        """Remove a file, and its slave's folder where that was the last.

        It stays where it has an ``identity`` by which a process has it open. Says whether it is gone.
        """
        if identity is not None and open_files({identity}):
            return False
        slave, name = label.split("/")
        with tree_files.open_below(self.root, [slave]) as directory, contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=directory)
        with contextlib.suppress(OSError):
            os.rmdir(slave, dir_fd=self.root)
        return True

    @contextlib.contextmanager
    def _folder(self, slave: str) -> Iterator[int]:
        with contextlib.suppress(FileExistsError):
            os.mkdir(slave, 0o700, dir_fd=self.root)
        with tree_files.open_below(self.root, [slave]) as directory:
            os.fchmod(directory, DIRECTORY_MODE)
            yield directory

    def _own(self, descriptor: int) -> None:
        if self.owner is not None:
            os.fchown(descriptor, *self.owner)
        os.fchmod(descriptor, FILE_MODE)

    def _format(self, disk: Disk, path: str, run: Run) -> None:
        command = FORMAT.get(disk.filesystem)
        if command is None:
            return
        status, said = run([*command, path])
        if status != 0:
            raise DiskError(f"disk {disk.label}: {command[0]} failed: {said}")


def is_there(directory: str) -> bool:
    """Say whether the folder ``disks`` is there.

    :raises ValueError: where a symbolic link leads to it.
    """
    return plain_directory.exists(f"{directory}/{disk_files.DISKS}")


@contextlib.contextmanager
def opened(directory: str, owner: Owner | None, *, make: bool) -> Iterator[Shelf | None]:
    """Open the folder ``disks`` and keep other runs out; gives nothing where it is missing and may not be made.

    :raises ValueError: where a symbolic link leads to it.
    """
    path = f"{directory}/{disk_files.DISKS}"
    if not is_there(directory):
        if not make:
            yield None
            return
        plain_directory.create(path)
        os.chmod(path, DIRECTORY_MODE)
    with atomic_file.open_directory(path) as root:
        progress.TELLER.lock(root)
        yield Shelf(directory, root, owner)
