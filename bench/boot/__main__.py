"""The benchmark of boots: `make bench-boot`, that is `python -m bench.boot --rounds N` inside a lab."""

from __future__ import annotations

import contextlib

from rich.console import Console

from bench import program
from bench.boot import figures
from bench.boot.ltsp_server import LtspServer
from tests.boot.library import Library
from tests.lab import connect, inventory
from tests.lab.machine import Machine
from tests.lab.steps import step

_SLAVE = "pc01"
_IMAGES = "srv/diskless/images/bench"


def measure(console: Console, library: Library, rounds: int) -> figures.Run:
    """Boots one machine from this collection's master and from LTSP's server, in turn. Raises LabError."""
    with step(console, "the master is up"):
        library.up()
    try:
        with step(console, "site.yml"):
            library.site("site")
        [root] = (library.exported() / _IMAGES).glob("*/root.squashfs")
        with contextlib.ExitStack() as stack:
            with step(console, "LTSP serves the same root"):
                server = stack.enter_context(LtspServer(library.lab_id, root))
            boots = [
                _boot(console, library, server, who, number) for number in range(1, rounds + 1) for who in figures.WHO
            ]
    finally:
        library.down()
    run: figures.Run = {"rounds": rounds, "generation": root.parent.name, "boots": boots}
    console.print(figures.told(run), highlight=False)
    return run


def _boot(console: Console, library: Library, server: LtspServer, who: str, number: int) -> figures.Boot:
    with step(console, f"round {number}: {who}") as current:
        with _booted(library, server, who, number) as machine:
            times = machine.times()
            received = dict(machine.capture.update().received)
        current.result = f"login after {times['login']:.1f} s, {sum(received.values()) / 1e6:.1f} MB"
    return {"who": who, "times": times, "bytes": received}


def _booted(library: Library, server: LtspServer, who: str, number: int) -> contextlib.AbstractContextManager[Machine]:
    name = f"{_SLAVE}-{number}"
    if who == figures.OURS:
        return library.booted(_SLAVE, name)
    hardware = inventory.hardware(library.model, _SLAVE, "bios", "virtio-net-pci", connect.public_key())
    return server.booted(hardware, library.folder / "ltsp" / name)


if __name__ == "__main__":
    program.measured("boot", "boot-figures.md", measure, figures.page)
