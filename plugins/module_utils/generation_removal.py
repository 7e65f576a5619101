# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing generations that nobody needs any more: which, and doing it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_names,
    generation_records,
    generation_store,
    rootfs_build,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import open_directory

Unused = Callable[[Collection[str]], "dict[str, str]"]
"""Asks the servers: takes labels, gives those that must stay and why."""


class Old(NamedTuple):
    """The generations beyond those to keep, as ``image/generation``: may they ``go``, or why are they ``kept``."""

    go: list[str]
    kept: dict[str, str]


def choose(there: Mapping[str, Sequence[str]], keep: Mapping[str, int], boots: generation_records.Boots | None) -> Old:
    """Tell which generations are old. ``there``: those of each image, oldest first; ``keep``: how many of each stay.

    ``boots``: the record of what slaves boot; without one nothing is old enough. Pure.

    :raises ValueError: for an image of which none would be kept.
    """
    for image, number in keep.items():
        if number < 1:
            raise ValueError(f"keep: {image}: {number}: at least 1")
    named = generation_records.named(boots) if boots is not None else {}
    found = Old([], {})
    for image, generations in sorted(there.items()):
        # Whose image has left the inventory may still be somebody's root; an administrator decides.
        old = generations[: -keep[image]] if image in keep else generations
        for label in (f"{image}/{generation}" for generation in old):
            if image not in keep:
                found.kept[label] = "no such image is asked for; remove it by hand if nobody needs it"
            elif boots is None:
                found.kept[label] = "there is no record yet of what slaves boot"
            elif label in named:
                found.kept[label] = named[label]
            else:
                found.go.append(label)
    return found


def mounted(directory: str, labels: Collection[str], info: str) -> dict[str, str]:
    """Give those in which something is mounted; ``info``: a text in the form of mountinfo."""
    found = {}
    for label in labels:
        points = tree_files.mounts_below(os.path.realpath(f"{directory}/images/{label}"), info)
        if points:
            found[label] = f"something is mounted there: {', '.join(points)}"
    return found


def remove(directory: str, labels: Sequence[str], used: Unused) -> dict[str, str]:
    """Remove generations, under the lock of all builds; gives those that turned out to be in use, and why.

    Each is renamed first, so that it is there as a whole or not at all, and nobody can open it any more by its name.
    Then the servers are asked once more: who was in time gets it back. A run that dies has its remains removed by the
    next.
    """
    hidden: dict[str, str] = {}
    back: dict[str, str] | None = None
    try:
        for label in labels:
            image, generation = label.split("/")
            name = f"{image}/{rootfs_build.removing_name(generation)}"
            _rename(directory, old=label, new=name)
            hidden[label] = name
        back = used(hidden.values())
    finally:
        for label, name in hidden.items():
            if back is None or name in back:
                _rename(directory, old=name, new=label)
    for name in hidden.values():
        if name not in back:
            image, last = name.split("/")
            with open_directory(f"{directory}/images/{image}") as folder:
                tree_files.remove_tree(last, folder)
    return {label: back[name] for label, name in hidden.items() if name in back}


def _rename(directory: str, *, old: str, new: str) -> None:
    image, last = old.split("/")
    with open_directory(f"{directory}/images/{image}") as folder:
        os.rename(last, new.split("/")[1], src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def orphans(directory: str, publish: str, gone: Collection[str]) -> list[str]:
    """Give the folders ``image/generation`` of boot files in ``publish`` whose generation is not there, or ``gone``."""
    if not generation_store.names(directory):
        # More likely a file system that is not mounted than a master without a single image.
        return []
    # An image's folder may be a link to another disk: what it leads to is there.
    return [
        label for label in _published(publish) if label in gone or not os.path.lexists(f"{directory}/images/{label}")
    ]


def _published(publish: str) -> Iterator[str]:
    with contextlib.suppress(FileNotFoundError), os.scandir(f"{publish}/images") as images:
        for image in sorted(images, key=lambda entry: entry.name):
            if image.is_dir(follow_symlinks=False) and tree_files.NAME.fullmatch(image.name):
                for name in generation_names.ordered(os.listdir(image.path)):
                    yield f"{image.name}/{name}"


def withdraw(publish: str, labels: Collection[str]) -> None:
    """Remove boot files, and the folder of an image that has none any more."""
    for label in labels:
        image, generation = label.split("/")
        with open_directory(f"{publish}/images") as images:
            with open_directory(image, images) as folder:
                tree_files.remove_tree(generation, folder)
            with contextlib.suppress(OSError):
                os.rmdir(image, dir_fd=images)
