"""The kernel command line of a slave, item by item as docs/architecture.md promises it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import pxelinux_render
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import cmdline
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import boot_entries
from fleet_inventory import GROUPS, image, inventory

PAGE = pxelinux_render.Page("0 115200", 30, ())
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


@pytest.mark.parametrize("name", ["reading_room", "i" * 63])
def test_the_longest_line_fits_in_the_boot_file_and_in_the_kernel(name: str) -> None:
    def made(arguments: list[str]) -> Fleet:
        everywhere: dict[str, Any] = {"diskless_images": {name: {}}}
        return fleet(
            inventory(
                everywhere=everywhere,
                pc01={"slave_image": name, "slave_cmdline": arguments},
                pc02={"slave_image": name},
            ),
            GROUPS,
        )

    model = made([])
    entry = boot_entries(model, "master01")[0]
    loader = f"BOOT_IMAGE={entry['kernel']}  initrd={entry['initrd']} BOOTIF=01-00-40-63-c2-ca-c9"
    most = min(1800, 2047 - len(loader))
    room = most - len(str(entry["cmdline"])) - 1
    longest = boot_entries(made(["a" * room]), "master01")
    assert "APPEND" in pxelinux_render.machine({key: str(value) for key, value in longest[0].items()}, PAGE)
    errors = made(["a" * (room + 1)])["errors"]
    assert len(errors) == 1
    assert errors[0].endswith(f"makes a kernel command line of {most + 1} bytes; allowed: at most {most} bytes")
