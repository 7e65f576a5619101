#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the trees of slaves that have a root of their own."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slave_tree
short_description: Keep the trees of slaves that have a root of their own
version_added: "1.0.0"
description:
  - Makes C(<directory>/trees/<slave>/) for each slave in O(trees), all in one call, out of the tree of its image's
    generation (C(<directory>/images/<image>/<generation>/root)). Directories that the slave mounts from the image are
    left empty.
  - Blocks are shared where the file system can do that, and copied inside the kernel otherwise. Owners, permissions,
    times, hard links, devices, capabilities and access lists are kept. A tree appears by one rename.
  - When a slave's image has another generation, what the slave has not changed follows the image; what it has changed
    is kept, also when the image has changed it too, which is reported. Only paths at which the generations differ are
    looked at.
  - Slaves may be running and hostile meanwhile. No link of theirs is followed and none of their files is written into;
    what a slave changes while it is updated is kept as it is.
  - An update that dies is finished by the next run, also where the image has another generation by then.
  - A tree whose slave is not in O(trees) any more is kept and reported until O(prune) says otherwise. A directory with
    the name of a slave that this module knows nothing of is reported and left alone. What is no directory with the name
    of a slave is left alone.
  - A tree that was made and is gone is not made again, for its file system may not be mounted. Remove
    C(<directory>/state/trees/<slave>.json) to have it made anew. Where all are gone, nothing is done at all.
  - What goes wrong with one tree holds up no other. The module fails at the end then, and returns what was done.
  - C(trees/) is closed to all but root. An empty directory that is there for a tree, such as a volume that the module
    M(diskless.netboot.volumes) has made, is filled in its place; a volume goes with its tree.
  - What was done is remembered in C(<directory>/state/). A run that finds everything done reads nothing else.
options:
  directory:
    description: Absolute path of the folder that holds C(images/), C(trees/) and C(state/).
    type: path
    required: true
  trees:
    description: All slaves with a root of their own.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the slave, a plain file name.
        type: str
        required: true
      hostname:
        description: What the slave calls itself; its C(/etc/hosts) gives it the address 127.0.1.1.
        type: str
        required: true
      image:
        description: Name of its image.
        type: str
        required: true
      generation:
        description: Generation of its image, which must have a tree.
        type: str
        required: true
      shared:
        description: Absolute paths of the directories that it mounts from its image.
        type: list
        elements: str
        default: [/usr, /opt]
  prune:
    description: Whether to remove the trees that were made for slaves that are not in O(trees), with all their data.
    type: bool
    default: false
extends_documentation_fragment: diskless.netboot.attributes
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: Two catalogue terminals have trees of their own
  diskless.netboot.slave_tree:
    directory: /srv/diskless
    trees:
      - name: pc24
        hostname: pc24
        image: catalogue
        generation: bookworm-3f2a9c0d1e4b-20261122T053000Z
      - name: pc25
        hostname: pc25
        image: catalogue
        generation: bookworm-3f2a9c0d1e4b-20261122T053000Z

- name: Trees of slaves that have left are removed
  diskless.netboot.slave_tree:
    directory: /srv/diskless
    trees: []
    prune: true
"""

RETURN = r"""
seeded:
  description: Slaves whose tree was made.
  returned: always
  type: list
  elements: str
updated:
  description: Trees that were brought to another generation.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: The slave., type: str, returned: always}
    from: {description: "Image and generation before, empty where none is known.", type: str, returned: always}
    to: {description: Image and generation now., type: str, returned: always}
    put: {description: Paths made or replaced., type: list, elements: str, returned: always}
    removed: {description: Paths removed., type: list, elements: str, returned: always}
    conflicts:
      description: Paths that image and slave have both changed; they are as the slave has them.
      type: list
      elements: str
      returned: always
kept:
  description: Trees of slaves that are not listed.
  returned: always
  type: list
  elements: str
foreign:
  description: Directories with names of slaves in C(trees/) that are not listed and of which nothing is known.
  returned: always
  type: list
  elements: str
pruned:
  description: Trees that were removed.
  returned: always
  type: list
  elements: str
removed:
  description: What runs that died had left, names in C(trees/).
  returned: always
  type: list
  elements: str
failures:
  description: Trees with which something went wrong.
  returned: always
  type: list
  elements: dict
  contains:
    name: {description: The slave., type: str, returned: always}
    error: {description: "The system's words, with the path in the tree.", type: str, returned: always}
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    progress,
    some_names,
    tree_state,
    tree_survey,
    tree_work,
)

