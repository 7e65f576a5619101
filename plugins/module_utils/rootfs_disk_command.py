# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines that pack an image's tree for network block devices, as pure functions."""

from __future__ import annotations

import uuid

from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command

FEATURES = (
    "none", "64bit", "dir_index", "dir_nlink", "ext_attr", "extent", "extra_isize", "filetype", "flex_bg", "huge_file",
    "large_file", "metadata_csum", "sparse_super",
)  # fmt: skip
"""ext4's, by name, because defaults differ from release to release. No journal: it would double what a slave writes
over the network to blocks that its next boot forgets anyway (nbd_cow); nobody else writes."""

LOST_AND_FOUND = 11
"""ext4's first inode that is not reserved; mke2fs gives it to lost+found, and those after it to the tree in turn."""

UNMOUNTABLE = "diskless: cannot be mounted here"
"""What :func:`fill` prints on a master that mounts no such file: a container, or a kernel without btrfs."""

_FILL = f"""\
set -eu
mkdir "$2"
mount -t btrfs -o loop,noatime,compress-force=zstd:3 "$1" "$2" || {{ echo "{UNMOUNTABLE}"; exit 0; }}
unsquashfs -no-progress -quiet -xattrs -force -dest "$2" "$3"
# A disk of the master that is full shows when the kernel writes, not to unsquashfs.
sync --file-system "$2"
btrfs device stats --check "$2"
umount "$2"
"""


def identity(*words: str) -> str:
    """Give a UUID (RFC 4122, version 5) that is always the same for the same words."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(("diskless.netboot", *words))))


def ext4(tree: str, target: str, inodes: int, epoch: int, name: str) -> list[str]:
    """Give the mke2fs command that fills ``target``, a sparse file of the size wanted, without mounting it.

    ``discard``: a fresh file reads as zeros, so the tables of inodes need not be written, neither now nor by each
    slave's kernel after mounting (mke2fs(8), lazy_itable_init). ``epoch``: seconds, the time of the file system;
    ``name``: what its UUIDs are made from.
    """
    extended = ("discard", f"hash_seed={identity(name, 'hash_seed')}", "root_owner=0:0")
    return [
        *rootfs_command.LEASH,
        "env",
        f"E2FSPROGS_FAKE_TIME={epoch}",
        "mke2fs",
        *("-q", "-F", "-t", "ext4", "-b", "4096", "-I", "256", "-m", "0"),
        *("-N", str(inodes)),
        *("-O", ",".join(FEATURES)),
        *("-U", identity(name)),
        *("-E", ",".join(extended)),
        *("-d", tree),
        target,
    ]


def ext4_times(inodes: int, epoch: int) -> str:
    """Give debugfs' commands that set when each inode was last changed and last read, which mke2fs takes from the tree.

    There they tell of the build, and no program can set when an inode was changed.
    """
    numbers = (2, *range(LOST_AND_FOUND, LOST_AND_FOUND + inodes))
    return "".join(
        f"set_inode_field <{number}> {field} @{epoch}\n" for number in numbers for field in ("atime", "ctime")
    )


def set_times(commands: str, target: str, epoch: int) -> list[str]:
    """Give the debugfs command that runs the file ``commands`` on an ext4."""
    return [
        *rootfs_command.LEASH, "env", f"E2FSPROGS_FAKE_TIME={epoch}", "debugfs", "-w", "-f", commands, target,
    ]  # fmt: skip


def erofs(tree: str, target: str, epoch: int, name: str) -> list[str]:
    """Give the mkfs.erofs command; files keep their times, none of which is after ``epoch`` (seconds).

    lz4hc is what every kernel with erofs can read. At level 3 it takes half the time of the default for 5 % more bytes.
    SOURCE_DATE_EPOCH and not -T, which gives all files one time.
    """
    return [
        *rootfs_command.LEASH,
        "env",
        f"SOURCE_DATE_EPOCH={epoch}",
        "mkfs.erofs",
        *("--quiet", "-zlz4hc,3", "-C16384", f"-U{identity(name)}"),
        target,
        tree,
    ]


def btrfs(target: str, tree: str | None = None) -> list[str]:
    """Give the mkfs.btrfs command for a file of the size wanted: empty, or with a tree, then not compressed.

    Everything once: the master's disk keeps it safe, and a slave would write all metadata twice over the network.
    """
    rootdir = [] if tree is None else ["--rootdir", tree]
    return [
        *rootfs_command.LEASH, "mkfs.btrfs", "--quiet", "--data", "single", "--metadata", "single", *rootdir, target,
    ]  # fmt: skip


def fill(target: str, mountpoint: str, squashed: str) -> list[str]:
    """Give the command that fills an empty btrfs, compressed: only the kernel can do that with mkfs.btrfs before 6.13.

    Nobody has the file yet. The mount is in a namespace of its own, and gone with it, the loop device too.
    """
    return [*rootfs_command.LEASH, "sh", "-c", _FILL, "fill", target, mountpoint, squashed]
