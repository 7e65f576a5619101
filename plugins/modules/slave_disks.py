#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the files behind the block devices that slaves have for themselves."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slave_disks
short_description: Keep the files behind the slaves' own block devices
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Makes C(<directory>/disks/<slave>/<name>) for each of O(disks), all in one call. They are sparse, belong to the
    server's user alone, and appear by one rename when their file system is in them.
  - A disk that holds data (O(disks[].keep)) is made once. Where it was made with another file system than the one asked
    for, or is larger than asked for, the module fails before it touches anything. Where it is smaller, it grows; the
    slave grows the file system in it. Where its slave has overwritten the file system, that is told.
  - Other disks, and swap, are made anew where size or content differ, unless a process has them open. One of
    O(disks[].filesystem=none) grows also then.
  - A disk that nobody asks for any more is kept and reported until O(prune) says otherwise. Those called C(scratch) and
    C(swap) are removed. None is while a process has it open.
  - A disk that was made to hold data and is gone is not made again, for its file system may not be mounted.
options:
  directory:
    description: Absolute path of the folder that holds C(disks/).
    type: path
    required: true
  disks:
    description: All disks of all slaves.
    type: list
    elements: dict
    required: true
    suboptions:
      slave:
        description: Name of the slave, a plain file name.
        type: str
        required: true
      name:
        description: Name of the disk, a plain file name.
        type: str
        required: true
      size:
        description: Size in bytes, a multiple of 1048576.
        type: int
        required: true
      filesystem:
        description: What is made in it.
        type: str
        choices: [ext4, xfs, btrfs, swap, none]
        required: true
      keep:
        description: Whether it holds data.
        type: bool
        required: true
  reset:
    description: Names of slaves whose disk C(persist) is made anew, with the loss of all that is in it.
    type: list
    elements: str
    default: []
  prune:
    description: Whether to remove the disks that nobody asks for, with all their data.
    type: bool
    default: false
  record:
    description:
      - The file that remembers which disks were made to hold data, and with what file system. Its directory is made
        with mode 0700.
    type: path
    default: /var/lib/diskless-netboot/nbd-disks.json
  user:
    description: Name of the user that the server runs as. In check mode it may be missing.
    type: str
    default: nbd
  unit:
    description: The server's unit.
    type: str
    default: nbd-server.service
  attach_seconds:
    description:
      - How many seconds a running slave may take to attach its disks again, once there is a server. What is there is
        neither made anew nor removed before the server has run that long. V(0) does not ask how long it has.
    type: int
    default: 60
extends_documentation_fragment:
  - diskless.netboot.attributes
attributes:
  idempotent:
    support: partial
    details:
      - O(reset) makes disks anew in each run.
"""

EXAMPLES = r"""
- name: The disks of pc07 are there
  diskless.netboot.slave_disks:
    directory: /srv/diskless
    disks:
      - {slave: pc07, name: persist, size: 4294967296, filesystem: ext4, keep: true}
      - {slave: pc07, name: swap, size: 1073741824, filesystem: swap, keep: false}
"""

RETURN = r"""
made:
  description: Disks that were made, as C(<slave>/<name>); so are the others.
  returned: always
  type: list
  elements: str
remade:
  description: Disks that were made anew.
  returned: always
  type: list
  elements: str
grown:
  description: Disks that have become larger.
  returned: always
  type: list
  elements: str
owned:
  description: Disks whose owner or mode was put right.
  returned: always
  type: list
  elements: str
removed:
  description: Disks that were removed, and what runs that died had left.
  returned: always
  type: list
  elements: str
kept:
  description: Disks that nobody asks for, and that were left because they hold data.
  returned: always
  type: list
  elements: str
in_use:
  description: Disks that were left as they are because a process has them open, or may be about to.
  returned: always
  type: list
  elements: str
strange:
  description: Disks that hold data, and not what was made in them.
  returned: always
  type: list
  elements: str
attached:
  description: Disks that a process had open, whether somebody asks for them or not.
  returned: always
  type: list
  elements: str
