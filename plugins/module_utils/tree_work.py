# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All slaves' trees at once: what each needs, and doing it."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    progress,
    tree_files,
    tree_manifest,
    tree_plan,
    tree_state,
    tree_survey,
    volume_work,
    volumes,
)
from ansible_collections.diskless.netboot.plugins.module_utils import tree_update as update
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory, read_file
from ansible_collections.diskless.netboot.plugins.module_utils.tree_copy import Source
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import Entry, Manifest
from ansible_collections.diskless.netboot.plugins.module_utils.tree_state import HOSTS, Known, Record


class Change(NamedTuple):
    """What became of one tree: the record before (nothing where there was none) and after, and the paths concerned."""

    slave: str
    before: Record | None
    after: Record
    put: list[str]
    removed: list[str]
    kept: list[str]


class Failure(NamedTuple):
    """What could not be done to one tree, and why; the others are not held up by it."""

    slave: str
    error: str


class Outcome(NamedTuple):
    """What was done: names of what dead runs had left and of pruned trees, the changes of trees that stay."""

    removed: list[str]
    pruned: list[str]
    changes: list[Change]
    failures: list[Failure]


class Workshop:
    """Does what a survey has found. Manifests of images are read or made once a run."""

    def __init__(self, store: tree_state.Store, *, dry: bool) -> None:
        """:param dry: nothing is written."""
        self.store = store
        self.dry = dry
        self.known: dict[str, tuple[Manifest, bytes] | None] = {}

    @contextlib.contextmanager
    def prepared(self) -> Iterator[int]:
        """Give the folder of the trees, made where it is missing and closed, under the lock of all runs."""
        self.store.prepare()
        path = f"{self.store.directory}/trees"
        os.makedirs(path, mode=tree_survey.MODE, exist_ok=True)
        with open_directory(path) as trees:
            progress.TELLER.lock(trees)
            os.fchmod(trees, tree_survey.MODE)  # it may have been there, made by somebody else
            os.fchown(trees, os.geteuid(), os.getegid())
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
        path = self.image_root(record)
        if not os.path.isdir(path):
            return None
        with open_directory(path) as root:
            manifest = tree_manifest.scan(root, record.shared)
            hosts = None
            if HOSTS in manifest.entries:
                with tree_files.parent_of(root, HOSTS) as (directory, name):
                    hosts = read_file(name, directory)
        if hosts is None:
            raise ValueError(f"{path}/{HOSTS}: no file")
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

    def require_images(self, found: tree_survey.Survey) -> None:
        """Look that all is there that trees are to be made from.

        :raises ValueError: naming the trees of images that are missing.
        """
        needed = {self.image_root(record) for record in [*found.seed.values(), *found.update.values()]}
        if missing := sorted(path for path in needed if not os.path.isdir(path)):
            raise ValueError(f"trees of images that are not there: {', '.join(missing)}")

    def seed(self, slave: str, record: Record, trees: int) -> Change:
        """Make a slave's tree: it appears by one rename, or fills the directory that is there for it, a volume."""
        if tree_files.status(slave, trees) is not None:
            self.store.begin(slave)
            with open_directory(slave, trees) as tree:
                for name in os.listdir(tree):
                    if name != tree_files.LOST_AND_FOUND:
                        tree_files.remove_tree(name, tree)
            self._fill(slave, record, trees)
            os.sync()
            self.store.filled(slave, record)
            return Change(slave, None, record, [], [], [])
        temporary = tree_survey.temporary_name(slave)
        os.mkdir(temporary, 0o700, dir_fd=trees)
        try:
            self._fill(temporary, record, trees)
            os.sync()
            os.rename(temporary, slave, src_dir_fd=trees, dst_dir_fd=trees)
        finally:
            tree_files.remove_tree(temporary, trees)
        os.fsync(trees)
        self.store.filled(slave, record)
        return Change(slave, None, record, [], [], [])

    def _fill(self, name: str, record: Record, trees: int) -> None:
        """Make an empty directory a tree."""
        manifest, own = self._slaves(record)
        with open_directory(self.image_root(record)) as root, open_directory(name, trees) as tree:
            update.seed(manifest, Source(root, own), tree)
            found = os.fstat(root)
            os.fchown(tree, found.st_uid, found.st_gid)
            os.fchmod(tree, stat.S_IMODE(found.st_mode))

    def update(self, slave: str, record: Record) -> Change:
        """Bring a slave's tree to another generation. A tree without a record is compared with its image as it is."""
        known = self.store.known(slave)
        before = known.record if known is not None else None
        new, own = self._slaves(record)
        if self.dry and not new.entries:
            return Change(slave, before, record, [], [], [])  # the image itself is still to be made
        olds = self._olds(known)
        halfway = known.halfway if known is not None else ()
        with contextlib.ExitStack() as stack:
            trees = stack.enter_context(open_directory(f"{self.store.directory}/trees"))
            tree = stack.enter_context(open_directory(slave, trees))
            paths = tree_plan.changed_paths(olds, new.entries)
            current = update.look(tree, paths, [*olds, new.entries])
            plan = tree_plan.plan(olds, current, new.entries, halfway)
            kept = plan.kept
            if not self.dry:
                root = stack.enter_context(open_directory(self.image_root(record)))
                if known is not None:
                    # Should this run die, the next one must tell what it has done from what the slave does.
                    passing = tree_plan.passing_through(plan, current, new.entries)
                    self.store.save(slave, known.begun(record, passing))
                    update.clear(tree, paths if known.targets else ())
                refused = update.apply(plan, current, new.entries, Source(root, own), tree)
                kept = sorted({*kept, *refused})
                os.sync()
                self.store.save(slave, Known(record))
        undone = set(kept)
        return Change(
            slave,
            before,
            record,
            [path for path in plan.put if path not in undone],
            [path for path in plan.remove if path not in undone],
            kept,
        )

    def _olds(self, known: Known | None) -> list[dict[str, Entry]]:
        """Give what a tree was made from, first, and what updates that died have perhaps made of it."""
        olds = [self._slaves(known.record if known is not None else None)[0].entries]
        for target in known.targets if known is not None else ():
            # An image that is gone says nothing; an empty one would say that it had removed everything.
            if entries := self._slaves(target)[0].entries:
                olds.append(entries)
        return olds

    def remove(self, slave: str, trees: int) -> None:
        """Remove a withdrawn slave's tree with all its data, or what is left of one.

        :raises ValueError: where something is mounted in it.
        """
        if mounts := volumes.other_mounts(self.store.directory, f"trees/{slave}"):
            raise ValueError(f"tree {slave!r} is not removed, because something is mounted there: {', '.join(mounts)}")
        if volumes.is_volume(self.store.directory, f"trees/{slave}"):
            self.store.forget(slave)
            volume_work.remove(self.store.directory, f"trees/{slave}")
            return
        if not slave.startswith("."):
            temporary = tree_survey.temporary_name(slave)
            # First: a tree without a record is kept, a record without a tree stops the slave's return.
            self.store.forget(slave)
            os.rename(slave, temporary, src_dir_fd=trees, dst_dir_fd=trees)
            slave = temporary
        tree_files.remove_tree(slave, trees)

    def _missing(self, found: tree_survey.Survey) -> list[Failure]:
        """Give the failures of trees that were made and are gone: new ones would hide what was in them."""
        return [
            Failure(name, f"its tree was made and is gone. {tree_survey.anew(self.store, name)}")
            for name in found.missing
        ]

    def predict(self, found: tree_survey.Survey, prune: bool) -> Outcome:
        """Give what :meth:`work` would do; nothing is written."""
        changes = [Change(name, None, record, [], [], []) for name, record in found.seed.items()]
        failures = self._missing(found)
        for name, record in found.update.items():
            with _isolated(name, failures):
                changes.append(self.update(name, record))
        return Outcome(found.remains, found.withdrawn if prune else [], changes, failures)

    def work(self, found: tree_survey.Survey, prune: bool, trees: int) -> Outcome:
        """Do what was found, under the lock. What fails for one tree is told at the end and holds up no other."""
        done = Outcome([], [], [], self._missing(found))
        for name in found.remains:
            with _isolated(name, done.failures):
                self.remove(name, trees)
                done.removed.append(name)
        for name in found.withdrawn if prune else []:
            with _isolated(name, done.failures):
                self.remove(name, trees)
                done.pruned.append(name)
        for number, (name, record) in enumerate(found.seed.items()):
            progress.TELLER.tell("made", f"{number} of {len(found.seed)} trees made, now {name}")
            with _isolated(name, done.failures):
                done.changes.append(self.seed(name, record, trees))
        for number, (name, record) in enumerate(found.update.items()):
            progress.TELLER.tell("updated", f"{number} of {len(found.update)} trees updated, now {name}")
            with _isolated(name, done.failures):
                done.changes.append(self.update(name, record))
        self.store.sweep()
        return done


@contextlib.contextmanager
def _isolated(slave: str, failures: list[Failure]) -> Iterator[None]:
    """Note what goes wrong with one tree in place of raising it."""
    try:
        yield
    except (OSError, ValueError) as error:
        failures.append(Failure(slave, str(error)))
