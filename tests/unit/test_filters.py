"""The filters by their public names: results, and AnsibleFilterError with a text that helps."""

from __future__ import annotations

import importlib
import json
import subprocess
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from fleet_inventory import GROUPS, TIME, fresh, inventory
from programs import program

FILTERS = (
    "fleet",
    "fleet_boot_entries",
    "fleet_boot_policy",
    "fleet_boots",
    "fleet_disks",
    "fleet_exports",
    "fleet_images",
    "fleet_keep",
    "fleet_kernels",
    "fleet_nbd_exports",
    "fleet_subnets",
    "fleet_trees",
    "fleet_settled",
    "pxelinux_ip_name",
    "pxelinux_mac_name",
    "pxelinux_search_order",
)
PROJECTIONS = FILTERS[1:12]


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.diskless.netboot.plugins.filter.{name}")


def run(name: str, *arguments: object, **options: object) -> Any:
    return module(name).FilterModule().filters()[name](*arguments, **options)


@pytest.mark.parametrize("name", FILTERS)
def test_one_documented_filter_per_file(name: str) -> None:
    assert list(module(name).FilterModule().filters()) == [name]
    documentation = yaml.safe_load(module(name).DOCUMENTATION)
    assert documentation["name"] == name
    assert yaml.safe_load(module(name).EXAMPLES)
    assert yaml.safe_load(module(name).RETURN)["_value"]["type"]


@pytest.mark.parametrize("name", FILTERS)
def test_results_are_plain(name: str) -> None:
    given: dict[str, tuple[object, ...]] = {
        "fleet": (inventory(), GROUPS),
        "fleet_settled": (
            run("fleet", inventory(), GROUPS),
            {"master01": {"images": {}, "boots": {}, "lost": False, "damaged": []}},
            "site",
        ),
        "pxelinux_ip_name": ("192.168.1.21",),
        "pxelinux_mac_name": ("00:40:63:c2:ca:c9",),
        "pxelinux_search_order": ("192.168.1.21",),
    }
    options = {"time": TIME} if name == "fleet_settled" else {}
    result = run(name, *given.get(name, (fresh(inventory(), GROUPS), "master01")), **options)
    assert json.loads(json.dumps(result)) == result


@pytest.mark.parametrize("name", PROJECTIONS)
def test_projections_refuse_what_they_do_not_know(name: str) -> None:
    model = run("fleet", inventory(), GROUPS)
    with pytest.raises(AnsibleFilterError, match=f"{name}: 'x' is no master of the fleet; allowed: master01"):
        run(name, model, "x")
    wrong: list[tuple[object, object]] = [(None, "master01"), (model, None), ([], "master01"), (model, ["master01"])]
    for arguments in wrong:
        with pytest.raises(AnsibleFilterError, match=f"{name} takes the fleet"):
            run(name, *arguments)


@pytest.mark.parametrize("arguments", [(None, {}), ({}, None), ("x", {}), ({}, [])])
def test_fleet_takes_dictionaries(arguments: tuple[object, object]) -> None:
    with pytest.raises(AnsibleFilterError, match="fleet takes hostvars and groups, both dictionaries"):
        run("fleet", *arguments)


SETTLED: list[tuple[tuple[object, ...], dict[str, object], str]] = [
    ((None, {}, "site"), {}, "takes the fleet and the states of its masters, both dictionaries"),
    (({}, None, "site"), {}, "takes the fleet and the states of its masters, both dictionaries"),
    (({}, {}, None), {}, "takes an action and a time, both strings"),
    (({}, {}, "site"), {"time": 1}, "takes an action and a time, both strings"),
    (({}, {}, "site"), {"chosen": "pc01"}, "takes the chosen hosts and the images to rebuild, both lists of names"),
    (({}, {}, "site"), {"rebuild": [1]}, "takes the chosen hosts and the images to rebuild, both lists of names"),
]


