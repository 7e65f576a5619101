# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_exports: the NFS exports of one master."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_exports
short_description: The NFS exports of one master
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Generations of images read-only, each slave's own tree and files to it alone, and what C(slave_mounts) asks of the
    master.
  - This is what C(playbooks/vars/wiring.yml) passes as C(nfs_server_exports).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_exports(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(nfs_server_exports).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, exports


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_exports", exports)
