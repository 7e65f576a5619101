"""The groups masters and slaves: missing, empty, misspelt, and hosts that stand in neither though they should."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from fleet_inventory import GROUPS, inventory


@pytest.mark.parametrize("groups", [{}, None, [], "slaves", {"masters": None, "slaves": None}, {"masters": 1}])
def test_without_groups(groups: object) -> None:
    assert fleet(inventory(), groups)["errors"] == [
        "inventory: masters: missing; allowed: a group masters with at least one host",
        "inventory: slaves: missing; allowed: a group slaves with at least one host",
    ]


def test_without_hosts_what_the_fleet_needs_is_missing_too() -> None:
    errors = fleet({}, {})["errors"]
    assert [error.partition(";")[0] for error in errors[2:]] == [
        "all: diskless_networks: missing",
        "all: diskless_images: missing",
    ]


def test_an_empty_group() -> None:
    errors = fleet(inventory(), {**GROUPS, "slaves": []})["errors"]
    assert errors == ["inventory: slaves: empty; allowed: a group slaves with at least one host"]


MISSPELT = [
    (
        {"mastres": ["master01"], "slaves": ["pc01", "pc02"]},
        ["inventory: masters: missing; the group mastres is probably meant: call it masters"],
    ),
    (
        {"masters": ["master01"], "slave": ["pc01", "pc02"], "reading_room": ["pc01"]},
        ["inventory: slaves: missing; the group slave is probably meant: call it slaves"],
    ),
    (
        {"Masters": ["master01"], "SLAVES": [], "Slaves": ["pc01", "pc02"]},
        [
            "inventory: masters: missing; the group Masters is probably meant: call it masters",
            "inventory: slaves: missing; the group Slaves is probably meant: call it slaves",
        ],
    ),
    (
        {"boot_servers": ["master01"], "slaves": ["pc01", "pc02"]},
        ["inventory: masters: missing; allowed: a group masters with at least one host"],
    ),
]


@pytest.mark.parametrize(("groups", "errors"), MISSPELT)
def test_a_misspelt_group_is_named_and_nothing_untrue_follows(groups: dict[str, list[str]], errors: list[str]) -> None:
    assert fleet(inventory(), {"all": ["master01", "pc01", "pc02"], **groups})["errors"] == errors


def test_what_the_right_name_would_give_is_not_missing() -> None:
    """group_vars/masters.yml has not reached the hosts of the group mastres."""
    hosts = inventory(master01={"master_interface": None}, everywhere={"diskless_images": None})
    assert fleet(hosts, {"mastres": ["master01"], "slaves": ["pc01", "pc02"]})["errors"] == [
        "inventory: masters: missing; the group mastres is probably meant: call it masters"
    ]


def test_a_misspelt_group_hides_no_error_of_its_hosts() -> None:
    hosts = inventory(pc01={"slave_mac": "x"}, master01={"master_ip": "192.168.1.0"})
    errors = fleet(hosts, {"master": ["master01"], "slave": ["pc01", "pc02"]})["errors"]
    assert [error.partition(";")[0] for error in errors[2:]] == [
        "master01: master_ip: '192.168.1.0': is the network's own address of 192.168.1.0/24",
        "pc01: slave_mac: 'x': is no MAC address",
    ]


def test_a_host_in_both_groups() -> None:
    errors = fleet(inventory(), {**GROUPS, "masters": ["master01", "pc01"]})["errors"]
    assert "pc01: groups: is in masters and in slaves; allowed: one of them" in errors


def test_a_host_without_variables() -> None:
    errors = fleet(inventory(), {**GROUPS, "slaves": ["pc99"]})["errors"]
    assert "pc99: hostvars: cannot be read: 'pc99'" in errors


FORGOTTEN: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"pc03": {"slave_ip": "192.168.1.23", "slave_mac": "02:00:00:00:00:03"}},
        [
            "pc03: groups: has slave_mac, but nothing serves it, as it is not in the group slaves; "
            "put it or its group (catalogue, staff) into slaves, or remove the variable"
        ],
    ),
    (
        {"pc03": {"slave_image": "catalogue"}, "pc04": {"slave_image": "catalogue"}},
        [
            "pc03: groups: has slave_image, but nothing serves it, as it is not in the group slaves; "
            "put it or its group (catalogue, staff) into slaves, or remove the variable",
            "pc04: groups: has slave_image, but nothing serves it, as it is not in the group slaves; "
            "put it into slaves, or remove the variable",
        ],
    ),
    (
        {"master02": {"master_ip": "192.168.1.2"}},
        [
            "master02: groups: has master_ip, but nothing serves it, as it is not in the group masters; "
            "put it into masters, or remove the variable"
        ],
    ),
    ({"nas": {"ansible_host": "192.168.1.9"}, "localhost": {}}, []),
    # set for all hosts, the master too
    ({"everywhere": {"slave_root": "nfs_overlay", "master_interface": "eth1"}, "nas": {}}, []),
]


@pytest.mark.parametrize(("changes", "errors"), FORGOTTEN)
def test_a_host_that_nothing_serves(changes: dict[str, Any], errors: list[str]) -> None:
    groups = {**GROUPS, "all": [*GROUPS["all"], *changes], "catalogue": ["pc02", "pc03"], "staff": ["pc03"]}
    assert fleet(inventory(**changes), groups)["errors"] == errors
