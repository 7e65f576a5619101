# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projections of the fleet for the roles that make images: the generations that slaves of one master boot."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names
from ansible_collections.diskless.netboot.plugins.plugin_utils import block_devices, boot_labels
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import booted
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet, Image
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, slaves_of
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import NBD_ROOTS

# What of the model's image concerns others than those who build it.
OURS = ("keep",)


def images(fleet: Fleet, master: str) -> list[Record]:
    """`slave_rootfs_images`: the generations that the master's slaves boot, and those that are built for later.

    `tree`: is root/ wanted beside the file; `nbd`: what else the root is packed into, None where nobody attaches it.
    """
    return [
        {
            **{key: part for key, part in image.items() if key not in OURS},
            "generation": generation,
            "tree": image["format"] == "tree" or "nfs_tree" in roots,
            "nbd": image["nbd"] if roots & {*NBD_ROOTS} else None,
        }
        for image, generation, roots in _wanted(fleet, master)
    ]


def _wanted(fleet: Fleet, master: str) -> list[tuple[Image, str, set[str]]]:
    """Each generation with the kinds of root that slaves have it as, or will have: image by image, oldest first."""
    roots: dict[str, dict[str, set[str]]] = {}
    for slave in slaves_of(fleet, master):
        for image, root in boot_labels.served(slave):
            roots.setdefault(image, {}).setdefault(booted(slave, image)["name"], set()).add(root)
    for image, generation in fleet["new"].get(master, []):
        # Whoever moves to it shall find it complete.
        roots.setdefault(image, {})[generation] = set().union(*roots.get(image, {}).values())
    return [
        (image, generation, roots[name][generation])
        for name, image in fleet["images"].items()
        for generation in generation_names.ordered(roots.get(name, {}))
    ]


def trees(fleet: Fleet, master: str) -> list[Record]:
    """`slave_rootfs_trees`: the nfs_tree slaves, each with the generation that its tree begins as."""
    own = ((slave, booted(slave, slave["image"])) for slave in slaves_of(fleet, master) if slave["root"] == "nfs_tree")
    return [
        {
            "name": slave["name"],
            "hostname": slave["hostname"],
            "image": slave["image"],
            "generation": generation["name"],
            "shared": generation["shared"],
        }
        for slave, generation in own
    ]


def kernels(fleet: Fleet, master: str) -> list[Record]:
    """`slave_kernel_images`: the same generations, as far as kernel and initramfs are concerned.

    What any slave of an image needs is in all its generations, so that slaves try what the others will have.
    """
    modules: dict[str, set[str]] = {}
    programs: dict[str, set[str]] = {}
    for slave in slaves_of(fleet, master):
        for name, root in boot_labels.served(slave):
            image = fleet["images"][name]
            modules.setdefault(name, set()).update(block_devices.modules(image, slave, root))
            programs.setdefault(name, set()).update(block_devices.programs(image, slave, root))
    return [
        {
            "name": image["name"],
            "generation": generation,
            "drivers": image["initramfs"]["drivers"],
            "modules": sorted(modules[image["name"]]),
            "programs": sorted(programs[image["name"]]),
        }
        for image, generation, _roots in _wanted(fleet, master)
    ]


def boots(fleet: Fleet, master: str) -> dict[str, Record]:
    """`slave_rootfs_boots`: what each of the master's slaves boots next, of each image that it can boot."""
    return {
        slave["name"]: {
            image: {"generation": booted(slave, image)["name"], "held": booted(slave, image)["held"]}
            for image, _root in boot_labels.served(slave)
        }
        for slave in slaves_of(fleet, master)
    }


def keep(fleet: Fleet, master: str) -> dict[str, int]:
    """`slave_rootfs_keep`: how many generations of each image stay, also of those that no slave boots any more."""
    slaves_of(fleet, master)
    return {name: image["keep"] for name, image in fleet["images"].items()}
