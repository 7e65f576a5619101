# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generation is told apart by: the digest of its definition, and which one a slave boots of an image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Booted, Slave

DIGITS = 12


def digest(definition: Mapping[str, object], recipe: str) -> str:
    """`3f2a9c0d1e4b`, twelve digits of a SHA-256 (48 bits): the same for the same definition and recipe alone."""
    canonical = json.dumps([recipe, definition], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def booted(slave: Slave, image: str) -> Booted:
    """The generation that a slave boots of an image; ValueError where that is not settled (settling.py)."""
    found = slave["generations"].get(image)
    if found is None:
        raise ValueError(
            f"it is not settled which generation of image {image!r} slave {slave['name']!r} boots; "
            "the filter fleet_settled says so, of masters that were read"
        )
    return found
