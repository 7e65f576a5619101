"""Each fault of slave_disks, slave_swap and slave_persist_size, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import PATH_ALLOWED
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import shown
from fleet_inventory import GROUPS, inventory

MIB = 1 << 20
RPM = {"name": "rpm", "size": "1G", "path": "/var/lib/rpm"}
PATH = f"allowed: {PATH_ALLOWED}"
NAME = "allowed: 1 to 32 lower-case letters, digits and hyphens; not persist, scratch, swap"
OPTS = "allowed: mount options joined by commas, as in fstab(5), without ro"
KEYS = "allowed: name, size, fstype, path, opts"


def sizes(least: str) -> str:
    units = "a size like 512M or 4G (binary units K, M, G, T) or a number of bytes"
    return f"allowed: {units}, from {least} to 15T"


DISK: list[tuple[Any, list[str]]] = [
    (RPM, []),
    ({**RPM, "fstype": "xfs", "size": "300MiB", "opts": "noatime"}, []),
    ({**RPM, "fstype": "btrfs", "size": 128 * MIB}, []),
    ({**RPM, "path": "/var/lib/docker", "fstype": None, "opts": None}, []),
    (
        {},
        [f".name: missing; {NAME}", f".path: missing; {PATH}", ".size: missing; allowed: a size like 512M or 4G"],
    ),
    ("rpm", [": 'rpm': is text, not a dictionary; allowed: a dictionary with name, size, fstype, path, opts"]),
    ({**RPM, "fstpye": "xfs"}, [f": unknown key fstpye; did you mean 'fstype'; {KEYS}"]),
    (
        {**RPM, "name": "swap"},
        [f".name: 'swap': is the name of a device that a slave has by its root or its swap; {NAME}"],
    ),
    ({**RPM, "name": "Rpm"}, [f".name: 'Rpm': is no name of a disk; {NAME}"]),
    ({**RPM, "name": "../x"}, [f".name: '../x': would leave its folder; {NAME}"]),
    ({**RPM, "name": "a,b"}, [f".name: 'a,b': is no usable name; {NAME}"]),
    ({**RPM, "name": "x" * 33}, [f".name: '{'x' * 33}': is no name of a disk; {NAME}"]),
    ({**RPM, "path": "/etc/x"}, [f".path: '/etc/x': would hide /etc, which the slave needs; {PATH}"]),
    ({**RPM, "fstype": "ext3"}, [".fstype: 'ext3': is unknown, did you mean 'ext4'; allowed: ext4, xfs, btrfs"]),
    ({**RPM, "opts": "ro"}, [f".opts: 'ro': says ro, and nobody but the slave can fill its disk; {OPTS}"]),
    ({**RPM, "opts": "a b"}, [f".opts: 'a b': holds what no mount option may hold; {OPTS}"]),
    ({**RPM, "size": "1 G"}, [f".size: '1 G': is no size; {sizes('16M')}"]),
    ({**RPM, "size": "1GB"}, [f".size: '1GB': is no size; {sizes('16M')}"]),
    ({**RPM, "size": "iB"}, [f".size: 'iB': is no size; {sizes('16M')}"]),
    ({**RPM, "size": "1iB"}, [f".size: '1iB': is no size; {sizes('16M')}"]),
    ({**RPM, "size": 1e9}, [f".size: 1000000000.0: is a number, not text (quote it in YAML); {sizes('16M')}"]),
    ({**RPM, "size": True}, [f".size: True: is a boolean, not text (quote it in YAML); {sizes('16M')}"]),
    ({**RPM, "size": -1}, [f".size: -1: is too small; {sizes('16M')}"]),
    ({**RPM, "size": "15M"}, [f".size: '15M': is too small; {sizes('16M')}"]),
    ({**RPM, "size": "299M", "fstype": "xfs"}, [f".size: '299M': is too small; {sizes('300M')}"]),
    ({**RPM, "size": "127M", "fstype": "btrfs"}, [f".size: '127M': is too small; {sizes('128M')}"]),
    ({**RPM, "size": "16T"}, [f".size: '16T': is too large; {sizes('16M')}"]),
    ({**RPM, "size": "20000000"}, [f".size: '20000000': is no multiple of 1M; {sizes('16M')}"]),
    ({**RPM, "size": 20 * MIB + 1}, [f".size: {20 * MIB + 1}: is no multiple of 1M; {sizes('16M')}"]),
    ({**RPM, "size": "20480K"}, []),
]


@pytest.mark.parametrize(("disk", "errors"), DISK)
def test_a_disk(disk: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_disks": [disk]}), GROUPS)
    assert model["errors"] == [f"pc01: slave_disks[0]{error}" for error in errors]
    assert model["warnings"] == []


def test_a_disk_is_normalised() -> None:
    disk = {**RPM, "size": "20480K"}
    assert fleet(inventory(pc01={"slave_disks": [disk]}), GROUPS)["slaves"]["pc01"]["disks"] == [
        {"name": "rpm", "size": 20 * MIB, "fstype": "ext4", "path": "/var/lib/rpm", "opts": "rw,nosuid,nodev"}
    ]


def test_disks_beside_each_other() -> None:
    disks = [RPM, {**RPM, "path": "/b"}, {**RPM, "name": "c", "path": "/home"}, {**RPM, "name": "d"}]
    mount = {"path": "/home", "src": "nas:/x"}
    allowed = "allowed: each path once, in slave_mounts or slave_disks"
    assert fleet(inventory(pc01={"slave_disks": disks, "slave_mounts": [mount]}), GROUPS)["errors"] == [
        "pc01: slave_disks[1].name: 'rpm': is given twice; allowed: each name once",
        f"pc01: slave_disks[2].path: '/home': is mounted twice; {allowed}",
        f"pc01: slave_disks[3].path: '/var/lib/rpm': is mounted twice; {allowed}",
    ]


def test_too_many_disks() -> None:
    disks = [{"name": f"d{number}", "size": "16M", "path": f"/data/d{number}"} for number in range(9)]
    assert fleet(inventory(pc01={"slave_disks": disks[:8]}), GROUPS)["errors"] == []
    (error,) = fleet(inventory(pc01={"slave_disks": disks}), GROUPS)["errors"]
    assert error.endswith(": holds 9 disks; allowed: at most 8")


def test_a_disk_where_the_image_shares() -> None:
    disk = {"slave_disks": [{**RPM, "path": "/opt/x"}]}
    # pc01 has an overlay, where all can be written
    assert fleet(inventory(pc01=disk, pc02=disk), GROUPS)["errors"] == [
        "pc02: slave_disks: '/opt/x': lies in /opt, which image 'catalogue' shares read-only: its mount point cannot "
        "be made; allowed: a path outside /opt, or an image that does not share it"
    ]


WORDS = "allowed: none, zram, nbd, file"
HOMELESS = "has nowhere to be kept: nothing that a slave with the root nfs_overlay writes stays"

SWAP: list[tuple[Any, list[str]]] = [
    ("zarm", [f": 'zarm': is unknown, did you mean 'zram'; {WORDS}"]),
    (False, [f": False: is a boolean, not text (quote it in YAML); {WORDS}"]),
    (["nbd"], [f": ['nbd']: is a list, not text; {WORDS}"]),
    ({}, [f".type: missing; {WORDS}"]),
    ({"type": "nbd", "sise": 1}, [": unknown key sise; did you mean 'size'; allowed: type, size"]),
    ({"type": "disk"}, [f".type: 'disk': is unknown; {WORDS}"]),
    ({"type": "nbd", "size": "8M"}, [f".size: '8M': is too small; {sizes('16M')}"]),
    ("file", [f": 'file': {HOMELESS}; allowed: zram, nbd, or slave_root nfs_tree or persist"]),
    ({"type": "file"}, [f".type: 'file': {HOMELESS}; allowed: zram, nbd, or slave_root nfs_tree or persist"]),
]


@pytest.mark.parametrize(("value", "errors"), SWAP)
def test_a_fault_of_swap(value: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_swap": value}), GROUPS)
    assert model["errors"] == [f"pc01: slave_swap{error}" for error in errors]


def test_swap_in_a_file_that_fills_the_disk_of_a_persist_slave() -> None:
    def errors(swap: Any, persist_size: str) -> list[str]:
        slave = {"slave_root": "persist", "slave_persist_size": persist_size, "slave_swap": swap}
        return fleet(inventory(pc01=slave), GROUPS)["errors"]

    allowed = "a smaller size, or a larger slave_persist_size"
    told = f"that slave_persist_size gives to what the slave writes; allowed: {allowed}"
    assert errors("file", "1G") == [f"pc01: slave_swap: '1G': takes all of the 1G {told}"]
    assert errors({"type": "file", "size": "80M"}, "64M") == [f"pc01: slave_swap: '80M': takes all of the 64M {told}"]
    assert errors({"type": "file", "size": "63M"}, "64M") == errors("zram", "64M") == []


GOOD_SWAP: list[tuple[Any, str, Any]] = [
    (None, "nfs_overlay", None),
    ("none", "nfs_overlay", None),
    ({"type": "none"}, "nfs_overlay", None),
    ("zram", "nbd_overlay", {"type": "zram", "size": None}),
    ({"type": "zram", "size": "256M"}, "nfs_overlay", {"type": "zram", "size": 256 * MIB}),
    ("nbd", "nfs_overlay", {"type": "nbd", "size": 1024 * MIB}),
    ({"type": "nbd", "size": "2G"}, "persist", {"type": "nbd", "size": 2048 * MIB}),
    ("file", "nfs_tree", {"type": "file", "size": 1024 * MIB}),
    ("file", "persist", {"type": "file", "size": 1024 * MIB}),
]


@pytest.mark.parametrize(("value", "root", "expected"), GOOD_SWAP)
def test_swap(value: Any, root: str, expected: Any) -> None:
    model = fleet(inventory(pc01={"slave_swap": value, "slave_root": root}), GROUPS)
    assert model["errors"] == model["warnings"] == []
    assert model["slaves"]["pc01"]["swap"] == expected


def test_the_size_of_what_persists() -> None:
    def model(value: Any) -> Any:
        return fleet(inventory(pc01={"slave_persist_size": value}), GROUPS)

    assert model("15M")["errors"] == [f"pc01: slave_persist_size: '15M': is too small; {sizes('16M')}"]
    assert [model(value)["slaves"]["pc01"]["persist_size"] for value in ("16M", None)] == [16 * MIB, 4096 * MIB]


def test_the_size_of_what_slaves_write_on_their_master() -> None:
    def model(value: Any) -> Any:
        return fleet(inventory(pc01={"slave_volume_size": value}), GROUPS)

    for value, fault in (("63M", "is too small"), ("-1", "is no size")):
        told = f"pc01: slave_volume_size: '{value}': {fault}; {sizes('64M')}, or 0 for none"
        assert model(value)["errors"] == [told]
    found = [model(value)["slaves"]["pc01"]["volume_size"] for value in ("64M", None, 0, "0")]
    assert found == [64 * MIB, 8192 * MIB, 0, 0]
    off = False
    assert model(off)["errors"] != []


def test_the_size_of_what_slaves_share_is_the_fleets() -> None:
    def model(value: Any) -> Any:
        return fleet(inventory(everywhere={"diskless_share_size": value}), GROUPS)

    assert [model(value)["share_size"] for value in (None, "1T", 0)] == [100 << 30, 1 << 40, 0]
    [error] = model("x")["errors"]
    assert error == f"all: diskless_share_size: 'x': is no size; {sizes('64M')}, or 0 for none"


@pytest.mark.parametrize(
    ("size", "text"), [(1, "1"), (1536, "1536"), (2048, "2K"), (MIB, "1M"), (1536 * MIB, "1536M"), (1 << 40, "1T")]
)
def test_how_a_size_is_shown(size: int, text: str) -> None:
    assert shown(size) == text
