"""What the role slave_rootfs builds: an image that many machines can share, and trees of slaves' own."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

IMAGE = "/srv/diskless/images/reading_room/g1"
TREES = "/srv/diskless/trees"


def test_the_generation_is_complete(host: Host) -> None:
    json.loads(host.file(f"{IMAGE}/image.json").content_string)
    assert host.file(f"{IMAGE}/root/usr/lib/systemd/systemd").is_file
    assert "Compression zstd" in host.check_output(f"unsquashfs -stat {IMAGE}/root.squashfs")


def test_nothing_half_made_is_left(host: Host) -> None:
    assert host.check_output("ls /srv/diskless/images/reading_room") == "g1"


@pytest.mark.parametrize("path", ["etc/hostname", "var/lib/systemd/random-seed", "etc/ssh/ssh_host_ed25519_key"])
def test_what_must_be_a_slaves_own_is_not_in_the_image(host: Host, path: str) -> None:
    assert not host.file(f"{IMAGE}/root/{path}").exists
    assert host.run(f"unsquashfs -lls {IMAGE}/root.squashfs {path} 2>/dev/null | grep /{path}$").stdout == ""


def test_the_machine_id_is_empty(host: Host) -> None:
    assert host.file(f"{IMAGE}/root/etc/machine-id").size == 0


def test_owners_and_permissions_are_the_packages_own(host: Host) -> None:
    for root in (f"{IMAGE}/root", f"{TREES}/pc21"):
        assert host.file(f"{root}/etc/shadow").mode == 0o640
        assert host.file(f"{root}/etc/shadow").group == "shadow"
    assert host.file(f"{IMAGE}/root/usr/bin/mount").mode == 0o4755


@pytest.mark.parametrize("name", ["pc21", "pc22"])
def test_a_tree_holds_what_is_not_shared(host: Host, name: str) -> None:
    assert host.file(f"{TREES}/{name}/etc/fstab").is_file
    assert host.check_output(f"ls -A {TREES}/{name}/usr") == ""
    assert name in host.file(f"{TREES}/{name}/etc/hosts").content_string


def test_trees_share_no_file_that_can_be_written(host: Host) -> None:
    inodes = {host.check_output(f"stat --format=%i {TREES}/{name}/etc/passwd") for name in ("pc21", "pc22")}
    assert len(inodes) == 2
