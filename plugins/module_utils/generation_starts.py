# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generation each slave has started last, as it said when its master gave it what is its own.

A slave's own word: good to tell people who has not been restarted yet, and never a reason to keep or to remove anything
(:mod:`generation_users` has those). The role ``slave_nodes`` has it written down, a file for each slave.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, generation_names, tree_files

FOLDER = ["state", "started"]
"""Below the directory of all slaves, for root alone."""


def parse(text: str) -> str | None:
    """Give ``image/generation``, or nothing for what is none: a tree that shares nothing says an empty line."""
    image, _slash, generation = text.rstrip("\n").partition("/")
    fits = tree_files.NAME.fullmatch(image) and generation_names.parse(generation)
    return f"{image}/{generation}" if fits else None


def read(directory: str) -> dict[str, str]:
    """Give ``image/generation`` by slave; who has never started, or said nothing, is missing."""
    found: dict[str, str] = {}
    with (
        contextlib.suppress(FileNotFoundError),
        atomic_file.open_directory(os.path.realpath(directory)) as root,
        tree_files.open_below(root, FOLDER) as started,
    ):
        for slave in sorted(filter(tree_files.NAME.fullmatch, os.listdir(started))):
            held = atomic_file.read_file(slave, started)
            runs = parse(held[0].decode("ascii", "replace")) if held else None
            if runs:
                found[slave] = runs
    return found


def forget(root: int, slaves: Iterable[str]) -> None:
    """Remove what is written down of slaves; ``root`` is open on the directory of all slaves."""
    with contextlib.suppress(FileNotFoundError), tree_files.open_below(root, FOLDER) as started:
        for slave in slaves:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(slave, dir_fd=started)
