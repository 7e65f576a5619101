"""What the role nfs_server exports, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab import nfs_client, place


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
        ("192.168.1.41", {f"/srv/diskless/{path}" for path in ("trees/pc21", "own/pc21", "home", "media")}),
        ("192.168.1.99", set()),
    ],
)
def test_each_machine_is_shown_what_is_its_own(
    on_the_lan: Callable[[str], Any], address: str, expected: set[str]
) -> None:
    # Ganesha shows everybody only what is theirs.
    shown = on_the_lan(address).run("showmount", "--no-headers", "--exports", "192.168.1.1")
    assert shown.returncode == 0, shown.stderr
    assert {line.split()[0] for line in shown.stdout.splitlines()} == expected


@pytest.mark.parametrize("version", [3, 4])
def test_what_is_private_is_for_root_there(version: int) -> None:
    """Whoever cannot take a port below 1024 is any user, whatever he says of himself."""
    own = "/srv/diskless/own/pc21"
    question = nfs_client.Question(version, [own], {})
    with place.on_the_lan("192.168.1.41/24") as there:
        assert set(nfs_client.ask(there, "192.168.1.1", question)) == {own}
        assert nfs_client.ask([*there, *place.UNPRIVILEGED], "192.168.1.1", question) == {}


@pytest.mark.parametrize("path", ["/srv/diskless/home", "/srv/diskless/media"])
def test_what_is_shared_is_made(host: Host, path: str) -> None:
    made = host.file(path)
    assert made.is_directory
    assert (made.user, made.group, made.mode) == ("root", "root", 0o755)


def test_the_record_of_exports_is_roots_alone(host: Host) -> None:
    assert host.file("/var/lib/diskless-netboot").mode == 0o700
    assert host.file("/var/lib/diskless-netboot/exports.json").mode == 0o600
