"""The variables of the role dhcp_server, and the filters that render them for each server."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, dhcp_settings
from checkers import fault
from dhcp_values import BARE, FULL, PC01, PC02, PRINTABLE, rule

FILTERS: dict[str, tuple[str, dict[str, Any]]] = {
    "kea": ("kea_dhcp4_config", {"hooks": "/usr/lib/x86_64-linux-gnu/kea/hooks"}),
    "isc": ("isc_dhcpd_config", {}),
    "dnsmasq": ("dnsmasq_config", {}),
}
ADDRESS = "is no IPv4 address"
NO_PROXY = "dhcp_server_subnets: lan: mode proxy takes dhcp_server_backend: dnsmasq"


def module(server: str) -> Any:
    return importlib.import_module(f"ansible_collections.diskless.netboot.plugins.filter.{FILTERS[server][0]}")


def render(server: str, *arguments: Any, **options: Any) -> str:
    """A server's file."""
    name, more = FILTERS[server]
    render_it: Callable[..., Any] = module(server).FilterModule().filters()[name]
    result = render_it(*arguments, **more, **options)
    return result if isinstance(result, str) else json.dumps(result)


@pytest.mark.parametrize("server", FILTERS)
def test_one_documented_filter_per_file(server: str) -> None:
    name, _options = FILTERS[server]
    assert list(module(server).FilterModule().filters()) == [name]
    assert yaml.safe_load(module(server).DOCUMENTATION)["name"] == name
    assert yaml.safe_load(module(server).EXAMPLES)
    assert yaml.safe_load(module(server).RETURN)["_value"]["type"] == ("dict" if server == "kea" else "str")


def with_machine(**fields: Any) -> dict[str, Any]:
    """The network with one machine that differs by some fields."""
    return {**BARE, "reservations": [{**PC01, **fields}]}


