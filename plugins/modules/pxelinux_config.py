#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns pxelinux.cfg: one file per machine and one for machines that nobody knows."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pxelinux_config
short_description: Write and prune the whole set of PXELINUX configuration files
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Writes one file per machine, named by its address in hexadecimal, and C(default) for all others.
  - Removes the files of machines that are no longer wanted.
  - Knows its own files by their first line and touches no other. A foreign file that has the name of
    a wanted one is an error.
  - Each file is replaced at once, so a machine that boots meanwhile reads the old one or the new one.
extends_documentation_fragment:
  - diskless.netboot.attributes
options:
  path:
    description: The directory, by its absolute path. It is created, but its parent must exist, except in check mode.
    type: path
    required: true
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
      title:
        description: What its screen says while it boots.
        type: str
        required: true
      kernel:
        description: The kernel's path below the TFTP root.
        type: str
        required: true
      initrd:
        description: The initramfs' path below the TFTP root.
        type: str
        required: true
      cmdline:
        description: The kernel's arguments.
        type: str
        required: true
  serial:
    description: Serial line to use besides the screen, as C(port [baud [flow control]]). An empty string uses none.
    type: str
    default: "0 115200"
  default_message:
    description: What an unknown machine shows, line by line.
    type: list
    elements: str
    default: []
  timeout:
    description: After how many seconds an unknown machine boots its local disk. V(0) waits for a key.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Every machine finds its boot file
  diskless.netboot.pxelinux_config:
    path: /srv/tftp/pxelinux.cfg
    entries:
      - name: pc01
        ip: 192.168.1.21
        title: pc01 (reading_room)
        kernel: images/reading_room/1/vmlinuz
        initrd: images/reading_room/1/initrd.img
        cmdline: root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/1 ro ip=dhcp
    default_message: [This machine is not in the inventory.]
"""

RETURN = r"""
written:
  description: Names of the files that were new or changed.
  returned: success
  type: list
  elements: str
  sample: [C0A80115]
removed:
  description: Names of the files that were removed.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, pxelinux_plan, pxelinux_render

ENTRY = {name: {"type": "str", "required": True} for name in ("name", "ip", "title", "kernel", "initrd", "cmdline")}


def settle(path: str, wanted: dict[str, bytes], *, check_mode: bool) -> dict[str, Any]:
    """Compare and, outside check mode, apply; gives the module's result."""
    created = not os.path.lexists(path)
    if created and check_mode:
        plan = pxelinux_plan.make(wanted, {})
        return result(plan, pxelinux_plan.diff(plan, {}, path), changed=True)
    if created:
        os.mkdir(path)
    with atomic_file.open_directory(path) as directory:
        status = os.fstat(directory)
        open_to_all = (status.st_mode & 0o7777) == pxelinux_plan.DIRECTORY_MODE and not created
        found = pxelinux_plan.observe(directory)
        plan = pxelinux_plan.make(wanted, found)
        if not check_mode:
            os.fchmod(directory, pxelinux_plan.DIRECTORY_MODE)
            pxelinux_plan.apply(plan, directory)
    changed = bool(plan.write or plan.remove or not open_to_all)
    return result(plan, pxelinux_plan.diff(plan, found, path), changed=changed)


def result(plan: pxelinux_plan.Plan, diff: list[dict[str, str]], *, changed: bool) -> dict[str, Any]:
    """Put the module's result together."""
    return {"changed": changed, "written": list(plan.write), "removed": list(plan.remove), "diff": diff}


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "entries": {"type": "list", "elements": "dict", "default": [], "options": ENTRY},
            "serial": {"type": "str", "default": "0 115200"},
            "default_message": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    params = module.params
    page = pxelinux_render.Page(params["serial"], params["timeout"], tuple(params["default_message"]))
    try:
        wanted = pxelinux_render.files(params["entries"], page)
        module.exit_json(**settle(params["path"], wanted, check_mode=module.check_mode))
    except ValueError as error:
        module.fail_json(msg=f"{params['path']}: {error}")
    except OSError as error:
        module.fail_json(msg=f"{params['path']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
