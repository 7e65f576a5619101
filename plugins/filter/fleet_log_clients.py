# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_log_clients: the slaves that send their log to one master."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_log_clients
short_description: The slaves that send their log to one master
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The slaves with C(slave_log_host=master), each with its address.
  - This is what C(playbooks/vars/wiring.yml) passes as C(log_server_clients).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_log_clients(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(log_server_clients).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, log_clients


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_log_clients", log_clients)
