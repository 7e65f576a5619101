# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_volume_size`, `diskless_share_size`: how much slaves may write to their master."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import MIB
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import size

# for a tree that shares nothing with its image, and for the homes of a few dozen people
SLAVE, SHARE = "8G", "100G"
# a smaller one would be little but its journal
LEAST = 64 * MIB


def size_of(place: Place, value: Plain, default: str) -> int:
    """Bytes; 0 where no file system is wanted, and after an error."""
    return size(place, default if value is None else value, LEAST, none=True) or 0
