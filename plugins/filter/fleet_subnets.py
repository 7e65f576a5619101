# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_subnets: the subnets of one master's DHCP server."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_subnets
short_description: The subnets of one master's DHCP server
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The master's own network and those of its slaves, each with the reservations of this master's slaves.
  - The pool of a network goes to the first master on it alone.
  - This is what C(playbooks/vars/wiring.yml) passes as C(dhcp_server_subnets).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_subnets(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(dhcp_server_subnets).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, subnets


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_subnets", subnets)
