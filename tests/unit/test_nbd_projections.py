"""What each kind of root attaches, what the master exports and makes for it, and what its kernel must bring."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections, nbd_projections, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from fleet_inventory import GROUPS, IMAGES, fresh, generation, inventory

MIB = 1 << 20
GIB = 1 << 30
EXT4: dict[str, Any] = {"diskless_images": {**IMAGES, "catalogue": {"nbd": {"format": "ext4"}}}}
SIZED: dict[str, Any] = {"diskless_images": {**IMAGES, "catalogue": {"nbd": {"format": "btrfs", "size": "4000M"}}}}
COW = {"slave_root": "nbd_cow", "slave_mounts": []}
RPM = {"name": "rpm", "size": "1G", "path": "/var/lib/rpm"}
DESK: dict[str, Any] = {"slave_root": "persist", "slave_disks": [RPM], "slave_swap": "nbd"}
MENU = {"slave_menu": {"labels": [{"name": "own"}, {"name": "other", "image": "catalogue"}]}}


def model(**changes: dict[str, Any]) -> Fleet:
    made: Fleet = fresh(inventory(**changes), GROUPS)
    assert made["errors"] == []
    return made


def root(made: Fleet, image: str, file: str) -> str:
    return f"images/{image}/{generation(made, image)}/{file}"


def export(name: str, access: str, *clients: str) -> dict[str, Any]:
    return {"name": name, "path": f"/srv/diskless/{name}", "clients": [*clients], "access": access}


def disk(slave: str, name: str, size: int, filesystem: str, *, keep: bool) -> dict[str, Any]:
    return {"slave": slave, "name": name, "size": size, "filesystem": filesystem, "keep": keep}


def test_by_nfs_alone_there_is_nothing() -> None:
    assert nbd_projections.nbd_exports(model(), "master01") == nbd_projections.disks(model(), "master01") == []


def test_one_image_for_all_that_have_it() -> None:
    made = model(pc01={"slave_root": "nbd_overlay"}, pc02={**DESK, "slave_image": "reading_room", "slave_mounts": []})
    assert nbd_projections.nbd_exports(made, "master01") == [
        export("disks/pc02/persist", "rw", "192.168.1.22"),
        export("disks/pc02/rpm", "rw", "192.168.1.22"),
        export("disks/pc02/swap", "rw", "192.168.1.22"),
        export(root(made, "reading_room", "root.squashfs"), "ro", "192.168.1.21", "192.168.1.22"),
    ]
    assert nbd_projections.disks(made, "master01") == [
        disk("pc02", "persist", 4 * GIB, "ext4", keep=True),
        disk("pc02", "swap", GIB, "swap", keep=False),
        disk("pc02", "rpm", GIB, "ext4", keep=True),
    ]
    # nobody mounts anything
    assert projections.exports(made, "master01") == []
    assert [item["nbd"] for item in image_projections.images(made, "master01")] == [
        {"format": "squashfs", "size": None}
    ]


def test_what_is_written_to_a_shared_image() -> None:
    made = model(everywhere=SIZED, pc02=COW)
    assert nbd_projections.nbd_exports(made, "master01") == [
        export("disks/pc02/scratch", "rw", "192.168.1.22"),
        export(root(made, "catalogue", "root.4000M.btrfs"), "ro", "192.168.1.22"),
    ]
    assert nbd_projections.disks(made, "master01") == [disk("pc02", "scratch", (4080 + 16) * MIB, "none", keep=False)]


def test_the_largest_scratch_is_a_file_that_ext4_can_hold() -> None:
    images = {**IMAGES, "catalogue": {"nbd": {"format": "ext4", "size": "15T"}}}
    (scratch,) = nbd_projections.disks(model(everywhere={"diskless_images": images}, pc02=COW), "master01")
    assert isinstance(scratch["size"], int)
    assert 15 << 40 < scratch["size"] < 16 << 40


def test_another_image_of_a_menu_comes_by_nfs_and_has_the_disks_too() -> None:
    made = model(everywhere=EXT4, pc01={**DESK, **MENU}, pc02={"slave_root": "nbd_overlay", "slave_mounts": []})
    names = [item["name"] for item in nbd_projections.nbd_exports(made, "master01")]
    assert names == [
        *("disks/pc01/persist", "disks/pc01/rpm", "disks/pc01/swap"),
        root(made, "catalogue", "root.ext4"),
        root(made, "reading_room", "root.squashfs"),
    ]
    catalogue = f"/srv/diskless/{root(made, 'catalogue', '')}".rstrip("/")
    assert [(item["path"], item["clients"]) for item in projections.exports(made, "master01")][:1] == [
        (catalogue, ["192.168.1.21"])
    ]
    entry: Any = projections.boot_entries(made, "master01")[0]
    own, other = (" ".join(label["cmdline"]) for label in entry["labels"])
    assert "diskless.upper=/dev/nbd1" in own
    assert "diskless.nbd=3,192.168.1.1,disks/pc01/rpm,rw" in own
    assert "root=/dev/nfs" in other
    assert "diskless.nbd=0,192.168.1.1,disks/pc01/swap,rw diskless.nbd=1,192.168.1.1,disks/pc01/rpm,rw" in other
    assert "diskless.mount=/var/lib/rpm,ext4,/dev/nbd1,rw,nosuid,nodev,x-systemd.growfs" in other
    assert "diskless.swap=/dev/nbd0" in other
    assert "disks/pc01/persist" not in other


PERL = ["usr/bin/perl"]
NEEDS: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("squashfs", {}, [], []),
    ("squashfs", {"slave_swap": "zram"}, [], []),
    ("squashfs", {"slave_swap": "nbd"}, ["nbd"], PERL),
    ("ext4", {"slave_disks": [{**RPM, "fstype": "xfs"}]}, ["nbd"], PERL),
    ("squashfs", {"slave_root": "nbd_overlay"}, ["nbd"], PERL),
    ("erofs", {"slave_root": "nbd_overlay"}, ["erofs", "nbd"], PERL),
    ("btrfs", {"slave_root": "persist"}, ["btrfs", "ext4", "nbd"], PERL),
    ("btrfs", {"slave_root": "nbd_cow"}, ["btrfs", "dm_snapshot", "nbd"], [*PERL, "usr/sbin/dmsetup"]),
]


@pytest.mark.parametrize(("packed", "variables", "modules", "programs"), NEEDS)
def test_what_the_initramfs_needs(
    packed: str, variables: dict[str, Any], modules: list[str], programs: list[str]
) -> None:
    sized = {"size": "4G"} if variables.get("slave_root") == "nbd_cow" else {}
    images = {**IMAGES, "reading_room": {"nbd": {"format": packed, **sized}}}
    made = model(everywhere={"diskless_images": images}, pc01=variables)
    catalogue, reading_room = image_projections.kernels(made, "master01")
    assert (reading_room["modules"], reading_room["programs"]) == (modules, programs)
    assert (catalogue["modules"], catalogue["programs"]) == ([], [])


def test_each_master_serves_its_own() -> None:
    groups = {**GROUPS, "masters": ["master01", "master02"]}
    made: Fleet = fresh(
        inventory(
            master02={"master_ip": "192.168.1.2", "master_interface": "eth1"},
            pc01={"slave_root": "nbd_overlay", "slave_master": "master01"},
            pc02={"slave_root": "persist", "slave_master": "master02"},
        ),
        groups,
    )
    assert made["errors"] == []
    first, second = ([item["name"] for item in nbd_projections.nbd_exports(made, master)] for master in made["masters"])
    assert first == [root(made, "reading_room", "root.squashfs")]
    assert second == ["disks/pc02/persist", root(made, "catalogue", "root.squashfs")]
    assert nbd_projections.disks(made, "master01") == []
