"""The names of boot files, and which files are ours."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import boot_tree, loader_files, pxelinux_render
from ansible_collections.diskless.netboot.plugins.module_utils.public_files import Found
from boot_examples import MENU, PAGE, PLAIN, entry, machine
from programs import program


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.168.1.21", "C0A80115"), ("0.0.0.0", "00000000"), ("255.255.255.255", "FFFFFFFF"), ("10.0.0.7", "0A000007")],
)
def test_ip_name(address: str, name: str) -> None:
    assert loader_files.ip_name(address) == name


@pytest.mark.parametrize("address", ["192.168.1.21", "10.0.0.7", "172.16.255.1", "1.2.3.4"])
def test_ip_name_is_that_of_gethostip(address: str) -> None:
    oracle = subprocess.run(
        [program("gethostip", "syslinux-utils"), "-x", address], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert loader_files.ip_name(address) == oracle


def test_the_whole_set() -> None:
    assert sorted(boot_tree.files([machine(MENU), machine(PLAIN)], PAGE)) == [
        "grub/grub.cfg",
        "grub/machines/01-52-54-00-00-00-16.cfg",
        "grub/machines/192.168.1.21.cfg",
        "grub/machines/192.168.1.22.cfg",
        "ipxe/boot.ipxe",
        "ipxe/machines/01-52-54-00-00-00-16.ipxe",
        "ipxe/machines/192.168.1.21.ipxe",
        "ipxe/machines/192.168.1.22.ipxe",
        "pxelinux.cfg/01-52-54-00-00-00-16",
        "pxelinux.cfg/C0A80115",
        "pxelinux.cfg/C0A80115.help",
        "pxelinux.cfg/C0A80116",
        "pxelinux.cfg/default",
    ]


def test_by_card_and_by_address_a_machine_boots_the_same() -> None:
    found = boot_tree.files([machine(entry(MENU, macs=["52:54:00:00:00:15"]))], PAGE)
    for by_card, by_address in (
        ("pxelinux.cfg/01-52-54-00-00-00-15", "pxelinux.cfg/C0A80115"),
        ("grub/machines/01-52-54-00-00-00-15.cfg", "grub/machines/192.168.1.21.cfg"),
        ("ipxe/machines/01-52-54-00-00-00-15.ipxe", "ipxe/machines/192.168.1.21.ipxe"),
    ):
        assert found[by_card] == found[by_address]


def test_all_of_it_is_ours() -> None:
    found = boot_tree.files([machine(MENU), machine(PLAIN)], PAGE)
    assert [path for path, content in found.items() if not boot_tree.is_ours(Found(content, 0o644))] == []


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"DEFAULT x\n",
        b"#!ipxe\nchain x\n",
        b"a\nb\n" + pxelinux_render.MARKER.encode() + b"\n",
        pxelinux_render.MARKER.encode() + b" not quite\n",
    ],
)
def test_what_is_not_ours(content: bytes | None) -> None:
    assert not boot_tree.is_ours(Found(content, 0o644))
