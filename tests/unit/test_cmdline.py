"""The kernel command line of a slave, item by item as docs/architecture.md promises it."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import NODE_PORT, cmdline
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import boot_entries
from fleet_inventory import GROUPS, fresh, generation, image, inventory

CONSOLES = "console=ttyS0,115200n8 console=tty0"
NODE = "diskless.node=192.168.1.1:585/pc01 "


def line(model: Fleet, name: str) -> str:
    """A slave's line, with its generation's name replaced by G."""
    assert model["errors"] == []
    slave = model["slaves"][name]
    used = model["images"][slave["image"]]
    made = cmdline(model["directory"], used, model["masters"][slave["master"]], slave, slave["root"])
    return " ".join(made).replace(generation(model, used["name"]), "G")


LINES: list[tuple[dict[str, Any], str, str]] = [
    (
        {},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root.squashfs "
        f"{NODE}ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {
            "everywhere": image(init="openrc"),
            "pc01": {"slave_services": ["cups", "!cron", "net.eth1", "!rpcbind.service"]},
        },
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root.squashfs "
        f"{NODE}ip=dhcp hostname=pc01 diskless.services=cups,net.eth1 noinit=cron,rpcbind {CONSOLES}",
    ),
    (
        {"everywhere": image(format="tree")},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root "
        f"{NODE}ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {},
        "pc02",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/trees/pc02 rw "
        "diskless.shared=/srv/diskless/images/catalogue/G/root.squashfs:/usr,/opt "
        "diskless.mount=/home,nfs,192.168.1.1:/srv/diskless/home,rw,nosuid,nodev "
        f"diskless.node=192.168.1.1:585/pc02 ip=dhcp systemd.hostname=pc02 {CONSOLES}",
    ),
    (
        {
            "everywhere": {**image(shared=[]), "diskless_directory": "/data/d"},
            "pc01": {"slave_root": "nfs_tree"},
            "pc02": {"slave_mounts": []},
        },
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/data/d/trees/pc01 rw "
        f"diskless.node=192.168.1.1:585/pc01 ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {
            "pc01": {
                "slave_services": ["ssh", "x.timer"],
                "slave_consoles": ["tty0"],
                "slave_cmdline": 'quiet dyndbg="file x +p"',
                "slave_mounts": [{"path": "/tmp", "fstype": "tmpfs", "opts": "size=64m"}],
            }
        },
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root.squashfs "
        f"diskless.mount=/tmp,tmpfs,tmpfs,size=64m {NODE}ip=dhcp "
        "systemd.hostname=pc01 systemd.wants=ssh.service systemd.wants=x.timer "
        'console=tty0 quiet dyndbg="file x +p"',
    ),
    (
        {"pc01": {"slave_root": "nbd_overlay", "slave_swap": "zram"}},
        "pc01",
        "root=/dev/nbd0 rootfstype=squashfs ro "
        "diskless.nbd=0,192.168.1.1,images/reading_room/G/root.squashfs,ro diskless.swap=zram "
        f"{NODE}ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {
            "everywhere": image(nbd={"format": "btrfs", "size": "4G"}),
            "pc01": {"slave_root": "nbd_cow", "slave_swap": {"type": "nbd", "size": "2G"}},
        },
        "pc01",
        "root=/dev/nbd0 rootfstype=btrfs rw diskless.cow=/dev/nbd1 "
        "diskless.nbd=0,192.168.1.1,images/reading_room/G/root.4096M.btrfs,ro "
        "diskless.nbd=1,192.168.1.1,disks/pc01/scratch,rw diskless.nbd=2,192.168.1.1,disks/pc01/swap,rw "
        f"diskless.swap=/dev/nbd2 {NODE}ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {
            "everywhere": image(nbd={"format": "erofs"}),
            "pc01": {
                "slave_root": "persist",
                "slave_swap": {"type": "file", "size": "512M"},
                "slave_disks": [{"name": "rpm", "size": "1G", "path": "/var/lib/rpm"}],
                "slave_mounts": [{"path": "/tmp", "fstype": "tmpfs", "opts": "size=64m"}],
            },
        },
        "pc01",
        "root=/dev/nbd0 rootfstype=erofs ro diskless.upper=/dev/nbd1 diskless.mount=/tmp,tmpfs,tmpfs,size=64m "
        "diskless.mount=/var/lib/rpm,ext4,/dev/nbd2,rw,nosuid,nodev,x-systemd.growfs "
        "diskless.nbd=0,192.168.1.1,images/reading_room/G/root.erofs,ro "
        "diskless.nbd=1,192.168.1.1,disks/pc01/persist,rw diskless.nbd=2,192.168.1.1,disks/pc01/rpm,rw "
        f"diskless.swap=file,536870912 {NODE}ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {
            "pc02": {
                "slave_mounts": [],
                "slave_swap": {"type": "zram", "size": "64M"},
                "slave_disks": [{"name": "rpm", "size": "1G", "path": "/var/lib/rpm"}],
            }
        },
        "pc02",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/trees/pc02 rw "
        "diskless.shared=/srv/diskless/images/catalogue/G/root.squashfs:/usr,/opt "
        "diskless.mount=/var/lib/rpm,ext4,/dev/nbd0,rw,nosuid,nodev,x-systemd.growfs "
        "diskless.nbd=0,192.168.1.1,disks/pc02/rpm,rw diskless.swap=zram,67108864 "
        f"diskless.node=192.168.1.1:585/pc02 ip=dhcp systemd.hostname=pc02 {CONSOLES}",
    ),
]


@pytest.mark.parametrize(("changes", "name", "expected"), LINES)
def test_line(changes: dict[str, Any], name: str, expected: str) -> None:
    model = fresh(inventory(**changes), GROUPS)
    assert line(model, name) == expected


def loaders_words(label: dict[str, Any]) -> str:
    """What a loader that fetches by HTTP puts before and behind a command line."""
    site = "http://192.168.1.1/"
    return f"BOOT_IMAGE={site}{label['kernel']}  initrd={site}{label['initrd']} BOOTIF=01-00-40-63-c2-ca-c9"


def of_an_image(name: str, **variables: Any) -> Fleet:
    everywhere: dict[str, Any] = {"diskless_images": {name: {}}}
    own = {"slave_image": name, **variables}
    made: Fleet = fresh(inventory(everywhere=everywhere, pc01=own, pc02={"slave_image": name}), GROUPS)
    return made


@pytest.mark.parametrize("name", ["reading_room", "i" * 63])
def test_the_longest_line_fits_in_the_boot_file_and_in_the_kernel(name: str) -> None:
    label: Any = boot_entries(of_an_image(name), "master01")[0]["labels"]
    most = min(1800, 2047 - len(loaders_words(label[0])))
    room = most - len(" ".join(label[0]["cmdline"])) - 1
    assert of_an_image(name, slave_cmdline=["a" * room])["errors"] == []
    assert of_an_image(name, slave_cmdline=["a" * (room + 1)])["errors"] == [
        f"pc01: slave_cmdline: ['{'a' * 75}...: makes a kernel command line of {most + 1} bytes; "
        f"allowed: at most {most} bytes"
    ]


def test_a_swap_file_is_left_out_where_a_menu_starts_what_keeps_nothing() -> None:
    menu = {"labels": [{"name": "own"}, {"name": "other", "image": "catalogue"}]}
    changes = {"slave_root": "persist", "slave_swap": "file", "slave_menu": menu}
    labels: Any = boot_entries(fresh(inventory(pc01=changes), GROUPS), "master01")[0]["labels"]
    assert ["diskless.swap=file,1073741824" in label["cmdline"] for label in labels] == [True, False]


def test_each_label_s_line_is_measured() -> None:
    labels = [
        {"name": "short", "image": "reading_room"},
        {"name": "disk", "local": True},
        {"name": "long", "cmdline": ["b" * 900]},
    ]
    model = of_an_image("reading_room", slave_cmdline=["a" * 900], slave_menu={"labels": labels})
    assert model["errors"] == [
        "pc01: slave_menu.labels[2]: 'long': makes a kernel command line of 2041 bytes with slave_cmdline; "
        "allowed: at most 1800 bytes"
    ]


def test_the_master_listens_where_slaves_are_told_to_ask() -> None:
    role = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_nodes/vars/main.yml"
    assert yaml.safe_load(role.read_text())["__slave_nodes_port"] == NODE_PORT
