# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generation's ``image.json`` tells: what it was made from, and what it holds."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_disk_size, rootfs_workshop, tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import write_file

DEFINITION = "image.json"
SMALL = rootfs_disk_size.Contents(inodes=15000, blocks=175000)
"""A Debian with its kernel and little more."""


class Made(NamedTuple):
    """What ``image.json`` tells of a generation; ``epoch``: seconds, the time of its newest package."""

    epoch: int
    contents: rootfs_disk_size.Contents


def write(made: Mapping[str, Any], folder: int) -> None:
    """Write it, the same for the same ``made``; ``folder``: the opened one of the generation."""
    text = json.dumps(made, indent=2, sort_keys=True) + "\n"
    write_file(DEFINITION, text.encode(), rootfs_workshop.MANAGED_FILE_MODE, folder)


def read(path: str) -> Made:
    """Read what the generation at ``path`` was made from.

    :raises ValueError: where it does not say what its tree holds.
    """
    try:
        with open(f"{path}/{DEFINITION}", encoding="utf-8") as file:
            made = json.load(file)
        return Made(int(made["epoch"]), rootfs_disk_size.Contents(**made["contents"]))
    except (FileNotFoundError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}/{DEFINITION} does not tell what the image holds, so somebody has changed it; move "
            "that folder away to have it built again, or give the image another revision"
        ) from error


def expected(generations: str) -> rootfs_disk_size.Contents:
    """Guess what a new generation will hold: as much as the largest beside it in that folder, else little."""
    found = []
    with os.scandir(generations) as entries:
        for entry in entries:
            if tree_files.NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(ValueError):
                    found.append(read(entry.path).contents)
    return max(found, key=lambda contents: contents.blocks, default=SMALL)
