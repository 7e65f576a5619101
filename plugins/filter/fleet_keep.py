# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_keep: how many generations of each image stay on a master."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_keep
short_description: How many generations of each image stay on a master
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The key C(keep) of each image of the fleet.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_rootfs_keep).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_keep(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_rootfs_keep).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import keep
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., dict[str, int]]]:
        return projection_filter("fleet_keep", keep)
