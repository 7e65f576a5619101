"""The text of iPXE's scripts."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import ipxe_render as render
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER
from boot_examples import DISK, HTTP, MENU, PAGE, PLAIN, machine


def _start(site: str) -> list[str]:
    return [
        "imgfree",
        f'kernel {site}/images/a/1/vmlinuz initrd=initrd.img root=/dev/nfs dyndbg="file a +p" x=a`b$c%d{{e}}|f&g;h '
        "BOOTIF=01-${netX/mac:hexhyp} || goto failed",
        f"initrd --name initrd.img {site}/images/a/1/initrd.img || goto failed",
        "boot || goto failed",
    ]


def test_a_machine_without_menu() -> None:
    assert render.machine(machine(PLAIN), PAGE).splitlines() == [
        "#!ipxe",
        MARKER,
        ":again",
        "echo Booting pc02, a",
        *_start(""),
        ":failed",
        "echo That did not work. Trying again in 10 seconds.",
        "sleep 10 ||",
        "goto again",
    ]


def test_a_machine_that_boots_its_disk() -> None:
    assert render.machine(machine(PLAIN, labels=[DISK]), PAGE).splitlines() == ["#!ipxe", MARKER, "exit 1"]


def test_a_menu() -> None:
    assert render.machine(machine(MENU), HTTP).splitlines() == [
        "#!ipxe",
        MARKER,
        "set wait 5000",
        ":menu",
        "menu -- The reading room",
        "item label-reading Reading room",
        "item label-disk Disk",
        "item --key h help Help (h)",
        "choose --default label-disk --timeout ${wait} chosen || goto menu",
        "set wait 0",
        "goto ${chosen}",
        ":label-reading",
        "echo Booting Reading room",
        *_start("http://192.168.1.1"),
        ":label-disk",
        "exit 1",
        ":help",
        "echo -- The reading room",
        "echo",
        "echo -- - Reading: for readers.",
        "echo",
        "echo -- It's free.",
        "echo",
        "prompt Press any key to go back to the menu. ||",
        "goto menu",
        ":failed",
        "echo That did not work.",
        "sleep 5 ||",
        "goto menu",
    ]


def test_a_menu_without_help() -> None:
    assert "help" not in render.machine(machine(MENU, menu={"help": []}), PAGE)


def test_the_dispatcher() -> None:
    known = "chain --replace machines/01-${netX/mac:hexhyp}.ipxe || chain --replace machines/${netX/ip}.ipxe"
    assert render.dispatcher(PAGE).splitlines() == [
        "#!ipxe",
        MARKER,
        f"{known} ||",
        "sleep 5 ||",
        f"{known} || goto unknown",
        ":unknown",
        "echo -- Not known here.",
        "echo",
        "echo -- Ask.",
        "prompt --timeout 30000 Press any key to start from the local disk at once. ||",
        "exit 1",
    ]
    assert "\nprompt Press any key" in render.dispatcher(HTTP)


@pytest.mark.parametrize(
    ("address", "http", "site"),
    [
        ("192.168.1.1", True, "http://192.168.1.1"),
        ("192.168.1.1", False, "tftp://192.168.1.1"),
        ("", False, "tftp://${next-server}"),
    ],
)
def test_the_script_inside_of_an_image(address: str, http: bool, site: str) -> None:
    assert render.embedded(address, http=http).splitlines() == [
        "#!ipxe",
        MARKER,
        ":again",
        f"dhcp && chain --replace {site}/ipxe/boot.ipxe ||",
        "echo That did not work. Trying again in 10 seconds.",
        "sleep 10 ||",
        "goto again",
    ]
