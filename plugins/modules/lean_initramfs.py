#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes and publishes the kernels and lean initramfs of all images in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lean_initramfs
short_description: Kernels and lean initramfs of diskless images
version_added: "1.0.0"
author: "The diskless.netboot maintainers (@diskless)"
description:
  - Takes the kernel, the modules that are needed and busybox out of each image's own root, makes one small initramfs
    for each image and publishes both where the boot loaders fetch them.
  - The root of an image is the tree C(root/) in the image's directory or, where there is none, C(root.squashfs).
  - The same inputs give the same bytes. What is there and intact stays as it is, whatever drivers and scripts are asked
    for by now, because machines go back to it when a newer image fails them. It is made anew where it is damaged, and
    with what it had and the scripts of now where one of O(images[].modules) or O(images[].programs) is not in it yet.
    Remove C(initramfs.json) to have it made anew with all that is asked for.
  - A module that the kernel lacks fails the task, so that no slave has to find out, and so does a program or a library
    that the image lacks. Firmware that the image lacks is a warning.
  - In check mode nothing is built, so the diff does not tell what would be in it.
extends_documentation_fragment: diskless.netboot.attributes
requirements:
  - unsquashfs of squashfs-tools, for images without a tree
  - zstd, for kernels with modules packed by it
options:
  images:
    description: The images, each a directory that is complete and no longer changes.
    type: list
    elements: dict
    required: true
    suboptions:
      directory:
        description: Where the image's root is, and where C(vmlinuz), C(initrd.img) and C(initramfs.json) are written.
        type: path
        required: true
      drivers:
        description:
          - The network drivers to carry, by the names of their kernel modules.
          - V(common) stands for the cards of common PCs and virtual machines, V(all) for every Ethernet driver of the
            kernel.
        type: list
        elements: str
        default: [common]
      modules:
        description: Other kernel modules to carry, by their names (C(nbd), C(ext4)); each must be there.
        type: list
        elements: str
        default: []
      programs:
        description:
          - Programs to carry, as paths in the image (C(usr/bin/perl)), each with the shared libraries that it names.
          - They must be ELF files of a little-endian machine.
        type: list
        elements: str
        default: []
      publish:
        description: A directory that gets copies of C(vmlinuz) and C(initrd.img); it is made, with its parents, where
          it is missing.
        type: path
  files:
    description: The scripts of the initramfs, text by absolute path, all executable; C(/init) must be among them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: The kernel and the initramfs of the reading room are published
  diskless.netboot.lean_initramfs:
    images:
      - directory: /srv/diskless/images/reading_room/3f9c1a
        drivers: [common, bnx2x]
        publish: /srv/tftp/images/reading_room/3f9c1a
    files:
      /init: "{{ lookup('ansible.builtin.file', 'initramfs/init', rstrip=false) }}"
"""

RETURN = r"""
images:
  description: One item for each image, in the order given.
  returned: success
  type: list
  elements: dict
  contains:
    directory:
      description: The image's directory.
      type: str
      sample: /srv/diskless/images/reading_room/3f9c1a
    changed:
      description: Whether anything was built or published.
      type: bool
    kernel:
      description: The kernel's version; none where it would be built in check mode.
      type: str
      sample: 6.1.0-37-amd64
    kernel_bytes:
      description: The kernel's size.
      type: int
    initrd_bytes:
      description: The initramfs' size.
      type: int
    modules:
      description: The kernel modules that the initramfs carries.
      type: list
      elements: str
    programs:
      description: The programs that the initramfs carries besides busybox, as paths in it.
      type: list
      elements: str
      sample: [usr/bin/perl]
    libraries:
      description: What these programs need to run, as paths in it.
      type: list
      elements: str
      sample: [lib/x86_64-linux-gnu/libc.so.6, lib64/ld-linux-x86-64.so.2]
    firmware_lacking:
      description: Firmware that one of the modules names and the image does not have.
      type: list
      elements: str
    drivers_absent:
      description: Members of a group of drivers that this kernel does not have.
      type: list
      elements: str
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    initramfs_image,
    initramfs_source,
    initramfs_store,
)

Record = dict[str, Any]


def build(
    root: str, fingerprint: list[list[int]], wanted: Mapping[str, list[str]], scripts: Mapping[str, str], scratch: str
) -> tuple[Record, bytes, bytes]:
    """Give the record, the kernel and the initramfs made of the image's ``root``.

    ``fingerprint``: that of the root, which the record remembers; ``wanted``: see :func:`asked`.

    :raises ValueError: when the image lacks something that is needed.
    """
    if os.path.isdir(root):
        parts = initramfs_image.gather(root, lambda _paths: None, **wanted)
    else:
        with tempfile.TemporaryDirectory(dir=scratch) as unpacked:
            place = os.path.join(unpacked, "root")
            initramfs_source.unsquash_top(root, place)

            def fetch(patterns: Iterable[str]) -> None:
                initramfs_source.unsquash(root, place, patterns)

            parts = initramfs_image.gather(place, fetch, **wanted)
    initrd = initramfs_image.image(parts, scripts)
    record = initramfs_store.record(
        parts.version,
        parts.kernel,
        initrd,
        root=fingerprint,
        asked=wanted,
        modules=sorted(parts.modules),
        firmware=sorted(parts.firmware),
        firmware_lacking=sorted(parts.lacking),
        drivers_absent=sorted(parts.absent),
        programs=sorted(parts.programs.programs),
        libraries=sorted(parts.programs.libraries),
    )
    return record, parts.kernel, initrd


