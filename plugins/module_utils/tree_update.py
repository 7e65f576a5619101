# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seeding a slave's tree and bringing it to its image's next generation, while the slave may be running and hostile."""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.diskless.netboot.plugins.module_utils import tree_copy, tree_files, tree_manifest, tree_plan
from ansible_collections.diskless.netboot.plugins.module_utils.tree_copy import Origin, Source
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import DIRECTORY, Entry, Manifest
from ansible_collections.diskless.netboot.plugins.module_utils.tree_plan import Plan

# What an operation says when somebody has put something else in the place meanwhile, or still has something in it.
IN_THE_WAY = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ELOOP,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENOTEMPTY,
    errno.EAGAIN,
    errno.ENXIO,
)
TEMPORARY = ".diskless-update"
"""What is made beside its place. Always the same name: should this process be killed, the next one removes it."""


def located(error: OSError, path: str) -> OSError:
    """Give the error with ``path``, relative to the tree: the last name alone, which the system tells, says nothing."""
    return OSError(error.errno, error.strerror, path)


def seed(manifest: Manifest, source: Source, tree: int) -> None:
    """Fill the empty directory ``tree``, which nobody else reaches yet.

    :raises OSError: as the file system says.
    """
    for path, entry in manifest.entries.items():
        first = manifest.links.get(path)
        try:
            with tree_files.parent_of(tree, path) as (directory, name):
                if first is None:
                    tree_copy.make(Origin(entry, path, source), name, directory)
                    continue
                with tree_files.parent_of(tree, first) as (there, original):
                    os.link(original, name, src_dir_fd=there, dst_dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            raise located(error, path) from error
    # Filling a directory has changed its time.
    for path in sorted(manifest.entries, reverse=True):
        entry = manifest.entries[path]
        if entry.kind == DIRECTORY:
            with tree_files.parent_of(tree, path) as (directory, name):
                os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=directory, follow_symlinks=False)


def look(tree: int, paths: Iterable[str], images: Sequence[Mapping[str, Entry]]) -> dict[str, Entry | None]:
    """Give what the slave has at ``paths``, as :func:`tree_plan.plan` takes it. Its cost is that of ``paths``.

    :param images: all old ones and the new one.
    """
    current: dict[str, Entry | None] = {}
    for path in paths:
        known = [entry for image in images if (entry := image.get(path)) is not None]
        try:
            with tree_files.parent_of(tree, path) as (directory, name):
                current[path] = tree_manifest.observe(name, directory, known)
        except OSError as error:
            if error.errno not in IN_THE_WAY:
                raise located(error, path) from error
    return current


def clear(tree: int, paths: Iterable[str]) -> None:
    """Remove what an update that died while it made one of ``paths`` has left beside it."""
    for folder in sorted({tree_plan.above(path) for path in paths}):
        _attempt(tree, f"{folder}/{TEMPORARY}".lstrip("/"), _clear)


def _clear(name: str, directory: int) -> bool:
    tree_files.remove_tree(name, directory)
    return True


def apply(
    plan: Plan, current: Mapping[str, Entry | None], new: Mapping[str, Entry], source: Source, tree: int
) -> list[str]:
    """Do what the plan says and give the paths that the slave has changed in the meantime: they are left as they are.

    Each object is new and takes its place by a rename: nothing is ever written into a file of the slave, which might
    have another name elsewhere, nor through a link.
    """
    refused: set[str] = set()
    for path in plan.remove:
        if not _attempt(tree, path, functools.partial(_remove, current.get(path))):
            refused.add(path)
    for path in plan.put:
        origin = Origin(new[path], path, source)
        if path in refused or not _attempt(tree, path, functools.partial(_put, origin, current.get(path))):
            refused.add(path)
    # A directory in which the slave keeps something of its own stays; that is no disagreement.
    return sorted(path for path in refused if path in new or not _is_directory(current.get(path)))


def _is_directory(entry: Entry | None) -> bool:
    return entry is not None and entry.kind == DIRECTORY


def _attempt(tree: int, path: str, do: Callable[[str, int], bool]) -> bool:
    """Call ``do`` with the name and the directory of ``path`` and say whether nothing was in the way."""
    try:
        with tree_files.parent_of(tree, path) as (directory, name):
            return do(name, directory)
    except OSError as error:
        if error.errno not in IN_THE_WAY:
            raise located(error, path) from error
        return False


def _unchanged(name: str, directory: int, expected: Entry | None) -> bool:
    """Whether ``name`` is still what it was when it was looked at."""
    now = tree_manifest.observe(name, directory, [] if expected is None else [expected])
    return now is None if expected is None else expected.same(now)


def _remove(expected: Entry | None, name: str, directory: int) -> bool:
    if not _unchanged(name, directory, expected):
        return False
    if _is_directory(expected):
        os.rmdir(name, dir_fd=directory)
    else:
        os.unlink(name, dir_fd=directory)
    return True


def _put(origin: Origin, expected: Entry | None, name: str, directory: int) -> bool:
    if origin.entry.kind == DIRECTORY and _is_directory(expected):
        if not _unchanged(name, directory, expected):
            return False
        tree_copy.dress_directory(origin, name, directory)
        return True
    # What was a directory, or is to become one, has been removed by now.
    gone = DIRECTORY in (origin.entry.kind, expected.kind if expected is not None else "")
    tree_files.remove_tree(TEMPORARY, directory)
    try:
        tree_copy.make(origin, TEMPORARY, directory)
        if not _unchanged(name, directory, None if gone else expected):
            return False
        os.rename(TEMPORARY, name, src_dir_fd=directory, dst_dir_fd=directory)
    finally:
        tree_files.remove_tree(TEMPORARY, directory)
    return True