@pytest.mark.parametrize("server", FILTERS)
@pytest.mark.parametrize(
    ("subnet", "message"),
    [
        (
            {**BARE, "cidr": "192.168.1.1/24"},
            "lan: '192.168.1.1/24' is no IPv4 network: 192.168.1.1/24 has host bits set",
        ),
        ({**BARE, "mode": "relay"}, "lan: 'relay' is no mode: authoritative and proxy are"),
        ({**BARE, "next_server": "a"}, f"lan: 'a' {ADDRESS}"),
        ({**BARE, "routers": ["192.168.1.254; x"]}, f"lan: '192.168.1.254; x' {ADDRESS}"),
        ({**BARE, "dns": ["1.1.1.1,2.2.2.2"]}, f"lan: '1.1.1.1,2.2.2.2' {ADDRESS}"),
        ({**BARE, "ntp": ["ntp.example"]}, f"lan: 'ntp.example' {ADDRESS}"),
        ({**BARE, "domain": 'a";b'}, "lan: 'a\";b' holds '\"'"),
        ({**BARE, "domain": "a,b"}, "lan: 'a,b' is no domain name"),
        ({**BARE, "pool": ["192.168.1.9"]}, "lan: a pool is its first and its last address, not ['192.168.1.9']"),
        (
            {**BARE, "pool": ["192.168.1.9", "192.168.1.8"]},
            "lan: a pool is its first and its last address, not ['192.168.1.9', '192.168.1.8']",
        ),
        ({**BARE, "foreign_macs": ["*"]}, "lan: '*' is no MAC address"),
        (with_machine(hostname="a b"), "lan: 'a b' holds a space"),
        (with_machine(hostname="a\nb"), "lan: 'a\\nb' holds a line break"),
        (with_machine(hostname="set:x"), "lan: 'set:x' is no hostname"),
        (with_machine(macs=[]), "lan: pc01: at least one hardware address is needed"),
        (with_machine(macs=["id:*"]), "lan: pc01: 'id:*' is no MAC address"),
        (with_machine(ip="192.168.1.21,x"), f"lan: pc01: '192.168.1.21,x' {ADDRESS}"),
        (
            with_machine(loader="lilo"),
            "lan: pc01: 'lilo' is no loader: auto, pxelinux, grub, ipxe, etherboot are",
        ),
        ({**BARE, "reservations": [PC01, {**PC02, "ip": PC01["ip"]}]}, "lan: 192.168.1.21 is there twice"),
    ],
)
def test_a_bad_network(server: str, subnet: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        render(server, [subnet], ["lo"], [], 3600)
    assert str(caught.value) == f"{FILTERS[server][0]}: dhcp_server_subnets: {message}"


@pytest.mark.parametrize(
    ("subnets", "twice"),
    [
        ([BARE, BARE], "192.168.1.0/24"),
        ([FULL, {**BARE, "cidr": "10.0.0.0/8", "reservations": [{**PC01, "ip": "10.0.0.1"}]}], "52:54:00:00:00:01"),
        ([FULL, {**BARE, "cidr": "10.0.0.0/8", "foreign_macs": PC01["macs"]}], "52:54:00:00:00:01"),
        ([FULL, {**BARE, "cidr": "10.0.0.0/8", "foreign_macs": ["5254.0000.0001"]}], "52:54:00:00:00:01"),
    ],
)
def test_networks_that_do_not_fit_together(subnets: list[dict[str, Any]], twice: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        dhcp_settings.settings(subnets, ["lo"], [], 3600)
    assert str(caught.value) == f"dhcp_server_subnets: {twice} is there twice"


@pytest.mark.parametrize("server", FILTERS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", ["lo"], [], 60), "a list of networks is needed, not str"),
        (([{"name": "a"}], ["lo"], [], 3600), "'cidr' is missing"),
        (([BARE], [], [], 3600), "dhcp_server_interfaces: at least one is needed"),
        (([BARE], ["lan*,x"], [], 3600), "dhcp_server_interfaces: 'lan*,x' holds '*'"),
        (([BARE], ["lo"], [], 0), "dhcp_server_lease_seconds: 0 is not between 1 and 4294967295"),
        (([BARE], ["lo"], [], 2**32), "dhcp_server_lease_seconds: 4294967296 is not between 1 and 4294967295"),
        (([BARE], ["lo"], [rule("A")], 3600), "dhcp_server_boot_policy: 'A' is no name: "),
        (([BARE], ["lo"], [{"name": "a"}], 3600), "'boot_file' is missing"),
    ],
)
def test_bad_arguments(server: str, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        render(server, *arguments)
    assert str(caught.value).startswith(f"{FILTERS[server][0]}: {message}")


def test_only_dnsmasq_leaves_addresses_to_others() -> None:
    subnet = {**BARE, "mode": "proxy"}
    for server in ("kea", "isc"):
        with pytest.raises(AnsibleFilterError, match=f"^{FILTERS[server][0]}: {NO_PROXY}$"):
            render(server, [subnet], ["lo"], [], 3600)
    assert fault("dnsmasq", render("dnsmasq", [subnet], ["lo"], [], 3600)) == ""


def test_an_admins_rules_may_have_the_names_of_the_others() -> None:
    checked = dhcp_settings.settings([], ["lo"], [rule("bios", "b")], 3600, [rule("bios", "a")])
    assert [one["boot_file"] for one in checked.rules] == ["a", "b"]


ODD = [
    rule("text", PRINTABLE, vendor_class=PRINTABLE, user_class=PRINTABLE),
    rule("long", "x" * 127, vendor_class="v" * 254, user_class="u" * 254),
    rule("all-of-it", "a", loaders=["auto", "grub"], architectures=[0, 7, 65535], user_class="ab", vendor_class="cd"),
    rule("for-all", "b"),
]
NAMES = ["101", "5h", "infinite", "ignore", "x" * 63, "A-1", "class", "host", "null"]


@pytest.mark.parametrize("server", FILTERS)
@pytest.mark.parametrize("rules", [[], ODD, [rule("for-all", "b")], boot_policy.policy("192.168.1.1", http=True)])
@pytest.mark.parametrize("subnets", [[], [BARE], [FULL]])
def test_the_server_itself_accepts_what_is_rendered(
    server: str, subnets: list[dict[str, Any]], rules: list[dict[str, Any]]
) -> None:
    named = [
        {**PC01, "hostname": name, "ip": f"10.0.0.{number}", "macs": [f"52:54:00:00:07:{number:02x}"]}
        for number, name in enumerate(NAMES, start=1)
    ]
    second = {**BARE, "cidr": "10.0.0.0/8", "reservations": named}
    assert fault(server, render(server, [*subnets, second], ["lo"], rules, 2**32 - 1, boot_policy_first=rules)) == ""
