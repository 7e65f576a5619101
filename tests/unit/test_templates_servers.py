"""What the servers read: Kea's configuration and the exports of both NFS servers."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import plain_directory
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea, nfs_exports

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
    assert rendered["pools"] == [{"pool": "192.168.1.100 - 192.168.1.110"}]
    assert rendered["option-data"] == [
        {"name": "domain-name-servers", "data": "10.0.0.1, 10.0.0.2"},
        {"name": "domain-name", "data": "a\\,b"},
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
    assert nfs_exports.kernel_exports({}).count("\n") == 1
    assert "EXPORT" not in nfs_exports.ganesha_exports({}, "")


def export(path: str, *clients: str, access: str = "rw", root_squash: bool = True) -> dict[str, Any]:
    """Give one item of ``nfs_server_exports``."""
    return {"path": path, "clients": list(clients), "access": access, "root_squash": root_squash}


def test_kernel_exports() -> None:
    rules = nfs_exports.by_path(
        [
            export("/srv/a b#", "10.0.0.10", "10.0.0.9"),
            export("/srv/a b#", "10.0.0.3", access="ro", root_squash=False),
            export("/srv/empty"),
        ]
    )
    assert nfs_exports.kernel_exports(rules).splitlines()[1:] == [
        r"/srv/a\040b\043 10.0.0.3(ro,sync,no_subtree_check,no_root_squash)"
        " 10.0.0.9(rw,sync,no_subtree_check,root_squash) 10.0.0.10(rw,sync,no_subtree_check,root_squash)"
    ]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (export("/a", "*"), "/a: '*' is no address of one machine"),
        (export("/a", "10.0.0.0/24"), "/a: '10.0.0.0/24' is no address of one machine"),
        (export("/a", "pc01"), "/a: 'pc01' is no address of one machine"),
        (export("/a", "10.0.0.1", access="RW"), "/a: access must be 'ro' or 'rw', not 'RW'"),
        *(
            (
                export(path, "10.0.0.1"),
                f"{path!r} must be an absolute path below '/', without '.', '..', '//' or control characters",
            )
            for path in ("/", "a", "/a/../b", "/a//b", "/a/", "/a\nb")
        ),
    ],
)
def test_bad_exports(item: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        nfs_exports.by_path([item])
    assert str(caught.value) == f"nfs_server_exports: {message}"


def test_one_client_with_two_rules() -> None:
    with pytest.raises(ValueError, match=r"^nfs_server_exports: /a: 10\.0\.0\.1 is there twice$"):
        nfs_exports.by_path([export("/a", "10.0.0.1"), export("/a", "10.0.0.1", access="ro")])


@pytest.mark.parametrize("path", ['/a"b', "/a\\b"])
def test_what_ganesha_cannot_export(path: str) -> None:
    with pytest.raises(ValueError, match=r"Ganesha cannot export a path with a quote or a backslash$"):
        nfs_exports.ganesha_exports(nfs_exports.by_path([export(path, "10.0.0.1")]), "")


def test_export_ids_stay_when_others_come_and_go() -> None:
    many = {f"/srv/{number}" for number in range(2000)}
    before = nfs_exports.export_ids(many, {})
    assert len(set(before.values())) == 2000
    more = nfs_exports.export_ids(many | {f"/new/{number}" for number in range(2000)}, before)
    assert {path: more[path] for path in many} == before
    fewer = nfs_exports.export_ids(sorted(many)[::2], more)
    assert all(fewer[path] == before[path] for path in fewer)


def test_export_ids_are_read_back_from_the_file() -> None:
    rules = nfs_exports.by_path([export("/srv/a", "10.0.0.1"), export("/srv/b c", "10.0.0.2", access="ro")])
    text = nfs_exports.ganesha_exports(rules, "")
    ids = nfs_exports.read_ids(text)
    assert set(ids) == {"/srv/a", "/srv/b c"}
    moved = text.replace(f"Export_Id = {ids['/srv/a']};", "Export_Id = 7;")
    assert nfs_exports.ganesha_exports(rules, moved) == moved


@pytest.mark.parametrize(
    ("clients", "kernel", "ganesha"),
    [(0, 8, 200), (8, 8, 200), (9, 16, 200), (25, 32, 200), (100, 128, 512), (5000, 256, 1024)],
)
def test_threads(clients: int, kernel: int, ganesha: int) -> None:
    assert (nfs_exports.threads(clients), nfs_exports.ganesha_threads(clients)) == (kernel, ganesha)


def test_no_link_is_followed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert plain_directory.exists(f"{tmp_path}/real")
    assert not plain_directory.exists(f"{tmp_path}/none/deeper")
    with pytest.raises(ValueError, match=r"'link' is a symbolic link or no directory; give the real path$"):
        plain_directory.exists(f"{tmp_path}/link/deeper")
