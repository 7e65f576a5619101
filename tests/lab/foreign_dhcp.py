"""A DHCP server that is none of ours, as a library's router has one: it gives addresses, and knows no boot files."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import time
import typing

from tests.lab import network
from tests.lab.errors import LabError
from tests.lab.run import run, tail

_START_SECONDS = 20


def command(bridge: str, address: str, reservations: typing.Mapping[str, str]) -> list[str]:
    """dnsmasq's command line. `address`: its own, with prefix length; `reservations`: MAC to address.

    It names itself as the router, and leaves next-server and boot file as they are when nobody thought of them.
    """
    own = address.split("/", maxsplit=1)[0]
    hosts = [f"--dhcp-host={mac},{ip}" for mac, ip in reservations.items()]
    return [
        "dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--log-facility=-", "--log-dhcp", "--user=root",
        "--port=0", "--leasefile-ro", "--no-hosts", "--no-resolv", "--no-ping",
        "--bind-interfaces", f"--interface={bridge}", "--except-interface=lo",
        f"--dhcp-range={own},static", f"--dhcp-option=option:router,{own}", *hosts,
    ]  # fmt: skip


@contextlib.contextmanager
def serving(lan: int, address: str, reservations: typing.Mapping[str, str], log: pathlib.Path) -> typing.Iterator[None]:
    """Lets it serve a LAN while the block runs; its words go to `log`. Raises LabError when it does not start."""
    bridge = network.ensure_lan(lan)
    run(network.inside(["ip", "address", "add", address, "dev", bridge]))
    try:
        with open(log, "wb") as output:
            server = subprocess.Popen(
                network.inside(command(bridge, address, reservations)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        try:
            _wait_until_it_serves(server, log)
            yield
        finally:
            server.terminate()
            server.wait()
    finally:
        run(network.inside(["ip", "address", "delete", address, "dev", bridge]))


def _wait_until_it_serves(server: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "sockets bound" not in tail(log, 20):
        if server.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"the foreign DHCP server does not start: {tail(log, 5)}")
        # Its log is the only sign that it serves.
        time.sleep(0.05)
