# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_list: a master's generations as a table for people."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_list
short_description: A master's generations as a table for people
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Of each image all generations, the newest first, with their sizes, the slaves that boot them next, and what on the
    master has them open.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet#filter) made, without errors.
    type: dict
    required: true
  master:
    description: The name of the master in the inventory.
    type: str
    required: true
  state:
    description: What the module M(diskless.netboot.generation_facts) returned of it, with C(users).
    type: dict
    required: true
positional: master, state
"""

EXAMPLES = r"""
- name: The generations are listed
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_list(inventory_hostname, its_state) }}"
"""

RETURN = r"""
_value:
  description: The lines of the table.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import listing
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import telling_filter


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return telling_filter("fleet_list", listing)
