#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hands over the identities of slaves that another master is to serve. Reads only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: identity_facts
short_description: Read slaves' identities to hand them over to another master
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Gives what M(diskless.netboot.slave_nodes) has made for slaves, as that takes it on another master.
  - The result holds private keys. A task that uses this module must have C(no_log), and what it registers must never
    be shown or kept.
extends_documentation_fragment: diskless.netboot.attributes
attributes:
  diff_mode:
    support: none
    details: Changes nothing.
options:
  directory:
    description: Absolute path of the folder that holds C(state/).
    type: path
    required: true
  slaves:
    description: Names of slaves. Those of which this master knows nothing are missing in the result.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: What this master knows of another's slaves is read
  diskless.netboot.identity_facts:
    directory: /srv/diskless
    slaves: [pc07, pc12]
  no_log: true
  register: identities_here
"""

RETURN = r"""
identities:
  description: By slave, the content of each file of its identity in Base64. A secret.
  returned: always
  type: dict
served:
  description: >-
    Those of them that belong to slaves which this master has served until now. What another master has of such a slave
    is from before.
  returned: always
  type: dict
"""

import base64
import contextlib
import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    generation_records,
    identity_store,
    tree_files,
)


def identities(directory: str, slaves: list[str]) -> dict[str, dict[str, str]]:
    """Read the identities of those slaves that have one.

    :raises ValueError: for a name that would lead elsewhere.
    """
    found: dict[str, dict[str, str]] = {}
    names = [tree_files.check_name(name, "slave") for name in slaves]
    with contextlib.suppress(FileNotFoundError), atomic_file.open_directory(os.path.realpath(directory)) as root:
        for name in names:
            stored = identity_store.read(root, name)
            if stored is not None and stored.parts:
                found[name] = {part: base64.b64encode(content).decode() for part, content in stored.parts.items()}
    return found


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "slaves": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        found = identities(module.params["directory"], module.params["slaves"])
        recorded = generation_records.read(module.params["directory"].rstrip("/")) or {}
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    served = {name: parts for name, parts in found.items() if name in recorded}
    module.exit_json(changed=False, identities=found, served=served)


if __name__ == "__main__":
    main()
