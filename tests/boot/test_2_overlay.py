"""Slaves that share an image: what is theirs, what is not, and how they end."""

from __future__ import annotations

import json
import pathlib

import pytest

from tests.boot.library import Library

TREE_FORMAT = pathlib.Path(__file__).parent / "tree_format"
_SHUTDOWN_SECONDS = 60


def _mounts(library: Library, name: str) -> list[dict[str, str]]:
    """All mounts of a slave, those below others included."""
    text = library.on_slave(name, "findmnt", "--json", "--list", "--output", "TARGET,SOURCE,FSTYPE,OPTIONS")
    found: list[dict[str, str]] = json.loads(text)["filesystems"]
    return found


def _identity(library: Library, name: str) -> tuple[str, str]:
    return (
        library.on_slave(name, "cat", "/etc/machine-id"),
        library.on_slave(name, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"),
    )


@pytest.fixture(scope="module")
def first_identity() -> dict[str, tuple[str, str]]:
    """Who slaves said they are, by name; tests of this file add to it."""
    return {}


def test_a_slave_has_an_overlay_over_the_squashfs_file_on_read_only_nfs(
    converged: Library, first_identity: dict[str, tuple[str, str]]
) -> None:
    with converged.booted("pc01", "squashfs") as machine:
        assert converged.on_slave("pc01", "hostname") == "pc01"
        mounts = _mounts(converged, "pc01")
        root = [mount for mount in mounts if mount["target"] == "/"][-1]
        assert root["fstype"] == "overlay"
        traffic = machine.capture.update()
        assert traffic.received["nfs"] > 0
        text = converged.on_slave("pc01", "cat", "/proc/self/mountinfo", "/proc/cmdline")
        assert "diskless.lower=root.squashfs" in text
        types = converged.on_slave("pc01", "cat", "/proc/mounts")
        assert "lowerdir=" in types
        assert converged.on_slave("pc01", "cat", "/sys/block/loop0/loop/backing_file").endswith("root.squashfs")
        assert converged.on_slave("pc01", "cat", "/sys/block/loop0/ro") == "1"
        first_identity["pc01"] = _identity(converged, "pc01")
        # NFS is asked with numeric owners: a file of root's with the setuid bit is root's in the slave too.
        assert converged.on_slave("pc01", "stat", "--format=%u:%g %a", "/usr/bin/mount") == "0:0 4755"
        assert converged.on_slave("pc01", "systemctl", "--failed", "--quiet", "--plain", "--no-legend") == ""
        converged.on_slave("pc01", "systemd-run", "--on-active=1", "systemctl", "poweroff")
        machine.wait_until_off(_SHUTDOWN_SECONDS)


def test_a_second_slave_of_the_image_is_somebody_else(
    converged: Library, first_identity: dict[str, tuple[str, str]]
) -> None:
    with converged.booted("pc02"):
        assert converged.on_slave("pc02", "hostname") == "pc02"
        machine_id, host_key = _identity(converged, "pc02")
        other_id, other_key = first_identity["pc01"]
        assert machine_id != other_id
        assert host_key.split()[1] != other_key.split()[1]


def test_the_lower_layer_may_be_the_tree(converged: Library) -> None:
    converged.site("tree-format", more=TREE_FORMAT)
    with converged.booted("pc01", "tree"):
        assert "diskless.lower=root " in converged.on_slave("pc01", "cat", "/proc/cmdline")
        assert [mount["fstype"] for mount in _mounts(converged, "pc01") if mount["target"] == "/"][-1] == "overlay"
        assert converged.on_slave("pc01", "stat", "--format=%u:%g %a", "/usr/bin/mount") == "0:0 4755"
        assert converged.on_slave("pc01", "systemctl", "--failed", "--quiet", "--plain", "--no-legend") == ""
    converged.site("squashfs-again")
