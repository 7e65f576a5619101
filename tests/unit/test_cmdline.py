"""The kernel command line of a slave, item by item as docs/architecture.md promises it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import cmdline
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import boot_entries
from fleet_inventory import GROUPS, image, inventory

CONSOLES = "console=ttyS0,115200n8 console=tty0"


def line(model: Fleet, name: str) -> str:
    """A slave's line, with its generation's name replaced by G."""
    assert model["errors"] == []
    slave = model["slaves"][name]
    used = model["images"][slave["image"]]
    made = cmdline(model["directory"], used, model["masters"][slave["master"]], slave, slave["root"])
    return " ".join(made).replace(used["generation"], "G")


LINES: list[tuple[dict[str, Any], str, str]] = [
    (
        {},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root.squashfs "
        f"ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {"everywhere": image(format="tree")},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root "
        f"ip=dhcp systemd.hostname=pc01 {CONSOLES}",
    ),
    (
        {},
        "pc02",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/trees/pc02 rw "
        "diskless.shared=/srv/diskless/images/catalogue/G/root:/usr,/opt "
        "diskless.mount=/home,nfs,192.168.1.1:/srv/diskless/home,rw,nosuid,nodev "
        f"ip=dhcp systemd.hostname=pc02 {CONSOLES}",
    ),
    (
        {
            "everywhere": {**image(shared=[]), "diskless_directory": "/data/d"},
            "pc01": {"slave_root": "nfs_tree"},
            "pc02": {"slave_mounts": []},
        },
        "pc01",
        f"root=/dev/nfs nfsroot=192.168.1.1:/data/d/trees/pc01 rw ip=dhcp systemd.hostname=pc01 {CONSOLES}",
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
        "diskless.mount=/tmp,tmpfs,tmpfs,size=64m ip=dhcp "
        "systemd.hostname=pc01 systemd.wants=ssh.service systemd.wants=x.timer "
        'console=tty0 quiet dyndbg="file x +p"',
    ),
]


@pytest.mark.parametrize(("changes", "name", "expected"), LINES)
def test_line(changes: dict[str, Any], name: str, expected: str) -> None:
    model = fleet(inventory(**changes), GROUPS)
    assert line(model, name) == expected


def loaders_words(label: dict[str, Any]) -> str:
    """What a loader that fetches by HTTP puts before and behind a command line."""
    site = "http://192.168.1.1/"
    return f"BOOT_IMAGE={site}{label['kernel']}  initrd={site}{label['initrd']} BOOTIF=01-00-40-63-c2-ca-c9"


def of_an_image(name: str, **variables: Any) -> Fleet:
    everywhere: dict[str, Any] = {"diskless_images": {name: {}}}
    own = {"slave_image": name, **variables}
    return fleet(inventory(everywhere=everywhere, pc01=own, pc02={"slave_image": name}), GROUPS)


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


def test_each_label_s_line_is_measured() -> None:
    labels = [
        {"name": "short", "image": "reading_room"},
        {"name": "disk", "local": True},
        {"name": "long", "cmdline": ["b" * 900]},
    ]
    model = of_an_image("reading_room", slave_cmdline=["a" * 900], slave_menu={"labels": labels})
    assert model["errors"] == [
        "pc01: slave_menu.labels[2]: 'long': makes a kernel command line of 1989 bytes with slave_cmdline; "
        "allowed: at most 1800 bytes"
    ]
