"""Machines on the LAN of the master, which attach from it; and runs of the role."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from tests.lab import neighbour, playbook, scenario

CLIENT = pathlib.Path(__file__).with_name("nbd_machine.py")


@pytest.fixture(scope="module")
def on_the_lan(host: Host) -> Iterator[Callable[[str], neighbour.Neighbour]]:
    """Gives machines, each made once. Their programs are none that the role needs."""
    host.check_output("apt-get install --yes --no-install-recommends libnbd-bin nbd-client python3-libnbd gnutls-bin")
    made: dict[str, neighbour.Neighbour] = {}
    with contextlib.ExitStack() as stack:

        def machine(address: str) -> neighbour.Neighbour:
            if address not in made:
                made[address] = stack.enter_context(neighbour.on_the_lan(address, CLIENT))
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
