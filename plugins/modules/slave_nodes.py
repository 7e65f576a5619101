#!/usr/bin/python
# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives each slave an identity of its own and the files that it alone may read, all slaves in one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: slave_nodes
short_description: Give each slave its identity and its own files
version_added: "1.0.0"
author:
  - The diskless.netboot maintainers (@diskless)
description:
  - Makes for each slave, once, what nobody else has, in C(<directory>/state/identity/<slave>/), which root alone can
    read. It is machine-id, hostid, random seed and SSH host keys. What is there is never made anew or replaced.
  - Puts that, and the files that O(slaves) asks for, where the slave finds them at their paths,
    C(<directory>/nodes/<slave>/files/). Root alone can read that too; the role C(slave_nodes) gives it to that slave.
  - Removes C(nodes/<slave>/) of slaves that are not listed, and the note of what they have started last. Their
    identities stay, so that they come back as they were, until O(prune).
  - No result, diff, warning or error shows a private key, a password's hash or the content of a file.
extends_documentation_fragment: diskless.netboot.attributes
attributes:
  diff_mode:
    details: Shows paths, modes and owners, and says where a content has changed, but shows no content.
options:
  directory:
    description: Absolute path of the folder that holds C(nodes/) and C(state/).
    type: path
    required: true
  slaves:
    description:
      - A list of dictionaries, one for each slave. An action on the controller takes the place of the list by its text,
        so that Ansible hides it as a whole and does not hide its words wherever else they stand.
      - C(name) and C(hostname). C(ip), its address, is for the role.
      - C(key_types), a list of V(ed25519), V(ecdsa) and V(rsa), the SSH host keys that it has.
      - >-
        C(files), a list of dictionaries with C(path) (absolute, on the slave), C(mode) (V(0644)), C(owner) and C(group)
        (V(root) or a number), and either C(content) or C(template). A C(template) is a file on the controller, looked
        for beside the inventory and the playbook, and rendered with the slave's own variables.
      - C(authorized_keys), a list of public SSH keys that may log in as root.
      - C(password_hash), what crypt(3) made of root's password, or null.
    type: json
    required: true
  identities:
    description:
      - Identities that another master has had, a dictionary with slaves' names as keys, as
        M(diskless.netboot.identity_facts) gives them.
      - One is taken as it is where this master has none of that slave.
    type: json
    default: {}
  prune:
    description: Whether identities of slaves that are not listed are removed.
    type: bool
    default: false
notes:
  - Needs C(ssh-keygen) (Debian's C(openssh-client)) when keys are to be made.
seealso:
  - module: diskless.netboot.identity_facts
"""

EXAMPLES = r"""
- name: The slave pc07 is itself, and knows whom to ask for scores
  diskless.netboot.slave_nodes:
    directory: /srv/diskless
    slaves:
      - name: pc07
        hostname: pc07
        key_types: [ed25519]
        files:
          - {path: /etc/scores.conf, content: "token = {{ vault_scores_token }}\n", mode: "0600"}
          - {path: /etc/issue, template: issue.j2}
        authorized_keys: ["ssh-ed25519 AAAAC3... admin@library"]
        password_hash: "{{ vault_root_hash }}"
"""

RETURN = r"""
public_keys:
  description: >-
    The public halves of each slave's SSH host keys, by slave. In check mode those that are not made yet are missing.
  returned: always
  type: dict
  sample: {"pc07": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI..."]}
made:
  description: Slaves for which an identity, or a part of it, was made.
  returned: always
  type: list
  elements: str
taken:
  description: Slaves whose identity came from O(identities).
  returned: always
  type: list
  elements: str
updated:
  description: Slaves whose directory was changed.
  returned: always
  type: list
  elements: str
removed:
  description: What was removed from C(nodes/), as no slave of that name is listed.
  returned: always
  type: list
  elements: str
kept:
  description: Slaves that are not listed and whose identity is kept.
  returned: always
  type: list
  elements: str
pruned:
  description: Slaves whose identity was removed.
  returned: always
  type: list
  elements: str
"""

import contextlib
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    generation_starts,
    identity_store,
    node_plan,
    node_slaves,
    node_work,
)


def settle(module: AnsibleModule) -> dict[str, Any]:
    """Look, do it unless in check mode, and give what the module returns."""
    directory, prune = module.params["directory"], module.params["prune"]
    slaves = node_slaves.slaves(module.params["slaves"])
    handed = node_slaves.identities(module.params["identities"])
    os.umask(0o022)
    with contextlib.ExitStack() as stack:
        root: int | None = None
        if slaves and not module.check_mode:
            os.makedirs(directory, mode=0o755, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            root = stack.enter_context(atomic_file.open_directory(os.path.realpath(directory)))
        if root is not None and not module.check_mode:
            stack.enter_context(identity_store.alone(root, make=bool(slaves)))
        found = node_plan.survey(root, slaves, handed)
        if root is not None and not module.check_mode:
            node_plan.made(root, slaves, found)
        differ = node_plan.directories(root, slaves, found)
        forgotten = found.forgotten if prune else []
        if root is not None and not module.check_mode:
            if differ.plans or not found.is_closed:
                node_work.apply(root, differ.plans)
            node_work.remove(root, found.withdrawn)
            generation_starts.forget(root, found.withdrawn)
            identity_store.remove(root, forgotten)
    return result(slaves, found, differ, forgotten)


def result(
    slaves: list[node_slaves.Slave], found: node_plan.Survey, differ: node_plan.Directories, forgotten: list[str]
) -> dict[str, Any]:
    """Give what the module returns; nothing in it is a secret."""
    before, after = differ.lines()
    before += "".join(f"{name}: nodes/{name}\n" for name in found.withdrawn)
    before += "".join(f"{name}: state/identity/{name}\n" for name in forgotten)
    after += "".join(f"{name}: state/identity/{name} {', '.join(parts)}\n" for name, parts in found.missing.items())
    after += "".join(f"{name}: state/identity/{name} as another master has had it\n" for name in found.given)
    after += "".join(f"{name}: state/identity/{name} closed\n" for name in found.open)
    return {
        "changed": bool(differ.plans or found.missing or found.given or found.open or found.withdrawn or forgotten)
        or not found.is_closed,
        "public_keys": node_plan.public_keys(slaves, found),
        "made": list(found.missing),
        "taken": list(found.given),
        "updated": list(differ.plans),
        "removed": found.withdrawn,
        "kept": [name for name in found.forgotten if name not in forgotten],
        "pruned": forgotten,
        "diff": {"before": before, "after": after},
    }


def main() -> None:
    """Do what the documentation says."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "slaves": {"type": "json", "required": True, "no_log": True},
            "identities": {"type": "json", "default": {}, "no_log": True},
            "prune": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        done = settle(module)
    except FileNotFoundError as error:
        missing = error.filename or "a program"
        hint = " (Debian's openssh-client has it)" if missing == "ssh-keygen" else ""
        module.fail_json(msg=f"{missing}: not there{hint}")
    except ValueError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}")
    module.exit_json(**done)


if __name__ == "__main__":
    main()
