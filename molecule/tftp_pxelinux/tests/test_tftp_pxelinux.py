"""What loaders get from the role tftp_pxelinux."""

from __future__ import annotations

import os

import pytest
from testinfra.host import Host

from tests.lab import paths, podman, tftp_client
from tests.lab.errors import LabError

ROOT = "/srv/tftp"


def _fetch(path: str) -> bytes:
    """A file of the server, asked for over its LAN address."""
    pid = podman.process_id(paths.lab_folder(os.environ["DISKLESS_LAB"]), "master01")
    return tftp_client.ask(["nsenter", "--target", str(pid), "--net"], "192.168.1.1", path)


def test_the_server_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    service = host.service("tftpd-hpa")
    assert service.is_running
    assert service.is_enabled


@pytest.mark.parametrize("name", ["lpxelinux.0", "ldlinux.c32"])
def test_the_loader_and_what_it_needs_are_served(host: Host, name: str) -> None:
    assert len(_fetch(name)) == host.file(f"{ROOT}/{name}").size > 10_000


def test_a_slave_finds_its_boot_file_by_its_address() -> None:
    text = _fetch("pxelinux.cfg/C0A80115").decode()
    directives = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert directives[0].lower() == "serial 0 115200"
    assert "images/reading_room/g1/vmlinuz" in text
    assert "nfsroot=192.168.1.1:/srv/diskless/images/reading_room/g1" in text
    assert "quiet" not in text
    assert "quiet" in _fetch("pxelinux.cfg/C0A80116").decode()


def test_an_unknown_machine_is_told_so_and_boots_its_disk() -> None:
    text = _fetch("pxelinux.cfg/default").decode()
    assert "localboot" in text.lower()


def test_nothing_outside_of_the_root_is_served() -> None:
    for path in ("../../etc/passwd", "/etc/passwd"):
        with pytest.raises(LabError):
            _fetch(path)


def test_everything_is_readable_by_the_server(host: Host) -> None:
    assert host.run(f"find {ROOT} -type d -not -perm 0755").stdout == ""
    assert host.run(f"find {ROOT} -type f -not -perm 0644").stdout == ""
