"""For every DHCP server: the answers are those of the table in tests/lab/dhcp_cases.py, field by field."""

from __future__ import annotations

import pathlib
import typing

import pytest

from tests.lab import dhcp_cases, dhcp_client, scenario, udhcpc
from tests.lab.dhcp_cases import CASES, Case

Answer: typing.TypeAlias = dict[str, typing.Any] | None


@pytest.fixture(scope="module")
def answers() -> dict[str, Answer]:
    """What each client of the table was told, by the case's name; they ask in its order."""
    return dict(zip((case.name for case in CASES), dhcp_client.ask_all([case.client for case in CASES]), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_client_is_told_what_the_table_says(case: Case, answers: dict[str, Answer]) -> None:
    answer = answers[case.name]
    if not case.addresses:
        assert answer is None
        return
    assert answer is not None
    assert answer["address"] in case.addresses
    assert dhcp_cases.told(answer) == dhcp_cases.expected(case)


def test_a_no_has_no_lease_time() -> None:
    """RFC 2131, table 3; to a known machine that comes back from another network."""
    (answer,) = dhcp_client.ask_all([dhcp_client.pxe(dhcp_cases.PC01, remembered="10.9.8.7")])
    assert answer is not None
    assert answer["kind"] == dhcp_client.NAK
    assert "lease_time" not in answer["options"]


def test_a_real_client_with_another_identifier_and_name_gets_the_same(tmp_path: pathlib.Path) -> None:
    lease = udhcpc.ask(tmp_path, dhcp_cases.PC01, "-x", "hostname:other", "-O", "ntpsrv", "-O", "bootfile")
    names = ("ip", "hostname", "router", "dns", "domain", "ntpsrv", "siaddr", "lease", "boot_file")
    assert {name: lease.get(name) for name in names} == {
        "ip": "192.168.1.21",
        "hostname": "pc01",
        "router": "192.168.1.254",
        "dns": "192.168.1.254 192.168.1.252",
        "domain": "library.example",
        "ntpsrv": "192.168.1.253",
        "siaddr": "192.168.1.2",
        "lease": "3600",
        "boot_file": None,
    }


def test_what_a_network_has_no_value_for_is_not_sent(tmp_path: pathlib.Path) -> None:
    """And a network without a pool has no address for a stranger."""
    machine = {"hostname": "pc01", "macs": [dhcp_cases.PC01], "ip": "192.168.1.21"}
    bare = {"name": "reading", "cidr": "192.168.1.0/24", "next_server": "192.168.1.2", "reservations": [machine]}
    scenario.converge(
        tmp_path,
        dhcp_server_subnets=[bare],
        dhcp_server_boot_policy=[{"name": "all", "boot_file": "all.0"}],
        dhcp_server_boot_policy_first=[],
        dhcp_server_lease_seconds=1800,
    )
    try:
        known, stranger = dhcp_client.ask_all(
            [dhcp_client.pxe(dhcp_cases.PC01), dhcp_client.pxe(dhcp_cases.STRANGER, attempts=2)]
        )
    finally:
        scenario.converge(tmp_path)
    assert stranger is None
    assert known is not None
    assert known["address"] == "192.168.1.21"
    assert dhcp_cases.told(known) == {
        **dict.fromkeys((*dhcp_cases.COMMON, "vendor_class_id")),
        "subnet_mask": ["255.255.255.0"],
        "hostname": ["pc01"],
        "lease_time": [1800],
        "next_server": "192.168.1.2",
        "file": "all.0",
        "ipxe": [],
    }
