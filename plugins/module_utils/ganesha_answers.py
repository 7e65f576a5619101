# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nfs-ganesha answers when it is asked what it exports, and what to say of it. All are pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Of the reply to ShowExports, as dbus-send(1) prints it: an export begins with its id and its path.
EXPORT = re.compile(r'^ *uint16 (\d+)\n *string "(.*)"$', re.MULTILINE)
# A line of the log: date, epoch, host, thread, function, then component, level and text.
COMPLAINT = re.compile(r" :[A-Z0-9 _]+ :(?:CRIT|MAJ|FATAL) :(.*)$")
LAST_COMPLAINTS = 5


def exports(reply: str) -> dict[str, int]:
    """Read path and Export_Id from a reply; id 0 is Ganesha's own root above all exports."""
    return {path: int(number) for number, path in EXPORT.findall(reply) if number != "0"}


def compare(wanted: Mapping[str, int], answer: Mapping[str, int] | None) -> dict[str, list[str]]:
    """Give ``missing`` and ``surplus`` paths; no answer means that nothing is exported."""
    shown = answer or {}
    return {
        "missing": sorted(path for path, number in wanted.items() if shown.get(path) != number),
        "surplus": sorted(path for path in shown if path not in wanted),
    }


def refusal(wanted: Mapping[str, int], answer: Mapping[str, int] | None) -> str:
    """Say how an answer differs from what is wanted."""
    if answer is None:
        return "Ganesha runs, but does not tell what it exports"
    found = compare(wanted, answer)
    parts = [
        *(["does not export " + ", ".join(found["missing"])] if found["missing"] else []),
        *(["still exports " + ", ".join(found["surplus"])] if found["surplus"] else []),
    ]
    return f"Ganesha {' and '.join(parts)}"


def complaints(log: str) -> str:
    """Give the texts of the last lines of a log that complain, one a line."""
    found = [match[1] for line in log.splitlines() if (match := COMPLAINT.search(line))]
    return "\n".join(found[-LAST_COMPLAINTS:])
