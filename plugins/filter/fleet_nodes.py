# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_nodes: what each slave of one master is given of its own."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_nodes
short_description: What each slave of one master is given of its own
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Puts C(slave_files) and every variable whose name begins with C(slave_files_), C(slave_authorized_keys) and
    C(slave_root_password_hash) of each slave together with what the model of the fleet knows of it.
  - The result holds secrets. This is what C(playbooks/vars/wiring.yml) passes as C(slave_nodes_slaves), and
    nothing else should hold it.
options:
  _input:
    description: The magic variable C(hostvars).
    type: dict
    required: true
  fleet:
    description: What the filter P(diskless.netboot.fleet#filter) made, without errors.
    type: dict
    required: true
  master:
    description: The name of the master in the inventory.
    type: str
    required: true
positional: fleet, master
"""

EXAMPLES = r"""
- name: Each slave has its own files
  ansible.builtin.include_role:
    name: diskless.netboot.slave_nodes
  vars:
    slave_nodes_slaves: >-
      {{ hostvars | diskless.netboot.fleet_nodes(hostvars.localhost.diskless_fleet, inventory_hostname) }}
"""

RETURN = r"""
_value:
  description: The value of C(slave_nodes_slaves).
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.nodes import nodes
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record


def fleet_nodes(hostvars: object, fleet: object, master: object) -> list[Record]:
    """Checks types; plugin_utils/nodes.py does the work."""
    if not isinstance(hostvars, Mapping) or not isinstance(fleet, Mapping) or not isinstance(master, str):
        raise AnsibleFilterError("fleet_nodes takes hostvars, the fleet (dictionaries) and a master's name (a string)")
    try:
        return nodes(hostvars, cast(Fleet, fleet), master)
    except ValueError as error:
        raise AnsibleFilterError(f"fleet_nodes: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return {"fleet_nodes": fleet_nodes}
