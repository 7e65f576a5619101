# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a long step is: one small file that whoever started the module reads meanwhile (plugin_utils/live_module.py).

Telling never fails the work: where the file cannot be written, nobody is told.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Mapping

DIRECTORY = "/run/diskless-netboot/progress"
VARIABLE = "DISKLESS_PROGRESS"
"""In a module's environment: the job's name ``<module>-<hex digits>``, or :data:`LOOK`. Without it nothing is told."""
LOOK = "look"
"""The module does what is short and ends before what is long, with the result :data:`AHEAD`."""
AHEAD = "work_ahead"
JOB = re.compile(r"([a-z_]+)-[0-9a-f]+")
WAITING = "waiting"
SECONDS = 1.0
"""Between two lines about the same step."""


class WorkAhead(Exception):  # noqa: N818 - no error: somebody who only looks has seen enough
    """There is something long to do, and nobody would see where it is."""


class Teller:
    """Tells of one module's run. ``clock`` gives seconds."""

    def __init__(
        self, environment: Mapping[str, str], directory: str = DIRECTORY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        value = environment.get(VARIABLE, "")
        self.looks = value == LOOK
        self.job = value if JOB.fullmatch(value) else ""
        self.directory = directory
        self.clock = clock
        self.subject = ""
        self.current = ("", "")
        self.written = ("", "")
        self.at = 0.0
        self.begun = False

    def begin(self) -> None:
        """Say that what follows takes long.

        :raises WorkAhead: to somebody who only looks.
        """
        if self.looks:
            raise WorkAhead
        if self.job and not self.begun:
            self.begun = True
            with contextlib.suppress(OSError):
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
                self._sweep()
            atexit.register(self._end)
            self._write()

    def about(self, subject: str) -> None:
        """Name what all that follows is about."""
        self.subject = subject

    def tell(self, step: str, text: str) -> None:
        """Say where the work is; ``step`` stays the same while only numbers and names in ``text`` change."""
        if self.job:
            prefix = f"{self.subject}: " if self.subject else ""
            self.current = (f"{self.subject} {step}", f"{prefix}{text}")
            self.remind()

    def remind(self) -> None:
        """Write what was told last, unless it is written or its turn has not come."""
        if self.current == self.written:
            return
        if self.current[0] != self.written[0] or self.clock() - self.at >= SECONDS:
            self._write()

    def lock(self, descriptor: int) -> None:
        """Take an exclusive lock (flock(2)); while another run has it, say so, and where that run is.

        :raises WorkAhead: where somebody who only looks would have to wait.
        """
        while not _locked(descriptor):
            self.begin()
            if not self.job:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                return
            where = self._elsewhere()
            self.tell(WAITING, f"waiting for another run{f' ({where})' if where else ''}")
            # Not by flock's own waiting: what the other run tells changes meanwhile.
            time.sleep(SECONDS)

    def _path(self) -> str:
        return f"{self.directory}/{self.job}.json"

    def _write(self) -> None:
        self.written, self.at = self.current, self.clock()
        step, text = self.current
        told = json.dumps({"pid": os.getpid(), "step": step, "text": text}) + "\n"
        temporary = f"{self._path()}.new"
        with contextlib.suppress(OSError):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(told)
            os.rename(temporary, self._path())

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path())

    def _others(self) -> dict[str, dict[str, object]]:
        """Give what other runs tell of themselves, by file name."""
        found: dict[str, dict[str, object]] = {}
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(self.directory)):
                if name != f"{self.job}.json" and JOB.match(name):
                    with contextlib.suppress(OSError, ValueError), open(f"{self.directory}/{name}", "rb") as file:
                        found[name] = dict(json.load(file))
        return found

    def _elsewhere(self) -> str:
        """Give where the run is that this one waits for: one of the same module that does not wait itself."""
        module = self.job.rpartition("-")[0]
        for name, told in self._others().items():
            waits = str(told.get("step", "")).strip() == WAITING
            if name.startswith(f"{module}-") and not waits and _lives(told.get("pid")):
                return str(told.get("text", ""))
        return ""

    def _sweep(self) -> None:
        """Remove what runs that were killed have left."""
        for name, told in self._others().items():
            if not _lives(told.get("pid")):
                with contextlib.suppress(OSError):
                    os.unlink(f"{self.directory}/{name}")


def _lives(process: object) -> bool:
    return isinstance(process, int) and os.path.isdir(f"/proc/{process}")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


TELLER = Teller(os.environ)
"""This process' own. A module is one run in one process; so nothing has to be handed through all that it calls."""
