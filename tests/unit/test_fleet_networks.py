"""Each fault of networks and masters, with the exact text of its error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import KEYS as FIELDS
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import show
from fleet_inventory import GROUPS, NETWORKS, inventory, network

CIDR = "allowed: an IPv4 network like 192.168.1.0/24, from /8 to /30"
POOL = "allowed: [first, last], two addresses of the network, the lower one first"
IP = "allowed: an IPv4 address like 192.168.1.21"
KEYS = "cidr, gateway, dns, domain, pool, ntp, mode"
INSIDE = "allowed: an address of 192.168.1.0/24"
HERE = "all: diskless_networks.reading"

KEY: list[tuple[dict[str, Any], list[str]]] = [
    ({"gateway": "192.168.2.1"}, [f"{HERE}.gateway: '192.168.2.1': lies outside 192.168.1.0/24; {INSIDE}"]),
    (
        {"gateway": "192.168.1.255"},
        [f"{HERE}.gateway: '192.168.1.255': is the broadcast address of 192.168.1.0/24; {INSIDE}"],
    ),
    (
        {"gateway": "192.168.1.120"},
        [
            f"{HERE}.pool: ['192.168.1.100', '192.168.1.150']: holds the gateway 192.168.1.120; "
            "allowed: addresses that nobody has"
        ],
    ),
    (
        {"dns": "192.168.1.1"},
        [f"{HERE}.dns: '192.168.1.1': is text, not a list; allowed: a list of IPv4 addresses like 192.168.1.21"],
    ),
    ({"dns": ["ns1"]}, [f"{HERE}.dns[0]: 'ns1': is no IPv4 address; {IP}"]),
    ({"ntp": ["127.0.0.1"]}, [f"{HERE}.ntp[0]: '127.0.0.1': is a loopback address; {IP}"]),
    (
        {"domain": "library..example"},
        [
            f"{HERE}.domain: 'library..example': is no domain name; "
            "allowed: RFC 1123 labels joined by dots, at most 253 characters"
        ],
    ),
    (
        {"pool": ["192.168.1.150", "192.168.1.100"]},
        [f"{HERE}.pool: ['192.168.1.150', '192.168.1.100']: is reversed; {POOL}"],
    ),
    ({"pool": ["192.168.1.150"]}, [f"{HERE}.pool: ['192.168.1.150']: does not hold two addresses; {POOL}"]),
    ({"pool": [None, "192.168.1.150"]}, [f"{HERE}.pool[0]: missing; {POOL}"]),
    ({"pool": "192.168.1.1-9"}, [f"{HERE}.pool: '192.168.1.1-9': is text, not a list; {POOL}"]),
    (
        {"pool": ["192.168.1.200", "192.168.2.10"]},
        [f"{HERE}.pool[1]: '192.168.2.10': lies outside 192.168.1.0/24; {INSIDE}"],
    ),
    (
        {"mode": "proxi"},
        [f"{HERE}.mode: 'proxi': is unknown, did you mean 'proxy'; allowed: authoritative, proxy"],
    ),
    (
        {"gatway": "192.168.1.254"},
        [f"{HERE}: unknown key gatway; did you mean 'gateway'; allowed: {KEYS}"],
    ),
    (
        {"dns": [f"10.0.0.{last}" for last in range(1, 18)]},
        [f"{HERE}.dns: {show([f'10.0.0.{last}' for last in range(1, 18)])}: holds 17 addresses; allowed: at most 16"],
    ),
    ({"colour": "red"}, [f"{HERE}: unknown key colour; allowed: {KEYS}"]),
]


@pytest.mark.parametrize("key", FIELDS[1:])
def test_null_is_as_good_as_nothing(key: str) -> None:
    without = network()
    without["diskless_networks"]["reading"].pop(key, None)
    model = fleet(inventory(everywhere=network(**{key: None})), GROUPS)
    assert model["errors"] == []
    assert model == fleet(inventory(everywhere=without), GROUPS)


@pytest.mark.parametrize(("keys", "errors"), KEY)
def test_a_network(keys: dict[str, Any], errors: list[str]) -> None:
    assert fleet(inventory(everywhere=network(**keys)), GROUPS)["errors"] == errors


CIDRS: list[tuple[Any, str]] = [
    (None, f"{HERE}.cidr: missing; {CIDR}"),
    ("192.168.1.0", f"{HERE}.cidr: '192.168.1.0': has no usable prefix length; {CIDR}"),
    ("192.168.1.0/255.255.255.0", f"{HERE}.cidr: '192.168.1.0/255.255.255.0': has no usable prefix length; {CIDR}"),
    ("192.168.1.0/31", f"{HERE}.cidr: '192.168.1.0/31': has no usable prefix length; {CIDR}"),
    (
        "192.168.1.1/24",
        f"{HERE}.cidr: '192.168.1.1/24': is an address in a network, not the network 192.168.1.0/24; {CIDR}",
    ),
    ("192.168.01.0/24", f"{HERE}.cidr: '192.168.01.0/24': is no IPv4 network; {CIDR}"),
    ("fd00::/64", f"{HERE}.cidr: 'fd00::/64': is IPv6; only IPv4 is served; {CIDR}"),
    ("127.0.0.0/8", f"{HERE}.cidr: '127.0.0.0/8': is no network of machines; {CIDR}"),
    ("0.0.0.0/8", f"{HERE}.cidr: '0.0.0.0/8': is no network of machines; {CIDR}"),
    (24, f"{HERE}.cidr: 24: is a number, not text (quote it in YAML); {CIDR}"),
]


@pytest.mark.parametrize(("cidr", "error"), CIDRS)
def test_a_cidr(cidr: Any, error: str) -> None:
    assert fleet(inventory(everywhere=network(cidr=cidr)), GROUPS)["errors"][0] == error


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (
            [],
            "all: diskless_networks: []: is a list, not a dictionary; allowed: a dictionary: name -> " + KEYS,
        ),
        ({}, "all: diskless_networks: {}: is empty; allowed: a dictionary: name -> " + KEYS),
        (
            {"reading": 1},
            f"{HERE}: 1: is a number, not a dictionary; allowed: a dictionary: name -> {KEYS}",
        ),
        ({"reading": None}, f"{HERE}.cidr: missing; {CIDR}"),
        (
            {"a/b": {}},
            "all: diskless_networks: 'a/b': would leave its folder; allowed: 1 to 63 letters, digits, '_', '-' and "
            "'.', beginning with a letter or digit, without '..'",
        ),
    ],
)
def test_networks_of_a_wrong_shape(value: Any, error: str) -> None:
    assert fleet(inventory(everywhere={"diskless_networks": value}), GROUPS)["errors"][0] == error


def test_networks_that_overlap() -> None:
    networks = {
        **NETWORKS,
        "staff": {"cidr": "192.168.1.128/25"},
        "wide": {"cidr": "192.168.0.0/16"},
        "apart": {"cidr": "192.169.0.0/16"},
    }
    assert fleet(inventory(everywhere={"diskless_networks": networks}), GROUPS)["errors"] == [
        "all: diskless_networks.reading.cidr: '192.168.1.0/24': overlaps 192.168.0.0/16 of 'wide'; "
        "allowed: networks that share no address",
        "all: diskless_networks.staff.cidr: '192.168.1.128/25': overlaps 192.168.0.0/16 of 'wide'; "
        "allowed: networks that share no address",
    ]


MASTER: list[tuple[dict[str, Any], list[str]]] = [
    ({"master_ip": None}, [f"master01: master_ip: missing; {IP}: the one that slaves reach"]),
    (
        {"master_interface": None},
        [
            "master01: master_interface: missing; allowed: the interface on the slaves' network; "
            "1 to 15 letters, digits, '_', '-' and '.' (ip-link(8))"
        ],
    ),
    (
        {"master_interface": "eth1;reboot"},
        [
            "master01: master_interface: 'eth1;reboot': holds ';'; "
            "allowed: 1 to 15 letters, digits, '_', '-' and '.' (ip-link(8))"
        ],
    ),
    ({"master_ip": "10.0.0.1"}, [f"master01: master_ip: '10.0.0.1': lies in no network; {INSIDE}"]),
    (
        {"master_ip": "192.168.1.0"},
        [
            "master01: master_ip: '192.168.1.0': is the network's own address of 192.168.1.0/24; "
            "allowed: another address of 192.168.1.0/24"
        ],
    ),
    (
        {"master_ip": "192.168.1.101"},
        [
            "master01: master_ip: '192.168.1.101': lies in the pool of network 'reading'; "
            "allowed: an address outside the pool"
        ],
    ),
    ({"master_ip": "192.168.1.254"}, []),
    ({"master_pi": "x"}, ["master01: master_pi: unknown variable; did you mean master_ip?"]),
]


@pytest.mark.parametrize(("variables", "errors"), MASTER)
def test_a_master(variables: dict[str, Any], errors: list[str]) -> None:
    assert fleet(inventory(master01=variables), GROUPS)["errors"] == errors


def test_a_master_with_faults_hides_none_of_a_slave() -> None:
    hosts = inventory(
        master01={"master_interface": "eth1;reboot"}, pc01={"slave_ip": "192.168.1.1", "slave_hostname": "Master01"}
    )
    assert fleet(hosts, GROUPS)["errors"] == [
        "master01: master_interface: 'eth1;reboot': holds ';'; "
        "allowed: 1 to 15 letters, digits, '_', '-' and '.' (ip-link(8))",
        "pc01: slave_ip: '192.168.1.1': is the address of master 'master01'; "
        "allowed: another address of 192.168.1.0/24",
        "pc01: slave_hostname: 'master01': is used by master01, pc01; "
        "allowed: a hostname of its own for each; set slave_hostname, or change the inventory name",
    ]


def test_two_addresses_are_compared_though_a_master_has_faults() -> None:
    hosts = inventory(
        master02={"master_ip": "192.168.1.1"}, pc01={"slave_master": "master01"}, pc02={"slave_master": "master02"}
    )
    errors = fleet(hosts, {**GROUPS, "masters": ["master01", "master02"]})["errors"]
    assert [error.partition(": ")[2].partition(";")[0] for error in errors] == [
        "master_interface: missing",
        "master_ip: '192.168.1.1': is used by master01, master02",
    ]


@pytest.mark.parametrize("networks", [{}, 7, {"reading": {"cidr": "192.168.1.0"}}, {"a/b": {"cidr": "192.168.1.0/24"}}])
def test_without_a_network_no_address_is_judged_by_one(networks: Any) -> None:
    errors = fleet(inventory(everywhere={"diskless_networks": networks}), GROUPS)["errors"]
    assert len(errors) == 1
    assert errors[0].startswith("all: diskless_networks")


def test_a_network_with_a_fault_hides_no_wrong_address() -> None:
    networks = {**NETWORKS, "staff": {"cidr": "192.168.2.0"}}
    errors = fleet(inventory(everywhere={"diskless_networks": networks}, pc01={"slave_ip": "10.0.0.1"}), GROUPS)[
        "errors"
    ]
    assert errors[1:] == [f"pc01: slave_ip: '10.0.0.1': lies in no network; {INSIDE}"]


def test_two_masters_with_one_address() -> None:
    hosts = inventory(
        master02={"master_ip": "192.168.1.1", "master_interface": "eth1"},
        pc01={"slave_master": "master01"},
        pc02={"slave_master": "master02"},
    )
    assert fleet(hosts, {**GROUPS, "masters": ["master01", "master02"]})["errors"] == [
        "master01, master02: master_ip: '192.168.1.1': is used by master01, master02; "
        "allowed: an address of its own for each"
    ]
