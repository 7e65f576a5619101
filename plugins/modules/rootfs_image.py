#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the missing generations of images."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rootfs_image
short_description: Make the root file systems that slaves without disks run
version_added: "1.0.0"
description:
  - Makes each generation in O(images) that is missing below C(<directory>/images/<name>/<generation>/), all in one
    call, and never touches one that is there.
  - A generation is bootstrapped with C(mmdebstrap), configured as a slave, packed into one file C(root.squashfs)
    (zstd), and shown under its name by one rename. What a run that died has left is removed by the next run.
  - Check mode needs none of the programs.
  - C(http_proxy), C(https_proxy), C(ftp_proxy) and C(no_proxy) of the environment are heeded.
  - The same definition and the same versions of packages give the same bytes.
requirements:
  - mmdebstrap
  - squashfs-tools
  - util-linux 2.32 or later (C(setpriv), C(unshare))
options:
  directory:
    description: Absolute path of the folder that holds C(images/) and, for downloaded packages, C(cache/).
    type: path
    required: true
  images:
    description: The images as the model of the fleet gives them, one item per image.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the image, a plain file name.
        type: str
        required: true
      generation:
        description: Name of the generation, a plain file name; the same definition has the same name.
        type: str
        required: true
      distribution:
        description: What to bootstrap.
        type: str
        choices: [debian]
        default: debian
      release:
        description: Code name of the release, as C(bookworm).
        type: str
        required: true
      architecture:
        description: Debian's name of the architecture, as C(amd64).
        type: str
        default: amd64
      source:
        description: Where the root comes from.
        type: str
        choices: [bootstrap]
        default: bootstrap
      format:
        description: What slaves use as the lower layer.
        type: str
        choices: [squashfs, tree]
        default: squashfs
      packages:
        description: Packages beside the base and the kernel.
        type: list
        elements: str
        default: []
      services:
        description: Units enabled in the image.
        type: list
        elements: str
        default: []
      shared:
        description: Directories that slaves with a tree of their own share.
        type: list
        elements: str
        default: [/usr, /opt]
      authorized_keys:
        description: Public SSH keys that may log in as root.
        type: list
        elements: str
        default: []
      mirror:
        description:
          - Where packages come from, an address or a whole C(deb ...) line, in the place of all default mirrors, also
            of those for updates and security.
        type: str
      kernel:
        description: The kernel.
        type: dict
        default: {package: linux-image-amd64}
        suboptions:
          package:
            description: Name of its package.
            type: str
            default: linux-image-amd64
      initramfs:
        description: Of no use here; taken so that the model's image can be passed as it is.
        type: dict
        default: {}
        suboptions:
          drivers:
            description: See the role slave_kernel.
            type: list
            elements: str
      revision:
        description: Any text; it is part of what the name of the generation is made from.
        type: str
      tree:
        description: Whether the root is wanted as a tree C(root/) too. It can be added to a generation later.
        type: bool
        default: false
  packages:
    description: Packages that each image has.
    type: list
    elements: str
    default: []
  files:
    description: Files that make an image a slave's.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Path relative to the root., type: str, required: true}
      mode: {description: "Permissions, as V(0644).", type: str, default: "0644"}
      content: {description: The text., type: str, required: true}
  links:
    description: Symbolic links that make an image a slave's.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Path relative to the root., type: str, required: true}
      target: {description: Where it leads to., type: str, required: true}
  masked_units:
    description: Units that an image masks unless its C(services) name them.
    type: list
    elements: str
    default: []
  unwanted:
    description: Paths relative to the root that are removed; the last component may be a pattern.
    type: list
    elements: str
    default: []
extends_documentation_fragment: diskless.netboot.attributes
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: The reading room's image is there
  diskless.netboot.rootfs_image:
    directory: /srv/diskless
    images:
      - name: reading_room
        generation: 3f9c1c2ab0de
        release: bookworm
        packages: [openssh-server, firefox-esr]
        services: [ssh]
    packages: [systemd-sysv, udev, dbus, busybox-static, nfs-common]
"""

RETURN = r"""
built:
  description: The generations that this run has made (in check mode, would make), as C(name/generation).
  returned: always
  type: list
  elements: str
trees:
  description: The generations to which a tree was added.
  returned: always
  type: list
  elements: str
removed:
  description: What runs that died had left.
  returned: always
  type: list
  elements: str
kept:
  description: Generations that are there and not asked for, as C(name/generation). Slaves may be running from them.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_build, rootfs_command, tree_files

SUBOPTIONS = {
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
}
CONTENT = {
    "path": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0644"},
    "content": {"type": "str", "required": True},
}
LINK = {"path": {"type": "str", "required": True}, "target": {"type": "str", "required": True}}


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
        if image["mirror"]:
            rootfs_command.check_mirror(image["mirror"])
    for item in [*parameters["files"], *parameters["links"]]:
        tree_files.components(item["path"])


def main() -> None:
    """Make what is missing."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "images": {"type": "list", "elements": "dict", "required": True, "options": SUBOPTIONS},
            "packages": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "dict", "default": [], "options": CONTENT},
            "links": {"type": "list", "elements": "dict", "default": [], "options": LINK},
            "masked_units": {"type": "list", "elements": "str", "default": []},
            "unwanted": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    directory, images = module.params["directory"], module.params["images"]
    removed: list[str] = []
    doing = ""
    try:
        check(module.params)
        work = rootfs_build.missing(directory, images)
        found = rootfs_build.survey(directory)
        if module.check_mode:
            removed = found.remains
        elif work or found.remains:
            os.umask(0o022)
            with rootfs_build.locked(directory) as lock:
                removed = rootfs_build.sweep(directory)
                run = rootfs_build.runner(lock)
                # Looked at again: another run may have made it while this one waited for the lock.
                work = rootfs_build.missing(directory, images)
                for item in work:
                    doing = f"image {rootfs_build.label(item.image)}: "
                    if item.build:
                        rootfs_build.build(directory, item.image, module.params, run)
                    else:
                        rootfs_build.add_tree(directory, item.image, run)
    except (rootfs_build.BuildError, ValueError, OSError) as error:
        module.fail_json(msg=f"{doing}{error}", removed=removed)
    built = [rootfs_build.label(item.image) for item in work if item.build]
    trees = [rootfs_build.label(item.image) for item in work if not item.build]
    after = "".join([*(f"{name}\n" for name in built), *(f"{name}/{rootfs_build.TREE}\n" for name in trees)])
    wanted = {rootfs_build.label(image) for image in images}
    module.exit_json(
        changed=bool(work or removed),
        built=built,
        trees=trees,
        removed=removed,
        kept=[name for name in found.generations if name not in wanted],
        diff={"before": "".join(f"{name}\n" for name in removed), "after": after},
    )


if __name__ == "__main__":
    main()
