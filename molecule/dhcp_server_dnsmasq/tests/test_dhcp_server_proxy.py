"""A network that has a DHCP server already: dnsmasq tells the reserved machines what to boot, and nobody an address."""

from __future__ import annotations

import typing

import pytest

from tests.lab import dhcp_client, scenario, udhcpc
from tests.lab.dhcp_cases import (
    GRUB,
    GRUB_BIOS,
    GRUB_X64,
    HTTP,
    IPXE,
    LPXELINUX,
    NEXT_SERVER,
    PC01,
    SCRIPT,
    SHIM,
    SNPONLY,
    STRANGER,
)
from tests.lab.dhcp_client import Client, pxe

Answer: typing.TypeAlias = dict[str, typing.Any] | None

# Whatever address the other server gives; a card of the lab has it, or the answer would not find its way.
ADDRESS = "192.168.1.150"
CASES: dict[str, tuple[Client, str | None]] = {
    "BIOS": (pxe(PC01, 0, address=ADDRESS), LPXELINUX),
    "UEFI x64": (pxe(PC01, 7, address=ADDRESS), SHIM),
    "UEFI x64 by its first number": (pxe(PC01, 9, address=ADDRESS), SHIM),
    "UEFI x64 by HTTP": (pxe(PC01, 16, address=ADDRESS), f"{HTTP}{GRUB_X64}"),
    "iPXE of a BIOS": (pxe(PC01, 0, user_class="iPXE", address=ADDRESS), SCRIPT),
    "iPXE of UEFI": (pxe(PC01, 7, user_class="iPXE", address=ADDRESS), SCRIPT),
    "slave_loader grub on a BIOS": (pxe(GRUB, 0, address=ADDRESS), GRUB_BIOS),
    "slave_loader grub on UEFI": (pxe(GRUB, 7, address=ADDRESS), GRUB_X64),
    "slave_loader ipxe on UEFI": (pxe(IPXE, 7, address=ADDRESS), SNPONLY),
    "unknown machine": (pxe(STRANGER, 0, address=ADDRESS, attempts=2), None),
    "unknown machine of UEFI": (pxe(STRANGER, 7, address=ADDRESS, attempts=2), None),
    "running system": (Client(PC01, vendor_class="udhcp 1.35.0", attempts=2), None),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> typing.Iterator[dict[str, Answer]]:
    """What each client was told, by the case's name, while the network is one of mode proxy."""
    folder = tmp_path_factory.mktemp("proxy")
    machines = [
        {"hostname": "pc01", "macs": [PC01], "ip": "192.168.1.21"},
        {"hostname": "pc03", "macs": [GRUB], "ip": "192.168.1.23", "loader": "grub"},
        {"hostname": "pc04", "macs": [IPXE], "ip": "192.168.1.24", "loader": "ipxe"},
    ]
    network = {"name": "reading", "cidr": "192.168.1.0/24", "mode": "proxy", "next_server": NEXT_SERVER}
    scenario.converge(folder, dhcp_server_subnets=[{**network, "reservations": machines}])
    with udhcpc.card("52:54:00:00:08:88", address=f"{ADDRESS}/24"):
        told = dhcp_client.ask_all([client for client, _file in CASES.values()])
    yield dict(zip(CASES, told, strict=True))
    scenario.converge(folder)


@pytest.mark.parametrize("name", CASES)
def test_a_machine_is_told_its_boot_file_and_no_address(name: str, answers: dict[str, Answer]) -> None:
    answer, file = answers[name], CASES[name][1]
    if file is None:
        assert answer is None
        return
    assert answer is not None
    assert (answer["file"], answer["next_server"]) == (file, NEXT_SERVER)
    assert set(answer["address"].split(".")) == {"0"}
    assert "lease_time" not in answer["options"]
    assert "router" not in answer["options"]
    assert answer["ipxe"] == []
    client_class = CASES[name][0].vendor_class.split(":")[0]
    assert answer["options"]["vendor_class_id"] == [client_class]
