"""Kea's configuration."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea
from dhcp_values import BARE, FULL, rule, settings

LOOKED_UP = "(member('KNOWN') or member('UNKNOWN'))"


def dhcp4(*arguments: Any, **options: Any) -> dict[str, Any]:
    """The configuration below its outermost key."""
    its: dict[str, Any] = kea.configuration(settings(*arguments, **options), "/hooks")["Dhcp4"]
    return its


def boot_classes(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    """The classes of the policy, without those that all configurations have."""
    return [one for one in dhcp4([BARE], rules)["client-classes"] if one["name"].startswith("boot-")]


def test_a_network() -> None:
    (subnet,) = dhcp4()["subnet4"]
    assert subnet == {
        "id": 3030158435,
        "subnet": "192.168.1.0/24",
        "next-server": "192.168.1.1",
        "require-client-classes": ["granted"],
        "option-data": [
            {"name": "routers", "data": "192.168.1.254"},
            {"name": "domain-name-servers", "data": "192.168.1.254, 192.168.1.253"},
            {"name": "domain-name", "data": "library.example"},
            {"name": "ntp-servers", "data": "192.168.1.253"},
        ],
        # A known machine whose address is taken gets none, and no boot file of a machine that nobody knows.
        "pools": [{"pool": "192.168.1.200 - 192.168.1.209", "client-class": "UNKNOWN"}],
        "reservations": [
            {"hw-address": "52:54:00:00:00:01", "ip-address": "192.168.1.21", "hostname": "pc01"},
            {
                "hw-address": "52:54:00:00:00:02",
                "ip-address": "192.168.1.22",
                "hostname": "pc02",
                "client-classes": ["loader-grub"],
            },
            {
                "hw-address": "52:54:00:00:01:02",
                "ip-address": "192.168.1.22",
                "hostname": "pc02",
                "client-classes": ["loader-grub"],
            },
        ],
    }


def test_a_network_without_anything() -> None:
    (subnet,) = dhcp4([BARE])["subnet4"]
    assert (subnet["option-data"], subnet["pools"], subnet["reservations"]) == ([], [], [])


def test_leases_of_reserved_addresses_keep_no_other_card_waiting() -> None:
    its = dhcp4(lease_seconds=7200)
    assert its["valid-lifetime"] == 7200
    assert {"name": "reserved", "test": "member('KNOWN')", "valid-lifetime": 1} in its["client-classes"]
    assert {"name": "granted", "test": "member('KNOWN')", "only-if-required": True} in its["client-classes"]
    assert its["hooks-libraries"] == [
        {
            "library": "/hooks/libdhcp_flex_option.so",
            "parameters": {
                "options": [
                    {
                        "code": 51,
                        "supersede": "ifelse(member('granted') and (pkt4.msgtype == 1 or pkt4.msgtype == 3), "
                        "0x00001c20, '')",
                    },
                    {"code": 12, "remove": "member('UNKNOWN')"},
                ]
            },
        }
    ]


def ids(*cidrs: str) -> dict[str, int]:
    """Give the ids of networks as they stand in the configuration."""
    subnets = [{**BARE, "name": f"n{number}", "cidr": cidr} for number, cidr in enumerate(cidrs)]
    return {one["subnet"]: one["id"] for one in dhcp4(subnets)["subnet4"]}


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
    subnets = [
        {**BARE, "cidr": "10.0.0.0/24", "foreign_macs": ["52:54:00:00:00:02", "52:54:00:00:00:01"]},
        {**BARE, "cidr": "10.0.1.0/24", "foreign_macs": ["52:54:00:00:00:01"]},
        {**BARE, "cidr": "10.0.2.0/24"},
    ]
    assert dhcp4(subnets)["reservations"] == [
        {"hw-address": "52:54:00:00:00:01", "client-classes": ["DROP"]},
        {"hw-address": "52:54:00:00:00:02", "client-classes": ["DROP"]},
    ]


def test_the_first_rule_that_matches_wins() -> None:
    classes = boot_classes(
        rule("grub", "core.0", loaders=["grub"], architectures=[0]),
        rule("uefi", "core.efi", architectures=[7, 9]),
        rule("script", "boot.ipxe", user_class="iPXE"),
        rule("rest", "x"),
    )
    assert [(one["name"], one["boot-file-name"]) for one in classes] == [
        ("boot-1-grub", "core.0"),
        ("boot-2-uefi", "core.efi"),
        ("boot-3-script", "boot.ipxe"),
        ("boot-4-rest", "x"),
    ]
    assert [one["test"] for one in classes] == [
        f"{LOOKED_UP} and (member('loader-grub')) and (substring(option[93].hex,0,2) == 0x0000 or "
        "(not option[93].exists and substring(option[60].hex,0,9) == 0x505845436c69656e74))",
        f"{LOOKED_UP} and (substring(option[93].hex,0,2) == 0x0007 or substring(option[93].hex,0,2) == 0x0009)"
        " and not member('boot-1-grub')",
        f"{LOOKED_UP} and (substring(option[77].hex,0,4) == 0x69505845 or "
        "substring(option[77].hex,0,5) == 0x0469505845) and not member('boot-1-grub') and not member('boot-2-uefi')",
        f"{LOOKED_UP} and not member('boot-1-grub') and not member('boot-2-uefi') and not member('boot-3-script')",
    ]


def test_auto_is_who_has_no_other_loader() -> None:
    (one,) = boot_classes(rule("a", loaders=["auto", "ipxe"]))
    others = " and ".join(f"not member('loader-{name}')" for name in ("pxelinux", "grub", "ipxe", "etherboot"))
    assert one["test"] == f"{LOOKED_UP} and (member('loader-ipxe') or ({others}))"


def test_firmware_that_boots_by_http_is_answered_in_kind() -> None:
    one, other = boot_classes(rule("a", vendor_class="HTTPClient"), rule("b", vendor_class="PXEClient"))
    assert one["option-data"] == [{"name": "vendor-class-identifier", "data": "HTTPClient", "always-send": True}]
    assert "option-data" not in other


def test_ipxe_is_told_to_wait_for_nobody_else() -> None:
    (ipxe,) = [one for one in dhcp4([FULL])["client-classes"] if one["name"] == "ipxe"]
    assert ipxe == {
        "name": "ipxe",
        "test": "(substring(option[77].hex,0,4) == 0x69505845 or substring(option[77].hex,0,5) == 0x0469505845)",
        "option-data": [{"code": 175, "csv-format": False, "data": "b00101"}],
    }


def test_rules_of_the_same_name_are_two_classes() -> None:
    classes = dhcp4([FULL], [rule("bios", "b")], first=[rule("bios", "a")])["client-classes"]
    assert [one["name"] for one in classes][-2:] == ["boot-1-bios", "boot-2-bios"]


def test_nothing_to_serve() -> None:
    assert dhcp4([])["subnet4"] == []