@pytest.mark.parametrize(("arguments", "options", "message"), SETTLED)
def test_settled_takes(arguments: tuple[object, ...], options: dict[str, object], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^fleet_settled {message}$"):
        run("fleet_settled", *arguments, **{"time": TIME, **options})


def test_settled_tells_what_it_does_not_know() -> None:
    model = run("fleet", inventory(), GROUPS)
    with pytest.raises(AnsibleFilterError, match=r"^fleet_settled: 'site.yml' is no action; allowed: site, images, "):
        run("fleet_settled", model, {}, "site.yml", time=TIME)


@pytest.mark.parametrize(
    "name", ["fleet_images", "fleet_exports", "fleet_boot_entries", "fleet_boots", "fleet_nbd_exports"]
)
def test_projections_of_what_is_not_settled(name: str) -> None:
    model = run("fleet", inventory(pc01={"slave_root": "persist"}), GROUPS)
    with pytest.raises(
        AnsibleFilterError,
        match=f"^{name}: it is not settled which generation of image '[a-z_]+' slave 'pc0[12]' boots; the filter ",
    ):
        run(name, model, "master01")


ADDRESSES = [
    ("192.168.1.21", "C0A80115"),
    ("10.0.0.1", "0A000001"),
    ("192.0.2.91", "C000025B"),
    ("223.255.255.254", "DFFFFFFE"),
]


@pytest.mark.parametrize(("ip", "name"), ADDRESSES)
def test_ip_name(ip: str, name: str) -> None:
    assert run("pxelinux_ip_name", ip) == name


@pytest.mark.parametrize("ip", [ip for ip, _name in ADDRESSES] + [f"192.168.1.{last}" for last in range(21, 46)])
def test_ip_name_as_gethostip_says(ip: str) -> None:
    oracle = subprocess.run(
        [program("gethostip", "syslinux-utils"), "-x", ip], check=True, capture_output=True, text=True
    )
    assert run("pxelinux_ip_name", ip) == oracle.stdout.strip()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("192.168.1", "pxelinux_ip_name: '192.168.1' is no IPv4 address"),
        ("192.168.1.021", "pxelinux_ip_name: '192.168.1.021' has a leading zero, which some programs read as octal"),
        (7, "pxelinux_ip_name takes an IPv4 address \\(a string\\)"),
    ],
)
def test_ip_name_faults(value: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{message}$"):
        run("pxelinux_ip_name", value)


def test_mac_name() -> None:
    assert run("pxelinux_mac_name", "0040.63C2.CAC9") == "01-00-40-63-c2-ca-c9"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "pxelinux_mac_name: 'x' is no MAC address"),
        (None, "pxelinux_mac_name takes a MAC address \\(a string\\)"),
    ],
)
def test_mac_name_faults(value: object, message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{message}$"):
        run("pxelinux_mac_name", value)


PREFIXES = ["C0A80115", "C0A8011", "C0A801", "C0A80", "C0A8", "C0A", "C0", "C", "default"]
UUID = "B8945908-D6A6-41A9-611D-74A6AB80B83D"


def test_search_order() -> None:
    assert run("pxelinux_search_order", "192.168.1.21") == PREFIXES
    assert run("pxelinux_search_order", "192.168.1.21", "00:40:63:c2:ca:c9") == ["01-00-40-63-c2-ca-c9", *PREFIXES]
    assert run("pxelinux_search_order", "192.168.1.21", mac="00:40:63:c2:ca:c9", uuid=UUID) == [
        "b8945908-d6a6-41a9-611d-74a6ab80b83d",
        "01-00-40-63-c2-ca-c9",
        *PREFIXES,
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("192.168.1.21", "x"), "pxelinux_search_order: 'x' is no MAC address"),
        (("192.168.1.21", None, "x"), "pxelinux_search_order: 'x' is no UUID"),
        (("x",), "pxelinux_search_order: 'x' is no IPv4 address"),
        (
            ("192.168.1.21", 1),
            "pxelinux_search_order takes an IPv4 address, a MAC address and a UUID \\(strings\\)",
        ),
    ],
)
def test_search_order_faults(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"^{message}$"):
        run("pxelinux_search_order", *arguments)
