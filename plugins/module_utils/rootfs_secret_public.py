# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is no secret, because it can be had by everybody: the contents of files that packages ship.

Known by content, not by place: what a package's script makes or an administrator has changed is not what was shipped.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.module_utils.atomic_file import read_file

DPKG = ["var", "lib", "dpkg"]
_SHIPPED = re.compile(rb"(?m)^([0-9a-f]{32})  ")
"""A line of dpkg's ``.md5sums`` (deb-md5sums(5))."""
_CONFFILE = re.compile(rb"(?m)^ /\S+ ([0-9a-f]{32})\b")
"""A line of ``Conffiles`` in dpkg's ``status``: they are in no ``.md5sums``."""
_COMPILED = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/]+)\.[a-z]+-\d+(?:\.opt-\d)?\.pyc")


def digest(data: bytes) -> bytes:
    """Give the digest by which dpkg knows files."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def shipped(root: int) -> frozenset[bytes]:
    """Give the digests of all files that the packages installed below the descriptor ``root`` ship."""
    found: set[str] = set()
    try:
        with tree_files.open_below(root, DPKG) as records:
            found.update(_digests(_CONFFILE, read_file("status", records)))
            with tree_files.open_below(records, ["info"]) as info:
                for name in _names(info):
                    found.update(_digests(_SHIPPED, read_file(name, info)))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()  # another distribution's, or a tree in which somebody has put a link there
    return frozenset(bytes.fromhex(text) for text in found)


def _names(info: int) -> list[str]:
    return [name for name in os.listdir(info) if name.endswith(".md5sums")]


def _digests(pattern: re.Pattern[bytes], file: tuple[bytes, int] | None) -> Iterable[str]:
    return (text.decode() for text in pattern.findall(file[0])) if file is not None else ()


def compiled_from(path: str) -> str | None:
    """Give the path of the source of a Python byte code file, or nothing for other paths (PEP 3147)."""
    match = _COMPILED.fullmatch(path)
    return f"{match['folder']}{match['name']}.py" if match else None
