# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do so that a slave's tree follows its image and keeps the slave's changes: three manifests → actions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import DIRECTORY, Entry


class Plan(NamedTuple):
    """``remove``: deepest first. ``put``: those above first. ``kept``: changed by both, left as the slave has it."""

    remove: list[str]
    put: list[str]
    kept: list[str]


def changed_paths(olds: Sequence[Mapping[str, Entry]], new: Mapping[str, Entry]) -> list[str]:
    """Give the paths where the image has changed, sorted: only these have to be looked at in the slave's tree.

    :param olds: what the tree was made from, and what updates that died were about to make of it.
    """
    paths = new.keys() | {path for old in olds for path in old}
    return sorted(path for path in paths if not all(_same(old.get(path), new.get(path)) for old in olds))


def _same(one: Entry | None, other: Entry | None) -> bool:
    return one.same(other) if one is not None else other is None


def above(path: str) -> str:
    """Give the path of the directory that holds ``path``; of the first level, nothing."""
    return path.rpartition("/")[0]


def plan(
    olds: Sequence[Mapping[str, Entry]],
    current: Mapping[str, Entry | None],
    new: Mapping[str, Entry],
    halfway: Collection[str] = (),
) -> Plan:
    """Compare what the slave was given, what it has now and what the image has become.

    :param olds: as for :func:`changed_paths`; what is as in any of them is nothing that the slave has changed.
    :param current: for each of :func:`changed_paths` the entry as the slave has it, nothing where it has none; a path
        is missing altogether where a directory above it is none any more.
    :param halfway: what :func:`passing_through` gave for updates that died.

    =================  ==================  ==============================================
    image               slave               then
    =================  ==================  ==============================================
    unchanged           anything            not looked at
    changed             unchanged           as the image: put or removed
    changed             changed alike       nothing
    changed             changed otherwise   kept as the slave has it, and reported
    =================  ==================  ==============================================

    A directory that the image no longer has is removed only when it is empty then. What cannot be reached because of
    something that is reported is not reported by itself.
    """
    remove: list[str] = []
    put: list[str] = []
    kept: list[str] = []
    lost: set[str] = set()
    made: set[str] = set()
    for path in changed_paths(olds, new):
        was, wanted = [old.get(path) for old in olds], new.get(path)
        if path not in current and above(path) not in made:
            lost.add(path)
            if wanted is not None and above(path) not in lost:
                kept.append(path)
            continue
        has = current.get(path)
        if _same(has, wanted):
            continue
        if not (any(_same(has, old) for old in was) or (path in halfway and _is_halfway(has, was))):
            kept.append(path)
            lost.add(path)
            continue
        if wanted is None:
            remove.append(path)
            continue
        if has is not None and (has.kind == DIRECTORY) != (wanted.kind == DIRECTORY):
            remove.append(path)
        put.append(path)
        if wanted.kind == DIRECTORY:
            made.add(path)
    return Plan(remove[::-1], put, kept)


def passing_through(plan: Plan, current: Mapping[str, Entry | None], new: Mapping[str, Entry]) -> list[str]:
    """Give the paths that are in no state of the image's or the slave's while the plan is carried out.

    Those are removed before they are put because a directory and something else cannot take each other's place at once,
    and directories whose owner, permissions and attributes are set one after the other.
    """
    return [
        path for path in plan.put if (has := current.get(path)) is not None and DIRECTORY in (has.kind, new[path].kind)
    ]


def _is_halfway(has: Entry | None, was: Sequence[Entry | None]) -> bool:
    """Whether a path that was passing through when an update died may still be as that left it."""
    return has is None or (has.kind == DIRECTORY and any(old is not None and old.kind == DIRECTORY for old in was))
