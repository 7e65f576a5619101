# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each slave boots after a run, known before anything is built: the inventory and what its masters tell, together.

`playbooks/settle.yml` asks; generation_choice.py has the rules for one image.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypedDict

from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_labels, slave_checks
from ansible_collections.diskless.netboot.plugins.plugin_utils import generation_choice as choice
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation_choice import Generation, Recorded, Stock
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Booted, Fleet, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, enumerated, lines
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import slaves_of
from ansible_collections.diskless.netboot.plugins.plugin_utils.run_options import REBUILD, SLAVES

SITE, IMAGES, UPGRADE, ROLLBACK = ACTIONS = ("site", "images", "upgrade", "rollback")

# How many slaves an error names of those that could be meant.
NAMED = 5
LOST = (
    "what slaves booted is not known, nor who was held by a rollback, so this run sends them where the inventory says; "
    "to keep some elsewhere, put the file back from a backup, or pin them by slave_generation, before they start"
)


class Record(TypedDict):
    generation: str
    held: bool
    before: list[str]
    served: str | None


class State(TypedDict):
    """What the module generation_facts returns of a master, as far as it matters here."""

    images: dict[str, list[Generation]]
    boots: dict[str, dict[str, Record]]
    lost: bool
    damaged: list[str]


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run was started for.

    `chosen`: names of the hosts that it moves, None for all slaves; `time`: when it began, as names of generations have
    it; `rebuild`: names of images that it builds anew.
    """

    action: str
    chosen: Sequence[str] | None
    time: str
    rebuild: Sequence[str]

    def moves(self, slave: str) -> bool:
        return self.action in (UPGRADE, ROLLBACK) and (self.chosen is None or slave in self.chosen)


def settled(fleet: Fleet, states: Mapping[str, State], run: Run) -> Fleet:
    """The fleet with `generations` for the slaves of those masters that have a state, and `new` for their images.

    What is wrong, and what to know, stands behind the fleet's own errors and warnings. ValueError for what no
    inventory can be blamed for.
    """
    if run.action not in ACTIONS:
        raise ValueError(f"{run.action!r} is no action; allowed: {', '.join(ACTIONS)}")
    report = Report()
    mine = {slave["name"]: slave for master in states for slave in slaves_of(fleet, master)}
    _check_asked(report, fleet, mine, run)
    found: dict[str, dict[str, Booted]] = {name: {} for name in mine}
    new: dict[str, list[list[str]]] = {}
    moved = False
    for master, state in states.items():
        slaves = slaves_of(fleet, master)
        if state["lost"]:
            report.warn(master, f"{fleet['directory']}/state/boots.json is gone: {LOST}")
        _check_there(report, fleet["directory"], master, slaves, state)
        for stock in _stocks(fleet, master, slaves, state, run.time):
            users = [slave for slave in slaves if stock.image["name"] in _images(slave)]
            booted = _booted(report, stock, users, run)
            for name, generation in booted.items():
                found[name][stock.image["name"]] = generation
                moved = moved or (generation["held"] and not stock.stays(name, generation["name"]))
            if _is_built(stock, booted, run):
                new.setdefault(master, []).append([stock.image["name"], stock.new()])
    if run.action == ROLLBACK and any(map(run.moves, mine)) and not moved:
        # Somebody is waiting for it.
        report.error("all", "rollback.yml: none of these slaves has booted an older generation that is still there")
    slaves_then = {
        name: _then(report, fleet, slave, found[name]) if name in found else slave
        for name, slave in fleet["slaves"].items()
    }
    return {
        **fleet,
        "errors": [*fleet["errors"], *lines(report.errors)],
        "warnings": [*fleet["warnings"], *lines(report.warnings)],
        "slaves": slaves_then,
        "new": new,
    }


def _check_there(report: Report, directory: str, master: str, slaves: Sequence[Slave], state: State) -> None:
    """Errors where what slaves boot is not there as it was left, for who goes on loses the way back."""
    needed = {
        f"{image}/{one['generation']}"
        for slave in slaves
        for image, one in state["boots"].get(slave["name"], {}).items()
    }
    if needed and not any(state["images"].values()):
        report.error(
            master,
            f"{directory}/images: has no generation, though {directory}/state/boots.json says that slaves boot some; "
            "is its file system mounted? If they are gone for good, move that file away, and they are built anew",
        )
    for label in state["damaged"]:
        if label in needed:
            report.error(
                master,
                f"{directory}/images/{label}: is there without root.squashfs, so somebody has changed it, and slaves "
                "are to boot it; move it away, and they are sent elsewhere",
            )


def _images(slave: Slave) -> list[str]:
    return [image for image, _root in boot_labels.served(slave)]


def _stocks(fleet: Fleet, master: str, slaves: Sequence[Slave], state: State, time: str) -> list[Stock]:
    """Each image that a slave of the master can boot."""
    wanted = {image for slave in slaves for image in _images(slave)}
    names = {slave["name"] for slave in slaves}
    return [
        Stock(
            image=image,
            master=master,
            there={one["name"]: one for one in state["images"].get(name, [])},
            records={
                slave: Recorded(of[name]["generation"], of[name]["held"], tuple(of[name]["before"]), of[name]["served"])
                for slave, of in state["boots"].items()
                if slave in names and name in of
            },
            time=time,
        )
        for name, image in fleet["images"].items()
        if name in wanted
    ]


def _booted(report: Report, stock: Stock, users: Sequence[Slave], run: Run) -> dict[str, Booted]:
    """By slave; without those whose pin is wrong."""
    free = [slave["name"] for slave in users if choice.pinned(slave, stock.image) is None]
    movers = list(filter(run.moves, free))
    target = choice.upgraded(stock, movers) if movers and run.action == UPGRADE else None
    found: dict[str, Booted] = {}
    for slave in users:
        name, pinned = slave["name"], choice.pinned(slave, stock.image)
        here = Place(report, name, stock.image["name"])
        if pinned is not None:
            booted = choice.pin(report, stock, slave, pinned)
            if booted and run.moves(name):
                here.warn(pinned, "stays, as slave_generation pins it")
        elif name in movers:
            booted = target or choice.rolled_back(stock, name)
            if booted is None:
                booted = choice.staying(stock, name)
                here.warn(booted["name"], "stays, as it has booted no older one that is still there")
        else:
            booted = choice.usual(stock, name) if run.action == SITE else choice.staying(stock, name)
            if booted["held"]:
                here.warn(booted["name"], "stays, as a rollback holds it; playbooks/upgrade.yml moves it on")
                if target and stock.records[name].before[-1:] == (target["name"],):
                    here.warn(target["name"], "is where this run sends others, and where it was rolled back from")
        _tell_lost(here, stock, name, pinned)
        if booted:
            found[name] = booted
    return found


def _tell_lost(here: Place, stock: Stock, slave: str, pinned: str | None) -> None:
    record = stock.records.get(slave)
    if record and pinned is None and record.generation not in stock.there:
        here.warn(record.generation, f"was to be booted, and is not on master {stock.master!r} any more")


def _is_built(stock: Stock, booted: Mapping[str, Booted], run: Run) -> bool:
    """Whether images.yml builds a generation that no slave boots next."""
    wanted = stock.image["name"] in run.rebuild or not stock.fitting()
    return run.action == IMAGES and wanted and all(one["name"] != stock.new() for one in booted.values())


def _then(report: Report, fleet: Fleet, slave: Slave, generations: dict[str, Booted]) -> Slave:
    """The slave as it is then; errors for what an older generation has no room for: a command line, a mount."""
    then: Slave = {**slave, "generations": generations}
    if slave["image"] in generations:
        as_booted = slave_checks.as_booted(then, fleet["images"][slave["image"]])
        slave_checks.check_tree(lambda variable: Place(report, slave["name"], variable), then, as_booted)
    if all(image in generations for image in _images(slave)):
        master = fleet["masters"][slave["master"]]
        boot_labels.check_lengths(Place(report, slave["name"], ""), fleet["directory"], fleet["images"], master, then)
    return then


def _check_asked(report: Report, fleet: Fleet, mine: Mapping[str, Slave], run: Run) -> None:
    """Errors for what this run cannot be asked for, and a warning for slaves whose master has no part in it."""
    asked, chosen = Place(report, "all", SLAVES), run.chosen
    slaves = [name for name in chosen or () if name in fleet["slaves"]]
    if chosen is not None and run.action not in (UPGRADE, ROLLBACK):
        report.error("all", f"{SLAVES}: is of no use here; allowed: with upgrade.yml and rollback.yml")
    elif chosen is not None and not any(name in mine for name in slaves):
        wrong = "none of them is served by a master of this run" if slaves else "none of them is a slave"
        asked.error(
            [*chosen], wrong, f"a pattern that names {enumerated([*mine], NAMED) or 'a slave, if there is one'}"
        )
    else:
        for name in slaves:
            if name not in mine:
                asked.warn(name, f"stays as it is, as its master {fleet['slaves'][name]['master']!r} is not reached")
    if run.rebuild and run.action != IMAGES:
        report.error("all", f"{REBUILD}: is of no use here; allowed: with images.yml")
    used = {image for slave in mine.values() for image in _images(slave)}
    for image in run.rebuild if run.action == IMAGES else ():
        if image not in used:
            Place(report, "all", REBUILD).error(image, "is booted by no slave of this run", ", ".join(sorted(used)))
