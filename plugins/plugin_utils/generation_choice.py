# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generation each slave of a master boots of one image: the rules of docs/architecture.md, "Generations".

All is decided from what the inventory says, what the master has, and what it has recorded; nothing is looked up.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from typing import TypedDict

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Booted, Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report


@dataclasses.dataclass(frozen=True)
class Recorded:
    """What a master has written down of a slave and an image; `before`: what it has booted earlier, oldest first.

    `served`: what the servers give it, which is another where the last run has died.
    """

    generation: str
    held: bool
    before: tuple[str, ...]
    served: str | None


class Generation(TypedDict):
    """What the module generation_facts tells of one, as far as it matters here: whatever its image has become since."""

    name: str
    shared: list[str]
    init: str


@dataclasses.dataclass(frozen=True)
class Stock:
    """One image on one master: `there`: its generations, by name; `records`: by slave.

    `time`: that of the run, as names of generations have it.
    """

    image: Image
    master: str
    there: Mapping[str, Generation]
    records: Mapping[str, Recorded]
    time: str

    def fitting(self) -> list[str]:
        """The generations that are there of what the inventory defines, oldest first."""
        return [name for name in generation_names.ordered(self.there) if self.fits(name)]

    def fits(self, name: str) -> bool:
        parsed = generation_names.parse(name)
        return parsed is not None and parsed.digest == self.image["digest"]

    def present(self, slave: str) -> str | None:
        """What a slave boots by now, where that is there."""
        record = self.records.get(slave)
        return record.generation if record and record.generation in self.there else None

    def arrived(self, slave: str) -> bool:
        """Whether the servers give a slave what is recorded: the run that sent it there has come to its end."""
        record = self.records.get(slave)
        return record is not None and record.generation == record.served

    def stays(self, slave: str, name: str) -> bool:
        """Whether a run that has a slave boot this generation changes nothing."""
        return self.present(slave) == name and self.arrived(slave)

    def held(self, slave: str) -> bool:
        return self.present(slave) is not None and self.records[slave].held

    def new(self) -> str:
        """The name of a generation that is built by this run: always the newest, however the clocks go."""
        newest = generation_names.newest(self.there)
        parsed = generation_names.parse(newest) if newest else None
        time = self.time
        if parsed and parsed.time >= time:
            after = datetime.datetime.strptime(parsed.time, generation_names.TIME_FORMAT)
            time = (after + datetime.timedelta(seconds=1)).strftime(generation_names.TIME_FORMAT)
        return generation_names.make(self.image["release"], self.image["digest"], time)

    def booted(self, name: str, *, held: bool = False) -> Booted:
        made = self.there.get(name, self.image)
        return {"name": name, "held": held, "shared": made["shared"], "init": made["init"]}


def pinned(slave: Slave, image: Image) -> str | None:
    """The generation of its own image that the inventory has a slave boot."""
    return slave["generation"] if slave["image"] == image["name"] else None


def pin(report: Report, stock: Stock, slave: Slave, name: str) -> Booted | None:
    """The pinned generation, or None after an error that tells what could be pinned."""
    if name in stock.there:
        return stock.booted(name)
    there = (
        ", ".join(generation_names.ordered(stock.there)) or f"{stock.master} has none of {stock.image['name']!r} yet"
    )
    Place(report, slave["name"], "slave_generation").error(name, f"is not on master {stock.master!r}", there)
    return None


def usual(stock: Stock, slave: str) -> Booted:
    """What a slave boots where nothing moves it: what it is held at, what it boots by now, or what the others boot."""
    present = stock.present(slave)
    if present is not None and (stock.held(slave) or stock.fits(present)):
        return stock.booted(present, held=stock.held(slave))
    return stock.booted(common(stock))


def staying(stock: Stock, slave: str) -> Booted:
    """What a slave boots in a run that is not about it: what it boots by now, also of an earlier definition.

    Where that is nothing yet, what the others boot: such a run builds nothing for it that could be spared.
    """
    present = stock.present(slave) or _most_booted(stock, stock.fitting() or stock.there) or stock.new()
    return stock.booted(present, held=stock.held(slave))


def common(stock: Stock) -> str:
    """Of the generations of the definition the one that most slaves boot, or else the newest, or else a new one."""
    return _most_booted(stock, stock.fitting()) or stock.new()


def _most_booted(stock: Stock, names: Iterable[str]) -> str | None:
    counted = collections.Counter(record.generation for record in stock.records.values())
    return max(names, key=lambda name: (counted[name], generation_names.order(name)), default=None)


def upgraded(stock: Stock, movers: Iterable[str]) -> Booted:
    """Where slaves go together: to the newest generation of the definition, or, where all boot it already, a new one.

    So one slave tries what is new, and the others follow it. Who was on the way there when a run died is not there yet.
    """
    fitting = stock.fitting()
    behind = bool(fitting) and not all(stock.stays(slave, fitting[-1]) for slave in movers)
    return stock.booted(fitting[-1] if behind else stock.new())


def rolled_back(stock: Stock, slave: str) -> Booted | None:
    """What a slave has booted last of those older than its present generation, or None.

    Of whatever definition: it goes back, also where the inventory does not, and past what it was rolled back from. Who
    was on the way back when a run died goes there, and no further; who was on the way to a newer one stays where it is.
    """
    present = stock.present(slave)
    if present is None:
        return None
    served = stock.records[slave].served
    if served is not None and served in stock.there and not stock.arrived(slave):
        back = min(present, served, key=generation_names.order)
        return stock.booted(back, held=True)
    had = [name for name in stock.records[slave].before if name in stock.there]
    older = [name for name in had if generation_names.order(name) < generation_names.order(present)]
    return stock.booted(older[-1], held=True) if older else None
