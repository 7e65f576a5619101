"""What the role nbd_server exports, and to whom; what it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

IMAGE = "images/reading_room/g1/root.squashfs"
PERSIST = "disks/pc27/persist"
ALLOW = "/etc/nbd-server/diskless/allow"
MIB = 1 << 20
Machines = Callable[[str], Any]


def pid(host: Host) -> str:
    """The server's first process."""
    return str(host.check_output("systemctl show --property=MainPID --value nbd-server"))


def test_the_server_runs_as_its_own_user_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    service = host.service("nbd-server")
    assert service.is_running
    assert service.is_enabled
    assert host.check_output("ps -o user= -p %s", pid(host)) == "nbd"
    assert host.socket("tcp://0.0.0.0:10809").is_listening


def test_nobody_is_told_names(on_the_lan: Machines) -> None:
    listed = on_the_lan("192.168.1.21").run("nbd-client", "-l", "192.168.1.1")
    assert "listing not allowed by server" in listed.stderr
    assert "images" not in listed.stdout + listed.stderr


@pytest.mark.parametrize(
    ("address", "export", "allowed"),
    [
        ("192.168.1.21", IMAGE, True),
        ("192.168.1.22", IMAGE, True),
        ("192.168.1.2", IMAGE, False),
        ("192.168.1.27", IMAGE, False),
        ("192.168.1.27", PERSIST, True),
        ("192.168.1.21", PERSIST, False),
        ("192.168.1.21", "-spare-1", False),
        ("192.168.1.27", "disks/pc27/swap", True),
        ("192.168.1.22", "disks/pc27/swap", False),
    ],
)
def test_each_machine_gets_what_is_its_own(on_the_lan: Machines, address: str, export: str, *, allowed: bool) -> None:
    asked = on_the_lan(address).run("nbdinfo", "--size", f"nbd://192.168.1.1/{export}")
    assert (asked.returncode == 0) is allowed, asked.stderr


def test_an_image_is_read_as_it_is_and_not_written_to(on_the_lan: Machines, host: Host) -> None:
    machine = on_the_lan("192.168.1.21")
    copied = machine.run("nbdcopy", f"nbd://192.168.1.1/{IMAGE}", "-")
    expected = host.file(f"/srv/diskless/{IMAGE}").content
    assert hashlib.sha256(copied.stdout.encode()).digest() == hashlib.sha256(expected).digest()
    assert machine.run("nbdinfo", "--is", "readonly", f"nbd://192.168.1.1/{IMAGE}").returncode == 0


def test_what_can_be_done_with_a_disk(on_the_lan: Machines) -> None:
    for what in ("flush", "fua", "trim"):
        assert on_the_lan("192.168.1.27").run("nbdinfo", "--can", what, f"nbd://192.168.1.1/{PERSIST}").returncode == 0


def test_what_is_written_outlives_a_restart_and_trimming_frees_blocks(on_the_lan: Machines, host: Host) -> None:
    machine = on_the_lan("192.168.1.27")
    path, begin = f"/srv/diskless/{PERSIST}", str(16 * MIB)
    before = int(host.check_output(f"stat --format=%b {path}"))
    assert machine.ask("attach", PERSIST) == str(64 * MIB)
    assert machine.ask("write", PERSIST, begin, "a" * MIB) == "ok"
    host.check_output("systemctl restart nbd-server")
    # It answers, if only by its no, when it has made what TLS needs.
    host.check_output("timeout 30 sh -c 'while nbdinfo --list nbd://127.0.0.1 2>&1 | grep refused; do sleep 0.2; done'")
    assert machine.ask("attach", PERSIST) == str(64 * MIB)
    assert machine.ask("read", PERSIST, begin, "5") == "aaaaa"
    assert int(host.check_output(f"stat --format=%b {path}")) >= before + 1920
    assert machine.ask("trim", PERSIST, begin, str(MIB)) == "ok"
    assert int(host.check_output(f"stat --format=%b {path}")) <= before + 128
    assert machine.ask("detach", PERSIST) == "ok"


@pytest.mark.parametrize(
    ("name", "content", "most_mib"),
    [("persist", "ext4", 4), ("rpm", "xfs", 80), ("home", "btrfs", 8), ("swap", "swap", 1), ("scratch", "", 0)],
)
def test_disks_are_sparse_and_the_servers_alone(host: Host, name: str, content: str, most_mib: int) -> None:
    disk = host.file(f"/srv/diskless/disks/pc27/{name}")
    assert (disk.user, disk.group, disk.mode) == ("nbd", "nbd", 0o600)
    assert host.run(f"blkid --probe --match-tag TYPE --output value {disk.path}").stdout.strip() == content
    assert int(host.check_output(f"stat --format=%b {disk.path}")) * 512 <= most_mib * MIB


def test_reloading_leaves_the_server_alone(host: Host) -> None:
    """That of Debian 12 crashes by it, were it not for the exports of nothing."""
    first = pid(host)
    host.check_output("for n in $(seq 30); do systemctl reload nbd-server && sleep 0.05; done")
    assert pid(host) == first


def test_records_are_roots_alone(host: Host) -> None:
    for name in ("nbd-exports", "nbd-disks"):
        assert host.file(f"/var/lib/diskless-netboot/{name}.json").mode == 0o600
    # The server lets everybody in where it cannot read these.
    assert host.file(f"{ALLOW}/disks+pc27+persist").mode == 0o644
    assert host.file(f"{ALLOW}/disks+pc27+persist").content_string == "192.168.1.27/32\n"
