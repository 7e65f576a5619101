# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the master knows of the slaves' trees: a small record each, and the manifests that they were made from."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory, read_file, write_file
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import FILE, Entry, Manifest

FORMAT = 1
HOSTS = "etc/hosts"
STATE_MODE = 0o600
FILLING = ".filling"


class Record(NamedTuple):
    """What a tree was last made from: a slave's part of the inventory."""

    hostname: str
    image: str
    generation: str
    shared: tuple[str, ...]

    @property
    def manifest(self) -> str:
        """Name of the file that holds the image's manifest without the shared directories."""
        digest = hashlib.sha256("\0".join(self.shared).encode()).hexdigest()[:12]
        return f"{self.image}.{self.generation}.{digest}.json"


class Known(NamedTuple):
    """What is known of a slave's tree: what it was made from, and of updates that were begun and not finished since.

    ``targets``: what those were to make of it; ``halfway``: what :func:`tree_plan.passing_through` gave for them.
    """

    record: Record
    targets: tuple[Record, ...] = ()
    halfway: tuple[str, ...] = ()

    def begun(self, target: Record, halfway: Collection[str]) -> Known:
        """Give what is known as soon as an update to ``target`` has begun."""
        return Known(
            self.record,
            tuple(dict.fromkeys((*self.targets, target))),
            tuple(dict.fromkeys((*self.halfway, *halfway))),
        )


def record_of(tree: Mapping[str, Any]) -> Record:
    """Give the record that a slave's part of the inventory asks for.

    :raises ValueError: for a name or a directory that would lead elsewhere or cannot be shared.
    """
    what = f"tree {tree['name']!r}"
    tree_files.check_name(tree["name"], "name of a tree")
    tree_files.check_name(tree["image"], f"{what}: image")
    tree_files.check_name(tree["generation"], f"{what}: generation")
    label = tree["hostname"].replace("-", "").replace(".", "")
    if not (label.isascii() and label.isalnum()):
        raise ValueError(f"{what}: hostname {tree['hostname']!r}: no host name")
    for path in tree["shared"]:
        if not path.startswith("/"):
            raise ValueError(f"{what}: shared directory {path!r}: no absolute path")
        tree_files.components(path[1:])
        if f"/{HOSTS}".startswith(f"{path}/") or path == f"/{HOSTS}":
            raise ValueError(f"{what}: shared directory {path!r}: /{HOSTS} is each slave's own and cannot be shared")
    return Record(tree["hostname"], tree["image"], tree["generation"], tuple(sorted(set(tree["shared"]))))


def hosts_file(image: bytes, hostname: str) -> bytes:
    """Give a slave's /etc/hosts: its image's, and its own name (hosts(5); 127.0.1.1 as Debian does)."""
    names = hostname if "." not in hostname else f"{hostname} {hostname.partition('.')[0]}"
    return image.rstrip(b"\n") + b"\n127.0.1.1  " + names.encode() + b"\n"


def own_manifest(manifest: Manifest, own: Mapping[str, bytes]) -> Manifest:
    """Give the manifest of one slave's tree: its image's with what is its own (path → content) in it."""
    entries = dict(manifest.entries)
    for path, content in own.items():
        detail = hashlib.sha256(content).hexdigest()
        entries[path] = entries[path]._replace(kind=FILE, detail=detail, size=len(content), xattrs="")
    return Manifest(entries, {path: first for path, first in manifest.links.items() if not {path, first} & own.keys()})


def dump_manifest(manifest: Manifest, hosts: bytes) -> bytes:
    """Give a manifest, and the image's /etc/hosts from which each slave's is made, as JSON."""
    value = {"format": FORMAT, "hosts": os.fsdecode(hosts), "entries": manifest.entries, "links": manifest.links}
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def load_manifest(data: bytes) -> tuple[Manifest, bytes] | None:
    """Give back what :func:`dump_manifest` was given, or nothing for what is of another format."""
    value = _parse(data)
    if value is None:
        return None
    entries = {path: Entry(*fields) for path, fields in value["entries"].items()}
    return Manifest(entries, value["links"]), os.fsencode(value["hosts"])


