"""The benchmark of trees: `make bench-trees`, that is `python -m bench.trees --rounds N` inside a lab."""

from __future__ import annotations

import shutil

from rich.console import Console

from bench import program
from bench.trees import disk, figures, module
from tests.boot.library import Library
from tests.lab.playbook import Outcome
from tests.lab.steps import step

_IMAGES = "/srv/diskless/images"
# One more small package: what a canary's generation differs in, at the least.
_NEWER = '{"bench_packages": ["openssh-server", "tree"]}'
_FLEETS = (25, 250)
_COPIES = 25


def measure(console: Console, library: Library, rounds: int) -> figures.Run:
    """Makes trees and copies on each kind of file system, then fleets by site.yml. Raises LabError."""
    return Bench(console, library).run(rounds)


class Bench:
    """One run of the benchmark on one master."""

    def __init__(self, console: Console, library: Library) -> None:
        self._console = console
        self._library = library
        self._generations: list[str] = []
        self._ones: list[figures.One] = []
        self._fleets: list[figures.Fleet] = []
        self._sites: list[figures.Site] = []

    def run(self, rounds: int) -> figures.Run:
        """See `measure`."""
        with step(self._console, "the master is up, with an image in two generations"):
            self._library.up()
        try:
            self._prepare()
            for kind in disk.KINDS:
                with disk.Disk(self._library, kind) as where:
                    self._on(where, rounds)
            self._by_playbook()
        finally:
            self._library.down()
            # Gigabytes, and the next run begins with none of them.
            shutil.rmtree(self._library.exported())
        return {"rounds": rounds, "ones": self._ones, "fleets": self._fleets, "sites": self._sites}

    def _prepare(self) -> None:
        with step(self._console, "site.yml for one slave builds the image"):
            self._library.site("site", "-e", "bench_root=nfs_tree")
        with step(self._console, "images.yml builds it with one more package"):
            self._library.play("playbooks/images.yml", "images", "-e", "bench_root=nfs_tree", "-e", _NEWER)
        names = self._library.on_master("ls", "-t", f"{_IMAGES}/bench").split()
        self._generations = sorted(names, key=lambda name: name.rpartition("-")[2])
        disk.execute(self._library, "apt-get", "install", "--yes", "--no-install-recommends", *disk.PACKAGES)
        module.put(self._library)

    def _on(self, where: disk.Disk, rounds: int) -> None:
        """All that is measured on one file system."""
        with step(self._console, f"{where.kind}: the image is there"):
            disk.execute(self._library, "cp", "-a", _IMAGES, where.path)
            self._trees(where, 1)
        for number in range(1, rounds + 1):
            for how in figures.HOWS:
                with step(self._console, f"{where.kind}, round {number}: one more slave by {how}") as current:
                    one = self._one(where, how)
                    current.result = figures.told(one)
                self._ones.append(one)
        self._fleet_of_copies(where)
        for slaves in _FLEETS:
            self._fleet(where, slaves)

    def _one(self, where: disk.Disk, how: str) -> figures.One:
        """One more tree beside the first slave's, or a copy; gone again afterwards."""
        before = where.used()
        if how == figures.OURS:
            seconds = self._trees(where, 2)
            folder = "trees/pc02"
        else:
            folder = "copy"
            seconds = where.timed(
                figures.command(how, f"{where.path}/images/bench/{self._generations[0]}/root", where.path)
            )
        one: figures.One = {
            "filesystem": where.kind,
            "how": how,
            "seconds": seconds,
            "bytes": where.used() - before,
            "files": where.files(folder),
        }
        if how == figures.OURS:
            self._trees(where, 1)
        else:
            where.remove(folder)
        return one

    def _fleet_of_copies(self, where: disk.Disk) -> None:
        """One after the other, each removed before the next: together they may not fit."""
        with step(self._console, f"{where.kind}: {_COPIES} copies by {figures.RSYNC}") as current:
            copies = [self._one(where, figures.RSYNC) for _number in range(_COPIES)]
            seconds, size = (sum(copy[what] for copy in copies) for what in ("seconds", "bytes"))
            current.result = f"{seconds:.1f} s"
        self._note(where, _COPIES, figures.RSYNC, seconds, int(size))

    def _fleet(self, where: disk.Disk, slaves: int) -> None:
        """All trees of a fleet out of none, once more, and at the image's newer generation."""
        self._trees(where, 0)
        for what in figures.STEPS:
            with step(self._console, f"{where.kind}: trees of {slaves} slaves, {what}") as current:
                before = where.used()
                seconds = self._trees(where, slaves, newer=what == figures.UPDATED)
                self._note(where, slaves, what, seconds, where.used() - before)
                current.result = figures.came_of(module.result(self._library), seconds)
        self._trees(where, 0)

    def _note(self, where: disk.Disk, slaves: int, what: str, seconds: float, size: int) -> None:
        self._fleets.append(
            {"filesystem": where.kind, "slaves": slaves, "what": what, "seconds": seconds, "bytes": size}
        )

    def _trees(self, where: disk.Disk, slaves: int, *, newer: bool = False) -> float:
        """Seconds of one call of the modules for that many slaves; trees of others are removed."""
        generation = self._generations[int(newer)]
        trees = [
            {"name": name, "hostname": name, "image": "bench", "generation": generation}
            for name in map(figures.slave, range(1, slaves + 1))
        ]
        return where.timed(module.command(self._library, where.path, trees))

    def _by_playbook(self) -> None:
        """site.yml as a whole, with fleets that grow."""
        for slaves in (1, 2, *_FLEETS):
            more = self._library.folder / f"hosts-{slaves}"
            more.write_text(figures.hosts(slaves), encoding="utf-8")
            for what in (figures.MADE, figures.AGAIN) if slaves > 1 else (figures.AGAIN,):
                with step(self._console, f"site.yml for {slaves} slaves, {what}") as current:
                    outcome: Outcome = self._library.site(f"site-{slaves}", "-e", "bench_root=nfs_tree", more=more)
                    current.result = f"{len(outcome.tasks)} tasks, changed {outcome.changed}"
                self._sites.append(
                    {"slaves": slaves, "what": what, "seconds": outcome.seconds, "changed": outcome.changed}
                )


if __name__ == "__main__":
    program.measured("trees", "tree-figures.md", measure, figures.page)
