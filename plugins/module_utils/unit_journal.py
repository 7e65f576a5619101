# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last words of a service, for the message of a module that it has failed. Pure."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils import whole_file

LINES = 15


def command(unit: str) -> list[str]:
    """Give the command that prints them, journalctl(1)."""
    return ["journalctl", f"--unit={unit}", f"--lines={LINES}", "--output=cat", "--no-pager", "--quiet"]


def last_words(printed: str) -> str:
    """Give what it printed, short enough for a message."""
    return whole_file.shorten(printed) or "(nothing)"
