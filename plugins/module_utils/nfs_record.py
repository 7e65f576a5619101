# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a master has exported, and which of it running slaves may still have as their root. All are pure.

A changed image is exported under another path. The slaves that run from the old one know nothing of that, and without
their export their root answers ESTALE or EACCES. So roots stay exported to the clients that the master still has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports, Rule, grouped, listed

# Ganesha: id 0 is the root of its pseudo file system, ids have 16 bits.
HIGHEST_ID = 65535


class Record(NamedTuple):
    """What is exported, and the Export_Id of each path."""

    exports: Exports
    ids: dict[str, int]


def is_root(rule: Rule) -> bool:
    """Say whether a machine may run from it without owning it: read-only, and as its own root reads it.

    A directory that is shared (``root_squash``) holds people's data: when the inventory takes it away, it is gone. One
    that is private was never run from, and an address may be another machine's by now.
    """
    return rule.access == "ro" and not rule.root_squash and not rule.private


def of(exports: Exports, path: str) -> frozenset[str]:
    """Give all clients of a path."""
    return frozenset[str]().union(*(clients for rule, clients in exports.items() if rule.path == path))


def kept(wanted: Exports, recorded: Exports, exists: Callable[[str], bool], present: Collection[str] = ()) -> Exports:
    """Choose what stays exported though it is not wanted any more: roots that are still there, to present clients.

    ``present``: addresses of machines that the master still has, though this server may have nothing for them any more:
    their next root comes from another one, and they run from this one until then. Where a client is wanted at that path
    with other rules, the new ones hold.
    """
    those = frozenset(present).union(*wanted.values())
    result: Exports = {}
    for rule, clients in recorded.items():
        staying = clients & those - of(wanted, rule.path)
        if staying and is_root(rule) and exists(rule.path):
            result[rule] = staying
    return result


def unsquashed(wanted: Exports, recorded: Exports) -> Exports:
    """Give what is wanted, but without ``all_squash`` for clients that have had the path without it.

    They may run from a tree there, in which some files are for root alone, until they start anew.
    """
    result: Exports = {}
    for rule, clients in wanted.items():
        before = rule._replace(all_squash=False)
        open_before = clients & recorded.get(before, frozenset()) if rule.all_squash else frozenset()
        for its, those in ((before, open_before), (rule, clients - open_before)):
            if those:
                result[its] = result.get(its, frozenset()) | those
    return result


def _merged(wanted: Exports, remaining: Exports) -> Exports:
    """Give both together."""
    return {rule: wanted.get(rule, frozenset()) | remaining.get(rule, frozenset()) for rule in {**wanted, **remaining}}


def export_ids(paths: Iterable[str], previous: Mapping[str, int]) -> dict[str, int]:
    """Give each path its Export_Id: the one it has, or else one from its digest, or the next that is free.

    Ganesha puts the id into file handles: a running slave's mount breaks when the id of its export changes,
    whatever comes or goes beside it. The digest gives a new master the same ids as far as none collide.

    :raises ValueError: for more paths than there are ids.
    """
    wanted = sorted(set(paths))
    if len(wanted) > HIGHEST_ID:
        raise ValueError(f"nfs_server_exports: Ganesha can export {HIGHEST_ID} paths, not {len(wanted)}")
    result = {path: previous[path] for path in wanted if path in previous}
    taken = set(result.values())
    for path in wanted:
        if path in result:
            continue
        number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], "big") % HIGHEST_ID + 1
        while number in taken:
            number = number % HIGHEST_ID + 1
        result[path] = number
        taken.add(number)
    return result


def succeeding(
    wanted: Exports, recorded: Exports, exists: Callable[[str], bool], present: Collection[str] = ()
) -> Exports:
    """Give what is to be exported now, after what is recorded. ``present``: see :func:`kept`."""
    asked = unsquashed(wanted, recorded)
    return _merged(asked, kept(asked, recorded, exists, present))


def next_record(
    wanted: Exports, before: Record, exists: Callable[[str], bool], present: Collection[str] = ()
) -> Record:
    """Give the record of that; written before it is exported, so that a run that dies between loses nothing.

    ``present``: see :func:`kept`.

    :raises ValueError: for more paths than there are ids.
    """
    exports = succeeding(wanted, before.exports, exists, present)
    return Record(exports, export_ids((rule.path for rule in exports), before.ids))


def render(record: Record) -> str:
    """Give the record's file."""
    return json.dumps({"exports": listed(record.exports), "ids": record.ids}, indent=1, sort_keys=True) + "\n"


def parse(text: str) -> Record:
    """Read what :func:`render` has written.

    :raises ValueError: for anything else.
    """
    try:
        data = json.loads(text)
        exports = grouped(data["exports"])
        ids = {str(path): int(number) for path, number in data["ids"].items()}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"is no record of exports: {error!r}") from None
    sound = len(set(ids.values())) == len(ids) and all(0 < number <= HIGHEST_ID for number in ids.values())
    if not sound or set(ids) != {rule.path for rule in exports}:
        raise ValueError("is no record of exports: each path has one id of its own, from 1 to 65535")
    return Record(exports, ids)
