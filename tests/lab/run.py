"""Starts programs and turns their failures into words."""

from __future__ import annotations

import pathlib
import subprocess
import typing

from tests.lab.errors import LabError


def run(command: typing.Sequence[str], *, stdin: str | None = None, timeout: float = 600) -> str:
    """What `command` printed on standard output.

    Raises LabError with the command and the end of what it complained when it fails, is missing or takes longer than
    `timeout` seconds.
    """
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise LabError(f"{command[0]}: no such program; `make demo` installs what the lab needs") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(command)}: no end after {timeout:.0f} s") from error
    if done.returncode:
        raise LabError(
            f"{' '.join(command)}: exit status {done.returncode}\n{last_lines(done.stderr or done.stdout, 15)}"
        )
    return done.stdout


def last_lines(text: str, count: int) -> str:
    """The last `count` lines of `text` that hold anything."""
    return "\n".join([line for line in text.splitlines() if line.strip()][-count:])


def tail(path: pathlib.Path, count: int) -> str:
    """The last lines of a log, or a word about its absence."""
    try:
        return last_lines(path.read_text(encoding="utf-8", errors="replace"), count)
    except OSError as error:
        return f"({path}: {error.strerror})"
