"""What the role nfs_server exports, and to whom."""

from __future__ import annotations

import os

import pytest
from testinfra.host import Host

from tests.lab import network, paths
from tests.lab.run import run


def _seen_from(address: str) -> set[str]:
    """The paths that the server shows to a machine with `address`; ganesha shows everybody only what is theirs.

    The machine is the LAN's bridge, its programs are those of the master.
    """
    programs = paths.lab_folder(os.environ["DISKLESS_LAB"]) / "master01/root"
    run(network.inside(["ip", "address", "add", f"{address}/24", "dev", network.bridge_name(0)]))
    try:
        shown = run(network.inside(["chroot", str(programs), "showmount", "--no-headers", "--exports", "192.168.1.1"]))
    finally:
        run(network.inside(["ip", "address", "delete", f"{address}/24", "dev", network.bridge_name(0)]))
    return {line.split()[0] for line in shown.splitlines()}


@pytest.fixture(scope="module", autouse=True)
def _showmount(host: Host) -> None:
    """The client's program, which the role does not need."""
    host.check_output("apt-get install --yes --no-install-recommends nfs-common")


def test_the_server_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    service = host.service("nfs-ganesha")
    assert service.is_running
    assert service.is_enabled


def test_it_answers_on_nfs_own_port(host: Host) -> None:
    assert host.run("ss -H -l -t -n sport = :2049").stdout != ""
    host.check_output("rpcinfo -t 127.0.0.1 100003 4")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.168.1.21", {"/srv/diskless/images/reading_room/g1"}),
        ("192.168.1.22", {"/srv/diskless/images/reading_room/g1"}),
        ("192.168.1.41", {"/srv/diskless/trees/pc21", "/srv/diskless/home"}),
        ("192.168.1.99", set()),
    ],
)
def test_each_machine_is_shown_what_is_its_own(address: str, expected: set[str]) -> None:
    assert _seen_from(address) == expected


def test_a_squashed_directory_is_made(host: Host) -> None:
    assert host.file("/srv/diskless/home").is_directory