def dump_known(known: Known) -> bytes:
    """Give what is known of a tree as JSON; a word more only where an update was begun."""
    value = {"format": FORMAT, **known.record._asdict(), "manifest": known.record.manifest}
    if known.targets:
        value["begun"] = {"targets": [target._asdict() for target in known.targets], "halfway": known.halfway}
    return json.dumps(value, indent=2).encode() + b"\n"


def load_known(data: bytes) -> Known | None:
    """Give back what :func:`dump_known` was given, or nothing for what is of another format."""
    value = _parse(data)
    if value is None:
        return None
    begun = value.get("begun", {"targets": [], "halfway": []})
    return Known(_record(value), tuple(map(_record, begun["targets"])), tuple(begun["halfway"]))


def _record(value: Mapping[str, Any]) -> Record:
    return Record(value["hostname"], value["image"], value["generation"], tuple(value["shared"]))


def _parse(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.get("format") == FORMAT else None


class Store:
    """The folders ``state/trees`` and ``state/manifests``, for root alone."""

    def __init__(self, directory: str) -> None:
        """:param directory: the folder that holds ``images``, ``trees`` and ``state``."""
        self.directory = directory
        self.records = f"{directory}/state/trees"
        self.manifests = f"{directory}/state/manifests"

    def prepare(self) -> None:
        """Make the folders where they are missing."""
        for path in (self.records, self.manifests):
            os.makedirs(path, mode=0o700, exist_ok=True)

    def _read(self, folder: str, name: str) -> bytes | None:
        try:
            with open_directory(folder) as opened:
                found = read_file(name, opened)
        except FileNotFoundError:
            return None
        return found[0] if found else None

    def slaves(self) -> set[str]:
        """Give the slaves that have a record of a tree, whatever is in it."""
        try:
            return {name.removesuffix(".json") for name in os.listdir(self.records) if name.endswith(".json")}
        except FileNotFoundError:
            return set()

    def known(self, slave: str) -> Known | None:
        """Give what is known of a slave's tree."""
        data = self._read(self.records, f"{slave}.json")
        return load_known(data) if data is not None else None

    def manifest(self, record: Record) -> tuple[Manifest, bytes] | None:
        """Give the manifest of a record's image and the image's /etc/hosts."""
        data = self._read(self.manifests, record.manifest)
        return load_manifest(data) if data is not None else None

    def save_manifest(self, record: Record, manifest: Manifest, hosts: bytes) -> None:
        """Keep the manifest of a record's image."""
        with open_directory(self.manifests) as folder:
            write_file(record.manifest, dump_manifest(manifest, hosts), STATE_MODE, folder)

    def save(self, slave: str, known: Known) -> None:
        """Keep what is known of a slave's tree."""
        with open_directory(self.records) as folder:
            write_file(f"{slave}.json", dump_known(known), STATE_MODE, folder)

    def filling(self) -> set[str]:
        """Give the slaves whose tree a run was filling in its place when it died."""
        try:
            return {name.removesuffix(FILLING) for name in os.listdir(self.records) if name.endswith(FILLING)}
        except FileNotFoundError:
            return set()

    def begin(self, slave: str) -> None:
        """Remember that a tree is being filled in its place: what is there until :meth:`filled` is no slave's."""
        with open_directory(self.records) as folder:
            write_file(f"{slave}{FILLING}", b"", STATE_MODE, folder)

    def filled(self, slave: str, record: Record) -> None:
        """Keep what a new tree was made from, and that no run is filling it.

        The record last: without either, what is there is compared with its image, and stays.
        """
        with open_directory(self.records) as folder:
            tree_files.remove_tree(f"{slave}{FILLING}", folder)
        self.save(slave, Known(record))

    def forget(self, slave: str) -> None:
        """Remove what is known of a slave's tree."""
        with open_directory(self.records) as folder:
            for ending in (".json", FILLING):
                tree_files.remove_tree(f"{slave}{ending}", folder)

    def sweep(self) -> None:
        """Remove the manifests from which no known tree is made any more."""
        found = [known for known in map(self.known, self.slaves()) if known is not None]
        used = {record.manifest for known in found for record in (known.record, *known.targets)}
        with open_directory(self.manifests) as folder:
            for name in os.listdir(folder):
                if name not in used:
                    tree_files.remove_tree(name, folder)
