# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generation's ``image.json`` tells, its manifest: what it was made from and when, and what it holds.

It is written once, with the generation.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_names,
    rootfs_configure,
    rootfs_disk_size,
    rootfs_workshop,
)
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import write_file

DEFINITION = "image.json"
SMALL = rootfs_disk_size.Contents(inodes=15000, blocks=175000)
"""A Debian with its kernel and little more."""


BUILT = "%Y-%m-%dT%H:%M:%SZ"
"""When it was complete, in UTC, for strftime(3)."""
FORMS = ("tree", "nbd")
"""What an image is also wanted as is no part of what it is: each form can be added later."""


class Made(NamedTuple):
    """What ``image.json`` tells of a generation; ``epoch``: seconds, the time of its newest package."""

    epoch: int
    contents: rootfs_disk_size.Contents


def packages(root: str, run: rootfs_configure.Run) -> dict[str, str]:
    """Give the version of each package that is installed in the tree, by ``name:architecture``."""
    told = run(
        ["dpkg-query", "--admindir", f"{root}/var/lib/dpkg", "-W", "-f", "${Package}:${Architecture}\t${Version}\n"]
    )
    return dict(line.split("\t", 1) for line in told.splitlines())


def digest(path: str) -> str:
    """Give the SHA-256 of a file, as sha256sum(1) prints it."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest(image: Mapping[str, Any], file: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what ``image.json`` tells.

    :param file: path of the one file by which the generation is published.
    :param found: what the tree told: ``kernel``, ``epoch``, ``contents``, ``packages``.
    """
    return {
        "definition": {name: image[name] for name in image if name not in FORMS},
        **found,
        "sizes": {os.path.basename(file): os.path.getsize(file)},
        "sha256": digest(file),
        "built": time.strftime(BUILT, time.gmtime()),
    }


def write(made: Mapping[str, Any], folder: int) -> None:
    """Write it; ``folder``: the opened one of the generation."""
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
            if generation_names.parse(entry.name) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(ValueError):
                    found.append(read(entry.path).contents)
    return max(found, key=lambda contents: contents.blocks, default=SMALL)
