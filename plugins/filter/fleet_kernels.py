# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_kernels: the kernels and initramfs that one master's slaves boot."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_kernels
short_description: The kernels and initramfs that one master's slaves boot
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The generations that the slaves boot, each with the drivers that its initramfs holds.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_kernel_images).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_kernels(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_kernel_images).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import kernels
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_kernels", kernels)
