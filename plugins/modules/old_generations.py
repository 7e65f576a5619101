#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the generations of images that nobody needs any more."""

from __future__ import annotations

DOCUMENTATION = r"""
module: old_generations
short_description: Remove the generations of images that nobody needs any more
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Removes what is older than the newest generations of each image, except what a slave boots next or had before that,
    by the record of M(diskless.netboot.boot_records), and what a running slave uses, by what the servers show.
  - In use is what any process has open on the master. Those of slaves are C(nbd-server) and C(ganesha.nfsd), which keep
    open what their clients have open, the latter with NFS 4. The kernel's NFS server lists what clients of NFS 4 have
    open in C(/proc/fs/nfsd/clients). A slave that was switched off counts for one lease with Ganesha, for up to a day
    with the kernel.
  - NFS 3 knows no open files. What has been used by it since Ganesha was started counts as in use, and what
    C(rpc.mountd) has noted in C(/var/lib/nfs/rmtab) while the kernel's server serves it. A slave that was switched off
    stays in there; nobody but an administrator can know that its line may go. Slaves of this collection use NFS 3 only
    where a server does not speak version 4.2.
  - A server that was started a moment ago knows nothing of its clients, and one that is stopped has clients that wait
    for it. Nothing is removed then.
  - Generations of images that are not in O(keep) stay.
  - Takes the same lock as M(diskless.netboot.rootfs_image). A generation is renamed first and removed then; what a run
    that died has left of it is removed by the next run of that module.
options:
  directory:
    description: Absolute path of the folder that holds C(images/) and C(state/).
    type: path
    required: true
  keep:
    description: How many of the newest generations stay in any case, by image; at least 1.
    type: dict
    required: true
  publish_directory:
    description:
      - Absolute path of the folder with boot files, where those of generations that are not there any more are removed
        from C(images/<image>/<generation>/). Without it boot files stay.
    type: path
  settle_seconds:
    description:
      - How long a server must have run until all running slaves have come back to it; with V(0) the servers are
        believed at once.
      - A slave notices within a minute that an NFS server was started again, and has claimed what it had open within
        the grace period of one lease, 90 seconds.
    type: int
    default: 180
extends_documentation_fragment: diskless.netboot.attributes
"""

EXAMPLES = r"""
- name: Old generations are gone
  diskless.netboot.old_generations:
    directory: /srv/diskless
    keep: {reading_room: 3, catalogue: 1}
    publish_directory: /srv/tftp
"""

RETURN = r"""
removed:
  description: Generations that were removed, as C(image/generation).
  returned: always
  type: list
  elements: str
kept:
  description: Generations beyond those to keep that are still there, and why.
  returned: always
  type: dict
  sample: {"reading_room/bookworm-3f2a9c0d1e4b-20261122T053000Z": "nbd-server has it open"}
withdrawn:
  description: Generations whose boot files were removed.
  returned: always
  type: list
  elements: str
"""

import os
from collections.abc import Collection
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_records,
    generation_removal,
    generation_store,
    generation_users,
    rootfs_build,
    tree_files,
)


class Work:
    """One call of the module."""

    def __init__(self, module: AnsibleModule) -> None:
        self.directory = module.params["directory"].rstrip("/")
        self.publish = (module.params["publish_directory"] or "").rstrip("/")
        self.keep = {str(image): as_number(image, number) for image, number in module.params["keep"].items()}
        self.seconds = module.params["settle_seconds"]
        self.run = generation_users.runner(module.run_command)

    def used(self, labels: Collection[str]) -> dict[str, str]:
        """Give those of the generations that must stay, and why."""
        if not labels:
            return {}
        paths = {label: f"{self.directory}/images/{label}" for label in labels}
        evidence = generation_users.gather(paths.values(), self.run, self.seconds)
        info = tree_files.mountinfo()
        found = generation_removal.mounted(self.directory, labels, info)
        for label, path in paths.items():
            users = generation_users.users(path, evidence, info)
            if users:
                found[label] = generation_users.described(users)
            elif evidence.unsure:
                found.setdefault(label, "; ".join(evidence.unsure))
        return found

    def plan(self) -> generation_removal.Old:
        """Tell which generations may go, without changing anything."""
        old = generation_removal.choose(
            generation_store.names(self.directory), self.keep, generation_records.read(self.directory)
        )
        used = self.used(old.go)
        return generation_removal.Old([label for label in old.go if label not in used], {**old.kept, **used})

    def orphans(self, gone: Collection[str]) -> list[str]:
        """Give the boot files that are for nothing."""
        return generation_removal.orphans(self.directory, self.publish, gone) if self.publish else []

    def settle(self, *, dry: bool) -> dict[str, Any]:
        """Plan, and do it unless ``dry``; gives the module's result."""
        old = self.plan()
        if old.go and not dry:
            with rootfs_build.locked(self.directory):
                # Looked at again: another run may have been at it while this one waited for the lock.
                old = self.plan()
                late = generation_removal.remove(self.directory, old.go, self.used)
            old = generation_removal.Old([label for label in old.go if label not in late], {**old.kept, **late})
        withdrawn = self.orphans(old.go)
        if not dry:
            generation_removal.withdraw(self.publish, withdrawn)
        gone = [*old.go, *(f"{self.publish}/images/{label}" for label in withdrawn)]
        return {
            "changed": bool(gone),
            "removed": old.go,
            "kept": old.kept,
            "withdrawn": withdrawn,
            "diff": {"before": "".join(f"{name}\n" for name in gone), "after": ""},
        }


def as_number(image: str, value: object) -> int:
    """Give a value of ``keep``.

    :raises ValueError: for anything but a whole number; true is one to Python.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"keep: {image}: {value!r}: must be a whole number")


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "keep": {"type": "dict", "required": True},
            "publish_directory": {"type": "path"},
            "settle_seconds": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    if os.geteuid() != 0:
        module.fail_json(msg="only root sees what processes have open; set become")
    try:
        module.exit_json(**Work(module).settle(dry=bool(module.check_mode)))
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
