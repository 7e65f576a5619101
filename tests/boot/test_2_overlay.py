"""Slaves that share an image: what is theirs, what is not, and how they end."""

from __future__ import annotations

import json
import pathlib
import typing

import pytest

from tests.boot.library import Library, identity
from tests.lab.machine import Machine

TREE_FORMAT = pathlib.Path(__file__).parent / "tree_format"
_SHUTDOWN_SECONDS = 60


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


@pytest.fixture(scope="module")
def both(converged: Library) -> typing.Iterator[dict[str, Machine]]:
    """Two slaves of the image. pc02 runs while the tests of this file change what is around it."""
    with converged.booted_together("squashfs", {"pc01": "bios", "pc02": "bios"}) as machines:
        yield machines


def test_a_slave_has_an_overlay_over_the_squashfs_file_on_read_only_nfs(
    converged: Library, both: dict[str, Machine]
) -> None:
    # QEMU's ROM is an iPXE, which is told a script; that and all else comes by HTTP.
    transfers = both["pc01"].capture.update().transfers
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
    generation = _require_read_only_nfs(converged, mounts[str(pathlib.PurePath(file).parent)])
    assert converged.on_master("ls", f"{generation}/root.squashfs") == f"{generation}/root.squashfs\n"

    # The image is the same, who they are is not.
    assert converged.on_slave("pc02", "hostname") == "pc02"
    ours, others = identity(converged, "pc01"), identity(converged, "pc02")
    assert ours[0] != others[0]
    assert ours[1] != others[1]

    converged.on_slave("pc01", "systemd-run", "--on-active=1", "systemctl", "poweroff")
    both["pc01"].wait_until_off(_SHUTDOWN_SECONDS)
    # Its port on the LAN is free for its next boot.
    both["pc01"].power_off()


def test_a_new_generation_is_for_the_next_boot_and_its_lower_layer_may_be_the_tree(
    converged: Library, both: dict[str, Machine]
) -> None:
    pc02 = both["pc02"]
    running = _mounts(converged, "pc02")
    converged.site("tree-format", more=TREE_FORMAT)

    # pc02 still has its root: the master gives it what it must fetch again.
    fetched = pc02.capture.update().received["nfs"]
    converged.on_slave("pc02", "sh", "-c", "echo 3 > /proc/sys/vm/drop_caches; cat /usr/bin/* > /dev/null")
    assert pc02.capture.update().received["nfs"] > fetched + 2**20
    assert _mounts(converged, "pc02")["/"] == running["/"]

    with converged.booted("pc01", "tree"):
        _require_health(converged, "pc01")
        mounts = _mounts(converged, "pc01")
        lower = pathlib.PurePath(_lower(mounts))
        assert lower.name == "root"
        generation = _require_read_only_nfs(converged, mounts[str(lower.parent)])
        assert generation != _require_read_only_nfs(converged, running["/run/initramfs/nfs"])


def test_the_image_as_it_was_is_the_generation_that_was(converged: Library) -> None:
    [*_earlier, first] = converged.boots("pc02", "reading_room")["before"]
    converged.site("squashfs-again")
    assert converged.boots("pc02", "reading_room")["generation"] == first
