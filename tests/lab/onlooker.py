"""Another user of a master, who looks for secrets there: at what lies about, and at what happens during a run."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import pathlib
import subprocess
import typing

from tests.lab import needles, podman
from tests.lab.errors import LabError
from tests.lab.run import run

# Who belongs to no service's group either.
_AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
_LIMIT_SECONDS = 300
# Made by the kernel as it is read.
_NO_FILES = ("/proc", "/sys", "/dev")


@dataclasses.dataclass
class Report:
    """How much of each kind (`files`, `cmdline`, `environ`) was read, and where needles were found, by name."""

    read: dict[str, int] = dataclasses.field(default_factory=dict)
    found: dict[str, list[str]] = dataclasses.field(default_factory=dict)


def look_around(folder: pathlib.Path, master: str, wanted: needles.Needles, skipped: typing.Sequence[str]) -> Report:
    """What the user finds in a master's files, less those below `skipped`; `folder` is the lab's. Raises LabError."""
    asked = _asked(wanted, ["/"], [*_NO_FILES, *skipped])
    return Report(**json.loads(run(_command(folder, master, "files"), stdin=asked)))


@contextlib.contextmanager
def watching(
    folder: pathlib.Path, master: str, wanted: needles.Needles, folders: typing.Sequence[str]
) -> typing.Iterator[Report]:
    """Has the user watch processes and folders while the block runs; the report is filled at its end.

    Raises LabError.
    """
    report = Report()
    with subprocess.Popen(
        _command(folder, master, "watch"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as user:
        assert user.stdin is not None
        user.stdin.write(_asked(wanted, folders))
        user.stdin.flush()
        try:
            yield report
        finally:
            said = user.communicate(timeout=_LIMIT_SECONDS)[0]
    if user.returncode:
        raise LabError(f"the onlooker on {master} ended with status {user.returncode}")
    ended = json.loads(said)
    report.read, report.found = ended["read"], ended["found"]


def _command(folder: pathlib.Path, master: str, mode: str) -> list[str]:
    program = pathlib.Path(needles.__file__).read_text(encoding="utf-8")
    return podman.command(folder, "exec", "--interactive", master, *_AS_NOBODY, "python3", "-c", program, mode)


def _asked(wanted: needles.Needles, folders: typing.Sequence[str], skipped: typing.Sequence[str] = ()) -> str:
    encoded = {name: base64.b64encode(value).decode() for name, value in wanted.items()}
    return json.dumps({"needles": encoded, "folders": folders, "skipped": skipped}) + "\n"
