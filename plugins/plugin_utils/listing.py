# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generations of a master for people: how large they are, who boots and who has open which, and who moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import slaves_of
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Record

HEADER = ("", "generation", "size", "packages", "booted next by", "started last by", "open by")
DEFINED = "*"
LEGEND = f"{DEFINED} is what the inventory defines; what a slave has started last it runs until it is switched off"
_NUMBERED = re.compile(r"(.*?)([0-9]+)")


class Told(TypedDict):
    """A generation as the module generation_facts tells it; `packages`: how many."""

    name: str
    bytes: int
    packages: int


class Facts(TypedDict):
    """What that module returns where it was asked for users."""

    images: dict[str, list[Told]]
    boots: dict[str, dict[str, Record]]
    started: dict[str, str]
    users: dict[str, list[str]]
    unsure: list[str]


def listing(fleet: Fleet, master: str, facts: Facts) -> list[str]:
    """Lines of text; ValueError for a master that the fleet does not have."""
    slaves_of(fleet, master)
    images = facts["images"]
    size = sum(one["bytes"] for there in images.values() for one in there)
    count = sum(map(len, images.values()))
    lines = [f"{master}: {count} generation{'' if count == 1 else 's'} in {fleet['directory']}/images, {shown(size)}"]
    for image in [*fleet["images"], *(name for name in images if name not in fleet["images"])]:
        lines += ["", *_of_image(fleet, image, facts)]
    late = [slave["name"] for slave in slaves_of(fleet, master) if _is_late(slave["name"], facts)]
    return [
        *lines,
        "",
        LEGEND,
        *([f"To be started again, as they boot another next: {together(late)}"] if late else []),
        *(f"Not sure who has what open: {reason}" for reason in facts["unsure"]),
    ]


def _of_image(fleet: Fleet, image: str, facts: Facts) -> list[str]:
    defined = fleet["images"].get(image)
    title = f"{show_name(image)} (keep: {defined['keep']})" if defined else f"{show_name(image)} (not in the inventory)"
    there = facts["images"].get(image, [])
    if not there:
        return [f"{title}: none yet"]
    rows = [HEADER]
    for one in reversed(there):
        parsed = generation_names.parse(one["name"])
        fits = defined is not None and parsed is not None and parsed.digest == defined["digest"]
        rows.append(
            (
                DEFINED if fits else "",
                one["name"],
                shown(one["bytes"]),
                str(one["packages"]),
                _booting(fleet, facts["boots"], image, one["name"]),
                together(slave for slave, runs in facts["started"].items() if runs == f"{image}/{one['name']}") or "-",
                ", ".join(facts["users"].get(f"{image}/{one['name']}", [])) or "-",
            )
        )
    return [title, *table(rows)]


def _booting(fleet: Fleet, boots: Mapping[str, Mapping[str, Record]], image: str, generation: str) -> str:
    """The slaves that are recorded at a generation; those that are kept there by a rollback or a pin are named so."""
    booting = [name for name, of in boots.items() if image in of and of[image]["generation"] == generation]
    pinned = [name for name in booting if name in fleet["slaves"] and fleet["slaves"][name]["generation"] == generation]
    held = [name for name in booting if boots[name][image]["held"] and name not in pinned]
    free = [name for name in booting if name not in (*held, *pinned)]
    parts = (("", free), ("held: ", held), ("pinned: ", pinned))
    return "; ".join(f"{word}{together(names)}" for word, names in parts if names) or "-"


def _is_late(slave: str, facts: Facts) -> bool:
    """Whether a slave has started none of those that it boots next: there are several where it has a menu."""
    runs = facts["started"].get(slave)
    booted = {f"{image}/{record['generation']}" for image, record in facts["boots"].get(slave, {}).items()}
    return runs is not None and bool(booted) and runs not in booted


def moves(fleet: Fleet, master: str, facts: Facts) -> list[str]:
    """Lines about what a run changes: slaves that boot something else next, generations that are built."""
    there = {(image, one["name"]) for image, known in facts["images"].items() for one in known}
    found: dict[tuple[str, str, str], list[str]] = {}
    for slave in slaves_of(fleet, master):
        for image, then in slave["generations"].items():
            record = facts["boots"].get(slave["name"], {}).get(image)
            before = (record and record["served"]) or "nothing"
            if before != then["name"]:
                found.setdefault((image, before, then["name"]), []).append(slave["name"])
    lines = [
        f"{together(names)}: {image}: from {before} to {then}"
        + ("" if (image, then) in there else ", which is built now")
        for (image, before, then), names in found.items()
    ]
    return lines + [f"nobody yet: {image}: {name} is built" for image, name in fleet["new"].get(master, [])]


def together(names: Iterable[str]) -> str:
    """`pc01, pc03 to pc20`: names that are numbered on are told by the first and the last."""
    runs: list[list[str]] = []
    for name in sorted(names, key=_by_number):
        if runs and _next(runs[-1][-1]) == name:
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(", ".join(run) if len(run) < 3 else f"{run[0]} to {run[-1]}" for run in runs)


def _by_number(name: str) -> tuple[str, int, str]:
    match = _NUMBERED.fullmatch(name)
    return (match[1], int(match[2]), name) if match else (name, 0, name)


def _next(name: str) -> str | None:
    match = _NUMBERED.fullmatch(name)
    return f"{match[1]}{int(match[2]) + 1:0{len(match[2])}d}" if match else None


def shown(size: int) -> str:
    """Bytes as people read them, to three digits or so."""
    if size < 1000:
        return f"{size} B"
    unit, value = next(
        (unit, size / 10**power) for power, unit in ((12, "TB"), (9, "GB"), (6, "MB"), (3, "kB")) if size >= 10**power
    )
    return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns below each other; those of numbers end at the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = (HEADER.index("size"), HEADER.index("packages"))
    return [
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
