"""Whatever an inventory holds, the fleet never raises, and what it lets through cannot break out of a line."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    image_projections,
    nbd_projections,
    nbd_tls,
    projections,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_rules import KEYS as POLICY_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.disks import KEYS as DISK_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.fleet import fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import KEYS as IMAGE_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.menus import KEYS as MENU_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.menus import LABEL_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import KEYS as MOUNT_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import KEYS as NETWORK_KEYS
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import TUNABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils.spelling import (
    FLEET_VARIABLES,
    MASTER_VARIABLES,
    SLAVE_VARIABLES,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.swap import KEYS as SWAP_KEYS
from fleet_inventory import GROUPS, fresh, image, inventory, network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5)
# near-valid words get past the first check more often than random text
WORDS = st.sampled_from(
    [
        "192.168.1.30",
        "192.168.1.0/24",
        "00:40:63:c2:ca:c9",
        "/srv",
        "master:/home",
        "nfs",
        "common",
        "..",
        "a\nb",
        'a"b',
        "",
        "ro,rw",
        "dnsmasq",
        "a title",
        "512M",
        "ext4",
        "nbd",
        "file",
        "persist",
    ]
)
KEYS = [*IMAGE_KEYS, *NETWORK_KEYS, *MOUNT_KEYS, *POLICY_KEYS, *MENU_KEYS, *LABEL_KEYS, *DISK_KEYS, *nbd_tls.KEYS]
JUNK = st.recursive(
    SCALARS | WORDS | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8) | st.sampled_from(KEYS),
            inner,
            max_size=4,
        )
        | st.dictionaries(st.integers(), inner, max_size=2)
        | st.tuples(inner)
    ),
    max_leaves=12,
)
MENU: dict[str, Any] = {"labels": [{"name": "a", "title": "A"}, {"name": "b", "image": "catalogue"}]}
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(hosts: dict[str, Any], groups: Any) -> None:
    model = fresh(hosts, groups)
    json.dumps(model)
    for message in model["errors"] + model["warnings"]:
        assert message.isprintable(), message
    for master in model["masters"]:
        for project in (
            *(projections.subnets, projections.exports, image_projections.images, image_projections.trees),
            *(image_projections.kernels, image_projections.boots, image_projections.keep),
            *(projections.boot_policy, nbd_projections.nbd_exports, nbd_projections.disks),
        ):
            json.dumps(project(model, master))
        for entry in projections.boot_entries(model, master):
            assert str(entry["title"]).isprintable()
            for label in cast("list[dict[str, Any]]", entry["labels"]):
                assert all(str(argument).isprintable() for argument in label.get("cmdline", []))


@pytest.mark.parametrize("variable", SLAVE_VARIABLES)
@FUZZ
@given(value=JUNK)
def test_a_slave_variable(variable: str, value: object) -> None:
    check(inventory(pc01={variable: value}), GROUPS)


@pytest.mark.parametrize("variable", MASTER_VARIABLES)
@FUZZ
@given(value=JUNK)
def test_a_master_variable(variable: str, value: object) -> None:
    check(inventory(master01={variable: value}), GROUPS)


@pytest.mark.parametrize("variable", TUNABLE)
@FUZZ
@given(value=JUNK)
def test_a_role_variable(variable: str, value: object) -> None:
    check(inventory(master01={variable: value}), GROUPS)


@pytest.mark.parametrize("variable", FLEET_VARIABLES)
@FUZZ
@given(value=JUNK)
def test_a_fleet_variable(variable: str, value: object) -> None:
    check(inventory(everywhere={variable: value}), GROUPS)


@pytest.mark.parametrize("key", NETWORK_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_network_key(key: str, value: object) -> None:
    check(inventory(everywhere=network(**{key: value})), GROUPS)


@pytest.mark.parametrize("key", IMAGE_KEYS)
@FUZZ
@given(value=JUNK)
def test_an_image_key(key: str, value: object) -> None:
    check(inventory(everywhere=image(**{key: value})), GROUPS)


@pytest.mark.parametrize("key", MOUNT_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_mount_key(key: str, value: object) -> None:
    mount: dict[str, object] = {"path": "/a", "src": "master:/home/a", key: value}
    check(inventory(pc01={"slave_mounts": [mount]}), GROUPS)


@pytest.mark.parametrize("key", DISK_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_disk_key(key: str, value: object) -> None:
    disk: dict[str, object] = {"name": "a", "size": "1G", "path": "/a", key: value}
    check(inventory(pc01={"slave_disks": [disk]}), GROUPS)


@pytest.mark.parametrize("key", SWAP_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_swap_key(key: str, value: object) -> None:
    check(inventory(pc01={"slave_swap": {"type": "nbd", key: value}}), GROUPS)


@pytest.mark.parametrize("key", nbd_tls.KEYS)
@FUZZ
@given(value=JUNK)
def test_a_tls_key(key: str, value: object) -> None:
    tls: dict[str, object] = {"certificate": "/a", "key": "/b", "required": True, key: value}
    check(inventory(master01={"nbd_server_tls": tls}, pc01={"slave_root": "nbd_overlay"}), GROUPS)


@pytest.mark.parametrize("key", MENU_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_menu_key(key: str, value: object) -> None:
    check(inventory(pc01={"slave_menu": {**MENU, key: value}}), GROUPS)


@pytest.mark.parametrize("key", LABEL_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_label_key(key: str, value: object) -> None:
    labels = [MENU["labels"][0], {"name": "c", key: value}]
    check(inventory(pc01={"slave_menu": {"labels": labels}}), GROUPS)


@pytest.mark.parametrize("key", POLICY_KEYS)
@FUZZ
@given(value=JUNK)
def test_a_rule_key(key: str, value: object) -> None:
    rules = [{"name": "mine", "boot_file": "x"}, {"name": "second", "boot_file": "y", key: value}]
    check(inventory(master01={"dhcp_server_boot_policy_first": rules}), GROUPS)


@FUZZ
@given(groups=JUNK, hosts=st.dictionaries(st.text(max_size=10), JUNK, max_size=3))
def test_groups_and_hosts(groups: object, hosts: dict[str, Any]) -> None:
    check(hosts, groups)
    check(hosts, {"masters": groups, "slaves": list(hosts)})


@FUZZ
@given(name=st.text(max_size=40))
def test_names(name: str) -> None:
    check(inventory(everywhere={"diskless_images": {name: {}}}, pc01={"slave_image": name, name: 1}), GROUPS)
    check(inventory(**{"x" + name: {"slave_ip": "192.168.1.9"}}), {**GROUPS, "slaves": ["x" + name]})


@FUZZ
@given(items=st.lists(st.text(max_size=20), max_size=4))
def test_what_a_command_line_lets_through(items: list[str]) -> None:
    model = fleet(inventory(pc01={"slave_cmdline": items}), GROUPS)
    if not model["errors"]:
        outside = "".join(part for item in items for part in item.split('"')[::2])
        assert not any(character.isspace() or not character.isprintable() for character in outside)
