# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slaves' directories below ``nodes/``: reading them, and bringing them to what they should be, all at once."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, node_tree, tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.node_tree import NODE_MODE, Entry, Found, Plan

FOLDER = "nodes"
"""Below the directory of all slaves. Nobody but root gets past it."""
UNFINISHED = ".new-"
"""What the names of files that are being written begin with; slaves are not given them."""


def listed(root: int) -> tuple[list[str], bool]:
    """Give the names of what is below ``nodes/`` and if that is for root alone, which it is where it is missing.

    ``root`` is open on the directory of all slaves.
    """
    try:
        with tree_files.open_below(root, [FOLDER]) as nodes:
            names = sorted({*os.listdir(nodes)} - {tree_files.LOST_AND_FOUND})
            return names, _found(os.fstat(nodes), None)[2:] == (NODE_MODE, 0, 0)
    except FileNotFoundError:
        return [], True


def observe(root: int, slave: str) -> dict[str, Found]:
    """Give all that is below a slave's directory; the directory itself is ``.``, and nothing where there is none.

    :raises OSError: ``ELOOP`` or ``ENOTDIR`` where it is a link or a file.
    """
    found: dict[str, Found] = {}
    with contextlib.suppress(FileNotFoundError), tree_files.open_below(root, [FOLDER, slave]) as node:
        found["."] = _found(os.fstat(node), None)
        for path, one in _below(node, ""):
            found[path] = one
    return found


def _below(directory: int, above: str) -> Iterator[tuple[str, Found]]:
    for name in sorted(os.listdir(directory)):
        status = os.lstat(name, dir_fd=directory)
        if stat.S_ISDIR(status.st_mode):
            yield f"{above}{name}", _found(status, None)
            with atomic_file.open_directory(name, directory) as below:
                yield from _below(below, f"{above}{name}/")
        else:
            read = atomic_file.read_with_status(name, directory)
            yield f"{above}{name}", _found(*((read[1], read[0]) if read else (status, None)))


def _found(status: os.stat_result, content: bytes | None) -> Found:
    is_directory = stat.S_ISDIR(status.st_mode)
    return Found(is_directory, content, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def apply(root: int, plans: Mapping[str, Plan]) -> None:
    """Do what the plans of slaves say: new files are written aside, go to the disk together, then take their places.

    A slave that copies its files meanwhile has the old one or the new one of each.
    """
    close(root, [FOLDER])
    aside: dict[str, dict[str, str]] = {}
    for slave, plan in plans.items():
        close(root, [FOLDER, slave])
        with tree_files.open_below(root, [FOLDER, slave]) as node:
            aside[slave] = {path: _write_aside(entry, node) for path, entry in plan.write.items()}
    os.sync()  # one call is cheaper than one for each file of each slave
    for slave, plan in plans.items():
        with tree_files.open_below(root, [FOLDER, slave]) as node:
            _settle(node, plan, aside[slave])


def close(root: int, names: list[str]) -> None:
    """Make the directory ``names`` where it is missing, and root's alone; what is above it is there."""
    with tree_files.open_below(root, names[:-1]) as above:
        with contextlib.suppress(FileExistsError):
            os.mkdir(names[-1], NODE_MODE, dir_fd=above)
        with atomic_file.open_directory(names[-1], above) as directory:
            _own(directory, NODE_MODE)


def _write_aside(entry: Entry, node: int) -> str:
    """Write a file of the slave's beside what it copies, and give its name."""
    if entry.content is None:
        raise ValueError("a file without content cannot be written")
    name = f"{UNFINISHED}{secrets.token_hex(8)}"
    descriptor = os.open(name, atomic_file.CREATE_FLAGS, node_tree.PRIVATE_MODE, dir_fd=node)
    with open(descriptor, "wb") as file:
        file.write(entry.content)
        file.flush()
        os.fchown(descriptor, entry.owner, entry.group)
        os.fchmod(descriptor, entry.mode)
    return name


def _settle(node: int, plan: Plan, aside: Mapping[str, str]) -> None:
    for path in plan.remove:
        with tree_files.parent_of(node, path) as (directory, name):
            tree_files.remove_tree(name, directory)
    for path, mode in plan.ways.items():
        if path == ".":
            continue  # apply() has seen to it, before anything was written
        with tree_files.parent_of(node, path) as (directory, name):
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, NODE_MODE, dir_fd=directory)
            with atomic_file.open_directory(name, directory) as way:
                _own(way, mode)
    for path, temporary in aside.items():
        with tree_files.parent_of(node, path) as (directory, name):
            os.rename(temporary, name, src_dir_fd=node, dst_dir_fd=directory)


def _own(directory: int, mode: int) -> None:
    os.fchown(directory, 0, 0)
    os.fchmod(directory, mode)


def remove(root: int, slaves: list[str]) -> None:
    """Remove the directories of slaves, with all that is in them."""
    if slaves:
        with tree_files.open_below(root, [FOLDER]) as nodes:
            for slave in slaves:
                tree_files.remove_tree(slave, nodes)
