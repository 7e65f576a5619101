"""Loaders of a slave's choice, menus and keys, on BIOS and UEFI; with ISC's dhcpd, where the tests before have Kea."""

from __future__ import annotations

import pathlib

import pytest

from tests.boot import fetches
from tests.boot.library import Library
from tests.lab.machine import Machine

LOADERS = pathlib.Path(__file__).parent / "loaders"
FIRST = "The library's system"

_TITLE = "Reading room - choose with the arrows and Enter"
_SECOND = "With a mark"
_HELP = "marked - the same, with a mark on its command line"
_MARK = "diskless.mark=chosen-by-key"
MENU_SECONDS = 180
_KEY_SECONDS = 30


@pytest.fixture(scope="module")
def with_isc(converged: Library) -> Library:
    """The library with what `loaders/` adds to its inventory."""
    converged.site("isc", "-e", "dhcp_server_backend=isc", more=LOADERS)
    return converged


def _choose_the_second(machine: Machine) -> None:
    """At the menu: looks at it and at the page behind F1, with pictures of both, and takes the second label."""
    machine.wait_until_shown(FIRST, MENU_SECONDS)
    machine.wait_until_shown(_SECOND, _KEY_SECONDS)
    machine.screenshot("menu")
    machine.press("f1")
    machine.wait_until_shown(_HELP, _KEY_SECONDS)
    machine.screenshot("help")
    machine.press("esc")
    machine.wait_until_shown(_SECOND, _KEY_SECONDS)
    machine.press("down", "ret")
    machine.wait_for_login()


def _require_mark(library: Library, name: str) -> None:
    """Checks that the second label's argument is on the kernel's command line."""
    assert _MARK in library.on_slave(name, "cat", "/proc/cmdline").split()


def test_pxelinux_shows_its_menu_and_obeys_keys(with_isc: Library) -> None:
    with with_isc.powered("pc03", "pxelinux") as machine:
        machine.wait_until_shown(_TITLE, MENU_SECONDS)
        _choose_the_second(machine)
        _require_mark(with_isc, "pc03")
        traffic = machine.capture.update()
    assert traffic.asked[0] == "lpxelinux.0"
    fetched = fetches.of(traffic)
    assert fetched["service"] == "http"
    fetches.note(with_isc.report, fetched)


def test_grub_shows_the_same_menu_by_uefi_while_a_rom_loads_an_image_for_etherboot(with_isc: Library) -> None:
    with (
        with_isc.powered("pc04", "uefi", "uefi") as uefi,
        with_isc.powered("pc05", "etherboot") as rom,
    ):
        _choose_the_second(uefi)
        _require_mark(with_isc, "pc04")
        traffic = uefi.capture.update()
        assert traffic.asked[0] == "shimx64.efi"
        # Without Secure Boot the signed GRUB may load its module for HTTP.
        assert fetches.of(traffic)["service"] == "http"

        # From the kernel on it starts like all.
        rom.wait_for("root")
        asked = [(one.service, one.path) for one in rom.capture.update().transfers]
        assert asked[:2] == [("tftp", "etherboot/ipxe_i386.elf"), ("http", "/ipxe/boot.ipxe")]
