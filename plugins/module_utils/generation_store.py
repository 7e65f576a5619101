# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generations that are on the master's disk, and what is known of each without looking into its tree."""

from __future__ import annotations

import datetime
import json
import os
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_names,
    inits,
    rootfs_build,
    rootfs_disk_size,
    rootfs_made,
)

SECTOR = 512
"""Bytes; the unit of ``st_blocks``, stat(2)."""


def names(directory: str) -> dict[str, list[str]]:
    """Give the generations of each image, oldest first. What has another name is none of ours."""
    found: dict[str, list[str]] = {}
    for label in rootfs_build.survey(directory).generations:
        image, generation = label.split("/")
        found.setdefault(image, []).append(generation)
    return {image: generation_names.ordered(generations) for image, generations in found.items()}


def exists(directory: str, image: str, generation: str) -> bool:
    """Say whether a generation is there as a whole."""
    return os.path.isfile(f"{directory}/images/{image}/{generation}/{rootfs_build.SQUASHFS}")


def describe(directory: str, image: str, generation: str) -> dict[str, Any]:
    """Give name, size and what ``image.json`` tells; of a damaged one, what can be told."""
    folder = f"{directory}/images/{image}/{generation}"
    made = _manifest(folder)
    told = made.get("definition")
    definition = told if isinstance(told, dict) else {}
    packages = made.get("packages")
    return {
        "name": generation,
        "bytes": _bytes(folder, made),
        "shared": list(definition.get("shared", [])),
        "init": definition.get("init", inits.INITS[0]),
        "packages": len(packages) if isinstance(packages, dict) else 0,
        "built": str(made.get("built") or _named_time(generation)),
    }


def _manifest(folder: str) -> dict[str, Any]:
    try:
        with open(f"{folder}/{rootfs_made.DEFINITION}", encoding="utf-8") as file:
            made = json.load(file)
    except (FileNotFoundError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def _bytes(folder: str, made: dict[str, Any]) -> int:
    """Give the bytes that its files take of the disk. Of the tree as its builder has measured it: it has many files."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_file(follow_symlinks=False):
                total += entry.stat(follow_symlinks=False).st_blocks * SECTOR
            elif entry.name == rootfs_build.TREE:
                contents = made.get("contents")
                blocks = contents.get("blocks") if isinstance(contents, dict) else None
                total += blocks * rootfs_disk_size.BLOCK if isinstance(blocks, int) else 0
    return total


def _named_time(generation: str) -> str:
    """Give the time in a generation's name as ISO 8601 writes it for people."""
    name = generation_names.parse(generation)
    if name is None:
        return ""
    return datetime.datetime.strptime(name.time, generation_names.TIME_FORMAT).strftime("%Y-%m-%dT%H:%M:%SZ")
