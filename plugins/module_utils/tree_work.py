# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All slaves' trees at once: what each needs, and doing it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files, tree_manifest, tree_plan, tree_state
from ansible_collections.diskless.netboot.plugins.module_utils import tree_update as update
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory, read_file
from ansible_collections.diskless.netboot.plugins.module_utils.tree_copy import Source
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import Manifest
from ansible_collections.diskless.netboot.plugins.module_utils.tree_state import HOSTS, Record


class Survey(NamedTuple):
    """``seed``, ``update``: slave → what its tree is to be made from; ``withdrawn``: trees of nobody; ``remains``: of
    runs that died.
    """

    seed: dict[str, Record]
    update: dict[str, Record]
    withdrawn: list[str]
    remains: list[str]


class Change(NamedTuple):
    """What became of one tree: the record before (nothing where there was none) and after, and the paths concerned."""

    slave: str
    before: Record | None
    after: Record
    put: list[str]
    removed: list[str]
    kept: list[str]


def survey(store: tree_state.Store, wanted: Mapping[str, Record]) -> Survey:
    """Look which trees are there and which records: nothing is read but these.

    :raises ValueError: where something that is no directory has the name of a tree.
    """
    found = {}
    with contextlib.suppress(FileNotFoundError), open_directory(f"{store.directory}/trees") as trees:
        for name in os.listdir(trees):
            found[name] = os.lstat(name, dir_fd=trees).st_mode
    for name in wanted:
        if name in found and not stat.S_ISDIR(found[name]):
            raise ValueError(f"{store.directory}/trees/{name}: no directory; a tree of that name cannot be made")
    there = {name for name in found if not name.startswith(".")}
    return Survey(
        {name: record for name, record in wanted.items() if name not in there},
        {name: record for name, record in wanted.items() if name in there and store.record(name) != record},
        sorted(there - wanted.keys()),
        sorted(name for name in found if name.startswith(".")),
    )


class Workshop:
    """Does what a survey has found. Manifests of images are read or made once a run."""

    def __init__(self, store: tree_state.Store, *, dry: bool) -> None:
        """:param dry: nothing is written."""
        self.store = store
        self.dry = dry
        self.known: dict[str, tuple[Manifest, bytes] | None] = {}

    @contextlib.contextmanager
    def prepared(self) -> Iterator[int]:
        """Give the folder of the trees, made where it is missing, under the lock of all runs; not for a dry run.

        Nobody but root may pass it: a slave may keep programs with the setuid bit in its tree.
        """
        self.store.prepare()
        path = f"{self.store.directory}/trees"
        os.makedirs(path, mode=0o700, exist_ok=True)
        with open_directory(path) as trees:
            fcntl.flock(trees, fcntl.LOCK_EX)
            yield trees

    def image_root(self, record: Record) -> str:
        """Give the path of the tree of a record's image."""
        return f"{self.store.directory}/images/{record.image}/{record.generation}/root"

    def manifest(self, record: Record) -> tuple[Manifest, bytes] | None:
        """Give the manifest of a record's image, with /etc/hosts, from where it is kept or from the image itself."""
        name = record.manifest
        if name not in self.known:
            kept = self.store.manifest(record)
            self.known[name] = kept if kept is not None else self._scan(record)
        return self.known[name]

    def _scan(self, record: Record) -> tuple[Manifest, bytes] | None:
        try:
            with open_directory(self.image_root(record)) as root:
                manifest = tree_manifest.scan(root, record.shared)
                with tree_files.parent_of(root, HOSTS) as (directory, name):
                    hosts = read_file(name, directory)
        except FileNotFoundError:
            return None
        if hosts is None:
            raise ValueError(f"{self.image_root(record)}/{HOSTS}: no file")
        if not self.dry:
            self.store.save_manifest(record, manifest, hosts[0])
        return manifest, hosts[0]

    def _slaves(self, record: Record | None) -> tuple[Manifest, dict[str, bytes]]:
        """Give the manifest of a slave's tree and what in it is its own; of no record, nothing."""
        image = self.manifest(record) if record is not None else None
        if image is None or record is None:
            return Manifest({}, {}), {}
        own = {HOSTS: tree_state.hosts_file(image[1], record.hostname)}
        return tree_state.own_manifest(image[0], own), own

    def missing_images(self, records: Sequence[Record]) -> list[str]:
        """Give the trees of images that are needed and not there."""
        return sorted({path for path in map(self.image_root, records) if not os.path.isdir(path)})

    def seed(self, slave: str, record: Record, trees: int) -> Change:
        """Make a slave's tree; it appears by one rename."""
        manifest, own = self._slaves(record)
        temporary = f".{slave}.{secrets.token_hex(4)}"
        os.mkdir(temporary, 0o700, dir_fd=trees)
        try:
            with open_directory(self.image_root(record)) as root, open_directory(temporary, trees) as tree:
                update.seed(manifest, Source(root, own), tree)
                found = os.fstat(root)
                os.fchown(tree, found.st_uid, found.st_gid)
                os.fchmod(tree, stat.S_IMODE(found.st_mode))
            os.sync()
            os.rename(temporary, slave, src_dir_fd=trees, dst_dir_fd=trees)
        finally:
            tree_files.remove_tree(temporary, trees)
        os.fsync(trees)
        self.store.save(slave, record)
        return Change(slave, None, record, [], [], [])

    def update(self, slave: str, record: Record) -> Change:
        """Bring a slave's tree to another generation. A tree without a record is compared with its image as it is."""
        before = self.store.record(slave)
        base, _own = self._slaves(before)
        new, own = self._slaves(record)
        if self.dry and not new.entries:
            return Change(slave, before, record, [], [], [])  # the image itself is still to be made
        with contextlib.ExitStack() as stack:
            trees = stack.enter_context(open_directory(f"{self.store.directory}/trees"))
            tree = stack.enter_context(open_directory(slave, trees))
            current = update.look(tree, tree_plan.changed_paths(base.entries, new.entries), base.entries, new.entries)
            plan = tree_plan.plan(base.entries, current, new.entries)
            kept = plan.kept
            if not self.dry:
                root = stack.enter_context(open_directory(self.image_root(record)))
                refused = update.apply(plan, current, new.entries, Source(root, own), tree)
                kept = sorted({*kept, *refused})
                os.sync()
                self.store.save(slave, record)
        undone = set(kept)
        return Change(
            slave,
            before,
            record,
            [path for path in plan.put if path not in undone],
            [path for path in plan.remove if path not in undone],
            kept,
        )

    def remove(self, slave: str, trees: int) -> None:
        """Remove a withdrawn slave's tree with all its data.

        :raises ValueError: where something is mounted in it.
        """
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            mounts = tree_files.mounts_below(os.path.realpath(f"{self.store.directory}/trees/{slave}"), file.read())
        if mounts:
            raise ValueError(f"tree {slave!r} is not removed, because something is mounted there: {', '.join(mounts)}")
        if not slave.startswith("."):
            temporary = f".{slave}.{secrets.token_hex(4)}"
            os.rename(slave, temporary, src_dir_fd=trees, dst_dir_fd=trees)
            self.store.forget(slave)
            slave = temporary
        tree_files.remove_tree(slave, trees)


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
