"""Networks where another DHCP server gives the addresses: who may serve them, and what of them has no effect."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, inventory

PROXY: dict[str, Any] = {"cidr": "192.168.1.0/24", "gateway": "192.168.1.254", "mode": "proxy"}
STAFF: dict[str, Any] = {"cidr": "192.168.2.0/24"}
HERE = "all: diskless_networks.reading"


def faults(networks: dict[str, Any], **hosts: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Errors and warnings."""
    masters = ["master01", *(["master02"] if "master02" in hosts else [])]
    everywhere = {"diskless_networks": networks}
    model = fleet(inventory(everywhere=everywhere, **hosts), {**GROUPS, "masters": masters})
    return model["errors"], model["warnings"]


def wrong(backend: str) -> str:
    return f"dhcp_server_backend: '{backend}': cannot serve network 'reading', whose mode is proxy; allowed: dnsmasq"


@pytest.mark.parametrize(
    ("variables", "errors"),
    [
        ({}, [f"master01: {wrong('kea')}"]),
        ({"dhcp_server_backend": "kea"}, [f"master01: {wrong('kea')}"]),
        ({"dhcp_server_backend": "isc"}, [f"master01: {wrong('isc')}"]),
        ({"dhcp_server_backend": "dnsmasq"}, []),
    ],
)
def test_the_backend_of_a_master_on_it(variables: dict[str, Any], errors: list[str]) -> None:
    assert faults({"reading": PROXY}, master01=variables) == (errors, [])


@pytest.mark.parametrize("loader", ["auto", "pxelinux", "grub", "ipxe", "etherboot"])
def test_grub_would_ask_the_other_server(loader: str) -> None:
    errors, _warnings = faults(
        {"reading": PROXY}, master01={"dhcp_server_backend": "dnsmasq"}, pc01={"slave_loader": loader}
    )
    wrong_loader = (
        "pc01: slave_loader: 'grub': cannot be used on network 'reading', whose mode is proxy: it asks the other "
        "DHCP server; allowed: auto, pxelinux, ipxe, etherboot"
    )
    assert errors == ([wrong_loader] if loader == "grub" else [])


def test_masters_that_have_nothing_to_do_with_it_have_what_backend_they_like() -> None:
    second = {"master_ip": "192.168.2.1", "master_interface": "eth1"}
    mine = {"dhcp_server_backend": "dnsmasq"}
    slaves: dict[str, Any] = {"pc01": {"slave_master": "master01"}, "pc02": {"slave_master": "master01"}}
    assert faults({"reading": PROXY, "staff": STAFF}, master01=mine, master02=second, **slaves) == ([], [])


def test_masters_that_serve_slaves_on_it_from_elsewhere_are_told() -> None:
    second = {"master_ip": "192.168.2.1", "master_interface": "eth1", "dhcp_server_backend": "isc"}
    slaves: dict[str, Any] = {"pc01": {"slave_master": "master01"}, "pc02": {"slave_master": "master02"}}
    errors, warnings = faults({"reading": PROXY, "staff": STAFF}, master02=second, **slaves)
    assert errors == [f"master01: {wrong('kea')}", f"master02: {wrong('isc')}"]
    assert len(warnings) == 1


def test_a_boot_file_without_a_dot() -> None:
    rules = [
        {"name": "a", "boot_file": "loader"},
        {"name": "b", "boot_file": "loader", "architectures": ["7"]},
        {"name": "c", "boot_file": "loader", "architectures": [0]},
        {"name": "d", "boot_file": "loader.efi", "architectures": [7]},
    ]
    variables = {"dhcp_server_backend": "dnsmasq", "dhcp_server_boot_policy_first": rules}
    wrong = (
        "'loader': has no dot: on network 'reading', whose mode is proxy, UEFI firmware would be told another name; "
        "allowed: a name with a dot in it"
    )
    assert faults({"reading": PROXY}, master01=variables) == (
        [f"master01: dhcp_server_boot_policy_first[{index}].boot_file: {wrong}" for index in (0, 1)],
        [],
    )


def test_what_a_proxy_does_not_tell() -> None:
    told = {"pool": ["192.168.1.100", "192.168.1.150"], "dns": ["192.168.1.254"], "ntp": ["192.168.1.254"]}
    proxy = {"reading": {**PROXY, **told, "domain": "library.example"}}
    no_effect = "has no effect with mode proxy: the other DHCP server tells it"
    assert faults(proxy, master01={"dhcp_server_backend": "dnsmasq"}) == (
        [
            f"{HERE}.pool: ['192.168.1.100', '192.168.1.150']: cannot be served with mode proxy, where another DHCP "
            "server gives the addresses; allowed: no pool, or mode authoritative"
        ],
        [
            f"{HERE}.dns: ['192.168.1.254']: {no_effect}",
            f"{HERE}.ntp: ['192.168.1.254']: {no_effect}",
            f"{HERE}.domain: 'library.example': {no_effect}",
        ],
    )
