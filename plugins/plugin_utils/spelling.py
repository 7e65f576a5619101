# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that the fleet reads, and the nearest of them to one that it does not know."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.plugin_utils import role_variables

SLAVE_VARIABLES = (
    "slave_mac",
    "slave_ip",
    "slave_image",
    "slave_root",
    "slave_master",
    "slave_hostname",
    "slave_cmdline",
    "slave_consoles",
    "slave_mounts",
    "slave_services",
    "slave_state_dirs",
    "slave_timer_spread",
    "slave_log_host",
    "slave_loader",
    "slave_menu",
    "slave_persist_size",
    "slave_volume_size",
    "slave_disks",
    "slave_swap",
    "slave_generation",
    "slave_ssh_key_types",
    "slave_authorized_keys",
    "slave_root_password_hash",
    "slave_files",
)
MASTER_VARIABLES = ("master_ip", "master_interface")
FLEET_VARIABLES = (
    "diskless_networks",
    "diskless_images",
    "diskless_directory",
    "diskless_share_size",
    "diskless_prune_trees",
    "diskless_prune_disks",
    "diskless_prune_state",
    "diskless_reset_slaves",
    "diskless_slaves",
    "diskless_rebuild",
    "diskless_list",
    "diskless_ssh_directory",
)
# what validate.yml leaves behind on localhost; nobody sets it
RESULTS = ("diskless_fleet",)
KNOWN = (*SLAVE_VARIABLES, *MASTER_VARIABLES, *FLEET_VARIABLES, *RESULTS)

# those of roles first: two begin like a slave's variables
PREFIXES = (*role_variables.PREFIXES, "slave_", "master_", "diskless_")

NEAR_WORD = 0.6
# whole names are compared where the prefix itself is misspelt; other people's names must not be caught
NEAR_NAME = 0.85


def nearest(word: str, words: Iterable[str], cutoff: float = NEAR_WORD) -> str | None:
    """The most similar of the words, or None when none is similar (difflib's ratio, 0 to 1)."""
    found = difflib.get_close_matches(word[:100], list(words), n=1, cutoff=cutoff)
    return found[0] if found else None


@functools.cache
def judge(name: str) -> tuple[bool, str | None]:
    """Whether a variable's name is acceptable, and the nearest known name where it is not.

    (True, None): known, or none of our business. (False, "slave_image"): misspelt. (False, None): ours by its
    prefix, but like nothing that is read.
    """
    # A group's own files stand beside those of all slaves, under a name that the group chooses.
    if name in KNOWN or name in role_variables.INSTEAD or name.startswith("slave_files_"):
        return True, None
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
    if prefix is None:
        near = nearest(name, KNOWN, NEAR_NAME) if "_" in name else None
        return near is None, near
    everything = (*KNOWN, *role_variables.INSTEAD)
    rest = {known.removeprefix(prefix): known for known in everything if known.startswith(prefix)}
    word = nearest(name.removeprefix(prefix), rest) if name != prefix else None
    return False, rest[word] if word else nearest(name, everything, NEAR_NAME)
