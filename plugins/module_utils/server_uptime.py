# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a server has run for so long that all running slaves have come back to it. Pure."""

from __future__ import annotations

PROPERTIES = ("LoadState", "ActiveState", "UnitFileState", "ActiveEnterTimestampMonotonic")
"""What `systemctl show` is asked for (org.freedesktop.systemd1(5))."""


def is_settled(text: str, seconds: int, now: float) -> bool:
    """Say whether what nobody has open at the server is used by nobody.

    A slave whose server goes away waits, and comes back when there is one. ``text``: what ``systemctl show`` printed of
    the server, empty where it failed; ``seconds``: how long that may take; ``now``: the monotonic clock in seconds. A
    reload does not change when the server became active.
    """
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    state = values.get("ActiveState")
    if values.get("LoadState") == "not-found" or (
        # Nobody waits for one that was ended for good, as the roles do it when nothing is exported.
        state in ("inactive", "failed") and values.get("UnitFileState") in ("disabled", "masked", "masked-runtime")
    ):
        return True
    active_since = int(values.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    return is_active(text) and now - active_since >= seconds


def is_active(text: str) -> bool:
    """Say whether the server runs."""
    return any(f"ActiveState={state}" in text.splitlines() for state in ("active", "reloading"))
