"""What names and paths may look like, and the spelling of variables."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import mac, names, problems, spelling

CASES: list[tuple[Callable[[str], str | None], str, str | None]] = [
    (names.label_fault, "pc01", None),
    (names.label_fault, "1", None),
    (names.label_fault, "a" * 63, None),
    (names.label_fault, "a" * 64, "is no hostname"),
    (names.label_fault, "", "is no hostname"),
    (names.label_fault, "a-b--c", None),
    (names.label_fault, "xn--a", "has hyphens in its third and fourth place"),
    (names.label_fault, "pc01\n", "holds a line break"),
    (names.label_fault, "pc\u2028", "holds a line break"),
    (names.label_fault, "p\u0441", "is no hostname"),
    (names.domain_fault, "library.example", None),
    (names.domain_fault, "library.example.", "is no domain name"),
    (names.domain_fault, ".".join(["a" * 63] * 4), "is no domain name"),
    (names.name_fault, "reading_room-2.x", None),
    (names.name_fault, ".hidden", "is no usable name"),
    (names.name_fault, "..", "would leave its folder"),
    (names.name_fault, "a..b", "would leave its folder"),
    (names.name_fault, "a$b", "holds '$'"),
    (names.path_fault, "/srv/diskless/home", None),
    (names.path_fault, "/", "is no usable path"),
    (names.path_fault, "", "is not absolute"),
    (names.path_fault, "//srv", "is no usable path"),
    (names.path_fault, "/srv/..", "would leave its folder"),
    (names.path_fault, "/srv/a\0", "holds a NUL"),
    (names.path_fault, "/srv/*", "holds '*'"),
    (names.path_fault, "/srv/a..b", None),
    (names.interface_fault, "enp1s0.100", None),
    (names.interface_fault, "a" * 16, "is no interface name"),
    (names.interface_fault, "eth0:1", "is no interface name"),
    (names.unit_fault, "getty@tty1.service", None),
    (names.unit_fault, "a\\x2db", "holds '\\\\'"),
    (names.package_fault, "libstdc++6", None),
    (names.package_fault, "x", "is no package name"),
    (names.package_fault, "less=590", "is no package name"),
    (names.package_fault, "less;rm", "holds ';'"),
]


@pytest.mark.parametrize(("test", "value", "fault"), CASES)
def test_fault(test: Callable[[str], str | None], value: str, fault: str | None) -> None:
    assert test(value) == fault


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [("/a", "/a", True), ("/a/b", "/a", True), ("/ab", "/a", False), ("/a", "/", True), ("/", "/a", False)],
)
def test_lies_in(path: str, folder: str, inside: bool) -> None:
    assert names.lies_in(path, folder) is inside


@pytest.mark.parametrize(
    "value", ["00:40:63:c2:ca:c9", "00-40-63-C2-CA-C9", "0040.63C2.cac9", "004063c2cac9", "00:40:63:C2:ca:C9"]
)
def test_mac_notations(value: str) -> None:
    assert mac.canonical(value) == "00:40:63:c2:ca:c9"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "is no MAC address"),
        ("0:40:63:c2:ca:c9", "is no MAC address"),
        ("00:40:63:c2:ca:c9:00", "is no MAC address"),
        ("00:40:63:c2:ca:g9", "is no MAC address"),
        ("\u0660\u06604063c2cac9", "is no MAC address"),
        ("00:00:00:00:00:00", "is all zeros, no interface has it"),
        ("ffff.ffff.ffff", "is the broadcast address, no interface has it"),
        ("33-33-00-00-00-01", "is a multicast address, no interface has it"),
    ],
)
def test_mac_faults(value: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        mac.canonical(value)


@pytest.mark.parametrize(
    ("name", "judgement"),
    [
        ("slave_mac", (True, None)),
        ("slave_imgae", (False, "slave_image")),
        ("slave_hostnme", (False, "slave_hostname")),
        ("slave_", (False, "slave_ip")),
        ("slave_colour", (False, None)),
        ("master_iface", (False, "master_interface")),
        ("diskless_image", (False, "diskless_images")),
        ("Slave_mac", (False, "slave_mac")),
        ("slaves_mac", (False, "slave_mac")),
        ("slavemac", (True, None)),
        ("slave_rootfs_directory", (True, None)),
        ("slave_rootfs_colour", (False, None)),
        ("slave_kernel_image", (False, "slave_kernel_images")),
        ("nfs_server_", (False, None)),
        ("nfs_server_lease_second", (False, "nfs_server_lease_seconds")),
        ("tftp_pxelinux_rot", (False, "tftp_pxelinux_root")),
        ("tftp_root", (True, None)),
        ("dns_server_interfaces", (True, None)),
        ("slave_kernel_images", (True, None)),
        ("ansible_host", (True, None)),
        ("group_names", (True, None)),
        ("inventory_hostname", (True, None)),
    ],
)
def test_spelling(name: str, judgement: tuple[bool, str | None]) -> None:
    assert spelling.judge(name) == judgement


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\nb", "'a\\nb'"),
        ("\ud800", "'\\ud800'"),
        ([1] * 100, "[" + "1, " * 25 + "1..."),
        (None, "None"),
    ],
)
def test_values_in_messages(value: object, shown: str) -> None:
    assert problems.show(value) == shown


@pytest.mark.parametrize(
    ("places", "line"),
    [
        (["a"], "a: m"),
        (["a", "a", "b"], "a, b: m"),
        (["a", "b", "c"], "a, b, c: m"),
        (["a", "b", "c", "d"], "a, b, c and 1 more: m"),
        (["a\n"], "'a\\n': m"),
        ([" a"], "' a': m"),
        (["{{{a{%{#"], "{ { {a{ %{ #: m"),
    ],
)
def test_places_of_a_message(places: list[str], line: str) -> None:
    assert problems.lines({"m": places}) == [line]
