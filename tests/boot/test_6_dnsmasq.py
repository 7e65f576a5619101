"""With dnsmasq: Secure Boot, files by TFTP alone, and a network whose addresses somebody else's DHCP server gives."""

from __future__ import annotations

import pathlib

from tests.boot import fetches
from tests.boot.library import Library
from tests.boot.test_5_loaders import FIRST, LOADERS, MENU_SECONDS
from tests.lab import foreign_dhcp

_DNSMASQ = ("-e", "dhcp_server_backend=dnsmasq")
_PROXY = pathlib.Path(__file__).parent / "proxy"
_BESIDE_ANOTHER_SERVER = {"pc06": "bios", "pc09": "uefi"}


def test_secure_boot(converged: Library) -> None:
    converged.site("dnsmasq", *_DNSMASQ, more=LOADERS)
    with converged.booted("pc08", "secureboot", "secureboot") as machine:
        assert "Secure boot enabled" in converged.on_slave("pc08", "dmesg")
        traffic = machine.capture.update()
    # Its GRUB may load no module, and so no kernel by HTTP.
    assert fetches.of(traffic)["service"] == "tftp"


def test_without_http_the_same_comes_by_tftp(converged: Library) -> None:
    converged.site("without-http", *_DNSMASQ, "-e", "{tftp_pxelinux_http: false}", more=LOADERS)
    with converged.powered("pc03", "tftp") as machine:
        machine.wait_until_shown(FIRST, MENU_SECONDS)
        machine.press("ret")
        machine.wait_for("kernel")
        traffic = machine.capture.update()
    assert traffic.received["http"] == 0
    fetches.note(converged.report, fetches.of(traffic))


def test_slaves_boot_beside_a_foreign_dhcp_server(converged: Library) -> None:
    """They have their addresses from one server, and what they boot from the other."""
    converged.site("proxy", more=_PROXY)
    slaves = [converged.model["slaves"][name] for name in _BESIDE_ANOTHER_SERVER]
    log = converged.folder / "foreign-dhcp.log"
    reservations = {slave["macs"][0]: slave["ip"] for slave in slaves}
    with (
        foreign_dhcp.serving(0, "192.168.1.254/24", reservations, log),
        converged.powered("pc06", "proxy", _BESIDE_ANOTHER_SERVER["pc06"]) as bios,
        converged.powered("pc09", "proxy", _BESIDE_ANOTHER_SERVER["pc09"]) as uefi,
    ):
        bios.wait_for_login()
        uefi.wait_for_login()
        for name in _BESIDE_ANOTHER_SERVER:
            assert converged.on_slave(name, "hostname") == name
        # An iPXE, which knows which server told it what to boot; GRUB would not.
        assert uefi.capture.update().asked[0] == "ipxe/snponly.efi"
    told = log.read_text()
    for slave in slaves:
        assert f"DHCPACK(br0) {slave['ip']}" in told
    assert "PXE(" in converged.on_master("journalctl", "--no-pager", "--unit", "diskless-dnsmasq")
