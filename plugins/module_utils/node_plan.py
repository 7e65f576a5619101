# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to happen to all slaves' identities and directories: looked at, then done, or told in check mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.diskless.netboot.plugins.module_utils import (
    identity_made,
    identity_store,
    node_slaves,
    node_tree,
    node_work,
    ssh_private_key,
)
from ansible_collections.diskless.netboot.plugins.module_utils.node_slaves import Parts, Slave


@dataclass
class Survey:
    """What there is and what to do about it, by slave.

    ``identities``: what is known of them, also of those that are ``given``; ``missing``: parts to be made; ``open``:
    identities that others could read; ``withdrawn``, ``forgotten``: directories and identities of slaves that left.
    """

    identities: dict[str, Parts] = field(default_factory=dict)
    given: dict[str, Parts] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    is_closed: bool = True


def survey(root: int | None, slaves: Sequence[Slave], handed: Mapping[str, Parts]) -> Survey:
    """Look; ``root`` is open on the directory of all slaves, nothing where there is none yet.

    ``handed``: identities that another master has had; of use only where this one has none of that slave.

    :raises ValueError: where an identity is not what it must be, or two slaves have a part in common.
    """
    found = Survey()
    names = {slave.name for slave in slaves}
    for slave in slaves:
        _survey_identity(found, root, slave, handed.get(slave.name))
    same = identity_made.shared(found.identities)
    if same:
        raise ValueError(f"{'; '.join(same)}: remove that file of all but one from state/identity and run again")
    if root is not None:
        nodes, found.is_closed = node_work.listed(root)
        found.withdrawn = [name for name in nodes if name not in names]
        found.forgotten = [name for name in identity_store.listed(root) if name not in names]
    return found


def _survey_identity(found: Survey, root: int | None, slave: Slave, handed: Parts | None) -> None:
    name = slave.name
    stored = None if root is None else identity_store.read(root, name)
    if stored is not None:
        node_slaves.check_parts(f"state/identity/{name}", stored.parts)
        found.identities[name] = stored.parts
        if not stored.is_closed:
            found.open.append(name)
    elif handed is not None:
        found.given[name] = found.identities[name] = handed
    known = found.identities.setdefault(name, {})
    missing = [part for part in identity_made.parts(slave.key_types) if part not in known]
    if missing:
        found.missing[name] = missing


def made(root: int, slaves: Sequence[Slave], found: Survey) -> None:
    """Put new identities and parts of them into the store, and close what is open; ``found`` knows them afterwards."""
    if found.given or found.missing:
        new = identity_store.complete(root, slaves, found.given, found.missing)
        for name, parts in new.items():
            found.identities[name] = {**found.identities[name], **parts}
    for name in found.open:
        identity_store.close(root, name)


@dataclass(frozen=True)
class Directories:
    """Those slaves' directories that differ: what is to be done, and what there is."""

    plans: dict[str, node_tree.Plan]
    found: dict[str, dict[str, node_tree.Found]]

    def lines(self) -> tuple[str, str]:
        """Give what a diff shows of all of them."""
        both = [node_tree.lines(name, plan, self.found[name]) for name, plan in self.plans.items()]
        return "".join(before for before, _after in both), "".join(after for _before, after in both)


def directories(root: int | None, slaves: Sequence[Slave], found: Survey) -> Directories:
    """Compare what slaves' directories hold with what they should."""
    result = Directories({}, {})
    for slave in slaves:
        there = {} if root is None else node_work.observe(root, slave.name)
        plan = node_tree.plan(node_tree.wanted(slave, found.identities[slave.name]), there)
        if plan.is_needed:
            result.plans[slave.name] = plan
            result.found[slave.name] = there
    return result


def public_keys(slaves: Sequence[Slave], found: Survey) -> dict[str, list[str]]:
    """Give the public half of each SSH host key, in the order of the slave's types; of those that are there."""
    return {
        slave.name: [
            ssh_private_key.public(found.identities[slave.name][part]).line
            for part in identity_made.parts(slave.key_types)
            if identity_made.key_type(part) and part in found.identities[slave.name]
        ]
        for slave in slaves
    }
