# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_slave_fault: why a name that was given to a playbook is no slave's."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_slave_fault
short_description: Why a name is no slave's
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - For a playbook that is told one slave. The message has the nearest name where one is near, and what is allowed.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet#filter) made.
    type: dict
    required: true
  slave:
    description: What was given as the slave's name.
    type: raw
    required: true
positional: slave
"""

EXAMPLES = r"""
- name: The slave is one of this inventory
  ansible.builtin.fail:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_slave_fault(slave) }}"
  when: hostvars.localhost.diskless_fleet | diskless.netboot.fleet_slave_fault(slave) is not none
"""

RETURN = r"""
_value:
  description: One line, or null where it is a slave.
  type: str
"""

from collections.abc import Callable, Mapping
from typing import cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import preview
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet


def fleet_slave_fault(fleet: object, slave: object) -> str | None:
    """Checks types; plugin_utils/preview.py does the work."""
    if not isinstance(fleet, Mapping):
        raise AnsibleFilterError("fleet_slave_fault takes the fleet, a dictionary, and a slave's name")
    return preview.fault(cast(Fleet, fleet), slave)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., str | None]]:
        return {"fleet_slave_fault": fleet_slave_fault}
