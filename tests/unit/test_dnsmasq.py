"""dnsmasq's configuration, with and without another DHCP server beside it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, dnsmasq
from dhcp_values import BARE, FULL, PC01, PC02, rule, settings

PROXY: dict[str, Any] = {**BARE, "mode": "proxy", "reservations": [PC01, PC02]}
PXE_MATCH = "dhcp-match=set:pxe,60,50:58:45:43:6c:69:65:6e:74"
IPXE = [
    "dhcp-match=set:ipxe,77,69:50:58:45",
    "dhcp-match=set:ipxe,77,04:69:50:58:45",
    "dhcp-option=tag:ipxe,175,b0:01:01",
]
AUTO = "tag-if=set:loader-auto,tag:!loader-pxelinux,tag:!loader-grub,tag:!loader-ipxe,tag:!loader-etherboot"


def lines(*arguments: Any, **options: Any) -> list[str]:
    """What follows the head of the file, which is always the same."""
    text = dnsmasq.configuration(settings(*arguments, **options))
    assert text.startswith(dnsmasq.HEAD)
    return text.removeprefix(dnsmasq.HEAD).splitlines()


def test_a_network_with_everything() -> None:
    assert lines([FULL], [rule("bios", "lpxelinux.0", architectures=[0])]) == [
        "dhcp-leasefile=/var/lib/diskless-dnsmasq/dnsmasq.leases",
        "interface=lo",
        "dhcp-range=set:net-0,192.168.1.0,static,255.255.255.0,3600",
        "dhcp-range=tag:!known,set:net-0,192.168.1.200,192.168.1.209,255.255.255.0,3600",
        "dhcp-option=tag:net-0,option:router,192.168.1.254",
        "dhcp-option=tag:net-0,option:dns-server,192.168.1.254,192.168.1.253",
        "dhcp-option=tag:net-0,option:domain-name,library.example",
        "dhcp-option=tag:net-0,option:ntp-server,192.168.1.253",
        "dhcp-host=52:54:00:00:00:01,192.168.1.21,pc01",
        "dhcp-host=52:54:00:00:00:02,52:54:00:00:01:02,set:loader-grub,192.168.1.22,pc02",
        "dhcp-host=52:54:00:00:00:31,set:foreign",
        *IPXE,
        "dhcp-match=set:has-architecture,93",
        PXE_MATCH,
        "dhcp-match=set:architecture-0,93,00:00",
        "tag-if=set:architecture-0,tag:pxe,tag:!has-architecture",
        AUTO,
        "tag-if=set:rule-0,tag:!matched,tag:architecture-0",
        "tag-if=set:matched,tag:rule-0",
        'dhcp-boot=tag:net-0,tag:rule-0,"lpxelinux.0",,192.168.1.1',
        "dhcp-boot=tag:net-0,tag:!matched,,,192.168.1.1",
    ]


def test_a_network_without_anything_is_not_told_that_dnsmasq_is_its_router() -> None:
    assert [line for line in lines([BARE]) if line.startswith(("dhcp-range", "dhcp-option=tag:net"))] == [
        "dhcp-range=set:net-0,192.168.1.0,static,255.255.255.0,3600",
        "dhcp-option=tag:net-0,option:router",
    ]


@pytest.mark.parametrize("name", ["101", "5h", "5H", "Infinite", "ignore"])
def test_a_name_that_dnsmasq_would_read_as_something_else(name: str) -> None:
    found = lines([{**BARE, "reservations": [{**PC01, "hostname": name}]}])
    assert "dhcp-host=52:54:00:00:00:01,192.168.1.21,set:host-525400000001" in found
    assert f"dhcp-option=tag:host-525400000001,12,{name}" in found


def chain(*rules: dict[str, Any]) -> list[str]:
    """The lines that tag clients, without those that are always there."""
    always = {*IPXE, PXE_MATCH, AUTO, "dhcp-match=set:has-architecture,93"}
    return [line for line in lines([], rules) if line not in always and not line.startswith(("dhcp-leasef", "interf"))]


def test_the_first_rule_that_matches_wins() -> None:
    assert chain(
        rule("grub", loaders=["auto", "grub"], architectures=[7, 9]),
        rule("script", user_class="iPXE"),
        rule("http", vendor_class="HTTPClient"),
        rule("rest"),
    ) == [
        "dhcp-match=set:architecture-7,93,00:07",
        "dhcp-match=set:architecture-9,93,00:09",
        "dhcp-match=set:user-1,77,69:50:58:45",
        "dhcp-match=set:user-1,77,04:69:50:58:45",
        "dhcp-match=set:vendor-2,60,48:54:54:50:43:6c:69:65:6e:74",
        "tag-if=set:rule-0,tag:!matched,tag:loader-auto,tag:architecture-7",
        "tag-if=set:rule-0,tag:!matched,tag:loader-auto,tag:architecture-9",
        "tag-if=set:rule-0,tag:!matched,tag:loader-grub,tag:architecture-7",
        "tag-if=set:rule-0,tag:!matched,tag:loader-grub,tag:architecture-9",
        "tag-if=set:matched,tag:rule-0",
        "tag-if=set:rule-1,tag:!matched,tag:user-1",
        "tag-if=set:matched,tag:rule-1",
        "tag-if=set:rule-2,tag:!matched,tag:vendor-2",
        "tag-if=set:matched,tag:rule-2",
        "dhcp-option-force=tag:rule-2,option:vendor-class,HTTPClient",
        "tag-if=set:rule-3,tag:!matched",
        "tag-if=set:matched,tag:rule-3",
    ]


def test_a_network_with_another_dhcp_server() -> None:
    rules = [
        rule("bios", "lpxelinux.0", architectures=[0]),
        rule("uefi", "shimx64.efi", architectures=[7, 9]),
        rule("http", "http://192.168.1.1/shimx64.efi", architectures=[16], vendor_class="HTTPClient"),
    ]
    found = lines([PROXY, {**FULL, "cidr": "10.0.0.0/8", "reservations": [], "pool": None}], rules)
    assert [line for line in found if line.startswith(("dhcp-range", "dhcp-option=tag:net-0", "pxe", "dhcp-pxe"))] == [
        "dhcp-range=tag:known,set:net-0,192.168.1.0,proxy,255.255.255.0",
        "dhcp-range=set:net-1,10.0.0.0,static,255.0.0.0,3600",
        "dhcp-pxe-vendor=PXEClient",
        "dhcp-pxe-vendor=HTTPClient",
        'pxe-service=tag:net-0,tag:rule-1,7,Network boot,"shimx64.efi",192.168.1.1',
        'pxe-service=tag:net-0,tag:rule-1,9,Network boot,"shimx64.efi",192.168.1.1',
        "pxe-service=tag:nobody,x86PC,Network boot",
    ]
    assert [line for line in found if line.startswith("dhcp-boot=tag:net-0")] == [
        'dhcp-boot=tag:net-0,tag:rule-0,"lpxelinux.0",,192.168.1.1',
        'dhcp-boot=tag:net-0,tag:rule-1,"shimx64.efi",,192.168.1.1',
        'dhcp-boot=tag:net-0,tag:rule-2,"http://192.168.1.1/shimx64.efi",,192.168.1.1',
        "dhcp-boot=tag:net-0,tag:!matched,,,192.168.1.1",
    ]


def test_no_computed_boot_file_gets_an_ending_from_dnsmasq() -> None:
    for http in (False, True):
        dnsmasq.configuration(settings([PROXY], [dict(one) for one in boot_policy.policy("192.168.1.1", http=http)]))


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (
            ([BARE],),
            {"lease_seconds": 119},
            "dhcp_server_lease_seconds: 119: the shortest lease of dnsmasq has 120 s",
        ),
        (
            ([PROXY], [rule("a", "grub/core")]),
            {},
            "dhcp_server_boot_policy: a: 'grub/core' has no dot in it: on a network of mode proxy dnsmasq would "
            "add '.0' for UEFI firmware",
        ),
        (
            ([{**BARE, "reservations": [{**PC01, "macs": [f"52:54:00:00:02:{last:02x}" for last in range(60)]}]}],),
            {},
            "dhcp-host=52:54:00:00:02:00,52:54:00:00:02:01,52:54:00:00:02...: dnsmasq reads no line of more than 1000 "
            "characters",
        ),
    ],
)
def test_what_dnsmasq_cannot_do(arguments: tuple[Any, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        dnsmasq.configuration(settings(*arguments, **options))
    assert str(caught.value) == message


def test_a_file_without_a_dot_is_fine_for_a_bios_and_where_addresses_are_given() -> None:
    dnsmasq.configuration(settings([PROXY], [rule("a", "pxelinux", architectures=[0])]))
    dnsmasq.configuration(settings([FULL], [rule("a", "grub/core")]))
