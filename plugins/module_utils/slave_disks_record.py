# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether it is known which disks running slaves use, and which were made to hold data. All are pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.module_utils import server_uptime


def unsure(text: str, seconds: int, now: float) -> str:
    """Say why a disk that no process has open may be in use all the same; empty where it is not.

    For the parameters see :func:`server_uptime.is_settled`.
    """
    if server_uptime.is_settled(text, seconds, now):
        return ""
    return f"nbd-server has not run for {seconds} s yet, in which running slaves attach their disks again"


def parse(text: str) -> dict[str, str]:
    """Read what :func:`render` has written: what each disk that was made to hold data was made with, by label.

    :raises ValueError: for anything else.
    """
    data = json.loads(text or "{}")
    if not isinstance(data, dict) or not all(isinstance(made, str) for made in data.values()):
        raise ValueError("is no record of disks")
    return data


def render(made: Mapping[str, str], before: str) -> str:
    """Give the record's file; nothing where there has been none and there is nothing to remember."""
    return json.dumps(made, indent=1, sort_keys=True) + "\n" if made or before else ""
