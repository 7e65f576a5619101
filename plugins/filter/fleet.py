# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet: makes the model of the whole fleet from the inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet
short_description: The model of the whole fleet, with all errors of the inventory
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
requirements:
  - netaddr (Python package, where Ansible runs)
description:
  - Reads the groups C(masters) and C(slaves) and the variables of their hosts, checks and normalises everything.
  - Never fails for what an inventory holds; all that is wrong is in C(errors), all at once.
options:
  _input:
    description: The magic variable C(hostvars).
    type: dict
    required: true
  groups:
    description: The magic variable C(groups).
    type: dict
    required: true
positional: groups
"""

EXAMPLES = r"""
- name: The fleet is known
  ansible.builtin.set_fact:
    diskless_fleet: "{{ hostvars | diskless.netboot.fleet(groups) }}"
"""

RETURN = r"""
_value:
  description: C(errors), C(warnings), C(directory), C(networks), C(images), C(masters) and C(slaves), of plain types.
  type: dict
"""

from collections.abc import Callable, Mapping

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet as model
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet


def fleet(hostvars: object, groups: object) -> Fleet:
    """Checks types; plugin_utils/fleet.py does the work."""
    if not isinstance(hostvars, Mapping) or not isinstance(groups, Mapping):
        raise AnsibleFilterError("fleet takes hostvars and groups, both dictionaries")
    return model(hostvars, groups)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Fleet]]:
        return {"fleet": fleet}
