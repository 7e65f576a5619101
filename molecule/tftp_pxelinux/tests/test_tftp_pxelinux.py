"""What loaders get from the role tftp_pxelinux."""

from __future__ import annotations

import os
import pathlib

import pytest
from testinfra.host import Host

from tests.lab import paths, podman, scenario, tftp_client
from tests.lab.errors import LabError

ROOT = "/srv/tftp"
IN_EFFECT = "The TFTP server runs by its settings, also after the next start of the machine"


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
    """What it is served when it asks as PXELINUX does: by its address, shorter and shorter, and at last for default."""
    for name in ["C0A801FE"[:length] for length in range(8, 0, -1)]:
        with pytest.raises(LabError, match="File not found"):
            _fetch(f"pxelinux.cfg/{name}")
    lines = [line.strip() for line in _fetch("pxelinux.cfg/default").decode().splitlines()]
    assert "SAY This machine is not in the inventory of this network's boot server." in lines
    assert any(line.lower().startswith("localboot") for line in lines)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "pxelinux.cfg/../../../etc/passwd", "/srv/secret", "../secret"]
)
def test_nothing_outside_of_the_root_is_served(host: Host, path: str) -> None:
    """The server itself refuses, because to it the root is `/`: the files are there and it may read them."""
    host.check_output("install -m 0644 /etc/hostname /srv/secret")
    assert _fetch("/ldlinux.c32") == _fetch("ldlinux.c32")
    with pytest.raises(LabError, match="File not found"):
        _fetch(path)


def test_everything_is_readable_by_the_server(host: Host) -> None:
    assert host.check_output(f"find {ROOT} -type d -not -perm 0755") == ""
    assert host.check_output(f"find {ROOT} -type f -not -perm 0644") == ""
    assert f"{ROOT}/pxelinux.cfg/default" in host.check_output(f"find {ROOT} -type f -perm 0644")


@pytest.mark.parametrize("damage", ["touch /etc/default/tftpd-hpa", "kill $(pidof in.tftpd)"])
def test_the_server_is_restarted_where_it_does_not_run_by_its_settings(
    host: Host, tmp_path: pathlib.Path, damage: str
) -> None:
    assert scenario.converge(tmp_path).changes == []
    host.check_output(damage)
    assert [one.rpartition(" : ")[2] for one in scenario.converge(tmp_path).changes] == [IN_EFFECT]
    assert len(_fetch("ldlinux.c32")) > 10_000
    assert scenario.converge(tmp_path).changes == []
