# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups `masters` and `slaves`: who is in them, and who was forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from ansible.errors import AnsibleError
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Report, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.spelling import (
    FLEET_VARIABLES,
    MASTER_VARIABLES,
    SLAVE_VARIABLES,
    nearest,
)
from jinja2.exceptions import TemplateError

VARIABLES = {"masters": MASTER_VARIABLES, "slaves": SLAVE_VARIABLES}
# made by Ansible itself
ANSIBLES_OWN = ("all", "ungrouped")
NEAR_GROUP = 0.75


class Members(NamedTuple):
    """The hosts of the two groups, in the order of their names."""

    masters: list[str]
    slaves: list[str]


def members(report: Report, hostvars: Mapping[str, object], groups: object) -> Members:
    """The hosts of both groups; errors for a group that is missing or empty, for hosts in both, for hosts forgotten."""
    table = _table(groups)
    found = Members(_group(report, table, "masters"), _group(report, table, "slaves"))
    slaves = set(found.slaves)
    for name in found.masters:
        if name in slaves:
            report.error(name, "groups: is in masters and in slaves; allowed: one of them")
    _forgotten(report, hostvars, table, found)
    return found


def _table(groups: object) -> dict[str, list[str]]:
    """Group → hosts, as far as `groups` says so, pc2 before pc10.

    Not in Ansible's order: that of hosts two groups below is another one in every run, as it keeps such groups in a
    set.
    """
    if not isinstance(groups, Mapping):
        return {}
    return {
        str.__str__(group): sorted({str.__str__(host) for host in hosts if isinstance(host, str)}, key=_by_name)
        for group, hosts in groups.items()
        if isinstance(group, str) and isinstance(hosts, (list, tuple))
    }


def _by_name(name: str) -> tuple[list[str | int], str]:
    """Text and numbers in turn, so that numbers are compared as such; the name itself where all of these are equal."""
    return [int(part) if index % 2 else part for index, part in enumerate(re.split("([0-9]+)", name))], name


def _group(report: Report, table: dict[str, list[str]], group: str) -> list[str]:
    """The hosts of a group, or of the one that is meant where its name is misspelt."""
    if group in table:
        if not table[group]:
            report.error("inventory", f"{group}: empty; allowed: a group {group} with at least one host")
        return table[group]
    near = nearest(group, [name for name in table if name not in (*VARIABLES, *ANSIBLES_OWN)], NEAR_GROUP)
    if near is None:
        report.error("inventory", f"{group}: missing; allowed: a group {group} with at least one host")
        return []
    report.error("inventory", f"{group}: missing; the group {show_name(near)} is probably meant: call it {group}")
    # what group_vars/<the right name> holds has not reached these hosts
    report.unread.update((host, variable) for host in table[near] for variable in VARIABLES[group])
    report.unread.update(("all", variable) for variable in FLEET_VARIABLES)
    return table[near]


def _forgotten(report: Report, hostvars: Mapping[str, object], table: dict[str, list[str]], found: Members) -> None:
    """Errors for hosts outside of both groups with variables that only a slave or a master has.

    What the first master has too was set for all hosts, and so does not make a slave; likewise the other way round.
    A group that is empty or missing has its own error and is not judged here.
    """
    inside = {*found.masters, *found.slaves}
    others = {host: _names(hostvars, host) for host in hostvars if isinstance(host, str) and host not in inside}
    if not (found.masters and found.slaves):  # then what is common may stand where no member of the fleet has it
        seen = set().union(*others.values())
        report.unread.update(("all", variable) for variable in FLEET_VARIABLES if variable in seen)
    profiles = _profiles(table)
    for group, hosts, opposite in (("slaves", found.slaves, found.masters), ("masters", found.masters, found.slaves)):
        common = _names(hostvars, opposite[0]) if opposite else set()
        for host, names in others.items() if hosts else ():
            telling = next((name for name in VARIABLES[group] if name in names and name not in common), None)
            if telling is not None:
                own = ", ".join(map(show_name, profiles.get(host, [])))
                report.error(
                    str.__str__(host),
                    f"groups: has {telling}, but nothing serves it, as it is not in the group {group}; "
                    f"put it{f' or its group ({own})' if own else ''} into {group}, or remove the variable",
                )


def _profiles(table: dict[str, list[str]]) -> dict[str, list[str]]:
    """Host → the groups that it is in."""
    found: dict[str, list[str]] = {}
    for group, hosts in table.items():
        for host in hosts if group not in ANSIBLES_OWN else ():
            found.setdefault(host, []).append(group)
    return found


def _names(hostvars: Mapping[str, object], host: str) -> set[str]:
    """The names of all variables of a host."""
    try:
        variables = hostvars[host]
    except (KeyError, AnsibleError, TemplateError):
        return set()  # reading.variables reports it for the hosts that count
    return {name for name in variables if isinstance(name, str)} if isinstance(variables, Mapping) else set()
