# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to ask where a long step is, what the answer means, when to ask again and when to tell people. All are pure."""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import progress as telling

SHORTEST, LONGEST = 0.5, 5.0
"""Seconds between two questions."""
SHARE = 0.25
"""So much of the time that a step has taken may pass before its end is noticed."""
QUIET, QUIET_SHARE = 5.0, 0.05
"""Seconds, and part of the time so far, between two lines about the same step: 100 lines of an hour at most."""
MARK, ALIVE = "diskless.netboot:", "alive"


class Answer(NamedTuple):
    """Where a job is. ``alive``: its process lives; ``running``: it has no result."""

    alive: bool
    running: bool
    step: str
    text: str


def question(job: str, progress: str, results: str) -> str:
    """Give the shell command that reads both files: one line of progress, one of its process, the job's beginning.

    Before it tells, and where it cannot, its process is known by its environment. Not after: programs that it has
    started and that outlive it have that too.
    """
    file, mark = shlex.quote(progress), shlex.quote(f"{telling.VARIABLE}={job}")
    return (
        f"echo {MARK}; cat {file} 2>/dev/null || echo '{{}}'; "
        f"pid=$(sed -n 's/.*\"pid\": \\([0-9][0-9]*\\).*/\\1/p' {file} 2>/dev/null); "
        f'if test -n "$pid"; then test -d "/proc/$pid"; else grep -qs {mark} /proc/[0-9]*/environ; fi && '
        f"echo {ALIVE} || echo; "
        f"head -c 200 {shlex.quote(results)} 2>/dev/null"
    )


def answer(output: str) -> Answer:
    """Read what the command printed. What cannot be read says nothing, but that a job may have ended.

    ssh gives it a terminal, on which lines end with \\r\\n and others may have written before.
    """
    ours = output.replace("\r\n", "\n").partition(f"{MARK}\n")[2]
    told, alive, job = [*ours.split("\n", 2), "", ""][:3]
    progress, status = _dictionary(told), _dictionary(job)
    return Answer(
        alive=alive == ALIVE,
        # async_wrapper's own words; a result has others, and seldom fits into so few bytes.
        running=bool(status.get("started")) and not status.get("finished", True),
        step=str(progress.get("step", "")),
        text=str(progress.get("text", "")),
    )


def _dictionary(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def pause(elapsed: float) -> float:
    """Give the seconds until the next question."""
    return min(max(elapsed * SHARE, SHORTEST), LONGEST)


class Shown(NamedTuple):
    """What people have seen last, and when."""

    step: str = ""
    text: str = ""
    at: float = 0.0


def due(shown: Shown, now: Answer, elapsed: float) -> bool:
    """Say whether people should see the answer: what is new, at once; the same step's numbers, from time to time."""
    if not now.text or now.text == shown.text:
        return False
    return now.step != shown.step or elapsed - shown.at >= max(QUIET, elapsed * QUIET_SHARE)
