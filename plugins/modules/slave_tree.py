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
  - A tree whose slave is not in O(trees) any more is kept and reported until O(prune) says otherwise.
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
    description: Whether to remove the trees of slaves that are not in O(trees), with all their data.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says what would become of each tree and writes nothing, also where images are still to be made.
    support: full
  diff_mode:
    description: Lists for each tree its image's generation, and the paths that change.
    support: full
  idempotent:
    description: A second run reads one small record for each tree.
    support: full
author: The diskless.netboot maintainers (@diskless)
"""

EXAMPLES = r"""
- name: Two catalogue terminals have trees of their own
  diskless.netboot.slave_tree:
    directory: /srv/diskless
    trees:
      - {name: pc24, hostname: pc24, image: catalogue, generation: 3f9c1c2ab0de, shared: [/usr, /opt]}
      - {name: pc25, hostname: pc25, image: catalogue, generation: 3f9c1c2ab0de, shared: [/usr, /opt]}

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
pruned:
  description: Trees that were removed.
  returned: always
  type: list
  elements: str
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import tree_state, tree_work

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


def shown(paths: list[str]) -> str:
    """Name some paths and count the rest."""
    rest = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return ", ".join(paths[:SHOWN]) + rest


def difference(changes: list[tree_work.Change], withdrawn: list[str]) -> dict[str, str]:
    """Give the diff that people read: a line for each tree, and what changes in it."""
    before = [f"{change.slave}: {label(change.before)}\n" for change in changes if change.before]
    after = []
    for change in changes:
        after.append(f"{change.slave}: {label(change.after)}\n")
        for what in ("put", "removed", "kept"):
            if getattr(change, what):
                after.append(f"  {what}: {shown(getattr(change, what))}\n")
    return {"before": "".join([*before, *(f"{name}\n" for name in withdrawn)]), "after": "".join(after)}


def work(shop: tree_work.Workshop, found: tree_work.Survey, prune: bool) -> list[tree_work.Change]:
    """Do all of it and give the changes of trees that stay.

    :raises ValueError: where the image of a tree is missing.
    """
    needed = [*found.seed.values(), *found.update.values()]
    if shop.dry:
        seeded = [tree_work.Change(name, None, record, [], [], []) for name, record in found.seed.items()]
        return [*seeded, *(shop.update(name, record) for name, record in found.update.items())]
    if missing := shop.missing_images(needed):
        raise ValueError(f"trees of images that are not there: {', '.join(missing)}")
    with shop.prepared() as trees:
        for name in [*found.remains, *(found.withdrawn if prune else [])]:
            shop.remove(name, trees)
        changes = [shop.seed(name, record, trees) for name, record in found.seed.items()]
        changes += [shop.update(name, record) for name, record in found.update.items()]
        shop.store.sweep([name for name in os.listdir(trees) if not name.startswith(".")])
    return changes


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
    prune = module.params["prune"]
    store = tree_state.Store(module.params["directory"])
    try:
        wanted = tree_work.wanted_records(module.params["trees"])
        found = tree_work.survey(store, wanted)
        changed = bool(found.seed or found.update or found.remains or (prune and found.withdrawn))
        os.umask(0o022)
        changes = work(tree_work.Workshop(store, dry=module.check_mode), found, prune) if changed else []
    except (ValueError, OSError) as error:
        module.fail_json(msg=str(error))
    for change in changes:
        if change.kept:
            module.warn(f"{change.slave}: changed by both, kept as the slave has it: {shown(change.kept)}")
    if found.withdrawn and not prune:
        module.warn(f"kept the trees of slaves that are not listed any more: {shown(found.withdrawn)}")
    module.exit_json(
        changed=changed,
        seeded=list(found.seed),
        updated=[
            {
                "name": change.slave,
                "from": label(change.before),
                "to": label(change.after),
                "put": change.put,
                "removed": change.removed,
                "conflicts": change.kept,
            }
            for change in changes
            if change.slave in found.update
        ],
        kept=[] if prune else found.withdrawn,
        pruned=found.withdrawn if prune else [],
        diff=difference(changes, found.withdrawn if prune else []),
    )


if __name__ == "__main__":
    main()
