"""The kernel command line of a slave, item by item as docs/architecture.md promises it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import LONGEST_BYTES, cmdline
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from fleet_inventory import GROUPS, image, inventory

CONSOLES = "console=ttyS0,115200n8 console=tty0"


def line(model: Fleet, name: str) -> str:
    """A slave's line, with its generation's name replaced by G."""
    assert model["errors"] == []
    slave = model["slaves"][name]
    used = model["images"][slave["image"]]
    made: str = cmdline(model["directory"], used, model["masters"][slave["master"]], slave)
    return made.replace(used["generation"], "G")


LINES: list[tuple[dict[str, Any], str, str]] = [
    (
        {},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root.squashfs "
        f"ip=dhcp {CONSOLES}",
    ),
    (
        {"everywhere": image(format="tree")},
        "pc01",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/images/reading_room/G ro diskless.lower=root "
        f"ip=dhcp {CONSOLES}",
    ),
    (
        {},
        "pc02",
        "root=/dev/nfs nfsroot=192.168.1.1:/srv/diskless/trees/pc02 rw "
        "diskless.shared=/srv/diskless/images/catalogue/G/root:/usr,/opt "
        "diskless.mount=/home,nfs,192.168.1.1:/srv/diskless/home,rw,nosuid,nodev "
        f"ip=dhcp {CONSOLES}",
    ),
    (
        {
            "everywhere": {**image(shared=[]), "diskless_directory": "/data/d"},
            "pc01": {"slave_root": "nfs_tree"},
            "pc02": {"slave_mounts": []},
        },
        "pc01",
        f"root=/dev/nfs nfsroot=192.168.1.1:/data/d/trees/pc01 rw ip=dhcp {CONSOLES}",
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
        "diskless.mount=/tmp,tmpfs,tmpfs,size=64m ip=dhcp systemd.wants=ssh.service systemd.wants=x.timer "
        'console=tty0 quiet dyndbg="file x +p"',
    ),
]


@pytest.mark.parametrize(("changes", "name", "expected"), LINES)
def test_line(changes: dict[str, Any], name: str, expected: str) -> None:
    model = fleet(inventory(**changes), GROUPS)
    assert line(model, name) == expected


def test_the_longest_line_is_counted_as_the_kernel_gets_it() -> None:
    model = fleet(inventory(), GROUPS)
    slave, used = model["slaves"]["pc01"], model["images"]["reading_room"]
    folder = f"images/reading_room/{used['generation']}"
    whole = " ".join(
        [
            f"BOOT_IMAGE={folder}/vmlinuz",
            cmdline(model["directory"], used, model["masters"]["master01"], slave),
            f"initrd={folder}/initrd.img",
            "BOOTIF=01-00-40-63-c2-ca-c9",
        ]
    )
    room = LONGEST_BYTES - len(whole) - 1
    assert fleet(inventory(pc01={"slave_cmdline": ["a" * room]}), GROUPS)["errors"] == []
    errors = fleet(inventory(pc01={"slave_cmdline": ["a" * (room + 1)]}), GROUPS)["errors"]
    assert len(errors) == 1
    assert "makes a kernel command line of 2048 bytes" in errors[0]
