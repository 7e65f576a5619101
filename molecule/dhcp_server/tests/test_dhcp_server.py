"""What machines on the LAN get from the role dhcp_server."""

from __future__ import annotations

import pytest
from testinfra.host import Host

from tests.lab import dhcp_client

CONFIGURATION = "/etc/kea/kea-dhcp4.conf"


def test_kea_runs_now_and_after_a_restart_of_the_machine(host: Host) -> None:
    service = host.service("kea-dhcp4-server")
    assert service.is_running
    assert service.is_enabled


def test_configuration_is_no_business_of_others(host: Host) -> None:
    assert host.file(CONFIGURATION).user == "root"
    assert not host.file(CONFIGURATION).mode & 0o022


@pytest.mark.parametrize(
    ("mac", "address", "hostname"),
    [
        ("52:54:00:00:00:21", "192.168.1.21", "pc01"),
        ("52:54:00:00:00:22", "192.168.1.22", "pc02"),
        ("52:54:00:00:01:22", "192.168.1.22", "pc02"),
    ],
)
def test_a_reserved_machine_gets_everything_it_needs_to_boot(mac: str, address: str, hostname: str) -> None:
    offer = dhcp_client.ask(mac)
    assert offer is not None
    assert (offer["address"], offer["next_server"], offer["file"]) == (address, "192.168.1.1", "lpxelinux.0")
    expected = {
        "hostname": [hostname],
        "subnet_mask": ["255.255.255.0"],
        "router": ["192.168.1.254"],
        "name_server": ["192.168.1.254"],
        "domain": ["library.example"],
        "NTP_server": ["192.168.1.253"],
    }
    assert {name: offer["options"].get(name) for name in expected} == expected


def test_an_unknown_machine_gets_an_address_of_the_pool() -> None:
    offer = dhcp_client.ask("52:54:00:00:09:99")
    assert offer is not None
    assert offer["address"] in {f"192.168.1.{number}" for number in range(200, 210)}


def test_a_machine_of_another_master_is_not_answered() -> None:
    """Not even from the pool, which an unknown machine gets its address from."""
    assert dhcp_client.ask("52:54:00:00:00:31") is None


def test_a_firmware_without_loader_gets_no_boot_file() -> None:
    offer = dhcp_client.ask("52:54:00:00:00:21", architecture=7)
    assert offer is not None
    assert (offer["address"], offer["file"]) == ("192.168.1.21", "")


def test_only_the_lan_is_answered(host: Host) -> None:
    sockets = host.run("ss -H -l -u -n -p sport = :67").stdout
    assert "192.168.1.1" in sockets
    assert "198.18." not in sockets
