"""A slave whose image has OpenRC in the place of systemd: what test_91 shows of others, as far as that is systemd's."""

from __future__ import annotations

import typing

import pytest

from tests.boot.library import Library, identity
from tests.lab.machine import Machine

NAME = "pc12"
STATE = "/var/lib/diskless-test/a-b"
DISK = f"/srv/diskless/disks/{NAME}"
_OFF_SECONDS = 120
_MOST_UPTIME = 3600


@pytest.fixture(name="machine", scope="module")
def _machine(shared_root: Library) -> typing.Iterator[Machine]:
    """From power-on to its login prompt; its clock has no battery. What comes of it is in the order of the tests."""
    with shared_root.booted(NAME, "openrc", clock="2001-01-01") as machine:
        yield machine


def _status(library: Library, service: str) -> str:
    """What OpenRC says of a service; its program says so by its exit status too."""
    said = library.on_slave(
        NAME, "sh", "-c", f"RC_NOCOLOR=yes rc-status --all --format=ini | grep '^{service} ' | head -n 1"
    )
    return said.partition("=")[2].split()[0]


def _mounted(library: Library, path: str) -> list[str]:
    """Where it comes from and as what."""
    return library.on_slave(NAME, "findmnt", "--noheadings", "--output", "SOURCE,FSTYPE", "--target", path).split()


def test_services_are_the_images_and_the_slaves_own_choice(library: Library, machine: Machine) -> None:
    assert library.on_slave(NAME, "cat", "/proc/1/comm") == "init"
    assert library.on_slave(NAME, "rc-status", "--runlevel") == "default"
    assert {name: _status(library, name) for name in ("ssh", "rsync", "cron", "agetty.ttyS0")} == {
        "ssh": "started", "rsync": "started", "cron": "stopped", "agetty.ttyS0": "started",
    }  # fmt: skip
    assert "cron" not in library.on_slave(NAME, "ps", "-e", "--format=comm").split()
    assert library.on_slave(NAME, "sh", "-c", "rc-status --crashed || true") == ""
    for name in ("diskless-lease", "diskless-log", "diskless-mounts", "diskless-services", "diskless-swap"):
        assert (name, _status(library, name)) == (name, "started")
    # Those that the masters' own are not touched by: nothing of it is on one.
    assert library.on_master("sh", "-c", "ls -d /etc/runlevels /run/openrc 2>/dev/null || true") == ""


def test_it_is_itself(library: Library, machine: Machine) -> None:
    machine_id, key = identity(library, NAME)
    kept = library.on_master("cat", f"/srv/diskless/state/identity/{NAME}/machine-id").strip()
    assert (machine_id, len(key)) == (kept, 68)
    assert library.on_slave(NAME, "hostname", "--fqdn") == f"{NAME}.library.example"
    assert library.on_slave(NAME, "cat", "/etc/resolv.conf").splitlines()[-1] == "nameserver 192.168.1.254"


def test_what_it_has_besides_its_root_is_there(library: Library, machine: Machine) -> None:
    assert _mounted(library, "/run/initramfs/rw") == ["/dev/nbd1", "ext4"]
    assert _mounted(library, "/srv/data") == ["/dev/nbd2", "ext4"]
    assert _mounted(library, "/home") == ["192.168.1.1:/srv/diskless/home", "nfs4"]
    assert _mounted(library, STATE) == [f"192.168.1.1:/srv/diskless/own/{NAME}{STATE}", "nfs4"]
    assert library.on_slave(NAME, "stat", "--format=%U:%G %a", STATE) == "nobody:adm 750"
    assert {path: _mounted(library, path)[1] for path in ("/tmp", "/media", "/run/lock", "/var/tmp")} == {
        "/tmp": "tmpfs", "/media": "tmpfs", "/run/lock": "tmpfs", "/var/tmp": "overlay",
    }  # fmt: skip
    assert library.on_slave(NAME, "swapon", "--noheadings", "--show=NAME") == "/dev/zram0"


def test_its_log_is_in_its_memory_and_its_lease_renewed(library: Library, machine: Machine) -> None:
    library.on_slave(NAME, "logger", "--tag", "test", "hello")
    assert library.on_slave(NAME, "sh", "-c", "busybox logread | grep test:").endswith("test: hello")
    assert library.on_slave(NAME, "ls", "/var/log").split().count("messages") == 0
    programs = library.on_slave(NAME, "ps", "-e", "--format=args").splitlines()
    assert [line.split()[:2] for line in programs if line.startswith("busybox udhcpc ")] == [["busybox", "udhcpc"]]


def test_its_clock_begins_no_earlier_than_its_image(library: Library, machine: Machine) -> None:
    now, built = library.on_slave(NAME, "sh", "-c", "date +%s; stat --format=%Y /usr/lib/clock-epoch").splitlines()
    assert 0 <= int(now) - int(built) < _MOST_UPTIME


def test_it_leaves_its_disks_clean(library: Library, machine: Machine) -> None:
    library.on_slave(NAME, "sh", "-c", f"echo kept | tee /root/kept /srv/data/kept > {STATE}/kept")
    library.switch_off(NAME, machine, _OFF_SECONDS)
    words = machine.last_words(100)
    end = [
        words.index(word)
        for word in (
            "Asking all remaining processes",
            "Unmounting local filesystems",
            "Emergency Remount",
            "Power down",
        )
    ]
    assert end == sorted(end), words
    assert "Killing all remaining processes" not in words
    assert library.inside(f"/srv/diskless/own/{NAME}{STATE}/kept").read_text() == "kept\n"
    for disk, path in (("persist", "/upper/root/kept"), ("data", "/kept")):
        # Its journal holds nothing that is not in its place: as after an unmount.
        assert "needs_recovery" not in library.on_master("dumpe2fs", "-h", f"{DISK}/{disk}")
        assert library.on_master("debugfs", "-R", f"cat {path}", f"{DISK}/{disk}").splitlines()[-1] == "kept"
