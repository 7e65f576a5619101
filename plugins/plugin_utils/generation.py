# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of a generation: the same definition and recipe always give the same name, others never do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

DIGITS = 12


def generation(release: str, definition: Mapping[str, object], recipe: str) -> str:
    """`bookworm-3f2a9c0d1e4b`: the release for people, twelve digits of a SHA-256 (48 bits) for the machine."""
    canonical = json.dumps([recipe, definition], sort_keys=True, separators=(",", ":"))
    return f"{release}-{hashlib.sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()[:DIGITS]}"
