"""Boot files: names as gethostip makes them, and no value that leaves its line."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import pxelinux_render as render
from programs import program

PAGE = render.Page("0 115200", 30, ("Not known here.",))
ENTRY = {
    "name": "pc01",
    "ip": "192.168.1.21",
    "title": "pc01 (reading_room)",
    "kernel": "images/a/1/vmlinuz",
    "initrd": "images/a/1/initrd.img",
    "cmdline": "root=/dev/nfs ro",
}


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.168.1.21", "C0A80115"), ("0.0.0.0", "00000000"), ("255.255.255.255", "FFFFFFFF"), ("10.0.0.7", "0A000007")],
)
def test_ip_name(address: str, name: str) -> None:
    assert render.ip_name(address) == name


@pytest.mark.parametrize("address", ["192.168.1.21", "10.0.0.7", "172.16.255.1", "1.2.3.4"])
def test_ip_name_is_that_of_gethostip(address: str) -> None:
    oracle = subprocess.run(
        [program("gethostip", "syslinux-utils"), "-x", address], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert render.ip_name(address) == oracle


@pytest.mark.parametrize("address", ["", "192.168.1", "192.168.1.256", "fe80::1", "../default"])
def test_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="is no IPv4 address"):
        render.ip_name(address)


def test_a_machine() -> None:
    assert render.machine(ENTRY, PAGE).splitlines() == [
        render.MARKER,
        "SERIAL 0 115200",
        "DEFAULT diskless",
        "PROMPT 0",
        "SAY Booting pc01 (reading_room)",
        "LABEL diskless",
        "    MENU LABEL pc01 (reading_room)",
        "    LINUX images/a/1/vmlinuz",
        "    INITRD images/a/1/initrd.img",
        "    APPEND root=/dev/nfs ro",
        "    SYSAPPEND 2",
    ]


def test_the_default_waits_and_boots_the_local_disk() -> None:
    text = render.default(PAGE)
    assert "TIMEOUT 300\nSAY Not known here.\nLABEL local\n" in text
    assert text.endswith("    LOCALBOOT -1\n")


def test_no_serial_line() -> None:
    assert "SERIAL" not in render.default(render.Page("", 30, ()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "a\nKERNEL evil"}, r"pc01: title: 'a\nKERNEL evil' holds a newline or another control character"),
        ({"name": "a\x00"}, r"entries: name: 'a\x00' holds a newline or another control character"),
        ({"cmdline": "ro\rquiet"}, r"pc01: cmdline: 'ro\rquiet' holds a newline or another control character"),
        ({"cmdline": "ro\u2028quiet"}, r"pc01: cmdline: 'ro\u2028quiet' holds a newline or another control character"),
        ({"cmdline": " - "}, "pc01: cmdline: a lone '-' would mean that there are no arguments"),
        ({"cmdline": "x" * 1801}, "pc01: cmdline: 1801 bytes, at most 1800 are allowed"),
        (
            {"kernel": "../vmlinuz"},
            "pc01: kernel: '../vmlinuz' must be a path below the TFTP root, of letters, digits and '._+@~=-'",
        ),
        (
            {"initrd": "/initrd"},
            "pc01: initrd: '/initrd' must be a path below the TFTP root, of letters, digits and '._+@~=-'",
        ),
        (
            {"initrd": "a,b"},
            "pc01: initrd: 'a,b' must be a path below the TFTP root, of letters, digits and '._+@~=-'",
        ),
        ({"ip": "1.2.3"}, "pc01: ip: '1.2.3' is no IPv4 address"),
    ],
)
def test_hostile_values(change: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        render.files([{**ENTRY, **change}], PAGE)
    assert str(caught.value) == message


def test_two_machines_with_one_address() -> None:
    with pytest.raises(ValueError, match=r"^pc02: ip: 192\.168\.1\.21 is that of pc01 too$"):
        render.files([ENTRY, {**ENTRY, "name": "pc02"}], PAGE)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (
            render.Page("0 115200\nX", 30, ()),
            "serial: '0 115200\\nX' must be 'port [baud [flow control]]', such as '0 115200'",
        ),
        (render.Page("0", -1, ()), "timeout: -1 is not between 0 and 3599 seconds"),
        (render.Page("0", 30, ("a\nLABEL b",)), r"message: 'a\nLABEL b' holds a newline or another control character"),
    ],
)
def test_hostile_page(page: render.Page, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        render.default(page)
    assert str(caught.value) == message
