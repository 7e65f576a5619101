# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do so that a slave's tree follows its image and keeps the slave's changes: three manifests → actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import DIRECTORY, Entry


class Plan(NamedTuple):
    """``remove``: deepest first. ``put``: those above first. ``kept``: changed by both, left as the slave has it."""

    remove: list[str]
    put: list[str]
    kept: list[str]


def changed_paths(base: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[str]:
    """Give the paths where the image has changed, sorted: only these have to be looked at in the slave's tree."""
    return sorted(path for path in base.keys() | new.keys() if not _same(base.get(path), new.get(path)))


def _same(one: Entry | None, other: Entry | None) -> bool:
    return one.same(other) if one is not None else other is None


def above(path: str) -> str:
    """Give the path of the directory that holds ``path``; of the first level, nothing."""
    return path.rpartition("/")[0]


def plan(
    base: Mapping[str, Entry],
    current: Mapping[str, Entry | None],
    new: Mapping[str, Entry],
) -> Plan:
    """Compare what the slave was given, what it has now and what the image has become.

    :param current: for each of :func:`changed_paths` the entry as the slave has it, nothing where it has none; a path
        is missing altogether where a directory above it is none any more.

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
    for path in changed_paths(base, new):
        was, wanted = base.get(path), new.get(path)
        if path not in current and above(path) not in made:
            lost.add(path)
            if wanted is not None and above(path) not in lost:
                kept.append(path)
            continue
        has = current.get(path)
        if _same(has, wanted):
            continue
        if not _same(has, was):
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
