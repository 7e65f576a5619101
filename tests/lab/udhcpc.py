"""A real DHCP client on a LAN of this lab: busybox's udhcpc, which the initramfs of slaves uses as well."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import typing

from tests.lab import network
from tests.lab.errors import LabError
from tests.lab.run import run

_CARD, _PORT = "card", "card-port"
# udhcpc runs it with what it was told as environment (busybox's examples/udhcp); it sets up nothing.
_SCRIPT = """#!/bin/sh
[ "$1" != bound ] || env
"""


@contextlib.contextmanager
def card(mac: str, bridge: str = "br0", address: str = "") -> typing.Iterator[str]:
    """A network card on a bridge, by its interface's name, with an address (CIDR) or none; gone afterwards.

    Raises LabError.
    """
    add = ["ip", "link", "add", _PORT, "type", "veth", "peer", "name", _CARD, "address", mac]
    run(network.inside(add))
    try:
        run(network.inside(["ip", "link", "set", _PORT, "master", bridge, "up"]))
        run(network.inside(["ip", "link", "set", _CARD, "up"]))
        if address:
            run(network.inside(["ip", "address", "add", address, "dev", _CARD]))
        yield _CARD
    finally:
        run(network.inside(["ip", "link", "delete", _PORT]))


def ask(folder: pathlib.Path, mac: str, *arguments: str, bridge: str = "br0") -> dict[str, str]:
    """What udhcpc's script is told of the lease that a card gets: `ip`, `router`, `siaddr` and so on.

    `folder` is for the script. Raises LabError when there is no lease after ten seconds.
    """
    busybox = shutil.which("busybox")
    if busybox is None:
        raise LabError("busybox: no such program; the Debian package busybox-static has it")
    script = folder / "udhcpc.script"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    with card(mac, bridge) as interface:
        command = [busybox, "udhcpc", "-i", interface, "-s", str(script), "-f", "-q", "-n", "-t", "5", "-T", "2"]
        lines = run(network.inside([*command, *arguments])).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
