"""What a slave passes on its way from power-on to its login prompt, and by what each step is known. Pure.

`dhcp`, `loader` and `root` are seen on the wire (packets.py), `login` on the serial line, `kernel` on either: where
it is quiet, its first DHCP request stands for its first words.
"""

from __future__ import annotations

import re
import typing

ORDER = ("dhcp", "loader", "kernel", "root", "login")

# Generous: software emulation on a machine that others use too. Seconds from the milestone before.
LIMITS_SECONDS = {"dhcp": 180.0, "loader": 180.0, "kernel": 300.0, "root": 420.0, "login": 600.0}

WAITING_FOR = {
    "dhcp": "the DHCP server's ACK to the firmware",
    "loader": "the loader to ask for its configuration",
    "kernel": "the kernel's first words",
    "root": "the first bytes of the root file system",
    "login": "the login prompt",
}

_SERIAL: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("kernel", re.compile(r"Linux version \d")),
    ("login", re.compile(r"^(?!Last )\S+ login: ")),
)
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B]|[=>c78])")


def plain(text: str) -> str:
    """A line of the serial console without what only moves the cursor or colours."""
    return _ESCAPES.sub("", text).replace("\r", "").replace("\x00", "")


def on_serial(line: str) -> list[str]:
    """The milestones that a line of the serial console proves (it may be still without its end)."""
    return [name for name, pattern in _SERIAL if pattern.search(line)]


def missing(times: typing.Mapping[str, float]) -> str | None:
    """The first milestone that has not come, or None when all have."""
    return next((name for name in ORDER if name not in times), None)


def earliest(*sources: typing.Mapping[str, float]) -> dict[str, float]:
    """Each milestone that any source knows, at the time of who saw it first."""
    return {
        name: min(source[name] for source in sources if name in source)
        for name in ORDER
        if any(name in source for source in sources)
    }


def completed(times: typing.Mapping[str, float]) -> dict[str, float]:
    """The times with gaps closed: who has passed a milestone has passed those before, by then at the latest."""
    done: dict[str, float] = {}
    latest: float | None = None
    for name in reversed(ORDER):
        if name in times:
            latest = times[name] if latest is None else min(latest, times[name])
        if latest is not None:
            done[name] = latest
    return {name: done[name] for name in ORDER if name in done}