"""

import functools
import os
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    private_file,
    progress,
    server_uptime,
    slave_disks_plan,
    slave_disks_record,
    slave_disks_report,
    slave_disks_work,
    whole_file,
)
from ansible_collections.diskless.netboot.plugins.module_utils.slave_disks_plan import Found, Step


class Work:
    """One call of the module."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.params = module.params
        self.disks = {disk.label: disk for disk in slave_disks_plan.disks_of(self.params["disks"])}
        self.resets = slave_disks_plan.resets_of(self.params["reset"], list(self.disks.values()))
        self.found: dict[str, Found] = {}

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a program that makes a file system."""
        status, output, errors = self.module.run_command(command, environ_update=whole_file.environment({}))
        return status, whole_file.shorten(f"{output}\n{errors}")

    def known(self) -> tuple[str, dict[str, str]]:
        """Give the record's text, and with what each disk in it was made.

        :raises ValueError: for what is no such record.
        """
        held = private_file.read(self.params["record"])
        text = held.decode("utf-8", "replace") if held else ""
        try:
            return text, slave_disks_record.parse(text)
        except ValueError:
            raise ValueError(f"{self.params['record']}: is no record of disks") from None

    def unsure(self) -> str:
        """Say why what no process has open may be in use, if it may."""
        if not self.found or not self.params["attach_seconds"]:
            return ""
        properties = ",".join(server_uptime.PROPERTIES)
        status, output = self.run(["systemctl", "show", f"--property={properties}", self.params["unit"]])
        text = output if status == 0 else ""
        return slave_disks_record.unsure(text, self.params["attach_seconds"], time.monotonic())

    @functools.cached_property
    def opened(self) -> dict[tuple[int, int], list[int]]:
        """The processes that have disks open."""
        return slave_disks_work.open_files({one.identity for one in self.found.values()})

    def users(self, found: Found) -> list[int]:
        """Give the processes that have a disk open; the first question looks for all."""
        return self.opened.get(found.identity, [])

    def name_strange_content(self, directory: str) -> None:
        """Have blkid(8) say what disks hold that do not hold what is asked for."""
        for label, disk in self.disks.items():
            one = self.found.get(label)
            if one is None or not one.regular or disk.throw_away or disk.filesystem in (one.content, "none"):
                continue
            path = f"{directory}/disks/{label}"
            status, said = self.run(["blkid", "--probe", "--match-tag", "TYPE", "--output", "value", path])
            self.found[label] = one._replace(content=said if status == 0 else one.content)

    def plan(self, known: dict[str, str], unsure: str) -> list[Step]:
        """Decide, by what was found; ``unsure``: why what no process has open may be in use, if it may.

        :raises ValueError: with everything that is in the way.
        """
        return slave_disks_plan.plan(
            self.disks,
            self.found,
            resets=self.resets,
            known=known,
            record=self.params["record"],
            users=self.users,
            unsure=unsure,
        )

    def settle(self) -> dict[str, Any]:
        """Look, plan and, outside check mode, do; gives the module's result."""
        directory = self.params["directory"].rstrip("/")
        owner = slave_disks_work.owner(self.params["user"])
        if owner is None and self.disks and not self.module.check_mode:
            raise ValueError(f"there is no user {self.params['user']}, who should own the disks")
        if not slave_disks_work.is_there(directory):
            # Before it is made, and stands in the place of a file system that is not mounted.
            self.plan(self.known()[1], "")
        make = bool(self.disks) and not self.module.check_mode
        with slave_disks_work.opened(directory, owner, make=make) as shelf:
            left: list[str] = []
            if shelf is not None:
                self.found, left = shelf.survey()
            self.name_strange_content(directory)
            text, known = self.known()
            unsure = self.unsure()
            steps = self.plan(known, unsure)
            gone = slave_disks_plan.withdrawn(
                self.disks, self.found, prune=self.params["prune"], users=self.users, unsure=unsure
            )
            attached = [label for label, one in self.found.items() if self.users(one)]
            try:
                if shelf is not None:
                    steps = [self.take(shelf, step, known) for step in slave_disks_report.told(steps)]
                    self.remove(shelf, gone, left, known)
            finally:
                after = slave_disks_record.render(known, text)
                if after != text and not self.module.check_mode:
                    private_file.write(self.params["record"], after.encode("utf-8"))
        for warning in slave_disks_report.warnings(steps, gone, unsure):
            self.module.warn(warning)
        return {
            **slave_disks_report.result(steps, gone, left, self.found, recorded=after != text),
            "attached": attached,
        }

    def take(self, shelf: slave_disks_work.Shelf, step: Step, known: dict[str, str]) -> Step:
        """Do one step of a plan, and note in ``known`` what holds data; gives the step that it has become.

        :raises DiskError: where it fails.
        """
        if not self.module.check_mode:
            if step.action in (slave_disks_plan.MAKE, slave_disks_plan.REMAKE):
                if not shelf.make(step.disk, self.run, over=step.found):
                    if step.disk.label in self.resets:
                        raise slave_disks_work.DiskError(
                            f"disk {step.disk.label}: cannot be reset: {step.disk.slave} has attached it meanwhile"
                        )
                    return step._replace(action=slave_disks_plan.WAIT)
            elif step.action in (slave_disks_plan.GROW, slave_disks_plan.OWN):
                shelf.settle(step.disk)
        if not step.disk.throw_away:
            known[step.disk.label] = step.disk.filesystem
        return step

    def remove(
        self, shelf: slave_disks_work.Shelf, gone: dict[str, list[str]], left: list[str], known: dict[str, str]
    ) -> None:
        """Remove what is to go; ``gone`` then says what has been opened meanwhile, ``known`` what is still there."""
        for label in [*gone["removed"]]:
            if self.module.check_mode or shelf.remove(label, self.found[label].identity):
                known.pop(label, None)
            else:
                gone["removed"].remove(label)
                gone["in_use"].append(label)
        for label in left if not self.module.check_mode else []:
            shelf.remove(label)


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "disks": {"type": "list", "elements": "dict", "required": True, "options": slave_disks_plan.ARGUMENT},
            "reset": {"type": "list", "elements": "str", "default": []},
            "prune": {"type": "bool", "default": False},
            "record": {"type": "path", "default": "/var/lib/diskless-netboot/nbd-disks.json"},
            "user": {"type": "str", "default": "nbd"},
            "unit": {"type": "str", "default": "nbd-server.service"},
            "attach_seconds": {"type": "int", "default": 60},
        },
        supports_check_mode=True,
    )
    os.umask(0o077)
    try:
        module.exit_json(**Work(module).settle())
    except progress.WorkAhead:
        module.exit_json(changed=True, **{progress.AHEAD: True})
    except (ValueError, slave_disks_work.DiskError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    main()
