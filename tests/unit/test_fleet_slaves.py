"""Each fault of one slave, or between slaves, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_words
from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, IMAGES, image, inventory, network

IP = "allowed: an IPv4 address like 192.168.1.21"
OTHER = "allowed: another address of 192.168.1.0/24"
HOSTNAME = "allowed: a hostname of its own for each; set slave_hostname, or change the inventory name"
LABEL = f"allowed: {names.LABEL_ALLOWED}"
ARGUMENTS = f"allowed: kernel arguments: {boot_words.ARGUMENT_ALLOWED}"
UNITS = "allowed: names of systemd units, of letters, digits and ':_.@-'; with '!' before the name, it is not to run"
SPREAD = "allowed: a whole number from 0 to 3600"
CONSOLES = "allowed: values of console= like 'ttyS0,115200n8' or 'tty0'"

ONE: list[tuple[str, Any, list[str]]] = [
    ("slave_ip", None, [f"pc01: slave_ip: missing; {IP}"]),
    ("slave_ip", "192.168.1", [f"pc01: slave_ip: '192.168.1': is no IPv4 address; {IP}"]),
    ("slave_ip", "192.168.1.256", [f"pc01: slave_ip: '192.168.1.256': is no IPv4 address; {IP}"]),
    (
        "slave_ip",
        "192.168.1.021",
        [f"pc01: slave_ip: '192.168.1.021': has a leading zero, which some programs read as octal; {IP}"],
    ),
    ("slave_ip", "192.168.1.21/24", [f"pc01: slave_ip: '192.168.1.21/24': has a prefix length; {IP}"]),
    (
        "slave_ip",
        "fe80::1",
        [f"pc01: slave_ip: 'fe80::1': is an IPv6 address or has a port; only IPv4 is served; {IP}"],
    ),
    ("slave_ip", "224.0.0.1", [f"pc01: slave_ip: '224.0.0.1': is a multicast address; {IP}"]),
    (
        "slave_ip",
        "10.0.0.1",
        ["pc01: slave_ip: '10.0.0.1': lies in no network; allowed: an address of 192.168.1.0/24"],
    ),
    (
        "slave_ip",
        "192.168.1.0",
        [f"pc01: slave_ip: '192.168.1.0': is the network's own address of 192.168.1.0/24; {OTHER}"],
    ),
    (
        "slave_ip",
        "192.168.1.255",
        [f"pc01: slave_ip: '192.168.1.255': is the broadcast address of 192.168.1.0/24; {OTHER}"],
    ),
    (
        "slave_ip",
        "192.168.1.254",
        [f"pc01: slave_ip: '192.168.1.254': is the gateway of network 'reading'; {OTHER}"],
    ),
    ("slave_ip", "192.168.1.1", [f"pc01: slave_ip: '192.168.1.1': is the address of master 'master01'; {OTHER}"]),
    (
        "slave_ip",
        "192.168.1.100",
        [
            "pc01: slave_ip: '192.168.1.100': lies in the pool of network 'reading', which is for machines that are "
            f"not in the inventory; {OTHER}"
        ],
    ),
    (
        "slave_ip",
        "192.168.1.22",
        ["pc01, pc02: slave_ip: '192.168.1.22': is used by pc01, pc02; allowed: an address of its own for each"],
    ),
    (
        "slave_image",
        None,
        ["pc01: slave_image: missing; allowed: a key of diskless_images: catalogue, reading_room"],
    ),
    (
        "slave_image",
        "reading-room",
        [
            "pc01: slave_image: 'reading-room': is unknown, did you mean 'reading_room'; "
            "allowed: catalogue, reading_room"
        ],
    ),
    (
        "slave_root",
        "nfs_overly",
        [
            "pc01: slave_root: 'nfs_overly': is unknown, did you mean 'nfs_overlay'; "
            "allowed: nfs_overlay, nfs_tree, nbd_overlay, nbd_cow, persist",
        ],
    ),
    (
        "slave_root",
        "nbd_cow",
        [
            "pc01: slave_root: 'nbd_cow': writes to the image's own file system, and image 'reading_room' has "
            "nbd.format squashfs; allowed: an image with nbd.format ext4 or btrfs, or nbd_overlay"
        ],
    ),
    ("slave_master", "elsewhere", ["pc01: slave_master: 'elsewhere': is unknown; allowed: master01"]),
    ("slave_hostname", "pc_01", [f"pc01: slave_hostname: 'pc_01': is no hostname; {LABEL}"]),
    ("slave_hostname", "-pc", [f"pc01: slave_hostname: '-pc': is no hostname; {LABEL}"]),
    ("slave_hostname", "a" * 64, [f"pc01: slave_hostname: '{'a' * 64}': is no hostname; {LABEL}"]),
    ("slave_hostname", "a/b", [f"pc01: slave_hostname: 'a/b': would leave its folder; {LABEL}"]),
    ("slave_hostname", "a;b", [f"pc01: slave_hostname: 'a;b': holds ';'; {LABEL}"]),
    ("slave_hostname", "a{b", [f"pc01: slave_hostname: 'a{{b': holds '{{'; {LABEL}"]),
    ("slave_hostname", "a\n", [f"pc01: slave_hostname: 'a\\n': holds a line break; {LABEL}"]),
    ("slave_hostname", "a\0", [f"pc01: slave_hostname: 'a\\x00': holds a NUL; {LABEL}"]),
    ("slave_hostname", 7, [f"pc01: slave_hostname: 7: is a number, not text (quote it in YAML); {LABEL}"]),
    (
        "slave_hostname",
        "PC02",
        [f"pc01, pc02: slave_hostname: 'pc02': is used by pc01, pc02; {HOSTNAME}"],
    ),
    ("slave_cmdline", ["a b"], [f"pc01: slave_cmdline[0]: 'a b': holds an unquoted space; {ARGUMENTS}"]),
    ("slave_cmdline", ["a\nb"], [f"pc01: slave_cmdline[0]: 'a\\nb': holds a line break; {ARGUMENTS}"]),
    ("slave_cmdline", ["a\x1bb"], [f"pc01: slave_cmdline[0]: 'a\\x1bb': holds a control character; {ARGUMENTS}"]),
    ("slave_cmdline", 'a="b', [f"pc01: slave_cmdline: 'a=\"b': holds a quote that is not closed; {ARGUMENTS}"]),
    (
        "slave_cmdline",
        {"a": "b"},
        [f"pc01: slave_cmdline: {{'a': 'b'}}: is a dictionary, not a list; allowed: a list of {ARGUMENTS[9:]}"],
    ),
    (
        "slave_cmdline",
        ["a" * 2048],
        [
            f"pc01: slave_cmdline: ['{'a' * 75}...: makes a kernel command line of {2048 + 240} bytes; "
            "allowed: at most 1800 bytes"
        ],
    ),
    ("slave_cmdline", "quiet ; x", [f"pc01: slave_cmdline: 'quiet ; x': holds the word ';'; {ARGUMENTS}"]),
    ("slave_cmdline", ["a=${b}"], [f"pc01: slave_cmdline[0]: 'a=${{b}}': holds '${{'; {ARGUMENTS}"]),
    (
        "slave_cmdline",
        ["initrd=x"],
        [f"pc01: slave_cmdline[0]: 'initrd=x': holds 'initrd=', which the loader adds; {ARGUMENTS}"],
    ),
    (
        "slave_loader",
        "grubb",
        ["pc01: slave_loader: 'grubb': is unknown, did you mean 'grub'; allowed: " + ", ".join(LOADERS)],
    ),
    (
        "slave_consoles",
        ["tty0 init=/bin/sh"],
        [f"pc01: slave_consoles[0]: 'tty0 init=/bin/sh': is no console; {CONSOLES}"],
    ),
    (
        "slave_consoles",
        "tty0",
        [f"pc01: slave_consoles: 'tty0': is text, not a list; allowed: a list of {CONSOLES[9:]}"],
    ),
    ("slave_services", ["../ssh"], [f"pc01: slave_services[0]: '../ssh': would leave its folder; {UNITS}"]),
    ("slave_services", ["a b"], [f"pc01: slave_services[0]: 'a b': holds a space; {UNITS}"]),
    ("slave_services", ["!"], [f"pc01: slave_services[0]: '!': is no unit name; {UNITS}"]),
    ("slave_services", ["!!ssh"], [f"pc01: slave_services[0]: '!!ssh': holds '!'; {UNITS}"]),
    (
        "slave_services",
        ["!ssh", "x", "ssh.service"],
        ["pc01: slave_services: 'ssh.service': is there with and without '!'; allowed: each unit once"],
    ),
    ("slave_timer_spread", 3601, [f"pc01: slave_timer_spread: 3601: is out of range; {SPREAD}"]),
    ("slave_timer_spread", "1h", [f"pc01: slave_timer_spread: '1h': is no whole number; {SPREAD}"]),
    ("slave_cmdline", ["{{x}}"], ["pc01: slave_cmdline: '{ {x}}': holds a template without a result"]),
    ("slave_consoles", [b"tty0"], ["pc01: slave_consoles: is of type bytes, which nothing here reads"]),
    ("slave_swap", 2**64, ["pc01: slave_swap: is a number of more than 64 bits, which nothing here reads"]),
    ("slave_imgae", "x", ["pc01: slave_imgae: unknown variable; did you mean slave_image?"]),
    ("slave_macs", "x", ["pc01: slave_macs: unknown variable; did you mean slave_mac?"]),
    ("slvae_mac", "x", ["pc01: slvae_mac: unknown variable; did you mean slave_mac?"]),
    ("nfs_server_thread", 8, ["pc01: nfs_server_thread: unknown variable; did you mean nfs_server_threads?"]),
    ("dhcp_server_backed", "kea", ["pc01: dhcp_server_backed: unknown variable; did you mean dhcp_server_backend?"]),
    ("slave_kernel_imags", [], ["pc01: slave_kernel_imags: unknown variable; did you mean slave_kernel_images?"]),
    ("diskless_network", "x", ["pc01: diskless_network: unknown variable; did you mean diskless_networks?"]),
]


@pytest.mark.parametrize(("variable", "value", "errors"), ONE)
def test_one_fault(variable: str, value: Any, errors: list[str]) -> None:
    model = fleet(inventory(pc01={variable: value}), GROUPS)
    assert model["errors"] == errors
    assert model["warnings"] == []


@pytest.mark.parametrize(("packed", "least"), [("ext4", "16M"), ("btrfs", "128M")])
def test_who_writes_to_an_image_needs_its_size(packed: str, least: str) -> None:
    """What a slave has room for on its master follows from it."""

    def errors(**nbd: str) -> list[str]:
        images = {**IMAGES, "reading_room": {"nbd": {"format": packed, **nbd}}}
        return fleet(inventory(everywhere={"diskless_images": images}, pc01={"slave_root": "nbd_cow"}), GROUPS)[
            "errors"
        ]

    assert errors() == [
        "pc01: slave_root: 'nbd_cow': writes to the image's own file system, and diskless_images.reading_room.nbd.size "
        f"does not say how large that is; allowed: an image with nbd.size, from {least} to 15T, or nbd_overlay"
    ]
    assert errors(size="4G") == []


GOOD: list[tuple[str, Any, str, Any]] = [
    ("slave_hostname", "Desk-1", "hostname", "Desk-1"),
    ("slave_cmdline", 'quiet  x="a b" root=/dev/nfs', "cmdline", ["quiet", 'x="a b"', "root=/dev/nfs"]),
    ("slave_cmdline", ["a,b/c=d:e", 'x="a b"'], "cmdline", ["a,b/c=d:e", 'x="a b"']),
    ("slave_cmdline", "", "cmdline", []),
    ("slave_consoles", [], "consoles", []),
    ("slave_consoles", ["uart8250,io,0x3f8,9600n8"], "consoles", ["uart8250,io,0x3f8,9600n8"]),
    (
        "slave_services",
        ["ssh", "getty@tty2.service", "x.timer"],
        "services",
        ["ssh.service", "getty@tty2.service", "x.timer"],
    ),
    ("slave_services", ["!ssh", "x", "!ssh.service"], "services", ["!ssh.service", "x.service"]),
    ("slave_timer_spread", None, "timer_spread", 1800),
    ("slave_timer_spread", 0, "timer_spread", 0),
    ("slave_root", None, "root", "nfs_overlay"),
    ("slave_loader", None, "loader", "auto"),
    ("slave_loader", "etherboot", "loader", "etherboot"),
]


@pytest.mark.parametrize(("variable", "value", "key", "result"), GOOD)
def test_what_is_good(variable: str, value: Any, key: str, result: Any) -> None:
    model = fleet(inventory(pc01={variable: value}), GROUPS)
    assert model["errors"] == []
    slave: dict[str, Any] = {**model["slaves"]["pc01"]}
    assert slave[key] == result


WARNINGS: list[tuple[str, Any, list[str]]] = [
    ("slave_colour", "red", ["pc01: slave_colour: unknown variable, nothing here reads it"]),
    ("nfs_server_threads", 8, []),
    ("nfs_server_colour", 8, ["pc01: nfs_server_colour: unknown variable, nothing here reads it"]),
    (
        "slave_kernel_directory",
        "/srv/x",
        [
            "pc01: slave_kernel_directory: has no effect here, as the playbooks set it themselves; "
            "write diskless_directory instead"
        ],
    ),
    ("diskless_fleet", {}, []),
    ("ansible_host", "x", []),
]


@pytest.mark.parametrize(("variable", "value", "warnings"), WARNINGS)
def test_warnings_are_apart(variable: str, value: Any, warnings: list[str]) -> None:
    model = fleet(inventory(pc01={variable: value}), GROUPS)
    assert model["warnings"] == warnings
    assert model["errors"] == []


def test_the_hostname_is_the_short_name() -> None:
    hosts = inventory(
        **{
            "pc03.library.example": {
                "slave_mac": "02:00:00:00:00:03",
                "slave_ip": "192.168.1.23",
                "slave_image": "catalogue",
            }
        }
    )
    model = fleet(hosts, {**GROUPS, "slaves": [*GROUPS["slaves"], "pc03.library.example"]})
    assert model["errors"] == []
    assert model["slaves"]["pc03.library.example"]["hostname"] == "pc03"


@pytest.mark.parametrize("name", ["..", "a/b", "a\nb", "a\0", "", "a b", "x..y", "a'b"])
def test_an_inventory_name_that_is_no_folder(name: str) -> None:
    hosts = inventory(
        **{name: {"slave_mac": "02:00:00:00:00:03", "slave_ip": "192.168.1.23", "slave_image": "catalogue"}}
    )
    model = fleet(hosts, {**GROUPS, "slaves": [name]})
    assert any(": inventory_hostname: " in error for error in model["errors"])
    assert name not in model["slaves"]
    assert all("\n" not in error for error in model["errors"])


def test_all_owners_of_one_value_are_named() -> None:
    names = [f"pc{number:02}" for number in range(1, 36)]
    hosts: dict[str, Any] = {
        name: {"slave_mac": f"02:00:00:00:00:{number:02x}", "slave_ip": "192.168.1.9", "slave_image": "catalogue"}
        for number, name in enumerate(names, 1)
    }
    few, many = (fleet(inventory(**hosts), {**GROUPS, "slaves": chosen})["errors"] for chosen in (names[:5], names))
    assert few[-1] == (
        "pc01, pc02, pc03 and 2 more: slave_ip: '192.168.1.9': is used by pc01, pc02, pc03, pc04, pc05; "
        "allowed: an address of its own for each"
    )
    assert ", pc30 and 5 more; allowed" in many[-1]


SECOND = {"master_ip": "192.168.1.2", "master_interface": "eth1"}


def test_several_masters() -> None:
    groups = {**GROUPS, "masters": ["master01", "master02"]}
    model = fleet(inventory(master02=SECOND, pc02={"slave_master": "master02"}), groups)
    assert model["errors"] == [
        "pc01: slave_master: missing; allowed: one of master01, master02, as there are several masters"
    ]
    assert model["slaves"]["pc02"]["master"] == "master02"


def test_without_a_master_none_is_unknown() -> None:
    errors = fleet(inventory(pc01={"slave_master": "master01"}), {**GROUPS, "masters": []})["errors"]
    assert errors == ["inventory: masters: empty; allowed: a group masters with at least one host"]


def test_a_master_elsewhere_is_a_warning() -> None:
    networks = {**network()["diskless_networks"], "staff": {"cidr": "192.168.2.0/24"}}
    hosts = inventory(
        everywhere={"diskless_networks": networks}, pc01={"slave_ip": "192.168.2.5", "slave_master": "master01"}
    )
    model = fleet(hosts, GROUPS)
    assert model["errors"] == []
    assert model["warnings"] == [
        "pc01: slave_master: 'master01': is on network 'reading', the slave on 'staff': that needs a DHCP relay and "
        "a router; allowed: a master on network 'staff'"
    ]


def test_openrc_knows_services_alone_and_each_word_once() -> None:
    words = {"slave_services": ["x.timer", "!ssh"], "slave_cmdline": ["noinit=cron", "quiet", "softlevel=kiosk"]}
    assert fleet(inventory(everywhere=image(init="openrc"), pc01=words), GROUPS)["errors"] == [
        "pc01: slave_services: 'x.timer': is unknown to OpenRC, which is the init of image 'reading_room'; "
        "allowed: services, without an ending or with .service",
        "pc01: slave_cmdline: 'noinit=cron': is what slave_services becomes where OpenRC is the init; "
        "allowed: it there",
    ]
