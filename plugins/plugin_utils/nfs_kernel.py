# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports as the kernel's server wants them (exports(5))."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules

# What stands there as it is; every other byte is written as three octal digits.
PLAIN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+,:@%~=")


def render(exports: nfs_rules.Exports) -> str:
    """Render a whole file of ``/etc/exports.d``."""
    lines = ["# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost."]
    for path, items in itertools.groupby(nfs_rules.listed(exports), key=lambda item: item["path"]):
        clients = [f"{client}({options(item)})" for item in items for client in item["clients"]]
        lines.append(" ".join([escape(path), *clients]))
    return "\n".join(lines) + "\n"


def options(item: Mapping[str, Any]) -> str:
    """Give the options of one item of the list.

    ``no_subtree_check`` because renamed files would lose their handles (exports(5)).
    """
    squash = "all_squash" if item["all_squash"] else "root_squash" if item["root_squash"] else "no_root_squash"
    return f"{item['access']},sync,no_subtree_check,{squash}"


def escape(path: str) -> str:
    r"""Write a path as exports(5) reads it: ``\040`` for a blank, and so for every byte that might mean something."""
    return "".join(chr(byte) if byte in PLAIN_BYTES else f"\\{byte:03o}" for byte in path.encode())
