"""Each fault of slave_mac with the exact text of its error, and what Ansible makes of a MAC that is not quoted."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import show
from fleet_inventory import GROUPS, inventory

MAC = "allowed: a unicast MAC like 00:40:63:c2:ca:c9, 00-40-63-c2-ca-c9, 0040.63c2.cac9 or 004063c2cac9"
QUOTED = "allowed: a MAC in quotes and with colons, like '00:40:63:c2:ca:c9'"

FAULTS: list[tuple[Any, list[str]]] = [
    (None, [f"pc01: slave_mac: missing; {MAC}, or a list of them"]),
    ([], [f"pc01: slave_mac: missing; {MAC}, or a list of them"]),
    ("", [f"pc01: slave_mac: '': is empty; {MAC}"]),
    ("00:40:63:c2:ca", [f"pc01: slave_mac: '00:40:63:c2:ca': is no MAC address; {MAC}"]),
    ("00:40:63:c2:ca-c9", [f"pc01: slave_mac: '00:40:63:c2:ca-c9': is no MAC address; {MAC}"]),
    (
        "00:40:63:c2:ca:c9\n",
        [f"pc01: slave_mac: '00:40:63:c2:ca:c9\\n': is no MAC address; {MAC}"],
    ),
    (
        "01:00:5e:00:00:01",
        [f"pc01: slave_mac: '01:00:5e:00:00:01': is a multicast address, no interface has it; {MAC}"],
    ),
    (
        "ff:ff:ff:ff:ff:ff",
        [f"pc01: slave_mac: 'ff:ff:ff:ff:ff:ff': is the broadcast address, no interface has it; {MAC}"],
    ),
    (
        "000000000000",
        [f"pc01: slave_mac: '000000000000': is all zeros, no interface has it; {MAC}"],
    ),
    (
        4063202090,
        [f"pc01: slave_mac: 4063202090: is a number to Ansible, which has lost digits of the MAC; {QUOTED}"],
    ),
    (
        [float("inf")],
        [f"pc01: slave_mac[0]: inf: is a number to Ansible, which has lost digits of the MAC; {QUOTED}"],
    ),
    (
        110000000000,
        [f"pc01: slave_mac: 110000000000: is a multicast address, no interface has it; {MAC}"],
    ),
    (True, [f"pc01: slave_mac: True: is a boolean, not text (quote it in YAML); {MAC}"]),
    (
        ["00:40:63:c2:ca:c9", "004063C2CAC9"],
        ["pc01: slave_mac[1]: '004063C2CAC9': is given twice; allowed: each address once"],
    ),
    ({"a": 1}, [f"pc01: slave_mac: {{'a': 1}}: is a dictionary, not text; {MAC}"]),
    (
        "0040.63c2.cad0",
        [
            "pc01, pc02: slave_mac: '00:40:63:c2:ca:d0': is used by pc01, pc02; "
            "allowed: a MAC of its own for each; the firmware shows it while it boots by network"
        ],
    ),
]


@pytest.mark.parametrize(("value", "errors"), FAULTS)
def test_a_fault(value: Any, errors: list[str]) -> None:
    assert fleet(inventory(pc01={"slave_mac": value}), GROUPS)["errors"] == errors


MANY = [f"02:00:00:00:00:{last:02x}" for last in range(17)]


def test_too_many() -> None:
    errors = fleet(inventory(pc01={"slave_mac": MANY}), GROUPS)["errors"]
    assert errors == [f"pc01: slave_mac: {show(MANY)}: holds 17 addresses; allowed: at most 16"]


GOOD: list[tuple[Any, list[str]]] = [
    ("0040.63C2.CAC8", ["00:40:63:c2:ca:c8"]),
    ("004063C2CAC8", ["00:40:63:c2:ca:c8"]),
    (123456789012, ["12:34:56:78:90:12"]),
    ([123456789012, "004063C2CAC8"], ["12:34:56:78:90:12", "00:40:63:c2:ca:c8"]),
]


@pytest.mark.parametrize(("value", "macs"), GOOD)
def test_what_is_good(value: Any, macs: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_mac": value}), GROUPS)
    assert model["errors"] == []
    assert model["slaves"]["pc01"]["macs"] == macs


WRITTEN = [
    ("123456789012", []),
    ("'001122334455'", []),
    ("001122334455", ["155826477"]),
    ("12:34:56:12:34:56", ["9783981296"]),
    ("00:11:22:33:44:55", []),
]


@pytest.mark.parametrize(("written", "read"), WRITTEN)
def test_a_mac_that_yaml_takes_for_a_number(written: str, read: list[str]) -> None:
    value = DataLoader().load(f"slave_mac: {written}\n")["slave_mac"]
    assert fleet(inventory(pc01={"slave_mac": value}), GROUPS)["errors"] == [
        f"pc01: slave_mac: {number}: is a number to Ansible, which has lost digits of the MAC; {QUOTED}"
        for number in read
    ]
