"""Machines on the LAN of the master, each with an address of its own; their programs are those of the master."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from tests.lab import network, paths
from tests.lab.run import run

CLIENT = pathlib.Path(__file__).with_name("nfs_client.py")


class Machine:
    """A network namespace, and in it an NFS client that lives as long."""

    def __init__(self, namespace: str) -> None:
        programs = str(paths.lab_folder(os.environ["DISKLESS_LAB"]) / "master01/root")
        self._inside = ["ip", "netns", "exec", namespace, "chroot", programs]
        self.client = subprocess.Popen(
            [*self._inside, "python3", "-c", CLIENT.read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> str:
        """What a program printed."""
        return run([*self._inside, *command])

    def ask(self, command: str) -> str:
        """The NFS client's answer."""
        assert self.client.stdin is not None
        assert self.client.stdout is not None
        self.client.stdin.write(command + "\n")
        self.client.stdin.flush()
        return self.client.stdout.readline().strip()


@contextlib.contextmanager
def _on_the_lan(address: str) -> Iterator[Machine]:
    name = f"pc{address.rsplit('.', 1)[1]}"
    run(["ip", "netns", "add", name])
    try:
        run(network.inside(["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name]))
        run(network.inside(["ip", "link", "set", name, "master", network.bridge_name(0), "up"]))
        run(["ip", "-n", name, "address", "add", f"{address}/24", "dev", "eth0"])
        run(["ip", "-n", name, "link", "set", "eth0", "up"])
        machine = Machine(name)
        try:
            yield machine
        finally:
            machine.client.terminate()
            machine.client.wait()
    finally:
        run(["ip", "netns", "delete", name])


@pytest.fixture
def on_the_lan(host: Host) -> Iterator[Callable[[str], Machine]]:
    """Makes machines; they are gone after the test. Their programs are none that the role needs."""
    host.check_output("apt-get install --yes --no-install-recommends nfs-common libnfs13")
    with contextlib.ExitStack() as stack:
        yield lambda address: stack.enter_context(_on_the_lan(address))
