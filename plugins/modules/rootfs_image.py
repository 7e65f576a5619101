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
  - A generation is bootstrapped with C(mmdebstrap), configured as a slave, searched for secrets, packed into one file
    C(root.squashfs) (zstd), and shown under its name by one rename. What a run that died has left is removed by the
    next run.
  - A generation that would hold a private key, a password hash, a token, or another trace of one machine is not made;
    see docs/secrets.md. What packages ship as it is counts as public, and so does what O(files) and
    O(images[].authorized_keys) give.
  - Check mode needs none of the programs.
  - C(http_proxy), C(https_proxy), C(ftp_proxy) and C(no_proxy) of the environment are heeded.
  - The same definition and the same versions of packages give the same bytes, but for btrfs.
  - A generation that is there is not compared with its definition. It gets what else is wanted of it, as a tree or as a
    file for network block devices; each is made beside and shown by one rename.
requirements:
  - mmdebstrap
  - squashfs-tools
  - util-linux 2.32 or later (C(setpriv), C(unshare))
  - e2fsprogs, erofs-utils or btrfs-progs, for an image whose O(images[].nbd.format) is V(ext4), V(erofs) or V(btrfs)
options:
  directory:
    description: Absolute path of the folder that holds C(images/) and, for downloaded packages, C(cache/).
    type: path
    required: true
  images:
    description: The images as the model of the fleet gives them, one item for each generation.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the image, a plain file name.
        type: str
        required: true
      generation:
        description:
          - Name of the generation, its release, the digest of its definition, and when it is built, as
            C(bookworm-3f2a9c0d1e4b-20261122T053000Z).
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
      init:
        description: The first process; its packages are among those of O(inits).
        type: str
        choices: [systemd, openrc]
        default: systemd
      packages:
        description: Packages beside the base and the kernel.
        type: list
        elements: str
        default: []
      services:
        description:
          - Units enabled in the image; those with C(!) before them are masked instead.
          - With V(openrc), services that are in the runlevel C(default), or with C(!) in none. Their names may end in
            C(.service).
        type: list
        elements: str
        default: []
      shared:
        description: Directories that slaves with a tree of their own share.
        type: list
        elements: str
        default: [/usr, /opt]
      public_files:
        description:
          - Absolute paths of files, or of directories with all that is in them, that every slave may read, whatever
            they hold. Nothing is searched for there.
        type: list
        elements: str
        default: []
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
      digest:
        description: The digest of this definition. What has another in its name is not built from it.
        type: str
      tree:
        description: Whether the root is wanted as a tree C(root/) too. It can be added to a generation later.
        type: bool
        default: false
      nbd:
        description: How the root is wanted for network block devices, if it is. It can be added to a generation later.
        type: dict
        suboptions:
          format:
            description:
              - What the root is packed into, as C(root.<format>).
              - V(squashfs) is there in any case.
            type: str
            choices: [squashfs, erofs, ext4, btrfs]
            default: squashfs
          size:
            description:
              - Size of the file system in bytes, a multiple of 1 MiB; only for V(ext4) and V(btrfs). It becomes part of
                the file's name.
              - Without it, what the tree needs and at least 1 GiB that is free. The file is sparse.
              - What does not fit is refused, before anything is built if the generation is there.
            type: int
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
    suboptions: &file
      path: {description: Path relative to the root., type: str, required: true}
      mode: {description: "Permissions, as V(0644).", type: str, default: "0644"}
      content: {description: The text., type: str, required: true}
  links:
    description: Symbolic links that make an image a slave's.
    type: list
    elements: dict
    default: []
    suboptions: &link
      path: {description: Path relative to the root., type: str, required: true}
      target: {description: Where it leads to., type: str, required: true}
  masked:
    description: Units that an image masks, or services that are in no runlevel, unless its C(services) name them.
    type: list
    elements: str
    default: []
  unwanted:
    description: Paths relative to the root that are removed; the last component may be a pattern.
    type: list
    elements: str
    default: []
  inits:
    description: What images have besides, by their C(init).
    type: dict
    default: {}
    suboptions:
      systemd: &init
        description: The same lists once more, for those with this one.
        type: dict
        suboptions:
          packages: {description: See O(packages)., type: list, elements: str, default: []}
          files:
            description: See O(files).
            type: list
            elements: dict
            default: []
            suboptions: *file
          links:
            description: See O(links).
            type: list
            elements: dict
            default: []
            suboptions: *link
          masked: {description: See O(masked)., type: list, elements: str, default: []}
          unwanted: {description: See O(unwanted)., type: list, elements: str, default: []}
      openrc: *init
extends_documentation_fragment: diskless.netboot.attributes
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: The reading room's image is there
  diskless.netboot.rootfs_image:
    directory: /srv/diskless
    images:
      - name: reading_room
        generation: bookworm-3f2a9c0d1e4b-20261122T053000Z
        release: bookworm
        packages: [openssh-server, firefox-esr]
        services: [ssh]
        nbd: {format: ext4}
    packages: [udev, dbus, busybox-static, nfs-common]
    inits:
      systemd: {packages: [systemd-sysv]}
