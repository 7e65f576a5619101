# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nbd-server has exported, and which of it running slaves may still have as their root. All are pure.

As for NFS (:mod:`nfs_record`): an image that changes gets another file, and slaves that run from the old one attach it
again whenever the server has been away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from ansible_collections.diskless.netboot.plugins.module_utils import nbd_rules, nfs_record
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports


def succeeding(
    wanted: Exports, before: Exports, exists: Callable[[str], bool], present: Collection[str] = ()
) -> Exports:
    """Give what is to be exported now; recorded before it is, so that a run that dies between loses nothing.

    ``present``: addresses of machines that the master still has, also those without an export here.
    What is exported for writing belongs to one slave, and is withdrawn as soon as the inventory does not name it.
    """
    return nfs_record.merged(wanted, nfs_record.kept(wanted, before, exists, present))


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
