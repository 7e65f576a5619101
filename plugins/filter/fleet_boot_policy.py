# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_boot_policy: who gets which loader from one master."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_boot_policy
short_description: Who gets which loader from one master
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - An ordered list of rules, of which the first that matches a client wins, by its firmware and its C(slave_loader).
  - This is what C(playbooks/vars/wiring.yml) passes as C(dhcp_server_boot_policy).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_boot_policy(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(dhcp_server_boot_policy).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, boot_policy


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_boot_policy", boot_policy)
