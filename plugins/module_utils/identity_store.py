# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slaves' identities in ``state/identity/``: read, shown by one rename when they are made, for root alone."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    atomic_file,
    identity_made,
    node_tree,
    node_work,
    ssh_private_key,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.node_slaves import Parts, Slave

FOLDER = ["state", "identity"]
"""Below the directory of all slaves; never exported."""
WORKSHOP = ".new-"
MODE = 0o600


class Stored(NamedTuple):
    """``parts``: what is known of the identity; ``is_closed``: nobody but root can read any of it."""

    parts: Parts
    is_closed: bool


def listed(root: int) -> list[str]:
    """Give the names of slaves that have an identity; ``root`` is open on the directory of all slaves."""
    return [name for name in _names(root) if tree_files.NAME.fullmatch(name)]


def _names(root: int) -> list[str]:
    try:
        with tree_files.open_below(root, FOLDER) as store:
            return sorted(os.listdir(store))
    except FileNotFoundError:
        return []


def read(root: int, slave: str) -> Stored | None:
    """Give a slave's identity, or nothing where there is none."""
    try:
        with tree_files.open_below(root, [*FOLDER, slave]) as place:
            parts, is_closed = {}, _is_closed(os.fstat(place), node_tree.NODE_MODE)
            for part in identity_made.ALL_PARTS:
                found = atomic_file.read_with_status(part, place)
                if found is not None:
                    parts[part] = found[0]
                    is_closed = is_closed and _is_closed(found[1], MODE)
            return Stored(parts, is_closed)
    except FileNotFoundError:
        return None


def _is_closed(status: os.stat_result, mode: int) -> bool:
    return (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (mode, 0, 0)


@contextlib.contextmanager
def alone(root: int, *, make: bool) -> Iterator[None]:
    """Wait until no other run of the module works below ``root``, and keep others waiting.

    The lock is in a directory that nobody but root can open, or every user of the master could take it. ``make``: it is
    made where it is missing; without it there is nothing to be kept from.
    """
    if make and tree_files.status(FOLDER[0], root) is None:
        node_work.close(root, FOLDER[:1])
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            fcntl.flock(stack.enter_context(tree_files.open_below(root, FOLDER[:1])), fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _workshop(root: int) -> Iterator[int]:
    """Give a folder in the store that is gone afterwards, as is what killed runs have left."""
    node_work.close(root, FOLDER)
    with tree_files.open_below(root, FOLDER) as store:
        for left in os.listdir(store):
            if left.startswith(WORKSHOP):
                tree_files.remove_tree(left, store)
        name = f"{WORKSHOP}{secrets.token_hex(8)}"
        os.mkdir(name, node_tree.NODE_MODE, dir_fd=store)
        try:
            with atomic_file.open_directory(name, store) as shop:
                yield shop
        finally:
            tree_files.remove_tree(name, store)


def complete(
    root: int, slaves: Sequence[Slave], given: Mapping[str, Parts], missing: Mapping[str, Collection[str]]
) -> dict[str, Parts]:
    """Make what is missing and put it into the store, together with whole identities that were ``given``.

    Gives what is new by slave. All of it is on the disk, under its names, when this returns.

    :raises ValueError: what ssh-keygen said.
    """
    hostnames = {slave.name: slave.hostname for slave in slaves}
    present = {name: stored.parts for name in listed(root) if (stored := read(root, name)) is not None}
    taken = {content for parts in (*present.values(), *given.values()) for content in parts.values()}
    with _workshop(root) as shop:
        keys = _make_keys(shop, hostnames, missing)
        new: dict[str, Parts] = {}
        for name in dict.fromkeys([*given, *missing]):
            parts = dict(given.get(name, {}))
            for part in missing.get(name, ()):
                parts[part] = keys.get((name, part)) or identity_made.new(part, taken)
                taken.add(parts[part])
            new[name] = parts
            os.mkdir(name, node_tree.NODE_MODE, dir_fd=shop)
            _write(shop, name, parts, hostnames[name])
        os.sync()  # one call is cheaper than one for each file
        with tree_files.open_below(root, FOLDER) as store:
            for name in new:
                _show(shop, store, name, whole=name not in present)
            os.fsync(store)
    return new


def _make_keys(
    shop: int, hostnames: Mapping[str, str], missing: Mapping[str, Collection[str]]
) -> dict[tuple[str, str], bytes]:
    """Make the missing SSH keys, as many at once as there are processors: RSA takes its time."""
    wanted = [(name, part) for name, parts in missing.items() for part in parts if identity_made.key_type(part)]

    def make(one: tuple[str, str]) -> tuple[tuple[str, str], bytes]:
        name, part = one
        temporary = f"{name}.{part}"
        # proc(5): the folder itself, whatever its path is by now; the descriptor is this process's
        path = f"/proc/{os.getpid()}/fd/{shop}/{temporary}"
        ssh_private_key.make(identity_made.key_type(part) or "", hostnames[name], path)
        found = atomic_file.read_file(temporary, shop)
        for left in (temporary, f"{temporary}.pub"):
            os.unlink(left, dir_fd=shop)
        if found is None:
            raise ValueError(f"{ssh_private_key.PROGRAM} wrote no file")
        return one, found[0]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return dict(pool.map(make, wanted))


def _write(shop: int, name: str, parts: Parts, hostname: str) -> None:
    files = dict(parts)
    for part, content in parts.items():
        if identity_made.key_type(part):
            files[f"{part}.pub"] = node_tree.public_file(content, hostname)
    with atomic_file.open_directory(name, shop) as place:
        for file_name, content in files.items():
            descriptor = os.open(file_name, atomic_file.CREATE_FLAGS, MODE, dir_fd=place)
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fchmod(descriptor, MODE)  # a umask may have taken from it


def _show(shop: int, store: int, name: str, *, whole: bool) -> None:
    if whole:
        os.rename(name, name, src_dir_fd=shop, dst_dir_fd=store)
        return
    with atomic_file.open_directory(name, shop) as made, atomic_file.open_directory(name, store) as place:
        for part in sorted(os.listdir(made)):
            os.rename(part, part, src_dir_fd=made, dst_dir_fd=place)
        os.fsync(place)


def close(root: int, slave: str) -> None:
    """Make a slave's identity readable for root alone again."""
    node_work.close(root, [*FOLDER, slave])
    with tree_files.open_below(root, [*FOLDER, slave]) as place:
        for name in os.listdir(place):
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(name, atomic_file.READ_FLAGS, dir_fd=place)
                try:
                    os.fchown(descriptor, 0, 0)
                    os.fchmod(descriptor, MODE)
                finally:
                    os.close(descriptor)


def remove(root: int, slaves: list[str]) -> None:
    """Forget the identities of slaves."""
    if slaves:
        with tree_files.open_below(root, FOLDER) as store:
            for slave in slaves:
                tree_files.remove_tree(slave, store)
