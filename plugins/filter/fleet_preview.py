# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_preview: one slave for people, and what a run would change of it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_preview
short_description: One slave for people, and what a run would change of it
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - What the slave boots, its reservation, its boot files as they would be written, what it may mount and attach, what
    is its own on the master, and in what that differs from what the master has.
  - Nothing in it is a secret. Of files that are the slave's own it has path, mode, owner and size.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet_settled#filter) made, without errors.
    type: dict
    required: true
  slave:
    description: The name of the slave in the inventory.
    type: str
    required: true
  state:
    description: What the module M(diskless.netboot.generation_facts) returned of the slave's master.
    type: dict
    required: true
  there:
    description: What the module M(diskless.netboot.slave_facts) returned of the slave.
    type: dict
    required: true
  settings:
    description: >-
      How the servers are set: C(boot_root), C(serial), C(dhcp_backend), C(dhcp_file), C(boot_policy_first),
      C(lease_seconds).
    type: dict
    required: true
positional: slave, state, there, settings
"""

EXAMPLES = r"""
- name: The preview is shown
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_preview('pc07', its_state, there, settings) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import preview, preview_parts
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet


def fleet_preview(fleet: object, slave: object, state: object, there: object, settings: object) -> list[str]:
    """Checks types; plugin_utils/preview.py does the work."""
    if not isinstance(slave, str) or not all(isinstance(one, Mapping) for one in (fleet, state, there, settings)):
        raise AnsibleFilterError(
            "fleet_preview takes the fleet, a slave's name, and three dictionaries: the master's state, what it has of"
            " the slave, and its settings"
        )
    try:
        return preview.preview(
            preview_parts.view(
                cast(Fleet, fleet),
                slave,
                cast(preview_parts.State, state),
                cast(preview_parts.There, there),
                cast(preview_parts.Settings, settings),
            )
        )
    except ValueError as error:
        raise AnsibleFilterError(f"fleet_preview: {error}") from error


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return {"fleet_preview": fleet_preview}
