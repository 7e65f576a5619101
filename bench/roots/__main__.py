"""The benchmark of roots: `make bench-roots`, that is `python -m bench.roots --rounds N` inside a lab."""

from __future__ import annotations

from rich.console import Console

from bench import program
from bench.roots import figures, packing
from tests.boot.library import Library
from tests.lab.steps import step

_SLAVE = "pc01"
_IMAGES = "/srv/diskless/images/bench"


def measure(console: Console, library: Library, rounds: int) -> figures.Run:
    """Boots every case once a round, in alternation. Raises LabError."""
    return Bench(console, library).run(rounds)


class Bench:
    """One run of the benchmark on one master."""

    def __init__(self, console: Console, library: Library) -> None:
        self._console = console
        self._library = library
        self._files: dict[str, figures.File] = {}

    def run(self, rounds: int) -> figures.Run:
        """See `measure`."""
        with step(self._console, "the master is up"):
            self._library.up()
        for path, text in packing.wrappers().items():
            self._library.on_master("sh", "-c", f'printf %s "$1" > {path} && chmod 0755 {path}', "sh", text)
        try:
            boots = [self._boot(number, case) for number in range(1, rounds + 1) for case in figures.CASES]
            generation = self._generation()
        finally:
            self._library.down()
        return {"rounds": rounds, "generation": generation, "files": self._files, "boots": boots}

    def _boot(self, number: int, case: figures.Case) -> figures.Boot:
        self._converge(case)
        name = f"{case.root}-{case.format}-{number}"
        with step(self._console, f"round {number}: {case.root}, {case.format}") as current:
            with self._library.booted(_SLAVE, name) as machine:
                seconds = machine.times()["login"]
                received = dict(machine.capture.update().received)
            current.result = f"login after {seconds:.1f} s, {sum(received.values()) / 1e6:.1f} MB"
        return {"root": case.root, "format": case.format, "seconds": seconds, "bytes": received}

    def _converge(self, case: figures.Case) -> None:
        """The master gives the slave that root; where a format is new, what its file took is noted."""
        with step(self._console, f"site.yml for {case.root}, {case.format}"):
            before = self._packing_log()
            variables = ("-e", f"bench_root={case.root}", "-e", f"bench_format={case.format}")
            self._library.site(f"site-{case.root}-{case.format}", *variables)
        if case.format not in self._files:
            # With its size in its name where it has one.
            file = f"{_IMAGES}/{self._generation()}/root.*{case.format}"
            size, blocks, block = self._library.on_master("sh", "-c", f"stat --format='%s %b %B' {file}").split()
            self._files[case.format] = {
                "bytes": int(size),
                "allocated": int(blocks) * int(block),
                "seconds": round(packing.seconds(self._packing_log()[len(before) :]), 2),
            }

    def _packing_log(self) -> str:
        return self._library.on_master("sh", "-c", f"cat {packing.LOG} 2> /dev/null || true")

    def _generation(self) -> str:
        [generation] = self._library.on_master("ls", _IMAGES).split()
        return generation


if __name__ == "__main__":
    program.measured("roots", "nbd-figures.md", measure, figures.page)
