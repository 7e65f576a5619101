# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a slave's directory below ``nodes/`` should hold, and how what it holds differs. All are pure."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    identity_made,
    node_paths,
    ssh_private_key,
)
from ansible_collections.diskless.netboot.plugins.module_utils.node_slaves import Parts, Slave

FILES = "files"
PASSWORD = "root-password"  # noqa: S105 - the name of a file
NODE_MODE = 0o700
WAY_MODE = 0o755
PRIVATE_MODE = 0o600
# a slave makes a missing directory as it is here, and sshd(8) wants this one closed
_CLOSED = ("files/root", "files/root/.ssh")


class Entry(NamedTuple):
    """A file as it should be; ``content`` is nothing where only a run that is no check knows it."""

    content: bytes | None
    mode: int
    owner: int = 0
    group: int = 0


class Found(NamedTuple):
    """What has a name; ``content`` is nothing for what is no regular file."""

    is_directory: bool
    content: bytes | None
    mode: int
    owner: int
    group: int


class Plan(NamedTuple):
    """Paths below the slave's directory. ``ways``: directories to be made or mended, with their modes, parents first;
    the slave's own is ``.``.

    ``remove``: what is not wanted, or is in the way; without what lies in a directory that goes.
    """

    write: dict[str, Entry]
    ways: dict[str, int]
    remove: list[str]

    @property
    def is_needed(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.write or self.ways or self.remove)


def wanted(slave: Slave, identity: Parts) -> dict[str, Entry]:
    """Give the files of a slave's directory; parts that ``identity`` lacks are not known yet."""
    found = {
        node_paths.MACHINE_ID: Entry(identity.get(identity_made.MACHINE_ID), 0o444),
        node_paths.HOST_ID: Entry(identity.get(identity_made.HOST_ID), 0o644),
        node_paths.RANDOM_SEED: Entry(identity.get(identity_made.RANDOM_SEED), PRIVATE_MODE),
    }
    for part in identity_made.parts(slave.key_types):
        if identity_made.key_type(part):
            private = identity.get(part)
            path = f"{node_paths.SSH}/{part}"
            found[path] = Entry(private, PRIVATE_MODE)
            found[f"{path}.pub"] = Entry(None if private is None else public_file(private, slave.hostname), 0o644)
    if slave.authorized_keys:
        lines = "".join(f"{key}\n" for key in slave.authorized_keys)
        found[node_paths.AUTHORIZED_KEYS] = Entry(lines.encode(), PRIVATE_MODE)
    for file in slave.files:
        found[file.path] = Entry(file.content, file.mode, file.owner, file.group)
    entries = {f"{FILES}/{path}": entry for path, entry in found.items()}
    if slave.password_hash:
        entries[PASSWORD] = Entry(slave.password_hash.encode() + b"\n", PRIVATE_MODE)
    return entries


def public_file(private: bytes, hostname: str) -> bytes:
    """Give the file that ssh-keygen(1) writes beside a private key."""
    return f"{ssh_private_key.public(private).line} {hostname}\n".encode()


def plan(entries: Mapping[str, Entry], found: Mapping[str, Found]) -> Plan:
    """Compare; ``found`` has everything that is below the slave's directory by its path, and that itself as ``.``."""
    ways = {".": NODE_MODE, **_ways(entries)}
    write = {path: entry for path, entry in entries.items() if not _is_as(entry, found.get(path))}
    mend = {
        path: mode
        for path, mode in ways.items()
        if path not in found or not found[path].is_directory or found[path][2:] != (mode, 0, 0)
    }
    unwanted = {
        path
        for path, one in found.items()
        if (path in ways and not one.is_directory)
        or (path in entries and one.content is None)
        or (path not in ways and path not in entries)
    }
    remove = sorted(path for path in unwanted if posixpath.dirname(path) not in unwanted)
    return Plan(dict(sorted(write.items())), mend, remove)


def _ways(entries: Mapping[str, Entry]) -> dict[str, int]:
    """Give the directories that files need, parents first."""
    found = set()
    for path in entries:
        above = posixpath.dirname(path)
        while above:
            found.add(above)
            above = posixpath.dirname(above)
    return {path: NODE_MODE if path in _CLOSED else WAY_MODE for path in sorted(found)}


def _is_as(entry: Entry, found: Found | None) -> bool:
    return found is not None and found[1:] == tuple(entry) and entry.content is not None


def lines(slave: str, made: Plan, found: Mapping[str, Found]) -> tuple[str, str]:
    """Give what a diff shows before and after: paths, modes and owners, never a content."""
    before, after = [], []
    for path in sorted({*made.write, *made.remove}):
        name = f"{slave}: {path.removeprefix(FILES) if path != PASSWORD else path}"
        old, new = found.get(path), made.write.get(path)
        if old is not None:
            before.append(f"{name} {'directory' if old.is_directory else _rights(old)}\n")
        if new is not None:
            same = old is not None and old[2:] == new[1:]
            after.append(f"{name} {_rights(new)}{' (content changed)' if same else ''}\n")
    for path, mode in made.ways.items():
        if path in found and found[path].is_directory:
            before.append(f"{slave}: {path}/ {_rights(found[path])}\n")
            after.append(f"{slave}: {path}/ {mode:04o} 0:0\n")
    return "".join(before), "".join(after)


def _rights(one: Entry | Found) -> str:
    return f"{one.mode:04o} {one.owner}:{one.group}"