SHOWN = 10
"""Paths that a diff or a warning names of one tree; the result has them all."""
TREE = {
    "name": {"type": "str", "required": True},
    "hostname": {"type": "str", "required": True},
    "image": {"type": "str", "required": True},
    "generation": {"type": "str", "required": True},
    "shared": {"type": "list", "elements": "str", "default": ["/usr", "/opt"]},
}


def label(record: tree_state.Record | None) -> str:
    """Name what a tree is made from."""
    return f"{record.image}/{record.generation}" if record is not None else ""


def difference(found: tree_survey.Survey, done: tree_work.Outcome) -> dict[str, str]:
    """Give the diff that people read: a line for each tree, and what changes in it."""
    before = [f"{change.slave}: {label(change.before)}\n" for change in done.changes if change.before]
    before += [f"{name}\n" for name in [*done.pruned, *done.removed]]
    after = []
    for change in done.changes:
        after.append(f"{change.slave}: {label(change.after)}\n")
        for what in ("put", "removed", "kept"):
            if getattr(change, what):
                after.append(f"  {what}: {some_names.some(getattr(change, what), SHOWN)}\n")
    if found.mode is not None:
        before.append(f"trees/: {found.mode:04o}\n")
        after.append(f"trees/: {tree_survey.MODE:04o}\n")
    return {"before": "".join(before), "after": "".join(after)}


def result(found: tree_survey.Survey, done: tree_work.Outcome) -> dict[str, Any]:
    """Give what the module returns."""
    return {
        "changed": bool(done.changes or done.removed or done.pruned or found.mode is not None),
        "seeded": [change.slave for change in done.changes if change.slave in found.seed],
        "updated": [
            {
                "name": change.slave,
                "from": label(change.before),
                "to": label(change.after),
                "put": change.put,
                "removed": change.removed,
                "conflicts": change.kept,
            }
            for change in done.changes
            if change.slave in found.update
        ],
        "kept": [name for name in found.withdrawn if name not in done.pruned],
        "foreign": found.foreign,
        "pruned": done.pruned,
        "removed": done.removed,
        "failures": [{"name": failure.slave, "error": failure.error} for failure in done.failures],
        "diff": difference(found, done),
    }


def warnings(found: tree_survey.Survey, done: tree_work.Outcome, *, prune: bool) -> list[str]:
    """Give what an administrator should know."""
    told = [
        f"{change.slave}: changed by both, kept as the slave has it: {some_names.some(change.kept, SHOWN)}"
        for change in done.changes
        if change.kept
    ]
    if found.withdrawn and not prune:
        told.append(f"kept the trees of slaves that are not listed any more: {some_names.some(found.withdrawn, SHOWN)}")
    if found.foreign:
        told.append(f"left alone, for no run has made them: {some_names.some(found.foreign, SHOWN)}")
    return told


def main() -> None:
    """Bring all trees to what is asked for."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "trees": {"type": "list", "elements": "dict", "required": True, "options": TREE},
            "prune": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    directory, prune = module.params["directory"], module.params["prune"]
    shop = tree_work.Workshop(tree_state.Store(directory), dry=module.check_mode)
    try:
        wanted = tree_survey.wanted_records(module.params["trees"])
        found = tree_survey.survey(shop.store, wanted)
        if module.check_mode or not found.work(prune):
            done = shop.predict(found, prune)
        else:
            progress.TELLER.begin()
            os.umask(0o022)
            shop.require_images(found)
            with shop.prepared() as trees:
                # Looked at again: another run may have done it while this one waited for the lock.
                found = tree_survey.survey(shop.store, wanted)._replace(mode=found.mode)
                done = shop.work(found, prune, trees)
    except progress.WorkAhead:
        module.exit_json(changed=True, **{progress.AHEAD: True})
    except (ValueError, OSError) as error:
        module.fail_json(msg=str(error))
    for text in warnings(found, done, prune=prune):
        module.warn(text)
    if done.failures:
        told = "; ".join(f"{failure.slave}: {failure.error}" for failure in done.failures)
        ahead = [] if module.check_mode else [change.slave for change in done.changes if change.slave in found.update]
        if ahead:
            told += (
                f". Trees have gone ahead of what their slaves boot: run again before {some_names.some(ahead, SHOWN)} "
                f"{'is' if len(ahead) == 1 else 'are'} restarted"
            )
        module.fail_json(msg=f"not all trees are as they should be: {told}", **result(found, done))
    module.exit_json(**result(found, done))


if __name__ == "__main__":
    main()
