# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_volumes: what slaves of one master write to, as file systems."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_volumes
short_description: What the slaves of one master may write to
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Trees, state of slaves' own and what they mount of the master, each with the bytes that its file system is to have.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_volumes_volumes).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_volumes(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_volumes_volumes).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, volumes


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_volumes", volumes)
