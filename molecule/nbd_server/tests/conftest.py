"""Machines on the LAN of the master, each with an address of its own; their programs are those of the master."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from tests.lab import network, paths, playbook, scenario
from tests.lab.run import run

CLIENT = pathlib.Path(__file__).with_name("nbd_machine.py")


class Machine:
    """A network namespace, and in it an NBD client that lives as long."""

    def __init__(self, namespace: str) -> None:
        programs = str(paths.lab_folder(os.environ["DISKLESS_LAB"]) / "master01/root")
        self._inside = ["ip", "netns", "exec", namespace, "chroot", programs]
        self.client = subprocess.Popen(
            [*self._inside, "python3", "-c", CLIENT.read_text()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What a program said, whether it failed or not."""
        return subprocess.run([*self._inside, *command], capture_output=True, text=True, timeout=60, check=False)

    def ask(self, *command: str) -> str:
        """The NBD client's answer."""
        assert self.client.stdin is not None
        assert self.client.stdout is not None
        self.client.stdin.write(" ".join(command) + "\n")
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


@pytest.fixture(scope="module")
def on_the_lan(host: Host) -> Iterator[Callable[[str], Machine]]:
    """Gives machines, each made once. Their programs are none that the role needs."""
    host.check_output("apt-get install --yes --no-install-recommends libnbd-bin nbd-client python3-libnbd gnutls-bin")
    made: dict[str, Machine] = {}
    with contextlib.ExitStack() as stack:

        def machine(address: str) -> Machine:
            if address not in made:
                made[address] = stack.enter_context(_on_the_lan(address))
            return made[address]

        yield machine


Run = Callable[..., playbook.Outcome]


@pytest.fixture
def role(tmp_path: pathlib.Path) -> Run:
    """Runs the role, with other variables than the scenario's where some are given; it may fail.

    No machine here attaches again by itself, so that nothing waits until one has.
    """

    def role(*arguments: str, **variables: object) -> playbook.Outcome:
        return scenario.run(tmp_path, "--diff", *arguments, **{"__nbd_server_attach_seconds": 0, **variables})

    return role


@pytest.fixture
def said(tmp_path: pathlib.Path) -> Callable[[], str]:
    """What the last run of the role said."""
    return lambda: scenario.log(tmp_path).read_text()
