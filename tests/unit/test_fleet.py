"""The model of a good inventory, whole; and the groups and variables that concern all hosts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, IMAGES, inventory


def test_a_good_inventory_is_normalised() -> None:
    model: Any = fleet(inventory(), GROUPS)
    digests = [image.pop("digest") for image in model["images"].values()]
    assert all(re.fullmatch("[0-9a-f]{12}", digest) for digest in digests)
    assert len(set(digests)) == 2
    assert model["images"]["reading_room"] == {
        "name": "reading_room",
        "distribution": "debian",
        "release": "bookworm",
        "architecture": "amd64",
        "source": "bootstrap",
        "format": "squashfs",
        "init": "systemd",
        "packages": ["less"],
        "services": [],
        "shared": ["/usr", "/opt"],
        "public_files": [],
        "authorized_keys": [],
        "mirror": None,
        "kernel": {"package": "linux-image-amd64"},
        "initramfs": {"drivers": ["common"]},
        "nbd": {"format": "squashfs", "size": None},
        "keep": 3,
    }
    del model["images"]
    assert model == {
        "errors": [],
        "warnings": [],
        "directory": "/srv/diskless",
        "share_size": 100 << 30,
        "networks": {
            "reading": {
                "name": "reading",
                "cidr": "192.168.1.0/24",
                "gateway": "192.168.1.254",
                "dns": ["192.168.1.254"],
                "domain": "library.example",
                "pool": ["192.168.1.100", "192.168.1.150"],
                "ntp": [],
                "mode": "authoritative",
            }
        },
        "masters": {
            "master01": {
                "name": "master01",
                "ip": "192.168.1.1",
                "interface": "eth1",
                "network": "reading",
                "http": True,
            },
        },
        "slaves": {
            "pc01": {
                "name": "pc01",
                "hostname": "pc01",
                "macs": ["00:40:63:c2:ca:c9"],
                "ip": "192.168.1.21",
                "network": "reading",
                "image": "reading_room",
                "root": "nfs_overlay",
                "master": "master01",
                "cmdline": [],
                "consoles": ["ttyS0,115200n8", "tty0"],
                "mounts": [],
                "services": [],
                "state_dirs": [],
                "timer_spread": 1800,
                "log_host": "",
                "loader": "auto",
                "persist_size": 4 << 30,
                "volume_size": 8 << 30,
                "disks": [],
                "swap": None,
                "menu": None,
                "key_types": ["ed25519"],
                "generation": None,
                "generations": {},
            },
            "pc02": {
                "name": "pc02",
                "hostname": "pc02",
                "macs": ["00:40:63:c2:ca:d0", "00:40:63:c2:ca:d1"],
                "ip": "192.168.1.22",
                "network": "reading",
                "image": "catalogue",
                "root": "nfs_tree",
                "master": "master01",
                "cmdline": [],
                "consoles": ["ttyS0,115200n8", "tty0"],
                "mounts": [
                    {
                        "path": "/home",
                        "src": "192.168.1.1:/srv/diskless/home",
                        "fstype": "nfs",
                        "opts": "rw,nosuid,nodev",
                        "export": "/srv/diskless/home",
                    }
                ],
                "services": [],
                "state_dirs": [],
                "timer_spread": 1800,
                "log_host": "",
                "loader": "auto",
                "persist_size": 4 << 30,
                "volume_size": 8 << 30,
                "disks": [],
                "swap": None,
                "menu": None,
                "key_types": ["ed25519"],
                "generation": None,
                "generations": {},
            },
        },
        "new": {},
    }


def test_defaults_of_a_slave_are_not_shared_between_runs() -> None:
    fleet(inventory(), GROUPS)["slaves"]["pc01"]["consoles"].append("x")
    assert fleet(inventory(), GROUPS)["slaves"]["pc01"]["consoles"] == ["ttyS0,115200n8", "tty0"]


COMMON: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"pc02": {"diskless_images": {"catalogue": {}}}},
        ["pc02: diskless_images: differs from what master01 has; allowed: one value, in group_vars/all"],
    ),
    (
        {"everywhere": {"diskless_directory": "/etc/diskless"}},
        [
            "all: diskless_directory: '/etc/diskless': is no place for what is served; allowed: a path in /srv, "
            "/var/lib, /home, /mnt, /media, /data, /opt: an absolute path without '.' or '..', of letters, digits "
            "and '_@+.-'"
        ],
    ),
    (
        {"everywhere": {"diskless_prune_trees": "perhaps"}},
        ["all: diskless_prune_trees: 'perhaps': is no boolean; allowed: true, false"],
    ),
    ({"everywhere": {"diskless_prune_trees": "true"}}, []),
    (
        {
            "everywhere": {"diskless_networks": None, "diskless_images": None},
            "pc01": {"slave_ip": "300.1.1.1"},
            "pc02": {"slave_image": None},
        },
        [
            "all: diskless_networks: missing; allowed: a dictionary: name -> cidr, gateway, dns, domain, pool, ntp, "
            "mode",
            "all: diskless_images: missing; allowed: a dictionary: name -> release, packages, services, format, "
            "kernel, initramfs, ...",
            "pc01: slave_ip: '300.1.1.1': is no IPv4 address; allowed: an IPv4 address like 192.168.1.21",
            "pc02: slave_image: missing; allowed: a key of diskless_images",
        ],
    ),
]


@pytest.mark.parametrize(("changes", "errors"), COMMON)
def test_what_concerns_all_hosts(changes: dict[str, Any], errors: list[str]) -> None:
    assert fleet(inventory(**changes), GROUPS)["errors"] == errors


def test_all_errors_come_at_once_and_like_ones_fill_one_line() -> None:
    names = [f"pc{number:02}" for number in range(1, 26)]
    hosts: dict[str, Any] = {
        name: {"slave_mac": f"00:40:63:00:00:{number:02x}", "slave_ip": f"192.168.1.{20 + number}", "slave_imgae": "x"}
        for number, name in enumerate(names, 1)
    }
    hosts["pc25"]["slave_ip"] = "192.168.1.0"
    model = fleet(inventory(**hosts), {**GROUPS, "slaves": names})
    assert model["errors"] == [
        "pc01, pc02, pc03 and 22 more: slave_imgae: unknown variable; did you mean slave_image?",
        "pc03, pc04, pc05 and 20 more: slave_image: missing; allowed: a key of diskless_images: catalogue, "
        "reading_room",
        "pc25: slave_ip: '192.168.1.0': is the network's own address of 192.168.1.0/24; allowed: another address of "
        "192.168.1.0/24",
    ]


def test_the_same_definition_is_the_same_digest() -> None:
    before = fleet(inventory(), GROUPS)["images"]
    reordered = {
        "reading_room": {"release": "bookworm", "packages": ["less", "less"]},
        "catalogue": IMAGES["catalogue"],
    }
    assert fleet(inventory(everywhere={"diskless_images": reordered}), GROUPS)["images"] == before
    changes: list[dict[str, Any]] = [
        {"revision": "2"},
        {"release": "trixie"},
        {"packages": []},
        {"format": "tree"},
        {"shared": []},
        {"public_files": ["/etc/ldap/slapd.d"]},
    ]
    for changed in changes:
        images = {**IMAGES, "reading_room": {**IMAGES["reading_room"], **changed}}
        after = fleet(inventory(everywhere={"diskless_images": images}), GROUPS)["images"]
        assert after["reading_room"]["digest"] != before["reading_room"]["digest"]
        assert after["catalogue"] == before["catalogue"]


class Lazy(dict[str, Any]):
    """Host variables of which one fails when it is read, as a template does."""

    def __getitem__(self, key: str) -> Any:
        if key == "slave_ip":
            raise ZeroDivisionError("division by zero")
        return super().__getitem__(key)


def test_a_template_that_fails() -> None:
    hosts = inventory()
    hosts["pc01"] = Lazy(hosts["pc01"])
    assert fleet(hosts, GROUPS)["errors"] == [
        "pc01: slave_ip: cannot be templated: division by zero",
    ]
