# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_boots: what each of one master's slaves boots next."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_boots
short_description: What each of one master's slaves boots next
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - For each slave and each image that it can boot, the C(generation), and whether a rollback has it C(held) there.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_rootfs_boots).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_boots(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_rootfs_boots).
  type: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import boots
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., dict[str, Record]]]:
        return projection_filter("fleet_boots", boots)
