# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_images: the generations that one master's slaves boot."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_images
short_description: The generations that one master's slaves boot
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The images of the model with C(generation), one item for each that a slave boots next or that is built for later,
    and with C(tree), which says whether the root is wanted as a tree too.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_rootfs_images).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_images(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_rootfs_images).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import images
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_images", images)
