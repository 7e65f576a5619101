# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on a master: who holds it, in a small file that does not outlive a start of the machine."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file

FOLDER = "/run/diskless-netboot"
FILE = "run.json"
FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
SILENCE = 300.0
"""Seconds after which a run that has not been heard of is taken for dead, unless something that it started still
works."""
LOCKS = ("images/.lock", "trees", "disks", "volumes")
"""What modules that take long lock below `diskless_directory` (flock(2))."""


class Run(NamedTuple):
    """An ansible-playbook, told from all others, now and later.

    ``boot``: random, of that start of the controller's kernel; ``space``: its namespace of process ids; ``started``: in
    clock ticks after the start of the kernel, proc(5). These three are empty on a controller that does not tell them.
    ``who``: user and host, for people.
    """

    boot: str
    space: str
    process: int
    started: str
    who: str

    def is_beside(self, other: Run) -> bool:
        """Say whether one can look for the other's process."""
        return bool(self.boot) and (self.boot, self.space) == (other.boot, other.space)


class Held(NamedTuple):
    """Who holds a master. ``since``: UTC, for people; ``touched``: when it last said so, by :func:`now`."""

    run: Run
    since: str
    touched: float


def render(held: Held) -> str:
    """Give the file."""
    return json.dumps({**held.run._asdict(), "since": held.since, "touched": held.touched}, indent=1) + "\n"


def parse(data: bytes | None) -> Held | None:
    """Read what :func:`render` has written; anything else is nobody's."""
    try:
        fields = json.loads(data or b"")
        return Held(run_of(fields), str(fields["since"]), float(fields["touched"]))
    except (ValueError, LookupError, TypeError):
        return None


def run_of(fields: Mapping[str, Any]) -> Run:
    """Give the run that a file or a module's parameters describe.

    :raises LookupError: where a part is missing.
    """
    return Run(
        boot=str(fields["boot"]),
        space=str(fields["space"]),
        process=int(fields["process"]),
        started=str(fields["started"]),
        who=str(fields["who"]),
    )


def verdict(held: Held | None, run: Run, over: Run | None, now: float, busy: str) -> tuple[bool, str]:
    """Say whether ``run`` may have the master, and what is to be told about that; an empty text: nothing. Pure.

    ``over``: the run that the controller knows to have ended; ``busy``: what of ours works on the master, if anything.
    """
    if held is None or held.run == run:
        return True, ""
    who = f"{held.run.who} (process {held.run.process}), since {held.since}"
    if held.run == over:
        return True, f"an earlier run has died before its end: {who}; this one goes on in its place"
    # A clock that has gone back is that of an earlier start of this machine.
    silent = now - held.touched if now >= held.touched else SILENCE
    beside = held.run.is_beside(run)
    if silent >= SILENCE and not busy and not beside:
        return True, f"an earlier run has not been heard of for {int(silent)} s: {who}; this one goes on in its place"
    return False, refusal(who, silent, busy, beside=beside)


def lost(held: Held | None) -> str:
    """Say that a run does not have the master any more, which another one has or nobody. Pure."""
    who = f"now {held.run.who} (process {held.run.process}) has it" if held is not None else "nobody has it now"
    return (
        f"this run does not have this master any more: it was not heard of for more than {int(SILENCE)} s, or the "
        f"master was started again, and another run may have worked here; {who}. It ends here, before it would undo "
        "what the other one did. Run it again."
    )


def refusal(who: str, silent: float, busy: str, *, beside: bool) -> str:
    """Say why a run must wait, and what people can do."""
    if beside:
        advice = "Wait for its end, or end that process on this controller: the next run then goes on at once"
    else:
        working = f" and nobody holds {busy}, as somebody does now" if busy else ""
        advice = (
            f"Wait for its end. Should it have died: a run goes on in its place when it has not been heard of for "
            f"{int(SILENCE)} s ({int(silent)} s by now){working}, or at once when {FOLDER}/{FILE} is removed there"
        )
    return f"another run works on this master: {who}. Nothing was changed on it. {advice}."


def busy(directory: str) -> str:
    """Name a lock below ``diskless_directory`` that something holds, if one is held. None is made or kept."""
    for name in LOCKS:
        path = f"{directory}/{name}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return path
        finally:
            os.close(descriptor)
    return ""


class Desk:
    """The folder of the file, locked while one looks and writes; ``descriptor``: nothing where it is not there."""

    def __init__(self, descriptor: int | None) -> None:
        self.descriptor = descriptor

    def held(self) -> Held | None:
        """Say who holds the master."""
        if self.descriptor is None:
            return None
        found = atomic_file.read_file(FILE, self.descriptor)
        return parse(found[0] if found else None)

    def hold(self, held: Held) -> None:
        """Write who holds the master."""
        if self.descriptor is not None:
            atomic_file.write_file(FILE, render(held).encode(), FILE_MODE, self.descriptor)

    def leave(self) -> None:
        """Say that nobody does."""
        if self.descriptor is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(FILE, dir_fd=self.descriptor)


@contextlib.contextmanager
def desk(path: str, *, make: bool) -> Iterator[Desk]:
    """Open the folder ``path``; made where it is missing and that is asked for."""
    if make:
        os.makedirs(path, mode=DIRECTORY_MODE, exist_ok=True)
    with contextlib.ExitStack() as stack:
        try:
            descriptor = stack.enter_context(atomic_file.open_directory(path))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except FileNotFoundError:
            descriptor = None
        yield Desk(descriptor)


def now() -> float:
    """Give the seconds since this machine was started. Nobody can set that clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
