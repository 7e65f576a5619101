# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what nbd-server has exported. All are pure.

What follows on it is decided as for NFS (:mod:`nfs_record`): an image that changes gets another file, and slaves that
run from the old one attach it again whenever the server has been away. What is exported for writing belongs to one
slave, and is withdrawn as soon as the inventory does not name it.
"""

from __future__ import annotations

import json

from ansible_collections.diskless.netboot.plugins.module_utils import nbd_rules
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports


def render(exports: Exports, directory: str) -> str:
    """Give the record's file; nothing where there is nothing to remember."""
    if not exports:
        return ""
    return json.dumps({"directory": directory, "exports": nbd_rules.listed(exports, directory)}, indent=1) + "\n"


def parse(text: str) -> Exports:
    """Read what :func:`render` has written.

    :raises ValueError: for anything else.
    """
    if not text:
        return {}
    try:
        data = json.loads(text)
        return nbd_rules.grouped(data["exports"], data["directory"])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"is no record of exports: {error}") from None
