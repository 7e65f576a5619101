"""The LANs: one bridge for each network of the inventory, in a network namespace that no real network reaches."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lab.run import run

NAMESPACE = "lan"


def inside(command: list[str]) -> list[str]:
    """`command`, as it is started inside the LANs' namespace."""
    return ["ip", "netns", "exec", NAMESPACE, *command]


def bridge_name(index: int) -> str:
    """The bridge of the network with that index (0, 1, ...)."""
    return f"br{index}"


def ensure_lan(index: int) -> str:
    """Makes the bridge of a network, and its router advertiser, unless it is there; returns its name."""
    bridge = bridge_name(index)
    if not os.path.exists(f"/run/netns/{NAMESPACE}"):
        run(["ip", "netns", "add", NAMESPACE])
        run(inside(["ip", "link", "set", "lo", "up"]))
    if bridge in bridges():
        return bridge
    # No spanning tree: a port forwards from the moment it is up, as PXE ROMs expect of an access port.
    run(inside(["ip", "link", "add", bridge, "type", "bridge", "stp_state", "0", "mcast_snooping", "0"]))
    run(inside(["ip", "link", "set", bridge, "up"]))
    subprocess.Popen(
        inside([sys.executable, "-m", "tests.lab.router", bridge]), stdin=subprocess.DEVNULL, start_new_session=True
    )
    return bridge


def bridges() -> list[str]:
    """The bridges that there are."""
    lines = run(inside(["ip", "-o", "link", "show", "type", "bridge"])).splitlines()
    return [line.split(": ")[1] for line in lines]


def plug_container(bridge: str, port: str, pid: int, interface: str, address: str) -> None:
    """Gives the container whose process is `pid` an interface on a bridge, with `address` (CIDR). Raises LabError.

    Both ends are up when this returns: Kea opens no socket on an interface without carrier.
    """
    run(inside(["ip", "link", "add", port, "type", "veth", "peer", "name", interface, "netns", str(pid)]))
    run(inside(["ip", "link", "set", port, "master", bridge, "up"]))
    enter = ["nsenter", "--target", str(pid), "--net"]
    run([*enter, "ip", "address", "add", address, "dev", interface])
    run([*enter, "ip", "link", "set", interface, "up"])


def add_tap(bridge: str, tap: str) -> None:
    """A port for a machine in QEMU. Raises LabError."""
    run(inside(["ip", "tuntap", "add", "dev", tap, "mode", "tap"]))
    run(inside(["ip", "link", "set", tap, "master", bridge, "up"]))


def remove_tap(tap: str) -> None:
    """Takes the port of a machine away. Raises LabError."""
    run(inside(["ip", "link", "delete", tap]))
