# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether it is known which disks running slaves use, and which were made to hold data. All are pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "ActiveEnterTimestampMonotonic")
"""What `systemctl show` is asked for (org.freedesktop.systemd1(5))."""


def unsure(text: str, seconds: int, now: float) -> str:
    """Say why a disk that no process has open may be in use all the same; empty where it is not.

    A slave whose server goes away waits, and attaches its disks again when there is one. ``text``: what
    ``systemctl show`` printed of the server, empty where it failed; ``seconds``: how long that may take; ``now``: the
    monotonic clock in seconds. A reload does not change when the server became active.
    """
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    state = values.get("ActiveState")
    if values.get("LoadState") == "not-found" or (
        # Nobody waits for one that was ended for good, as the role does it when nothing is exported.
        state in ("inactive", "failed") and values.get("UnitFileState") == "disabled"
    ):
        return ""
    active_since = int(values.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    if state in ("active", "reloading") and now - active_since >= seconds:
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
