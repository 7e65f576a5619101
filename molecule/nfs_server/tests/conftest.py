"""Machines on the LAN of the master, which mount from it."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Callable, Iterator

import pytest
from testinfra.host import Host

from tests.lab import neighbour

CLIENT = pathlib.Path(__file__).with_name("nfs_client.py")


@pytest.fixture
def on_the_lan(host: Host) -> Iterator[Callable[[str], neighbour.Neighbour]]:
    """Makes machines; they are gone after the test. Their programs are none that the role needs."""
    host.check_output("apt-get install --yes --no-install-recommends nfs-common libnfs13")
    with contextlib.ExitStack() as stack:
        yield lambda address: stack.enter_context(neighbour.on_the_lan(address, CLIENT))
