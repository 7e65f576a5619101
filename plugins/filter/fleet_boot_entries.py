# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_boot_entries: what each of one master's slaves can boot."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_boot_entries
short_description: What each of one master's slaves can boot
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - One entry per slave, with a label for each thing that it can boot, and the menu that offers them where it has one.
  - This is what C(playbooks/vars/wiring.yml) passes as C(tftp_pxelinux_slaves).
extends_documentation_fragment: diskless.netboot.fleet_projection
"""

EXAMPLES = r"""
- name: What this master is told
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_boot_entries(inventory_hostname) }}"
"""

RETURN = r"""
_value:
  description: The value of C(tftp_pxelinux_slaves).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import projection_filter
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, boot_entries


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[Record]]]:
        return projection_filter("fleet_boot_entries", boot_entries)
