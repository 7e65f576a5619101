"""Kea's configuration."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea

SUBNET = {"name": "lan", "cidr": "192.168.1.0/24", "next_server": "192.168.1.1"}


def test_each_card_has_the_reservation_of_its_machine() -> None:
    machine = {"hostname": "pc01", "macs": ["52:54:00:00:00:01", "52:54:00:00:00:02"], "ip": "192.168.1.21"}
    assert kea.subnet(3, {**SUBNET, "reservations": [machine]}) == {
        "id": 3,
        "subnet": "192.168.1.0/24",
        "user-context": {"network": "lan"},
        "option-data": [],
        "pools": [],
        "next-server": "192.168.1.1",
        "reservations": [
            {"hw-address": "52:54:00:00:00:01", "ip-address": "192.168.1.21", "hostname": "pc01"},
            {"hw-address": "52:54:00:00:00:02", "ip-address": "192.168.1.21", "hostname": "pc01"},
        ],
    }


def test_options_and_pool() -> None:
    rendered = kea.subnet(
        1, {**SUBNET, "pool": ["192.168.1.100", "192.168.1.110"], "dns": ["10.0.0.1", "10.0.0.2"], "domain": "a,b"}
    )
    # A known machine whose address is taken gets none, and no boot file of a machine that nobody knows.
    assert rendered["pools"] == [{"pool": "192.168.1.100 - 192.168.1.110", "client-class": "UNKNOWN"}]
    assert rendered["option-data"] == [
        {"name": "domain-name-servers", "data": "10.0.0.1, 10.0.0.2"},
        {"name": "domain-name", "data": "a\\,b"},
    ]


def ids(*cidrs: str) -> dict[str, int]:
    """Give the ids of networks as they stand in the configuration."""
    subnets = [{"name": f"n{number}", "cidr": cidr} for number, cidr in enumerate(cidrs)]
    rendered = kea.configuration(["eth0"], subnets, [], 60)["Dhcp4"]["subnet4"]
    return {one["subnet"]: one["id"] for one in rendered}


def test_leases_stay_with_their_network_when_others_come_and_go() -> None:
    few = ids("192.168.1.0/24", "192.168.2.0/24")
    assert few == {"192.168.1.0/24": 3030158435, "192.168.2.0/24": 2861935546}
    more = ids("10.0.0.0/8", "192.168.2.0/24", "172.16.0.0/12", "192.168.1.0/24")
    assert {cidr: more[cidr] for cidr in few} == few
    assert ids("192.168.2.0/24") == {"192.168.2.0/24": few["192.168.2.0/24"]}


def test_ids_of_networks_are_valid_and_different(monkeypatch: pytest.MonkeyPatch) -> None:
    cidrs = [f"10.{first}.{second}.0/24" for first in range(40) for second in range(25)]
    numbers = kea.subnet_ids(cidrs)
    assert len(set(numbers.values())) == 1000
    assert all(1 <= number <= 2**32 - 2 for number in numbers.values())
    monkeypatch.setattr(kea, "LAST_SUBNET_ID", 1000)
    crowded = kea.subnet_ids(cidrs)
    assert set(crowded.values()) == set(range(1, 1001))
    assert kea.subnet_ids(reversed(cidrs)) == crowded


def test_machines_of_another_master_are_ignored() -> None:
    subnets: list[dict[str, Any]] = [
        {"name": "a", "cidr": "10.0.0.0/24", "foreign_macs": ["52:54:00:00:00:02", "52:54:00:00:00:01"]},
        {"name": "b", "cidr": "10.0.1.0/24", "foreign_macs": ["52:54:00:00:00:01"]},
        {"name": "c", "cidr": "10.0.2.0/24"},
    ]
    rendered = kea.configuration(["eth0"], subnets, [], 60)["Dhcp4"]
    assert rendered["reservations"] == [
        {"hw-address": "52:54:00:00:00:01", "client-classes": ["DROP"]},
        {"hw-address": "52:54:00:00:00:02", "client-classes": ["DROP"]},
    ]


def test_the_first_policy_that_matches_wins() -> None:
    policy: list[dict[str, Any]] = [
        {"name": "bios", "architectures": [0], "boot_file": "lpxelinux.0"},
        {"name": "uefi", "architectures": [7, 9], "boot_file": "core.efi"},
        {"name": "rest", "architectures": [], "boot_file": "x"},
    ]
    assert [one["test"] for one in kea.client_classes(policy)] == [
        "(substring(option[93].hex,0,2) == 0x0000)",
        "(substring(option[93].hex,0,2) == 0x0007 or substring(option[93].hex,0,2) == 0x0009)"
        " and not member('boot-bios')",
        "not member('boot-bios') and not member('boot-uefi')",
    ]


def test_a_policy_for_all() -> None:
    assert kea.client_classes([{"name": "all", "architectures": [], "boot_file": "x"}])[0]["test"] == "member('ALL')"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "a'b"}, "\"a'b\" is no name: lower-case letters, digits, '-' and '_' are allowed"),
        ({"name": "bios"}, "'bios' is there twice"),
        ({"architectures": [65536]}, "b: architecture 65536 is not between 0 and 65535"),
        ({"boot_file": ""}, "b: the boot file's name must have 1 to 127 bytes"),
        ({"boot_file": "x" * 128}, "b: the boot file's name must have 1 to 127 bytes"),
    ],
)
def test_a_bad_policy(item: dict[str, Any], message: str) -> None:
    first = {"name": "bios", "architectures": [0], "boot_file": "x"}
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        kea.client_classes([first, {"name": "b", "architectures": [], "boot_file": "x", **item}])
    assert str(caught.value) == f"dhcp_server_boot_policy: {message}"


def test_nothing_to_serve() -> None:
    assert kea.configuration([], [], [], 3600)["Dhcp4"]["subnet4"] == []
