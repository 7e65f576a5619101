#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the record of which generation each slave boots next."""

from __future__ import annotations

DOCUMENTATION = r"""
module: boot_records
short_description: Record which generation of which image each slave boots next
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Writes C(<directory>/state/boots.json), readable by root alone. Nothing else remembers where a slave is between
    updates of its image, which it does not follow by itself.
  - With each slave and image, the generations that it had before are kept, as long as they are there; the last of them
    is what the slave may still be running.
  - It is called twice. Before the servers are changed, so that nothing is removed that a slave will boot; and with
    O(served) when they have been. From a run that died in between the next one sees where slaves were going.
options:
  directory:
    description: Absolute path of the folder that holds C(images/) and C(state/).
    type: path
    required: true
  boots:
    description:
      - By slave and image, C(generation) and C(held), which says that the slave stays there although there may be newer
        ones.
    type: dict
    required: true
  served:
    description:
      - Whether the servers give the slaves what O(boots) says by now. Then slaves and images that are not in it leave
        the record.
    type: bool
    default: false
extends_documentation_fragment: diskless.netboot.attributes
"""

EXAMPLES = r"""
- name: It is recorded what slaves boot next
  diskless.netboot.boot_records:
    directory: /srv/diskless
    boots:
      pc01:
        reading_room: {generation: bookworm-3f2a9c0d1e4b-20261122T053000Z, held: false}
"""

RETURN = r"""
boots:
  description: The record, as M(diskless.netboot.generation_facts) gives it.
  returned: always
  type: dict
moved:
  description: Slaves that boot another generation of an image next than they did.
  returned: always
  type: list
  elements: str
"""

import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_records,
    generation_store,
    private_file,
)
from ansible_collections.diskless.netboot.plugins.module_utils.generation_records import Boots


def fault(boots: dict[str, Any]) -> str:
    """Say where the parameter has not its shape; empty where it has."""
    for slave, images in boots.items():
        if not isinstance(images, dict):
            return f"boots: {slave}: must be a dictionary by image"
        for image, one in images.items():
            if not isinstance(one, dict) or set(one) != {"generation", "held"} or not isinstance(one["held"], bool):
                return f"boots: {slave}: {image}: must be generation and held"
    return ""


def moved(before: Boots, after: Boots) -> list[str]:
    """Name the slaves that had another generation of the same image."""
    return sorted(
        slave
        for slave, images in after.items()
        if any(
            image in before.get(slave, {}) and before[slave][image]["generation"] != one["generation"]
            for image, one in images.items()
        )
    )


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "boots": {"type": "dict", "required": True},
            "served": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    directory, boots = module.params["directory"].rstrip("/"), module.params["boots"]
    path = generation_records.path(directory)
    # The folder that it makes first may be that of all else too.
    os.umask(0o022)
    if told := fault(boots):
        module.fail_json(msg=told)
    try:
        recorded = generation_records.read(directory)
        after = generation_records.succeeding(
            boots, recorded or {}, lambda image, generation: generation_store.exists(directory, image, generation)
        )
        if module.params["served"]:
            after = generation_records.served(boots, after)
        before = generation_records.render(recorded) if recorded is not None else ""
        text = generation_records.render(after)
        if text != before and not module.check_mode:
            private_file.write(path, text.encode("utf-8"))
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or path}: {error.strerror}")
    module.exit_json(
        changed=text != before,
        boots=after,
        moved=moved(recorded or {}, after),
        diff={"before_header": path, "after_header": path, "before": before, "after": text},
    )


if __name__ == "__main__":
    main()