def asked(image: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give what decides, apart from the scripts, what is taken out of an image's root."""
    return {kind: list(image[kind]) for kind in ("drivers", "modules", "programs")}


def summary(record: Record | None) -> dict[str, Any]:
    """Give what of a record is returned."""
    if record is None:
        return {}
    return {
        "kernel": record["kernel"],
        "kernel_bytes": record["files"][initramfs_store.KERNEL]["bytes"],
        "initrd_bytes": record["files"][initramfs_store.INITRD]["bytes"],
        "modules": record["modules"],
        "programs": record.get("programs", []),
        "libraries": record.get("libraries", []),
    }


def shown(record: Record | None, stale: list[str]) -> dict[str, Any]:
    """Give one side of the diff, each list in one line; ``stale``: what is not published as it should be."""
    side = summary(record)
    if record is not None:
        side.update((kind, " ".join(side[kind])) for kind in ("modules", "programs", "libraries"))
    if stale:
        side["to publish"] = " ".join(stale)
    return side


def bring_to_state(image: dict[str, Any], scripts: Mapping[str, str], scratch: str, check: bool) -> dict[str, Any]:
    """Build and publish one image as needed; give its result with ``before`` and ``after`` for the diff.

    :raises ValueError: when the image lacks something that is needed.
    :raises OSError: when a file cannot be read or written.
    """
    directory: str = image["directory"]
    anew = {"directory": directory, "changed": True, "after": {"state": "built anew"}}
    root = initramfs_store.root_of(directory)
    if root is None:
        if check:
            return {**anew, "before": {}}
        raise ValueError("it has neither root/ nor root.squashfs; the image is not there yet")
    wanted = asked(image)
    fingerprint = initramfs_store.fingerprint(directory)
    with atomic_file.open_directory(directory) as descriptor:
        before = initramfs_store.read_record(descriptor)
        contents = initramfs_store.intact(before, descriptor) if before is not None else {}
        complete = len(contents) == len(initramfs_store.FILES)
        if before is not None and complete and initramfs_store.serves(before, fingerprint, wanted):
            built, record = False, before
        elif check:
            return {**anew, "before": shown(before, [])}
        else:
            built = True
            parts = initramfs_store.to_build(before, fingerprint, wanted)
            record, kernel, initrd = build(root, fingerprint, parts, scripts, scratch)
            contents = {initramfs_store.KERNEL: kernel, initramfs_store.INITRD: initrd}
            initramfs_store.store(record, contents, descriptor)
    stale = initramfs_store.unpublished(record, image["publish"]) if image["publish"] else []
    if stale and not check:
        initramfs_store.publish(stale, contents, image["publish"])
    return {
        "directory": directory,
        "changed": built or bool(stale),
        **summary(record),
        "firmware_lacking": record.get("firmware_lacking", []),
        "drivers_absent": record.get("drivers_absent", []),
        "before": shown(before, stale),
        "after": shown(record, []),
    }


def warnings(result: Mapping[str, Any]) -> list[str]:
    """Give what an administrator should know of an image that was built; a run that changes nothing repeats nothing."""
    told = []
    lacking = {os.path.dirname(name) or name for name in result.get("firmware_lacking", [])}
    absent = result.get("drivers_absent", [])
    if result["changed"] and lacking:
        told.append(
            f"{result['directory']}: the image lacks firmware that some cards need: {', '.join(sorted(lacking))}"
        )
    if result["changed"] and absent:
        told.append(f"{result['directory']}: its kernel has no {', '.join(absent)}, which its group of drivers has")
    return told


def main() -> None:
    image_options = {
        "directory": {"type": "path", "required": True},
        "drivers": {"type": "list", "elements": "str", "default": ["common"]},
        "modules": {"type": "list", "elements": "str", "default": []},
        "programs": {"type": "list", "elements": "str", "default": []},
        "publish": {"type": "path"},
    }
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "dict", "required": True, "options": image_options},
            "files": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    scripts: dict[str, str] = module.params["files"]
    wrong = [path for path, text in scripts.items() if not path.startswith("/") or not isinstance(text, str)]
    if "/init" not in scripts or wrong:
        module.fail_json(msg=f"files: /init must be among them, each an absolute path and a text; wrong: {wrong}")
    results = []
    for image in module.params["images"]:
        try:
            results.append(bring_to_state(image, scripts, module.tmpdir, module.check_mode))
        except (ValueError, OSError) as error:
            module.fail_json(msg=f"{image['directory']}: {error}", images=results)
    for text in [text for result in results for text in warnings(result)]:
        module.warn(text)
    diff = [{"header": item["directory"], "before": item.pop("before"), "after": item.pop("after")} for item in results]
    module.exit_json(changed=any(item["changed"] for item in results), images=results, diff=diff)


if __name__ == "__main__":
    main()
