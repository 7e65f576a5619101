"""What a master gives to machines that ask, and to whom."""

from __future__ import annotations

import base64
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab import node_client, scenario

TOP = "/srv/diskless/nodes"
STARTED = "/srv/diskless/state/started"
RUNS = "room/bookworm-3f2a9c0d1e4b-20261122T053000Z"
PC07, PC12, STRANGER = "192.168.1.27", "192.168.1.32", "192.168.1.99"
Asked = Callable[..., node_client.Answer]


def held(host: Host, slave: str) -> node_client.Answer:
    """The files that the master has for a slave."""
    lines = host.check_output(
        f"cd {TOP}/{slave} && find . -type f -printf '%P %m %U %G '  -exec base64 -w 0 {{}} ';' -printf '\\n'"
    )
    found = (line.split(" ") for line in lines.splitlines())
    return {path: (mode, int(user), int(group), base64.b64decode(data)) for path, mode, user, group, data in found}


@pytest.fixture(scope="module", autouse=True)
def _as_the_scenario_has_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Tests before these leave no slave."""
    scenario.converge(tmp_path_factory.mktemp("converged"))


@pytest.mark.parametrize(("address", "name"), [(PC07, "pc07"), (PC12, "pc12")])
def test_each_gets_its_own_as_it_is(asked: Asked, host: Host, address: str, name: str) -> None:
    there = held(host, name)
    assert there is not None
    assert "files/etc/ssh/ssh_host_ed25519_key" in there
    assert asked(address, name) == there
    # And again: one connection leaves nothing that the next would find.
    assert asked(address, name, 1023) == there


def test_the_master_writes_down_what_a_slave_has_started(asked: Asked, host: Host) -> None:
    assert asked(PC07, "pc07", 610)
    assert asked(PC12, "pc12 room/bookworm-0123456789ab-20261101T000000Z", 611)
    assert asked(PC12, f"pc12 {RUNS}", 612)
    started = host.check_output(f"cd {STARTED} && stat --format='%a %U' . && grep --line-number '' pc07 pc12")
    assert started.splitlines() == ["700 root", "pc07:1:", f"pc12:1:{RUNS}"]


@pytest.mark.parametrize(
    ("address", "name", "port", "told"),
    [
        (PC07, "pc07", 1024, "it asks from port 1024, as any of its users could; below 1024 only root can"),
        (PC07, "pc12", 600, "it asks for what is the own of 'pc12', and is the address of pc07"),
        (PC07, "../pc07", 600, "it asks by what is no name, and is the address of pc07"),
        (PC07, "p" * 100000, 600, f"it asks for what is the own of '{'p' * 256}', and is the address of pc07"),
    ],
)
def test_nobody_gets_anothers(asked: Asked, host: Host, address: str, name: str, *, port: int, told: str) -> None:
    assert asked(address, name, port) is None
    host.check_output("journalctl --sync")
    said = host.check_output("journalctl --identifier=diskless-nodes --output=cat --no-pager --lines=1")
    assert said == f"{address} gets nothing: {told}"


def test_who_is_no_slave_gets_nothing(asked: Asked) -> None:
    """By the kernel or by the program, as the machine can."""
    assert asked(STRANGER, "pc07") is None


def test_a_slave_that_is_somewhere_else_or_left_gets_nothing_where_it_was(
    asked: Asked, slaves: dict[str, dict[str, Any]], host: Host, tmp_path: pathlib.Path
) -> None:
    scenario.converge(tmp_path, slave_nodes_slaves=[{**slaves["pc12"], "ip": "192.168.1.33"}])
    assert asked(PC07, "pc07") is None
    assert asked(PC12, "pc12") is None
    assert asked("192.168.1.33", "pc12") == held(host, "pc12")
    scenario.converge(tmp_path)
    assert asked(PC07, "pc07", 601) == held(host, "pc07")
