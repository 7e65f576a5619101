# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filters of the fleet have in common: `fleet | fleet_<something>(master)`, for a role or for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import Facts
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet

Projection = TypeVar("Projection")


def projection_filter(name: str, project: Callable[[Fleet, str], Projection]) -> dict[str, Callable[..., Projection]]:
    """The filter `name` as Ansible wants it: `project` after a check of types, its ValueError as the filter's error."""

    def checked(fleet: object, master: object) -> Projection:
        if not isinstance(fleet, Mapping) or not isinstance(master, str):
            raise AnsibleFilterError(f"{name} takes the fleet (a dictionary) and a master's name (a string)")
        try:
            return project(cast(Fleet, fleet), master)
        except ValueError as error:
            raise AnsibleFilterError(f"{name}: {error}") from error

    return {name: checked}


def telling_filter(name: str, tell: Callable[[Fleet, str, Facts], list[str]]) -> dict[str, Callable[..., list[str]]]:
    """The same for lines that are made of the master's state besides: `fleet | fleet_<something>(master, state)`."""

    def checked(fleet: object, master: object, state: object) -> list[str]:
        if not isinstance(fleet, Mapping) or not isinstance(master, str) or not isinstance(state, Mapping):
            raise AnsibleFilterError(f"{name} takes the fleet, a master's name and its state")
        try:
            return tell(cast(Fleet, fleet), master, cast(Facts, state))
        except ValueError as error:
            raise AnsibleFilterError(f"{name}: {error}") from error

    return {name: checked}
