#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns what machines boot: the files that PXELINUX, GRUB and iPXE ask for, for each machine and for unknown ones."""

from __future__ import annotations

DOCUMENTATION = r"""
module: boot_files
short_description: Write and prune all boot files of PXELINUX, GRUB and iPXE
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Writes for each machine one file for each loader, named by its address, and further ones named by its cards where
    those are given. The three say the same, in the words of each loader.
  - Writes what a machine gets that nobody knows.
  - Removes the files of machines that are no longer wanted.
  - Knows its own files by a line in them and touches no other. A foreign file that has the name of a wanted one is an
    error.
  - Each file is replaced at once, so a machine that boots meanwhile reads the old one or the new one. New ones are
    written before old ones are removed.
  - Refuses what one of the loaders cannot carry literally.
extends_documentation_fragment:
  - diskless.netboot.attributes
options:
  path:
    description:
      - The TFTP root, by its absolute path. It must exist, except in check mode.
      - The files are in C(pxelinux.cfg), C(grub), C(grub/machines), C(ipxe) and C(ipxe/machines) below it.
    type: path
    required: true
  url:
    description:
      - Where the TFTP root is served by HTTP, V(http://) and an IPv4 address. Kernels then come from there.
      - By an empty string all comes by TFTP.
    type: str
    default: ""
  entries:
    description: The machines.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the machine, for messages.
        type: str
        required: true
      ip:
        description: IPv4 address of the machine.
        type: str
        required: true
      macs:
        description: Its cards that get files of their own, as the machine may boot with another address.
        type: list
        elements: str
        default: []
      title:
        description: What its screen says while it boots, or what stands above the menu.
        type: str
        required: true
      menu:
        description: The menu. Without it the first label starts at once.
        type: dict
        suboptions:
          default:
            description: Name of the label that starts when nobody chooses.
            type: str
            required: true
          timeout:
            description: After how many seconds it does so. V(0) waits for ever.
            type: int
            required: true
          help:
            description: The page behind F1, line by line. Without lines there is none.
            type: list
            elements: str
            default: []
          edit:
            description: Whether people at the keyboard may change what is booted.
            type: bool
            default: false
      labels:
        description: What the machine can boot.
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name of the label.
            type: str
            required: true
          title:
            description: What the menu shows.
            type: str
            required: true
          local:
            description:
              - The firmware goes on with its next boot device; GRUB on UEFI starts the disk's loader itself.
              - In place of all that follows.
            type: bool
            default: false
          kernel:
            description: The kernel's path below the TFTP root.
            type: str
          initrd:
            description: The initramfs' path below the TFTP root.
            type: str
          cmdline:
            description: The kernel's arguments.
            type: list
            elements: str
            default: []
  serial:
    description:
      - Serial line to use besides the screen, as C(port [baud [flow control]]). An empty string uses none.
      - For PXELINUX, and GRUB on a BIOS. UEFI has its own setting.
    type: str
    default: "0 115200"
  default_message:
    description: What an unknown machine shows, line by line.
    type: list
    elements: str
    default: []
  timeout:
    description: After how many seconds an unknown machine boots its local disk. V(0) waits for ever.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Every machine finds its boot files
  diskless.netboot.boot_files:
    path: /srv/tftp
    url: http://192.168.1.1
    entries:
      - name: pc01
        ip: 192.168.1.21
        title: pc01, reading_room
        menu:
          default: reading
          timeout: 5
          help: [Reading room starts the catalogue and the web., Local disk starts what is installed there.]
        labels:
          - name: reading
            title: Reading room
            kernel: images/reading_room/1/vmlinuz
            initrd: images/reading_room/1/initrd.img
            cmdline: [root=/dev/nfs, "nfsroot=192.168.1.1:/srv/diskless/images/reading_room/1", ro, ip=dhcp]
          - name: disk
            title: Local disk
            local: true
    default_message: [This machine is not in the inventory.]
"""

RETURN = r"""
written:
  description: The files that were new or changed, by their paths below the TFTP root.
  returned: success
  type: list
  elements: str
  sample: [grub/machines/192.168.1.21.cfg]
removed:
  description: The files that were removed.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries, boot_tree, public_files

MENU = {
    "default": {"type": "str", "required": True},
    "timeout": {"type": "int", "required": True},
    "help": {"type": "list", "elements": "str", "default": []},
    "edit": {"type": "bool", "default": False},
}
LABEL = {
    "name": {"type": "str", "required": True},
    "title": {"type": "str", "required": True},
    "local": {"type": "bool", "default": False},
    "kernel": {"type": "str"},
    "initrd": {"type": "str"},
    "cmdline": {"type": "list", "elements": "str", "default": []},
}
ENTRY = {
    "name": {"type": "str", "required": True},
    "ip": {"type": "str", "required": True},
    "macs": {"type": "list", "elements": "str", "default": []},
    "title": {"type": "str", "required": True},
    "menu": {"type": "dict", "options": MENU},
    "labels": {"type": "list", "elements": "dict", "required": True, "options": LABEL},
}


def settle(root: str, wanted: dict[str, bytes], *, check_mode: bool) -> dict[str, Any]:
    """Compare and, outside check mode, apply; gives the module's result."""
    # The root may be reached by a link; nothing below it may.
    root = os.path.realpath(root)
    if not check_mode and not os.path.isdir(root):
        raise ValueError("there is no such directory")
    found = public_files.observe(root, boot_tree.DIRECTORIES)
    plan = public_files.make(wanted, found, lambda _path, one: boot_tree.is_ours(one))
    if not check_mode:
        public_files.apply(plan, root)
    return {
        "changed": plan.is_needed,
        "written": list(plan.write),
        "removed": list(plan.remove),
        "diff": [difference(path, plan, found, root) for path in sorted([*plan.write, *plan.remove])],
    }


def difference(path: str, plan: public_files.Plan, found: public_files.Tree, root: str) -> dict[str, str]:
    """Give Ansible's ``diff`` of one file."""
    before = found.files[path].content if path in found.files else None
    return {
        "before_header": f"{root}/{path}",
        "after_header": f"{root}/{path}",
        "before": (before or b"").decode("utf-8", "replace"),
        "after": plan.write.get(path, b"").decode("utf-8"),
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "url": {"type": "str", "default": ""},
            "entries": {"type": "list", "elements": "dict", "default": [], "options": ENTRY},
            "serial": {"type": "str", "default": "0 115200"},
            "default_message": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        page = boot_entries.page(params["serial"], params["url"], params["timeout"], params["default_message"])
        wanted = boot_tree.files(boot_entries.machines(params["entries"]), page)
        module.exit_json(**settle(params["path"], wanted, check_mode=module.check_mode))
    except ValueError as error:
        module.fail_json(msg=f"{params['path']}: {error}")
    except OSError as error:
        module.fail_json(msg=f"{params['path']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
