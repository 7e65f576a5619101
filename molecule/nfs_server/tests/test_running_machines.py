"""What becomes of the mounts of machines that run while the role changes what is exported."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab import playbook, scenario

IMAGES = "/srv/diskless/images/reading_room"
VERSIONS = ("3", "4")
Converge = Callable[..., playbook.Outcome]


def root(generation: str, *clients: str) -> dict[str, Any]:
    """An item of `nfs_server_exports`: the root of an image."""
    return {"path": f"{IMAGES}/{generation}", "clients": list(clients), "access": "ro", "root_squash": False}


@pytest.fixture
def converge(tmp_path: pathlib.Path, host: Host) -> Iterator[Converge]:
    """Runs the role, with other exports than the scenario's where some are given."""

    def converge(*exports: dict[str, Any]) -> playbook.Outcome:
        given = {"nfs_server_exports": exports} if exports else {}
        return scenario.converge(tmp_path, "--diff", **given)

    yield converge
    host.check_output(f"mkdir -p {IMAGES}/g1 && echo -n g1 >{IMAGES}/g1/f")
    converge()


def answers(machine: Any, command: str, path: str) -> set[str]:
    """A machine's answers by both versions of NFS."""
    return {machine.ask(f"{command} {version} {path}") for version in VERSIONS}


def all_refused(found: set[str]) -> bool:
    """Whether no version of NFS gave anything."""
    return all(answer.startswith("refused: ") for answer in found)


def test_a_machine_keeps_the_root_that_it_runs_from_and_loses_it_with_its_place_in_the_inventory(
    on_the_lan: Callable[[str], Any], converge: Converge, host: Host
) -> None:
    old, new = f"{IMAGES}/g1", f"{IMAGES}/g2"
    stays, leaves = on_the_lan("192.168.1.21"), on_the_lan("192.168.1.22")
    begun = host.check_output("systemctl show --property=InvocationID nfs-ganesha")
    for machine in (stays, leaves):
        assert answers(machine, "mount", old) == {"mounted"}
        assert answers(machine, "use", old) == {"g1"}

    converge(root("g2", "192.168.1.21", "192.168.1.22"))
    for machine in (stays, leaves):
        assert answers(machine, "use", old) == {"g1"}
        assert answers(machine, "mount", new) == {"mounted"}
    assert converge(root("g2", "192.168.1.21", "192.168.1.22")).changes == []

    converge(root("g2", "192.168.1.21"))
    assert answers(stays, "use", old) == {"g1"}
    assert answers(stays, "use", new) == {"g2"}
    assert all_refused(answers(leaves, "use", old) | answers(leaves, "use", new))
    assert all_refused(answers(leaves, "mount", old) | answers(leaves, "mount", new))

    host.check_output(f"rm -r {old}")
    converge(root("g2", "192.168.1.21"))
    assert all_refused(answers(stays, "use", old) | answers(stays, "mount", old))
    assert answers(stays, "use", new) == {"g2"}
    assert host.check_output("systemctl show --property=InvocationID nfs-ganesha") == begun


def test_a_run_that_died_before_the_reload_is_made_up_for(
    on_the_lan: Callable[[str], Any], converge: Converge, host: Host
) -> None:
    machine = on_the_lan("192.168.1.21")
    # As if a run had written the file, and nothing after it: the machine's address is gone from the file alone.
    file = "/etc/ganesha/diskless-exports.conf"
    host.check_output(f"cp -p {file} /root/good && sed -i s/192.168.1.21,// {file} && systemctl reload nfs-ganesha")
    host.check_output(f"cp -p /root/good {file}")
    assert all_refused(answers(machine, "mount", f"{IMAGES}/g1"))
    assert len(converge().changes) == 1
    assert answers(machine, "mount", f"{IMAGES}/g1") == {"mounted"}
