"""Slaves that share an image: what is theirs, what is not, and how they end."""

from __future__ import annotations

import json
import pathlib
import typing

from tests.boot.library import Library, identity
from tests.lab.machine import Machine


class Mount(typing.TypedDict):
    """A line of findmnt(8)."""

    target: str
    source: str
    fstype: str
    options: str


def _mounts(library: Library, name: str) -> dict[str, Mount]:
    """What is mounted in a slave, by where; of several at one place the one that is seen."""
    text = library.on_slave(name, "findmnt", "--json", "--list", "--output", "TARGET,SOURCE,FSTYPE,OPTIONS")
    found: list[Mount] = json.loads(text)["filesystems"]
    return {mount["target"]: mount for mount in found}


def _require_read_only_nfs(library: Library, mount: Mount) -> str:
    """Checks that this is the slave's image, from its master; returns the generation's folder on the master."""
    server, path = mount["source"].split(":", maxsplit=1)
    assert server == library.model["masters"][library.master]["ip"]
    assert path.startswith("/srv/diskless/images/reading_room/")
    assert mount["fstype"] == "nfs4"
    assert "ro" in mount["options"].split(",")
    return path


def _lower(mounts: dict[str, Mount]) -> str:
    """The folder below the slave's own writes."""
    root = mounts["/"]
    assert root["fstype"] == "overlay"
    [lower] = [option for option in root["options"].split(",") if option.startswith("lowerdir=")]
    return lower.removeprefix("lowerdir=")


def _require_health(library: Library, name: str) -> None:
    assert library.on_slave(name, "hostname") == name
    # NFS is asked with numeric owners: a file of root's with the setuid bit is root's in the slave too.
    assert library.on_slave(name, "stat", "--format=%u:%g %a", "/usr/bin/mount") == "0:0 4755"
    assert library.on_slave(name, "systemctl", "--failed", "--quiet", "--plain", "--no-legend") == ""


def test_a_slave_has_an_overlay_over_the_squashfs_file_on_read_only_nfs(converged: Library) -> None:
    with converged.booted_together("squashfs", {"pc01": "bios", "pc02": "bios"}) as machines:
        _require_overlay(converged, machines["pc01"])

        # The image is the same, who they are is not.
        assert converged.on_slave("pc02", "hostname") == "pc02"
        ours, others = identity(converged, "pc01"), identity(converged, "pc02")
        assert ours[0] != others[0]
        assert ours[1] != others[1]

        converged.switch_off("pc01", machines["pc01"])


def _require_overlay(converged: Library, machine: Machine) -> None:
    # QEMU's ROM is an iPXE, which is told a script; that and all else comes by HTTP.
    transfers = machine.capture.update().transfers
    assert transfers[0].path == "/ipxe/boot.ipxe"
    assert {one.service for one in transfers} == {"http"}

    _require_health(converged, "pc01")
    mounts = _mounts(converged, "pc01")
    squashfs = mounts[_lower(mounts)]
    assert squashfs["fstype"] == "squashfs"
    backing = converged.on_slave("pc01", "losetup", "--noheadings", "--output", "BACK-FILE,RO", squashfs["source"])
    file, read_only = backing.split()
    assert file.endswith("/root.squashfs")
    assert read_only == "1"
    # The usual eight devices would each be looked at by udev.
    assert converged.on_slave("pc01", "sh", "-c", "echo /sys/block/loop*") == "/sys/block/loop0"
    generation = _require_read_only_nfs(converged, mounts[str(pathlib.PurePath(file).parent)])
    assert converged.on_master("ls", f"{generation}/root.squashfs") == f"{generation}/root.squashfs\n"
