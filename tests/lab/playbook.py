"""Runs ansible-playbook: its output into a log, what it does and what came of it as data."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import subprocess
import time
import typing

from tests.lab import paths
from tests.lab.errors import LabError
from tests.lab.run import tail

_POLL_SECONDS = 0.3


@dataclasses.dataclass
class Outcome:
    """What a run of a playbook came to, over all hosts."""

    status: int = 0
    seconds: float = 0.0
    changed: int = 0
    failed: int = 0
    tasks: list[str] = dataclasses.field(default_factory=list)
    handlers: list[str] = dataclasses.field(default_factory=list)
    changes: list[str] = dataclasses.field(default_factory=list)
    failures: list[str] = dataclasses.field(default_factory=list)

    def summary(self) -> dict[str, float | int]:
        """As in build/demo/summary.json."""
        return {"seconds": round(self.seconds, 1), "changed": self.changed, "failed": self.failed}


def note(outcome: Outcome, line: str) -> None:
    """Adds an event of callback_plugins/lab_events.py to the outcome."""
    event = json.loads(line)
    if "task" in event:
        outcome.tasks.append(event["task"])
    elif "handler" in event:
        outcome.handlers.append(event["handler"])
    elif "changed" in event:
        outcome.changes.append(f"{event['host']}: {event['changed']}")
    elif "failed" in event:
        outcome.failures.append(f"{event['host']}: {event['failed']}")
    else:
        for counts in event["stats"].values():
            outcome.changed += counts["changed"]
            outcome.failed += counts["failures"] + counts["unreachable"]


def run_playbook(
    playbook: str,
    inventories: typing.Sequence[str | pathlib.Path],
    log: pathlib.Path,
    *arguments: str,
    doing: typing.Callable[[str], None] = lambda _task: None,
) -> Outcome:
    """Runs a playbook of the checkout; `doing` is told the name of each task as it begins. Raises nothing of its own:
    see `require_success`."""
    events = _events(log)
    outcome = Outcome()
    begun = time.monotonic()
    process = start(playbook, inventories, log, *arguments)
    position = 0
    ended: int | None = None
    while ended is None:
        ended = process.poll()
        position = _read_events(outcome, events, position, doing)
        if ended is None:
            # The events come by a file, which tells nobody that it has grown.
            time.sleep(_POLL_SECONDS)
    outcome.status = ended
    outcome.seconds = time.monotonic() - begun
    return outcome


def start(
    playbook: str,
    inventories: typing.Sequence[str | pathlib.Path],
    log: pathlib.Path,
    *arguments: str,
    in_a_group_of_its_own: bool = False,
) -> subprocess.Popen[bytes]:
    """Starts a playbook of the checkout. In a group of its own it can be ended with all that it has started."""
    events = _events(log)
    events.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["ansible-playbook", playbook]
    for inventory in inventories:
        command += ["-i", str(inventory)]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(paths.CHECKOUT / "ansible.cfg"),
        "ANSIBLE_CALLBACK_PLUGINS": str(paths.CHECKOUT / "tests/lab/callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "lab_events",
        "ANSIBLE_NOCOLOR": "1",
        "LAB_EVENTS": str(events),
    }
    with open(log, "w", encoding="utf-8") as output:
        return subprocess.Popen(
            [*command, *arguments], cwd=paths.CHECKOUT, env=environment,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=in_a_group_of_its_own,
        )  # fmt: skip


def _events(log: pathlib.Path) -> pathlib.Path:
    return log.with_suffix(".events")


def _read_events(outcome: Outcome, events: pathlib.Path, position: int, doing: typing.Callable[[str], None]) -> int:
    """Notes what is new in `events` from byte `position`; returns where to go on."""
    if not events.exists():
        return position
    with open(events, encoding="utf-8") as file:
        file.seek(position)
        while (line := file.readline()).endswith("\n"):
            position = file.tell()
            known = len(outcome.tasks)
            note(outcome, line)
            if len(outcome.tasks) > known:
                doing(outcome.tasks[-1])
    return position


def require_success(outcome: Outcome, what: str, log: pathlib.Path) -> None:
    """Raises LabError with the end of the log when the run failed."""
    if outcome.status or outcome.failed:
        raise LabError(f"{what} failed; the last lines of {log}:\n{tail(log, 30)}")
