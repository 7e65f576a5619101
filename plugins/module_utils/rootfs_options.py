# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module rootfs_image is told about images, and what of it is refused."""

from __future__ import annotations

from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import (
    disk_files,
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
    "packages": {"type": "list", "elements": "str", "default": []},
    "services": {"type": "list", "elements": "str", "default": []},
    "shared": {"type": "list", "elements": "str", "default": ["/usr", "/opt"]},
    "authorized_keys": {"type": "list", "elements": "str", "default": [], "no_log": False},
    "mirror": {"type": "str"},
    "kernel": {
        "type": "dict",
        "default": {"package": "linux-image-amd64"},
        "options": {"package": {"type": "str", "default": "linux-image-amd64"}},
    },
    "initramfs": {"type": "dict", "default": {}, "options": {"drivers": {"type": "list", "elements": "str"}}},
    "revision": {"type": "str"},
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


def check(parameters: dict[str, Any]) -> None:
    """Refuse what would leave its folder or reach a program as something else than it is.

    :raises ValueError: naming the image and the value.
    """
    for image in parameters["images"]:
        tree_files.check_name(image["name"], "name of an image")
        tree_files.check_name(image["generation"], f"image {image['name']}: generation")
        for what in ("release", "architecture"):
            if not image[what].replace("-", "").replace(".", "").isalnum() or image[what].startswith("-"):
                raise ValueError(f"image {image['name']}: {what} {image[what]!r}: no code name")
        rootfs_command.packages_of(image, parameters["packages"])
        try:
            rootfs_disk.check(image["nbd"])
        except ValueError as error:
            raise ValueError(f"image {image['name']}: {error}") from error
        if image["mirror"]:
            rootfs_command.check_mirror(image["mirror"])
    for item in [*parameters["files"], *parameters["links"]]:
        tree_files.components(item["path"])
