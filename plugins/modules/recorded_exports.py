#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the record of what NFS exports, so that a slave that runs keeps its root when its image changes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: recorded_exports
short_description: Add the roots that running machines may still have to the exports that are wanted
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Gives the exports that are wanted, and with them those of its record that were wanted before, are read-only without
    O(exports[].root_squash), and lie in a directory that is still there. They stay exported to those clients
    that have any export now, or are O(present).
  - Gives each path a number that stays the same as long as it is exported. Ganesha puts it into file handles.
  - Records the outcome before it is exported, so that a run that ends between the two loses nothing.
options:
  present:
    description: Addresses of machines that are still there, also without an export.
    type: list
    elements: str
    default: []
  record:
    description: The file of the record, written with mode 0600; its directory is made with mode 0700.
    type: path
    default: /var/lib/diskless-netboot/exports.json
extends_documentation_fragment:
  - diskless.netboot.attributes
  - diskless.netboot.exports
"""

EXAMPLES = r"""
- name: The roots of running machines stay exported
  diskless.netboot.recorded_exports:
    exports:
      - {path: /srv/diskless/images/reading_room/2, clients: [192.168.1.21], access: ro, root_squash: false}
  register: exports
"""

RETURN = r"""
exports:
  description: What is to be exported, in the form of O(exports), sorted.
  returned: always
  type: list
  elements: dict
ids:
  description: The number of each path in RV(exports), from 1 to 65535.
  returned: always
  type: dict
kept:
  description: Paths that are exported to a client that does not want them any more.
  returned: always
  type: list
  elements: str
"""

import os
from collections.abc import Collection
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    nfs_record,
    nfs_rules,
    plain_directory,
    private_file,
)


def read(path: str) -> str:
    """Give the record's text, empty where there is none yet.

    :raises ValueError: where it is no regular file, since a link could lead to anything.
    """
    held = private_file.read(path)
    if held is None and os.path.lexists(path):
        raise ValueError("is no regular file")
    return held.decode("utf-8") if held else ""


def is_there(path: str) -> bool:
    """Say whether a directory can still be exported; one that became a link cannot."""
    try:
        return plain_directory.exists(path)
    except ValueError:
        return False


def settle(
    exports: list[dict[str, Any]], path: str, *, check_mode: bool, present: Collection[str] = ()
) -> dict[str, Any]:
    """Read, merge and record; gives the module's result.

    :raises ValueError: for a record that cannot be read: without it the roots of running slaves would be withdrawn.
    """
    try:
        before = read(path)
        record = nfs_record.parse(before) if before else nfs_record.Record({}, {})
    except ValueError as error:
        raise ValueError(
            f"{path}: {error}; without this file, machines that run from an earlier image lose their root"
        ) from None
    wanted = nfs_rules.grouped(exports)
    after = nfs_record.next_record(wanted, record, is_there, present)
    text = nfs_record.render(after)
    if text != before and not check_mode:
        private_file.write(path, text.encode("utf-8"))
    return {
        "changed": text != before,
        "exports": nfs_rules.listed(after.exports),
        "ids": after.ids,
        "kept": sorted(
            {rule.path for rule, clients in after.exports.items() if clients - nfs_record.of(wanted, rule.path)}
        ),
        "diff": {"before_header": path, "after_header": path, "before": before, "after": text},
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "exports": nfs_rules.ARGUMENT,
            "present": {"type": "list", "elements": "str", "default": []},
            "record": {"type": "path", "default": "/var/lib/diskless-netboot/exports.json"},
        },
        supports_check_mode=True,
    )
    try:
        module.exit_json(
            **settle(
                module.params["exports"],
                module.params["record"],
                check_mode=bool(module.check_mode),
                present=module.params["present"],
            )
        )
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{module.params['record']}: {error.strerror}: {error.filename}")


if __name__ == "__main__":
    main()
