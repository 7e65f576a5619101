# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module rootfs_image is told about images, and what of it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import (
    disk_files,
    generation_names,
    inits,
    rootfs_command,
    rootfs_disk,
    tree_files,
)

IMAGE: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "generation": {"type": "str", "required": True},
    "distribution": {"type": "str", "choices": ["debian"], "default": "debian"},
    "release": {"type": "str", "required": True},
    "architecture": {"type": "str", "default": "amd64"},
    "source": {"type": "str", "choices": ["bootstrap"], "default": "bootstrap"},
    "format": {"type": "str", "choices": ["squashfs", "tree"], "default": "squashfs"},
    "init": {"type": "str", "choices": list(inits.INITS), "default": inits.INITS[0]},
    "packages": {"type": "list", "elements": "str", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "shared": {"type": "list", "elements": "str", "default": ["/usr", "/opt"]},
    "public_files": {"type": "list", "elements": "str", "default": []},
    "authorized_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "mirror": {"type": "str"},
    "kernel": {
        "type": "dict",
        "default": {"package": "linux-image-amd64"},
        "options": {"package": {"type": "str", "default": "linux-image-amd64"}},
    },
    "initramfs": {"type": "dict", "default": {}, "options": {"drivers": {"type": "list", "elements": "str"}}},
    "revision": {"type": "str"},
    "digest": {"type": "str"},
    "tree": {"type": "bool", "default": False},
    "nbd": {
        "type": "dict",
        "options": {
            "format": {"type": "str", "choices": list(disk_files.FORMATS), "default": disk_files.FORMATS[0]},
            "size": {"type": "int"},
        },
    },
}
FILE: dict[str, Any] = {
    "path": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
    "content": {"type": "str", "required": True},
}
LINK: dict[str, Any] = {"path": {"type": "str", "required": True}, "target": {"type": "str", "required": True}}
BASE: dict[str, Any] = {
    "packages": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "dict", "default": [], "options": FILE},
    "links": {"type": "list", "elements": "dict", "default": [], "options": LINK},
    "masked": {"type": "list", "elements": "str", "default": []},
    "unwanted": {"type": "list", "elements": "str", "default": []},
}
"""What images have whatever their definition says; in O(inits) the same once more."""


def check(parameters: dict[str, Any]) -> None:
    """Refuse what would leave its folder or reach a program as something else than it is.

    :raises ValueError: naming the image and the value.
    """
    for image in parameters["images"]:
        tree_files.check_name(image["name"], "name of an image")
        if generation_names.parse(image["generation"]) is None:
            raise ValueError(
                f"image {image['name']}: generation {image['generation']!r}: no name of a generation, "
                "such as 'bookworm-3f2a9c0d1e4b-20261122T053000Z'"
            )
        try:
            rootfs_disk.check(image["nbd"])
        except ValueError as error:
            raise ValueError(f"image {image['name']}: {error}") from error
    for init in inits.INITS:
        base = base_of(parameters, init)
        for item in [*base["files"], *base["links"]]:
            tree_files.components(item["path"])


def base_of(parameters: Mapping[str, Any], init: str) -> dict[str, list[Any]]:
    """Give what all images with one ``init`` have: the lists of :data:`BASE`, what all have before what is its own."""
    own = parameters["inits"].get(init) or {}
    return {name: [*parameters[name], *own.get(name, [])] for name in BASE}


def check_definition(image: Mapping[str, Any], packages: Sequence[str]) -> None:
    """Refuse a definition from which nothing can be built. One that is built is not judged: it is what it is.

    :raises ValueError: naming the image and the value.
    """
    for what in ("release", "architecture"):
        if not image[what].replace("-", "").replace(".", "").isalnum() or image[what].startswith("-"):
            raise ValueError(f"image {image['name']}: {what} {image[what]!r}: no code name")
    name = generation_names.parse(image["generation"])
    if name is None or name.release != image["release"]:
        raise ValueError(
            f"image {image['name']}: generation {image['generation']!r} is not there, and cannot be built from a "
            f"definition that says {image['release']}"
        )
    if image.get("digest") not in (None, name.digest):
        raise ValueError(
            f"image {image['name']}: generation {image['generation']!r} is not there any more, and cannot be built "
            f"again: its image is defined otherwise by now ({image['digest']}); move the slaves that boot it by "
            "upgrade.yml"
        )
    rootfs_command.packages_of(image, packages)
    if image["mirror"]:
        rootfs_command.check_mirror(image["mirror"])
