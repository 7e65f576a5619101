# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a slave's variables ask of each other and of its image."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import WRITABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils import log_host, services, state_dirs
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import check_shared
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import LEAST, MOST, shown


def covered(images: Mapping[str, Image], found: Slave) -> dict[str, str]:
    """The directories of a slave in which a file of its own could not be put or not be seen, each with the reason."""
    return {
        **covered_by_image(found, images.get(found["image"])),
        **{mount["path"]: "slave_mounts has it" for mount in found["mounts"]},
        **{disk["path"]: "slave_disks has it" for disk in found["disks"]},
        **{kept["path"]: "slave_state_dirs has it" for kept in found["state_dirs"]},
    }


def as_booted(found: Slave, image: Image) -> Image:
    """The slave's image as it is in the generation that is settled on; as it is defined where none is."""
    generation = found["generations"].get(image["name"])
    return {**image, "shared": generation["shared"]} if generation else image


def covered_by_image(found: Slave, image: Image | None) -> dict[str, str]:
    """What an image, or a generation of it, shares with the slave's tree."""
    shared = image["shared"] if image and found["root"] == "nfs_tree" else []
    return dict.fromkeys(shared, f"image {found['image']!r} shares it read-only")


def check_tree(place: Callable[[str], Place], found: Slave, image: Image) -> None:
    """What is mounted into a tree, where an image or a generation of it shares directories with that."""
    state_dirs.check(place("slave_state_dirs"), found, image)
    if found["root"] == "nfs_tree":
        check_shared(place("slave_mounts"), (mount["path"] for mount in found["mounts"]), image)
        check_shared(place("slave_disks"), (disk["path"] for disk in found["disks"]), image)


def check_root(place: Callable[[str], Place], found: Slave, image: Image) -> None:
    """What a slave's root asks of its image, and of what is mounted into it."""
    log_host.check(place("slave_log_host"), found, image)
    services.check(place("slave_services"), found["services"], image["name"], image["init"])
    services.check_cmdline(place("slave_cmdline"), found["cmdline"], image["init"])
    check_tree(place, found, image)
    packed, its_size = image["nbd"]["format"], image["nbd"]["size"]
    here, what = place("slave_root"), "writes to the image's own file system, and"
    if found["root"] != "nbd_cow":
        return
    if packed not in WRITABLE:
        wrong = f"{what} image {image['name']!r} has nbd.format {packed}"
        here.error("nbd_cow", wrong, f"an image with nbd.format {' or '.join(WRITABLE)}, or nbd_overlay")
    elif its_size is None:
        # Its scratch disk has room for all of that: without a size, a slave could fill its master's disk.
        wrong = f"{what} diskless_images.{image['name']}.nbd.size does not say how large that is"
        here.error(
            "nbd_cow", wrong, f"an image with nbd.size, from {shown(LEAST[packed])} to {shown(MOST)}, or nbd_overlay"
        )
