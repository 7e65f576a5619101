# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block devices that a slave attaches, in order: the image, what takes its changes, swap, disks.

The one place that says so; what is exported, made on the master and written on the kernel's command line follows.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import disk_files
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import booted
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import NBD_ROOTS

NO_FILESYSTEM = "none"
# dm-snapshot fails when it has no room for a changed block. It takes one for each of the image's, and for its tables:
# 16 bytes for each chunk, which has 4 KiB at least (Linux, drivers/md/dm-snap-persistent.c).
SCRATCH_PERCENT = 102
SCRATCH_HEAD = 16 * disk_files.MIB


class Device(NamedTuple):
    """`node`: what it is called in the slave; `export`: its name, and its file's path below `diskless_directory`."""

    node: str
    export: str
    access: str


class OwnDisk(NamedTuple):
    """A device of one slave alone; `keep`: it holds data that outlives a boot. `filesystem`: none, swap or a type."""

    name: str
    size: int
    filesystem: str
    keep: bool


def own_disks(image: Image, slave: Slave, root: str) -> list[OwnDisk]:
    """What a slave has for itself when it starts an image with a root of the kind `root`."""
    found = []
    if root == "persist":
        found.append(OwnDisk(disk_files.PERSIST, slave["persist_size"], "ext4", keep=True))
    if root == "nbd_cow":
        found.append(OwnDisk(disk_files.SCRATCH, _scratch_size(image), NO_FILESYSTEM, keep=False))
    if slave["swap"] and slave["swap"]["type"] == "nbd":
        found.append(OwnDisk(disk_files.SWAP, slave["swap"]["size"] or 0, "swap", keep=False))
    return [*found, *(OwnDisk(disk["name"], disk["size"], disk["fstype"], keep=True) for disk in slave["disks"])]


def _scratch_size(image: Image) -> int:
    # without a size it is an error of the inventory (slaves.py)
    wanted = (image["nbd"]["size"] or 0) * SCRATCH_PERCENT // 100 + SCRATCH_HEAD
    return -(-wanted // disk_files.UNIT) * disk_files.UNIT


def devices(image: Image, slave: Slave, root: str) -> list[Device]:
    """All that a slave attaches when it starts an image with a root of the kind `root`."""
    exports = [(own_export(slave, disk.name), "rw") for disk in own_disks(image, slave, root)]
    if root in NBD_ROOTS:
        exports.insert(0, (image_export(image, slave), "ro"))
    return [Device(f"/dev/nbd{number}", export, access) for number, (export, access) in enumerate(exports)]


def attaches(image: Image, slave: Slave, root: str) -> bool:
    """Whether that is anything at all."""
    return root in NBD_ROOTS or bool(own_disks(image, slave, root))


def image_export(image: Image, slave: Slave) -> str:
    """The export of an image's root, of the generation that a slave boots."""
    file = disk_files.image_file(image["nbd"]["format"], image["nbd"]["size"])
    return f"images/{image['name']}/{booted(slave, image['name'])['name']}/{file}"


def own_export(slave: Slave, name: str) -> str:
    """The export of a slave's own device."""
    return disk_files.disk_path(slave["name"], name)


def modules(image: Image, slave: Slave, root: str) -> set[str]:
    """The kernel modules that this takes before there is a root, besides those of every initramfs."""
    found = {"nbd"} if attaches(image, slave, root) else set()
    if root in NBD_ROOTS and image["nbd"]["format"] != disk_files.FORMATS[0]:
        found.add(image["nbd"]["format"])
    if root == "persist":
        found.add("ext4")
    if root == "nbd_cow":
        found.add("dm_snapshot")
    return found


def programs(image: Image, slave: Slave, root: str) -> set[str]:
    """The programs of the image that this takes before there is a root: nbd-attach is written in Perl."""
    found = {"usr/bin/perl"} if attaches(image, slave, root) else set()
    return found | ({"usr/sbin/dmsetup"} if root == "nbd_cow" else set())
