# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files below a TFTP root are loaders that a run has published: by name and digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.module_utils.public_files import Found

Digests = dict[str, str]


def digest(content: bytes) -> str:
    """Give what tells one content from another."""
    return hashlib.sha256(content).hexdigest()


def parse(data: bytes | None, root: str) -> Digests:
    """Give the record of one root: path below it to digest.

    :raises ValueError: for what is no record.
    """
    try:
        found = json.loads(data) if data is not None else {}
        return {str(path): str(one) for path, one in found.get(root, {}).items()}
    except (ValueError, AttributeError):
        raise ValueError("is no record of published loaders; remove it, and what it was about is left alone") from None


def render(data: bytes | None, root: str, digests: Mapping[str, str]) -> bytes:
    """Give the record with one root's part replaced."""
    whole = json.loads(data) if data is not None else {}
    return (json.dumps({**whole, root: dict(digests)}, indent=1, sort_keys=True) + "\n").encode()


def is_ours(path: str, found: Found, wanted: Mapping[str, bytes], recorded: Digests) -> bool:
    """Say whether a file may be replaced, where it is wanted, or else removed.

    A wanted one is ours where a run has published it, whatever happened to it since, or where it is right already. One
    that is not wanted any more is ours only while it is what was published.
    """
    if found.content is None:
        return False
    if path in wanted:
        return path in recorded or found.content == wanted[path]
    return recorded.get(path) == digest(found.content)
