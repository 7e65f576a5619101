# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_swap`: where a slave puts pages that its memory has no room for."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import MIB
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Swap
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import STAYING
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    known_keys,
    required,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import shown, size

NONE = "none"
TYPES = (NONE, "zram", "nbd", "file")
ALLOWED = ", ".join(TYPES)
KEYS = ("type", "size")
LEAST = 16 * MIB
# zram without a size: the slave takes a share of its memory, which is not known here
SIZES = {"nbd": 1024 * MIB, "file": 1024 * MIB}


def swap(place: Place, value: Plain, root: str | None, persist_size: int) -> Swap | None:
    """The swap of a slave whose root is of the kind `root`; a word stands for a dictionary with that type alone.

    `persist_size`: bytes of the disk that holds a file for swap where the root is `persist`.
    """
    table: dict[str, Plain] = value if isinstance(value, dict) else {"type": given({"": value}, "", NONE)}
    known_keys(place, table, KEYS)
    here = place.item(".type") if isinstance(value, dict) else place
    wanted = required(place, table, "type", ALLOWED)
    kind = None if wanted is None else choice(here, wanted, TYPES)
    bytes_ = None if table.get("size") is None else size(place.item(".size"), table["size"], LEAST)
    if kind == "file" and root and root not in STAYING:
        wrong = f"has nowhere to be kept: nothing that a slave with the root {root} writes stays"
        here.error(kind, wrong, f"zram, nbd, or slave_root {' or '.join(STAYING)}")
        return None
    if kind is None or kind == NONE:
        return None
    bytes_ = bytes_ or SIZES.get(kind)
    if kind == "file" and root == "persist" and bytes_ and persist_size and bytes_ >= persist_size:
        wrong = f"takes all of the {shown(persist_size)} that slave_persist_size gives to what the slave writes"
        place.error(shown(bytes_), wrong, "a smaller size, or a larger slave_persist_size")
        return None
    return {"type": kind, "size": bytes_}