"""

RETURN = r"""
built:
  description: The generations that this run has made (in check mode, would make), as C(name/generation).
  returned: always
  type: list
  elements: str
news:
  description:
    - What packages changed, a bounded list of texts for each generation in RV(built) that has an older one beside it.
  returned: success, outside check mode
  type: dict
  sample: {"reading_room/bookworm-3f2a9c0d1e4b-20261122T053000Z": ["firefox-esr 128.1 -> 128.2", "+foo 1.0", "-bar 2"]}
trees:
  description: The generations to which a tree was added.
  returned: always
  type: list
  elements: str
disks:
  description:
    - The files for network block devices that were added, also to new generations, as C(name/generation/root.<format>).
  returned: success
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

import errno
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    inits,
    progress,
    rootfs_build,
    rootfs_command,
    rootfs_configure,
    rootfs_disk,
    rootfs_news,
    rootfs_options,
    rootfs_run,
)


def make(directory: str, item: rootfs_build.Work, slave: dict[str, Any], run: rootfs_configure.Run) -> list[str]:
    """Make what one image lacks, and return what an administrator should know of it."""
    if item.build:
        rootfs_build.build(directory, item.image, slave, run)
    elif item.tree:
        rootfs_build.add_tree(directory, item.image, run)
    return rootfs_disk.add(directory, item.image, run) if item.disk else []


def check(directory: str, work: list[rootfs_build.Work], parameters: dict[str, Any]) -> None:
    """Refuse what cannot be made, before anything is.

    :raises ValueError: naming the image and why.
    """
    for item in work:
        if item.build:
            base = rootfs_options.base_of(parameters, item.image["init"])
            rootfs_options.check_definition(item.image, base["packages"])
        elif item.disk:
            try:
                rootfs_disk.check_size(directory, item.image)
            except ValueError as error:
                raise ValueError(f"image {rootfs_build.label(item.image)}: {error}") from error


def difference(work: list[rootfs_build.Work], removed: list[str], news: dict[str, list[str]]) -> dict[str, str]:
    """Give the diff that people read: what goes, what comes, and what packages changed in it."""
    after = []
    for item in work:
        label = rootfs_build.label(item.image)
        if item.build:
            after += [label, *(f"  {line}" for line in news.get(label, []))]
        elif item.tree:
            after.append(f"{label}/{rootfs_build.TREE}")
        if item.disk:
            after.append(f"{label}/{item.disk}")
    return {"before": "".join(f"{name}\n" for name in removed), "after": "".join(f"{name}\n" for name in after)}


def main() -> None:
    """Make what is missing."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "images": {"type": "list", "elements": "dict", "required": True, "options": rootfs_options.IMAGE},
            **rootfs_options.BASE,
            "inits": {
                "type": "dict",
                "default": {},
                "options": {init: {"type": "dict", "options": rootfs_options.BASE} for init in inits.INITS},
            },
        },
        supports_check_mode=True,
    )
    directory, images = module.params["directory"], module.params["images"]
    removed: list[str] = []
    news: dict[str, list[str]] = {}
    doing = ""
    try:
        rootfs_options.check(module.params)
        work = rootfs_build.missing(directory, images)
        check(directory, work, module.params)
        found = rootfs_build.survey(directory)
        if module.check_mode:
            removed = found.remains
        elif work or found.remains:
            progress.TELLER.begin()
            os.umask(0o022)
            with rootfs_build.locked(directory) as lock:
                removed = rootfs_build.sweep(directory)
                run = rootfs_run.runner(lock)
                # Looked at again: another run may have made it while this one waited for the lock.
                work = rootfs_build.missing(directory, images)
                for item in work:
                    doing = f"image {rootfs_build.label(item.image)}: "
                    progress.TELLER.about(item.image["name"])
                    base = rootfs_options.base_of(module.params, item.image["init"])
                    for warning in make(directory, item, base, run):
                        module.warn(f"{doing}{warning}")
                    if item.build:
                        news |= rootfs_news.of(directory, item.image)
    except progress.WorkAhead:
        module.exit_json(changed=True, **{progress.AHEAD: True})
    except (rootfs_command.BuildError, ValueError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = f"the disk of {directory} is full, or without inodes (df -i): {error}" if full else error
        module.fail_json(msg=f"{doing}{what}", removed=removed)
    built = [rootfs_build.label(item.image) for item in work if item.build]
    trees = [rootfs_build.label(item.image) for item in work if item.tree and not item.build]
    disks = [f"{rootfs_build.label(item.image)}/{item.disk}" for item in work if item.disk]
    wanted = {rootfs_build.label(image) for image in images}
    module.exit_json(
        changed=bool(work or removed),
        built=built,
        news=news,
        trees=trees,
        disks=disks,
        removed=removed,
        kept=[name for name in found.generations if name not in wanted],
        diff=difference(work, removed, news),
    )


if __name__ == "__main__":
    main()
