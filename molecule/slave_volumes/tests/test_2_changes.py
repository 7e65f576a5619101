"""What becomes of volumes while slaves come and go and the machine starts.

Each test goes on where the one before has ended.
"""

from __future__ import annotations

import pathlib

from testinfra.host import Host

from tests.lab import scenario

TOP = "/srv/diskless"
OWN, HOME = f"{TOP}/own/pc01", f"{TOP}/home"
SIZE = 64 << 20


def start(host: Host) -> str:
    """Does what the machine does when it starts; gives what the journal is told."""
    program = host.check_output("systemctl show --property=ExecStart --value diskless-volumes.service")
    path = next(word.removeprefix("path=") for word in program.split() if word.startswith("path="))
    return str(host.check_output(f"{path} {TOP} 2>&1"))


def test_they_are_mounted_again_when_the_machine_starts(host: Host) -> None:
    host.check_output(f"echo precious > {OWN}/database; umount {OWN} {HOME}")
    assert start(host) == ""
    assert host.file(f"{OWN}/database").content_string == "precious\n"
    assert host.mount_point(HOME).exists
    assert start(host) == ""


def test_one_that_is_damaged_is_told_of_and_leaves_nothing_to_serve(host: Host) -> None:
    file = f"{TOP}/volumes/own+pc01.ext4"
    host.check_output(
        f"umount {OWN}; cp --sparse=always {file} /srv/kept; dd if=/dev/zero of={file} bs=1M count=2 conv=notrunc"
    )
    said = start(host)
    assert said.startswith(f"<3>{file} is not mounted at {OWN}: ")
    assert said.endswith(f"; look after it by fsck.ext4 {file}")
    assert not host.file(OWN).exists
    host.check_output(f"mv /srv/kept {file}")
    assert start(host) == ""
    assert host.file(f"{OWN}/database").content_string == "precious\n"


def test_who_leaves_keeps_what_it_has(host: Host, tmp_path: pathlib.Path) -> None:
    stays = [{"path": HOME, "size": SIZE}]
    assert scenario.converge(tmp_path, slave_volumes_volumes=stays).changes == []
    assert host.mount_point(OWN).exists


def test_what_is_no_file_system_of_its_own_is_told(host: Host, tmp_path: pathlib.Path) -> None:
    host.check_output(f"mkdir --parents {TOP}/notices/old")
    told = [{"path": f"{TOP}/notices", "size": SIZE}]
    assert scenario.converge(tmp_path, slave_volumes_volumes=told).changes == []
    assert f"no file systems of their own: {TOP}/notices: a hostile slave" in " ".join(
        scenario.log(tmp_path).read_text().split()
    )
