#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells which generations of images are there, and who boots and uses which."""

from __future__ import annotations

DOCUMENTATION = r"""
module: generation_facts
short_description: Tell which generations of images a master has
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Gives the generations of all images below O(directory), what each slave boots next by the record that
    M(diskless.netboot.boot_records) keeps, and on request who has started and who uses which generation.
  - Writes nothing, also outside check mode.
  - Only what has the name of a generation counts, as C(bookworm-3f2a9c0d1e4b-20261122T053000Z), and is there as a
    whole.
options:
  directory:
    description: Absolute path of the folder that holds C(images/) and C(state/). It need not be there yet.
    type: path
    required: true
  users:
    description:
      - Whether to tell what each slave has started last, and to ask the servers who uses which generation, as
        M(diskless.netboot.old_generations) does.
    type: bool
    default: false
extends_documentation_fragment: diskless.netboot.attributes
attributes:
  diff_mode:
    support: none
    details:
      - Nothing is changed.
"""

EXAMPLES = r"""
- name: It is known which generations are there
  diskless.netboot.generation_facts:
    directory: /srv/diskless
    users: true
  register: generations
"""

RETURN = r"""
images:
  description: The generations of each image, oldest first.
  returned: always
  type: dict
  sample:
    reading_room:
      - name: bookworm-3f2a9c0d1e4b-20261122T053000Z
        bytes: 734003200
        shared: [/usr, /opt]
        init: systemd
        packages: 412
        built: "2026-11-22T05:30:00Z"
boots:
  description:
    - What each slave boots next, by slave and image. C(before) has what it booted earlier, oldest first; C(served) is
      another than C(generation) where the run that was to send it there has not come to its end.
  returned: always
  type: dict
  sample:
    pc01:
      reading_room:
        generation: bookworm-3f2a9c0d1e4b-20261122T053000Z
        held: false
        before: []
        served: bookworm-3f2a9c0d1e4b-20261122T053000Z
damaged:
  description: Folders of generations without C(root.squashfs), as C(image/generation). Somebody has changed them.
  returned: always
  type: list
  elements: str
lost:
  description: Whether slaves have been served here, and the record of what they boot is gone.
  returned: always
  type: bool
users:
  description:
    - By what each generation is in use, as C(image/generation). V(nbd) and V(nfs) are those of slaves; others are names
      of programs on the master that have a file of it open.
  returned: when O(users)
  type: dict
  sample: {"reading_room/bookworm-3f2a9c0d1e4b-20261122T053000Z": [nfs]}
started:
  description:
    - What each slave has started last, as C(image/generation), by what it said when it got what is its own. Whether it
      is still switched on is not known. Who has said nothing is missing, such as a tree that shares no directory.
  returned: when O(users)
  type: dict
  sample: {"pc01": "reading_room/bookworm-3f2a9c0d1e4b-20261122T053000Z"}
unsure:
  description: Why RV(users) may not be all.
  returned: when O(users)
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_records,
    generation_starts,
    generation_store,
    generation_users,
    tree_files,
)

SECONDS = 180
"""Until all running slaves have come back to a server that was started."""


def used(directory: str, labels: list[str], run: generation_users.Run) -> dict[str, Any]:
    """Ask the servers; ``labels``: the generations as ``image/generation``."""
    paths = {label: f"{directory}/images/{label}" for label in labels}
    evidence = generation_users.gather(paths.values(), run, SECONDS)
    info = tree_files.mountinfo()
    found = {label: generation_users.users(path, evidence, info) for label, path in paths.items()}
    return {
        "users": {label: sorted({user.kind for user in those}) for label, those in found.items() if those},
        "started": generation_starts.read(directory),
        "unsure": evidence.unsure,
    }


def served_before(directory: str) -> bool:
    """Tell whether slaves have something of their own here: each that was ever served has.

    What has no slave's name is nobody's, such as ``lost+found`` of a file system that is still empty.
    """
    try:
        return any(tree_files.NAME.fullmatch(name) for name in os.listdir(f"{directory}/nodes"))
    except FileNotFoundError:
        return False


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "users": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    directory = module.params["directory"].rstrip("/")
    if module.params["users"] and os.geteuid() != 0:
        module.fail_json(msg="only root sees what processes have open; set become")
    result: dict[str, Any] = {"changed": False}
    try:
        found = generation_store.names(directory)
        names = {
            image: [one for one in generations if generation_store.exists(directory, image, one)]
            for image, generations in found.items()
        }
        result["damaged"] = [
            f"{image}/{one}" for image, generations in found.items() for one in generations if one not in names[image]
        ]
        result["images"] = {
            image: [generation_store.describe(directory, image, one) for one in generations]
            for image, generations in names.items()
            if generations
        }
        recorded = generation_records.read(directory)
        result["boots"] = recorded or {}
        result["lost"] = recorded is None and served_before(directory)
        if module.params["users"]:
            labels = [f"{image}/{one}" for image, generations in names.items() for one in generations]
            result |= used(directory, labels, generation_users.runner(module.run_command))
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
