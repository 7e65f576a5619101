#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sees to it that slaves have a directory each on their master for what must survive their roots."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slave_state
short_description: Keep a directory of its own for each slave
version_added: "1.0.0"
description:
  - Makes C(<directory>/own/<slave>), empty, for each slave in O(slaves), all in one call. The slave fills it.
  - C(own/) is closed to all but root. Nothing below a slave's directory is ever read or changed, for the slave is root
    there.
  - What was made is remembered in C(<directory>/state/own). A directory that was made and is gone is not made again,
    because a file system may not be mounted; the module fails and says so.
  - Directories of slaves that are not listed any more stay and are reported, unless O(prune). One in which something is
    mounted is never removed. What cannot be removed holds up no other; the module fails at the end then.
  - What a run that died while it removed has left, a hidden directory in C(own/), goes with the next run, also without
    O(prune).
options:
  directory:
    description: Absolute path of the folder that holds C(own/) and C(state/).
    type: path
    required: true
  slaves:
    description: The slaves that keep something.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the slave, a plain file name.
        type: str
        required: true
  prune:
    description: Remove, with all that is in them, the directories of slaves that are not listed any more.
    type: bool
    default: false
extends_documentation_fragment: diskless.netboot.attributes
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: Each slave has a place for its own state
  diskless.netboot.slave_state:
    directory: /srv/diskless
    slaves:
      - name: pc01
"""

RETURN = r"""
created:
  description: Slaves whose directory was made.
  returned: success, or when not all could be removed
  type: list
  elements: str
foreign:
  description: >-
    Directories that look like a slave's, of none that is listed, and made by no run or by one that died while it
    removed them. They are left alone.
  returned: success, or when not all could be removed
  type: list
  elements: str
kept:
  description: Slaves that are not listed any more and whose directory is still there.
  returned: success, or when not all could be removed
  type: list
  elements: str
pruned:
  description: Slaves whose directory was removed.
  returned: success, or when not all could be removed
  type: list
  elements: str
removed:
  description: What runs that died had left, names in C(own/).
  returned: success, or when not all could be removed
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import own_state, some_names

SHOWN = 10


def result(found: own_state.Survey, done: own_state.Outcome) -> dict[str, Any]:
    """Give what the module returns."""
    return {
        "changed": bool(found.create or found.open or done.pruned or done.removed),
        "created": found.create,
        "foreign": found.foreign,
        "kept": [name for name in found.withdrawn if name not in done.pruned],
        "pruned": done.pruned,
        "removed": done.removed,
        "diff": {
            "before": "".join(f"own/{name}\n" for name in [*done.removed, *done.pruned]),
            "after": "".join(f"own/{name}\n" for name in found.create),
        },
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "slaves": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"name": {"type": "str", "required": True}},
            },
            "prune": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    directory, prune = module.params["directory"], module.params["prune"]
    slaves = [item["name"] for item in module.params["slaves"]]
    try:
        found = own_state.survey(directory, slaves)
        if found.missing:
            module.fail_json(
                msg=f"{directory}/own: what was made is gone: {some_names.some(found.missing, SHOWN)}. Is a file "
                f"system not mounted? To have a slave begin anew, remove {directory}/{own_state.RECORDS}/<slave>"
            )
        if not module.check_mode:
            os.umask(0o022)
            own_state.make(directory, found)
        done = own_state.clear(directory, found, prune=prune, dry=module.check_mode)
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or directory}: {error.strerror}")
    if found.withdrawn and not prune:
        module.warn(
            f"kept what slaves have kept that are not listed any more: {some_names.some(found.withdrawn, SHOWN)}"
        )
    if found.foreign:
        module.warn(f"{directory}/own: left alone, for no run knows them: {some_names.some(found.foreign, SHOWN)}")
    if done.failures:
        told = "; ".join(f"{name}: {error}" for name, error in done.failures.items())
        module.fail_json(msg=f"{directory}/own: not all that was to go is removed: {told}", **result(found, done))
    module.exit_json(**result(found, done))


if __name__ == "__main__":
    main()
