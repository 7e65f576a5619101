# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_moves: who boots something else after a run, for people."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_moves
short_description: Who boots something else after a run, for people
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - One line for all slaves that move from the same generation to the same other one, and for each generation that is
    built for later. No line where nothing changes.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet_settled#filter) made.
    type: dict
    required: true
  master:
    description: The name of the master in the inventory.
    type: str
    required: true
  state:
    description: What the module M(diskless.netboot.generation_facts) returned of it.
    type: dict
    required: true
positional: master, state
"""

EXAMPLES = r"""
- name: What changes is shown
  ansible.builtin.debug:
    msg: "{{ hostvars.localhost.diskless_fleet | diskless.netboot.fleet_moves(inventory_hostname, its_state) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Callable

from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import moves
from ansible_collections.diskless.netboot.plugins.plugin_utils.projection_filter import telling_filter


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        return telling_filter("fleet_moves", moves)
