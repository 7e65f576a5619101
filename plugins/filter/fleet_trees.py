# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_trees: the slaves of one master that have a tree of their own."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_trees
short_description: The slaves of one master that have a tree of their own
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - The slaves with C(slave_root=nfs_tree), each with the image that its tree begins as.
  - This is what C(playbooks/vars/wiring.yml) passes as C(slave_rootfs_trees).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_trees(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(slave_rootfs_trees).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.image_projections import trees
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_trees", trees)
