"""What a demo came to: build/demo/summary.json for programs, a table for people."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import typing

from rich import box
from rich.table import Table

from tests.lab import milestones, packets, paths
from tests.lab.playbook import Outcome

# The content of summary.json (design.md), ready for JSON.
Summary = dict[str, typing.Any]


@dataclasses.dataclass(frozen=True)
class Runs:
    """The two runs of site.yml."""

    converge: Outcome
    reconverge: Outcome


@dataclasses.dataclass
class Boot:
    """One slave's power-on."""

    name: str
    firmware: str
    times: dict[str, float] = dataclasses.field(default_factory=dict)
    received: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(packets.SERVICES, 0))

    @property
    def login(self) -> bool:
        """Whether it came to its login prompt."""
        return "login" in self.times


def summary(
    inventory: str,
    masters: list[str],
    runs: Runs,
    boots: typing.Sequence[Boot],
    folder: pathlib.Path,
) -> Summary:
    """The content of summary.json (design.md)."""
    return {
        "inventory": inventory,
        "masters": masters,
        "converge": runs.converge.summary(),
        "reconverge": runs.reconverge.summary(),
        "slaves": [
            {
                "name": boot.name,
                "firmware": boot.firmware,
                "ok": boot.login,
                "login": boot.login,
                "milestones": boot.times,
                "bytes": boot.received,
                "serial": str(folder / boot.name / "serial.log"),
                "screen": str(folder / boot.name / "screen.png"),
            }
            for boot in boots
        ],
    }


def write(content: Summary, folder: pathlib.Path) -> pathlib.Path:
    """Writes summary.json; returns its path. `folder` is relative to the checkout."""
    target = folder / "summary.json"
    os.makedirs(paths.CHECKOUT / folder, exist_ok=True)
    (paths.CHECKOUT / target).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return target


def passed(content: Summary) -> bool:
    """Whether every slave logged in, both runs failed nowhere and the second changed nothing."""
    runs = (
        content["converge"]["failed"] == 0
        and content["reconverge"]["failed"] == 0
        and content["reconverge"]["changed"] == 0
    )
    return runs and bool(content["slaves"]) and all(slave["login"] for slave in content["slaves"])


def table(content: Summary) -> Table:
    """The boots for a person: seconds from power-on, mebibytes received."""
    shown = Table(title="seconds from power-on, MiB received", box=box.SIMPLE, padding=(0, 1, 0, 0))
    shown.add_column("slave")
    shown.add_column("firmware")
    for name in (*milestones.ORDER, *packets.SERVICES):
        shown.add_column(name, justify="right")
    for slave in content["slaves"]:
        times = [
            f"{slave['milestones'][name]:.1f}" if name in slave["milestones"] else "-" for name in milestones.ORDER
        ]
        sizes = [f"{slave['bytes'][name] / 2**20:.1f}" for name in packets.SERVICES]
        shown.add_row(slave["name"], slave["firmware"], *times, *sizes, style=None if slave["ok"] else "red")
    return shown
