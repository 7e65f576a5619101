"""A place on a LAN from which this machine's own programs speak with a master, as a slave or as somebody else."""

from __future__ import annotations

import contextlib
import typing

from tests.lab import network
from tests.lab.run import run

# root without the right to a port below 1024, as the other users of a machine.
UNPRIVILEGED = ("setpriv", "--bounding-set=-net_bind_service")


@contextlib.contextmanager
def on_the_lan(address: str, mac: str = "", lan: int = 0) -> typing.Iterator[list[str]]:
    """What stands before a command that is to run there; `address` with prefix length. Raises LabError.

    A slave that has this `mac` and address must be off.
    """
    name = f"at-{address.partition('/')[0].rpartition('.')[2]}"
    with contextlib.ExitStack() as stack:
        run(["ip", "netns", "add", name])
        stack.callback(run, ["ip", "netns", "delete", name])
        run(network.inside(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name]))
        # By itself: with its namespace it goes some time later, and who comes here meanwhile cannot have its name.
        stack.callback(run, network.inside(["ip", "link", "delete", name]))
        run(network.inside(["ip", "link", "set", name, "master", network.bridge_name(lan), "up"]))
        if mac:
            run(["ip", "-n", name, "link", "set", "eth0", "address", mac])
        run(["ip", "-n", name, "address", "add", address, "dev", "eth0"])
        run(["ip", "-n", name, "link", "set", "eth0", "up"])
        yield ["ip", "netns", "exec", name]
