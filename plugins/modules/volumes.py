#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes what slaves may write to file systems of its own."""

from __future__ import annotations

DOCUMENTATION = r"""
module: volumes
short_description: Make what slaves may write to file systems of its own
version_added: "1.0.0"
description:
  - Who may write to a directory by NFS reaches all of the file system that it lies on, by file handles that he makes
    up. So each directory in O(volumes) that lies below O(directory) and is not there yet, or is empty, becomes a
    volume, an ext4 in the file C(<directory>/volumes/<path>.ext4) with C(+) for C(/) in the path, all in one call.
  - A volume's file is sparse, and appears by one rename. It takes as much room as is written. Where more is asked for
    than it has, it grows while it is in use; it never shrinks.
  - What is mounted there by somebody else stays, and so does a directory that holds something. A warning names all
    that are no file systems of their own.
  - A shared directory that is there, also an empty one, stays as it is, for it may be where something else is mounted.
  - A slave's directory, or a volume, that was made (C(<directory>/state/) knows) and is gone is not made again.
  - Volumes that are not in O(volumes) stay, and are mounted. They are removed with what they are for, by the modules
    M(diskless.netboot.slave_tree) and M(diskless.netboot.slave_state).
options:
  directory:
    description: Absolute path of the folder that holds C(volumes/).
    type: path
    required: true
  volumes:
    description: The directories that slaves may write to.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path of the directory.
        type: path
        required: true
      size:
        description: Bytes that its volume has at least; with V(0) it gets none.
        type: int
        required: true
  mounter:
    description: Program that mounts all volumes of the folder that is its argument. The machine's start uses it too.
    type: path
    required: true
extends_documentation_fragment: diskless.netboot.attributes
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: The tree of one slave is a file system of its own
  diskless.netboot.volumes:
    directory: /srv/diskless
    volumes:
      - path: /srv/diskless/trees/pc21
        size: 8589934592
    mounter: /usr/local/lib/diskless-netboot/mount-volumes
"""

RETURN = r"""
made:
  description: Paths of the volumes that were made, below O(directory).
  returned: success
  type: list
  elements: str
  sample: [trees/pc21]
grown:
  description: Paths of those that were given more room.
  returned: success
  type: list
  elements: str
mounted:
  description: Paths of those that were there and not mounted.
  returned: success
  type: list
  elements: str
together:
  description: Directories that are no file systems of their own.
  returned: success
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import some_names, tree_files, volume_work, volumes

SHOWN = 10


def result(found: volumes.Survey, unmounted: list[str]) -> dict[str, Any]:
    """Give what the module returns."""
    mounted = [path for path in found.mount if path not in unmounted]
    after = [f"volume {path}: {size} bytes\n" for path, size in {**found.make, **found.grow}.items()]
    return {
        "changed": bool(found.make or found.grow or mounted or {*found.record} - {*unmounted} or found.left),
        "made": list(found.make),
        "grown": list(found.grow),
        "mounted": mounted,
        "together": found.together,
        "diff": {
            "before": "".join(f"{name}\n" for name in found.left),
            "after": "".join([*after, *(f"volume {path}: mounted\n" for path in mounted)]),
        },
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "volumes": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"path": {"type": "path", "required": True}, "size": {"type": "int", "required": True}},
            },
            "mounter": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    directory = module.params["directory"]
    wanted = {item["path"]: item["size"] for item in module.params["volumes"]}
    try:
        unmounted: list[str] = []
        said = ""
        found = volumes.survey(directory, wanted, tree_files.mountinfo())
        if not module.check_mode:
            os.umask(0o022)
            if found.work():
                unmounted, said = volume_work.work(directory, wanted, module.params["mounter"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or directory}: {error.strerror}")
    if found.together:
        module.warn(
            f"no file systems of their own: {some_names.some(found.together, SHOWN)}: a hostile slave that may mount "
            "one of them could reach all that lies beside it, by file handles that it makes up; see docs/servers.md, "
            "Confining a slave"
        )
    if unmounted:
        module.warn(
            f"volumes that cannot be mounted, and that nobody wants: {some_names.some(unmounted, SHOWN)}: {said}"
        )
    module.exit_json(**result(found, unmounted))


if __name__ == "__main__":
    main()
