# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the fleet reads from Ansible: the variables of hosts, whatever state they are in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleError
from ansible_collections.diskless.netboot.plugins.plugin_utils import node_files
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Report, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import INSTEAD
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, UnreadableError, plain
from ansible_collections.diskless.netboot.plugins.plugin_utils.spelling import (
    FLEET_VARIABLES,
    MASTER_VARIABLES,
    SLAVE_VARIABLES,
    judge,
)
from jinja2.exceptions import TemplateError

READ = (*SLAVE_VARIABLES, *MASTER_VARIABLES, *FLEET_VARIABLES)


def variables(report: Report, hostvars: Mapping[str, object], host: str, more: Iterable[str] = ()) -> dict[str, Plain]:
    """The variables of a host that the fleet reads, and `more`.

    Errors for those that are misspelt or cannot be templated. Not those that may hold secrets, as such an error tells
    what stands there: node_files.py reads them.
    """
    try:
        found = hostvars[host]
    except (KeyError, AnsibleError, TemplateError) as error:
        report.error(host, f"hostvars: cannot be read: {_reason(error)}")
        return {}
    if not isinstance(found, Mapping):
        report.error(host, "hostvars: are no dictionary")
        return {}
    _spelling(report, host, found)
    values: dict[str, Plain] = {}
    for name in (*READ, *more):
        if name in found and not node_files.is_ours(name):
            try:
                values[name] = plain(found[name])
            except UnreadableError as error:
                _unread(report, host, name, str(error))
            except Exception as error:  # a template can raise anything, and ansible-core before 2.19 lets it through
                _unread(report, host, name, f"cannot be templated: {_reason(error)}")
    return values


def _unread(report: Report, host: str, name: str, reason: str) -> None:
    report.error(host, f"{name}: {reason}")
    report.unread.update({(host, name), ("all", name)})


def _reason(error: Exception) -> str:
    """In one line; where Ansible has captured the real error, that one."""
    return " ".join(str(error.__cause__ or error).split()) or type(error).__name__


def _spelling(report: Report, host: str, names: Iterable[object]) -> None:
    for name in names:
        if not isinstance(name, str):
            continue
        good, near = judge(name)
        if near is not None:
            report.error(host, f"{show_name(name)}: unknown variable; did you mean {near}?")
        elif not good:
            report.warn(host, f"{show_name(name)}: unknown variable, nothing here reads it")
        elif INSTEAD.get(name) is not None:
            report.warn(
                host, f"{name}: has no effect here, as the playbooks set it themselves; write {INSTEAD[name]} instead"
            )


def common(report: Report, hosts: Mapping[str, Mapping[str, Plain]], name: str) -> Plain:
    """The value that all hosts have of a variable of the whole fleet (None where none has it)."""
    having = [(host, values[name]) for host, values in hosts.items() if values.get(name) is not None]
    if not having:
        return None
    owner, value = having[0]
    for host, other in having[1:]:
        if other != value:
            report.error(
                host, f"{name}: differs from what {show_name(owner)} has; allowed: one value, in group_vars/all"
            )
    return value
