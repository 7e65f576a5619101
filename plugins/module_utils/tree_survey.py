# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the folder of the trees, against what is asked for."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files, tree_state, volumes
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory
from ansible_collections.diskless.netboot.plugins.module_utils.tree_state import Known, Record

MODE = 0o700
"""Of the folder of the trees: a slave may keep programs with the setuid bit in its tree."""
TEMPORARY = re.compile(rf"\.{tree_files.NAME.pattern}\.diskless-[0-9a-f]{{8}}")
"""A tree that is being made or removed. An administrator's own names (``.pc24-backup``, ``.pc24.20240229``) differ."""


class Survey(NamedTuple):
    """``seed``, ``update``: slave → what its tree is to be made from (``seed``: there is none yet, or its place is
    empty, or a run died while it filled that); ``missing``: slaves whose tree was made, and is not there;
    ``withdrawn``: trees of slaves that are not asked for any more; ``foreign``: what looks like a tree and was not made
    here; ``remains``: of runs that died; ``mode``: that of the folder, where it is not :data:`MODE` and this process'
    alone.
    """

    seed: dict[str, Record]
    update: dict[str, Record]
    missing: list[str]
    withdrawn: list[str]
    foreign: list[str]
    remains: list[str]
    mode: int | None

    def work(self, prune: bool) -> bool:
        """Say whether there is anything to do."""
        return bool(self.seed or self.update or self.remains or self.mode is not None or (prune and self.withdrawn))


def temporary_name(slave: str) -> str:
    """Give a new name for a slave's tree while it is being made or removed."""
    return f".{slave}.diskless-{secrets.token_hex(4)}"


def survey(store: tree_state.Store, wanted: Mapping[str, Record]) -> Survey:
    """Look which trees are there and which records: nothing is read but these.

    What has no slave's name (``lost+found``, hidden folders) and what is no directory is nobody's tree.

    :raises ValueError: where something that is no directory has the name of a tree, and where of the trees that were
        made none is there: then ``trees/`` is not the folder in which they were made, and no place for new ones either.
    """
    found: dict[str, bool] = {}
    mode = None
    try:
        with open_directory(f"{store.directory}/trees") as trees:
            status = os.fstat(trees)
            if stat.S_IMODE(status.st_mode) != MODE or status.st_uid != os.geteuid():
                mode = stat.S_IMODE(status.st_mode)
            with os.scandir(trees) as entries:
                found = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
    except FileNotFoundError:
        pass  # there are no trees yet
    for name in wanted:
        if not found.get(name, True):
            raise ValueError(f"{store.directory}/trees/{name}: no directory; a tree of that name cannot be made")
    directories = {name for name, is_directory in found.items() if is_directory}
    there = {name for name in directories if tree_files.NAME.fullmatch(name)}
    made = store.slaves()
    mounted = tree_files.mounts(tree_files.mountinfo()).keys()
    top = os.path.realpath(f"{store.directory}/trees")
    empty = {name for name in there & wanted.keys() if tree_files.is_empty(f"{store.directory}/trees/{name}")}
    # A slave can empty its volume; what is not mounted it cannot.
    gone = {name for name in empty & made if f"{top}/{name}" not in mounted}
    missing = sorted((made & wanted.keys()) - (there - gone))
    if missing and not made & (there - gone):
        raise ValueError(
            f"{store.directory}/trees: none of the trees that were made there is there ({', '.join(missing)}): "
            f"is a file system not mounted? {anew(store, '<slave>')}"
        )
    filling = store.filling()
    # A run that removed one may have died behind its record.
    known = (there & made) | volumes.names_in(store.directory, "trees")
    new = {name for name in wanted.keys() - made if name not in there or name in empty or name in filling}
    return Survey(
        {name: record for name, record in wanted.items() if name in new},
        {
            name: record
            for name, record in wanted.items()
            if name in there - new - gone and store.known(name) != Known(record)
        },
        missing,
        sorted(known - wanted.keys()),
        sorted(there - known - wanted.keys()),
        sorted(name for name in directories if TEMPORARY.fullmatch(name)),
        mode,
    )


def anew(store: tree_state.Store, slave: str) -> str:
    """Say what to do for a new tree in the place of one that is gone."""
    return f"For a new tree, empty of what the slave had, remove {store.records}/{slave}.json"


def wanted_records(trees: Sequence[Mapping[str, Any]]) -> dict[str, Record]:
    """Give what is asked for by slave.

    :raises ValueError: for what would lead elsewhere and for a slave that is listed twice.
    """
    wanted: dict[str, Record] = {}
    for tree in trees:
        if tree["name"] in wanted:
            raise ValueError(f"tree {tree['name']!r} is listed twice")
        wanted[tree["name"]] = tree_state.record_of(tree)
    return wanted
