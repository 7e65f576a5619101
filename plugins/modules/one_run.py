#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets one run at a time work on a master."""

from __future__ import annotations

DOCUMENTATION = r"""
module: one_run
short_description: Let one run at a time work on a master
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - A run of ansible-playbook says on each master that it has begun, and that it has ended. In between another run fails
    at its beginning, with a message that says who works there since when, and what can be done.
  - A run that has died does not stand in the way. The action plugin looks for its process. Where that is on the same
    controller and gone, or another process has its number by now, the next run goes on at once, and says so in a
    warning. Of another controller nothing is known. A run from there counts as dead when it has not said for 5 minutes
    that it has begun, and no module that takes long (M(diskless.netboot.rootfs_image), M(diskless.netboot.slave_tree),
    M(diskless.netboot.slave_disks), M(diskless.netboot.old_generations)) works below O(directory).
  - So a run whose other tasks may take minutes says V(still) after them. Where another run had the master meanwhile,
    that fails, as what this run has found out about the master may not be so any more.
  - A run is the process of ansible-playbook itself, which is the parent of the processes that carry out tasks, however
    many O(ignore:forks) there are. In AWX each job has its container and with it numbers of processes of its own, so a
    job that was killed there is waited for as if it were on another controller. A controller that is no Linux tells
    nothing of its processes either.
  - It is remembered in C(/run/diskless-netboot/run.json), so a master that starts again is free.
  - Nothing is changed on the master in the sense of Ansible, so C(changed) is always false.
options:
  state:
    description: >-
      V(begun) takes the master or fails, V(still) fails where this run does not have it, V(ended) gives it back. What
      another run has is left alone. In check mode nothing is taken, and V(still) never fails.
    type: str
    choices: [begun, still, ended]
    required: true
  directory:
    description: Absolute path of the folder that holds C(images/), C(trees/) and C(disks/).
    type: path
    default: /srv/diskless
  run:
    description: Filled in by the action plugin; which run this is.
    type: dict
    suboptions: &run
      boot: {description: Random number of the present start of the controller's kernel., type: str, required: true}
      space: {description: Namespace of process ids., type: str, required: true}
      process: {description: Number of the process of ansible-playbook., type: int, required: true}
      started: {description: When that was started in ticks of the controller's clock., type: str, required: true}
      who: {description: User and host., type: str, required: true}
  over:
    description: Filled in by the action plugin; a run that it knows to have died.
    type: dict
    suboptions: *run
extends_documentation_fragment: diskless.netboot.attributes
attributes:
  diff_mode:
    support: none
    details:
      - Nothing of the master's configuration is changed.
"""

EXAMPLES = r"""
- name: No other run works on this master
  diskless.netboot.one_run:
    state: begun
    directory: /srv/diskless

- name: No other run has worked on it since
  diskless.netboot.one_run:
    state: still

- name: Other runs may work on this master
  diskless.netboot.one_run:
    state: ended
"""

RETURN = r"""
held_by:
  description: The run that has the master, in the form of O(run), if one has.
  returned: always
  type: dict
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import run_lock

RUN = {
    "type": "dict",
    "options": {
        "boot": {"type": "str", "required": True},
        "space": {"type": "str", "required": True},
        "process": {"type": "int", "required": True},
        "started": {"type": "str", "required": True},
        "who": {"type": "str", "required": True},
    },
}


def begin(module: AnsibleModule, run: run_lock.Run, over: run_lock.Run | None) -> run_lock.Run:
    """Take the master, or end the module where another run has it."""
    with run_lock.desk(run_lock.FOLDER, make=not module.check_mode) as desk:
        held, now = desk.held(), run_lock.now()
        may, told = run_lock.verdict(held, run, over, now, run_lock.busy(module.params["directory"]))
        if held is not None and not may:
            module.fail_json(msg=told, held_by=held.run._asdict())
        if told:
            module.warn(told)
        if not module.check_mode:
            since = held.since if held is not None and held.run == run else time.strftime("%FT%TZ", time.gmtime())
            desk.hold(run_lock.Held(run, since, now))
    return run


def go_on(module: AnsibleModule, run: run_lock.Run) -> run_lock.Run:
    """Say that this run still works, or end the module where it has lost the master."""
    if module.check_mode:
        return run
    with run_lock.desk(run_lock.FOLDER, make=False) as desk:
        held = desk.held()
        if held is None or held.run != run:
            module.fail_json(msg=run_lock.lost(held))
        else:
            desk.hold(held._replace(touched=run_lock.now()))
    return run


def end(module: AnsibleModule, run: run_lock.Run) -> run_lock.Run | None:
    """Give the master back; gives who has it then."""
    with run_lock.desk(run_lock.FOLDER, make=False) as desk:
        held = desk.held()
        if held is None or held.run != run:
            return held.run if held is not None else None
        if not module.check_mode:
            desk.leave()
    return None


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["begun", "still", "ended"], "required": True},
            "directory": {"type": "path", "default": "/srv/diskless"},
            "run": RUN,
            "over": RUN,
        },
        supports_check_mode=True,
    )
    if module.params["run"] is None:
        module.fail_json(msg="run: is filled in by the action plugin; call this module by its full name")
    run = run_lock.run_of(module.params["run"])
    over = run_lock.run_of(module.params["over"]) if module.params["over"] is not None else None
    try:
        if module.params["state"] == "begun":
            holder: run_lock.Run | None = begin(module, run, over)
        elif module.params["state"] == "still":
            holder = go_on(module, run)
        else:
            holder = end(module, run)
    except OSError as error:
        module.fail_json(msg=f"{error.filename or run_lock.FOLDER}: {error.strerror}")
    module.exit_json(changed=False, held_by=holder._asdict() if holder is not None else None)


if __name__ == "__main__":
    main()
