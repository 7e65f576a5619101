"""What the role slave_volumes leaves on a master."""

from __future__ import annotations

import pytest
from testinfra.host import Host

TOP = "/srv/diskless"
UNIT = "diskless-volumes.service"


@pytest.mark.parametrize("path", ["own/pc01", "home"])
def test_each_is_a_file_system_of_its_own(host: Host, path: str) -> None:
    mount = host.mount_point(f"{TOP}/{path}")
    assert (mount.exists, mount.filesystem) == (True, "ext4")
    assert {"nosuid", "nodev", "noatime", "discard"} <= set(mount.options)
    assert host.check_output(f"ls -A {TOP}/{path}") == "lost+found"


def test_files_are_roots_alone_and_take_no_room_before_it_is_written(host: Host) -> None:
    told = host.check_output(f"stat --format='%n %a %U:%G' {TOP}/volumes {TOP}/volumes/*").splitlines()
    assert told == [
        f"{TOP}/volumes 700 root:root",
        f"{TOP}/volumes/home.ext4 600 root:root",
        f"{TOP}/volumes/own+pc01.ext4 600 root:root",
    ]
    assert host.file(f"{TOP}/volumes/home.ext4").size == 1 << 40
    assert int(host.check_output(f"du --block-size=1M {TOP}/volumes/home.ext4").split()[0]) < 64


def test_what_lies_elsewhere_is_an_administrators_to_make(host: Host) -> None:
    assert not host.file("/srv/films").exists


@pytest.mark.parametrize("server", ["nfs-ganesha", "nfs-server"])
def test_no_nfs_server_starts_before_they_are_mounted(host: Host, server: str) -> None:
    service = host.service(UNIT)
    assert (service.is_enabled, service.is_running) == (True, True)
    assert host.file(f"/etc/systemd/system/{server}.service.requires/{UNIT}").is_symlink
    assert f"{server}.service" in host.check_output(f"systemctl show --property=Before --value {UNIT}").split()
    # Who stops it would stop that server.
    assert host.run(f"systemctl stop {UNIT}").rc != 0
