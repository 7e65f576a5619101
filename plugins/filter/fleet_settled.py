# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter fleet_settled: which generation each slave boots after a run."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_settled
short_description: Which generation each slave boots after a run
version_added: "1.0.0"
author: The diskless.netboot maintainers (@diskless)
description:
  - Decides from the inventory and from what its masters tell, before anything is built. Nothing is changed by it.
  - A slave boots what C(slave_generation) pins, or else what a rollback holds it at, or else what it boots by now,
    while that is what its image is defined as; or else what most slaves of its image boot, or a generation that this
    run builds.
  - In a run that upgrades, rolls back or only builds, all slaves but the chosen ones stay with what they boot by now.
options:
  _input:
    description: What the filter P(diskless.netboot.fleet#filter) made, without errors.
    type: dict
    required: true
  states:
    description: >-
      What the module M(diskless.netboot.generation_facts) returned, by the names of the masters that take part in the
      run.
    type: dict
    required: true
  action:
    description: What the run is for.
    type: str
    choices: [site, images, upgrade, rollback]
    required: true
  chosen:
    description: The hosts that the run moves, for V(upgrade) and V(rollback); null for all slaves.
    type: list
    elements: str
  time:
    description: When the run began, in UTC, like V(20261122T053000Z).
    type: str
    required: true
  rebuild:
    description: The images that are built anew though there is a generation of what they are defined as; for V(images).
    type: list
    elements: str
    default: []
positional: states, action
"""

EXAMPLES = r"""
- name: What each slave boots is settled
  ansible.builtin.set_fact:
    diskless_fleet: >-
      {{ diskless_fleet
      | diskless.netboot.fleet_settled({'master01': its_state}, 'upgrade', time='20261122T053000Z', chosen=['pc03']) }}
"""

RETURN = r"""
_value:
  description: >-
    The fleet with C(generations) for each slave, C(new) for what is built and booted by nobody yet, and further
    C(errors) and C(warnings).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Run, State, settled


def fleet_settled(
    fleet: object, states: object, action: object, *, time: object, chosen: object = None, rebuild: object = ()
) -> Fleet:
    """Checks types; plugin_utils/settling.py does the work."""
    if not isinstance(fleet, Mapping) or not isinstance(states, Mapping):
        raise AnsibleFilterError("fleet_settled takes the fleet and the states of its masters, both dictionaries")
    if not isinstance(action, str) or not isinstance(time, str):
        raise AnsibleFilterError("fleet_settled takes an action and a time, both strings")
    if not (chosen is None or _are_names(chosen)) or not _are_names(rebuild):
        raise AnsibleFilterError("fleet_settled takes the chosen hosts and the images to rebuild, both lists of names")
    run = Run(action, cast(Sequence[str] | None, chosen), time, cast(Sequence[str], rebuild))
    try:
        return settled(cast(Fleet, fleet), cast(Mapping[str, State], states), run)
    except ValueError as error:
        raise AnsibleFilterError(f"fleet_settled: {error}") from error


def _are_names(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


class FilterModule:
    """Tells Ansible the filter's name."""

    def filters(self) -> dict[str, Callable[..., Fleet]]:
        return {"fleet_settled": fleet_settled}
