"""The benchmark of boots: `make bench-boot`, that is `python -m bench.boot --rounds N` inside a lab."""

from __future__ import annotations

import contextlib
import typing

from rich.console import Console

from bench import program
from bench.boot import figures
from bench.boot.bare_initramfs import BareInitramfs
from bench.boot.ltsp_server import LtspServer
from tests.boot.library import Library
from tests.lab import connect, inventory
from tests.lab.machine import Machine
from tests.lab.steps import step

_SLAVE = "pc01"
_IMAGES = "srv/diskless/images/bench"
# A machine at its login prompt, from the name of its boot.
_Booted = typing.Callable[[str], contextlib.AbstractContextManager[Machine]]


def measure(console: Console, library: Library, rounds: int) -> figures.Run:
    """Boots one machine by this collection, by a bare initramfs from the same master, and by LTSP's server, in turn.

    Raises LabError.
    """
    with step(console, "the master is up"):
        library.up()
    try:
        with step(console, "site.yml"):
            library.site("site")
        [root] = (library.exported() / _IMAGES).glob("*/root.squashfs")
        with step(console, "a bare initramfs of the same root"):
            bare = BareInitramfs(library, root)
        hardware = inventory.hardware(library.model, _SLAVE, "bios", "virtio-net-pci", connect.public_key())
        with contextlib.ExitStack() as stack:
            with step(console, "LTSP serves the same root"):
                server = stack.enter_context(LtspServer(library.lab_id, root))
            booted: dict[str, _Booted] = {
                figures.OURS: lambda boot: library.booted(_SLAVE, boot),
                figures.BARE: lambda boot: bare.booted(_SLAVE, boot),
                figures.LTSP: lambda boot: server.booted(hardware, library.folder / boot),
            }
            boots = [_boot(console, booted[who], who, number) for number in range(1, rounds + 1) for who in figures.WHO]
    finally:
        library.down()
    run: figures.Run = {"rounds": rounds, "generation": root.parent.name, "boots": boots}
    console.print(figures.told(run), highlight=False)
    return run


def _boot(console: Console, booted: _Booted, who: str, number: int) -> figures.Boot:
    with step(console, f"round {number}: {who}") as current:
        with booted(f"{who.replace(' ', '-')}-{number}") as machine:
            times = machine.times()
            received = dict(machine.capture.update().received)
        current.result = f"login after {times['login']:.1f} s, {sum(received.values()) / 1e6:.1f} MB"
    return {"who": who, "times": times, "bytes": received}


if __name__ == "__main__":
    program.measured("boot", "boot-figures.md", measure, figures.page)
