"""What each role of each master is told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import policy
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from fleet_inventory import GROUPS, IMAGES, NETWORKS, fresh, image, inventory
from fleet_inventory import generation as name_of

POOL = ["192.168.1.100", "192.168.1.150"]


def model(**changes: dict[str, Any]) -> Fleet:
    masters = ["master01", *(["master02"] if "master02" in changes else [])]
    slaves = ["pc01", "pc02", *(name for name in changes if name not in ("pc01", "pc02", "everywhere", *masters))]
    made: Fleet = fresh(inventory(**changes), {**GROUPS, "masters": masters, "slaves": slaves})
    assert made["errors"] == []
    return made


TWO: dict[str, Any] = {
    "everywhere": {"diskless_networks": {**NETWORKS, "staff": {"cidr": "192.168.2.0/24"}}},
    "master02": {"master_ip": "192.168.1.2", "master_interface": "eth1"},
    "pc01": {"slave_master": "master01"},
    "pc02": {"slave_master": "master02"},
}


def generation(made: Fleet, name: str) -> str:
    return f"/srv/diskless/images/{name}/{name_of(made, name)}"


def test_subnets() -> None:
    assert projections.subnets(model(pc02={"slave_loader": "ipxe"}), "master01") == [
        {
            "name": "reading",
            "cidr": "192.168.1.0/24",
            "mode": "authoritative",
            "routers": ["192.168.1.254"],
            "dns": ["192.168.1.254"],
            "domain": "library.example",
            "ntp": [],
            "pool": POOL,
            "next_server": "192.168.1.1",
            "reservations": [
                {
                    "hostname": "pc01",
                    "macs": ["00:40:63:c2:ca:c9"],
                    "ip": "192.168.1.21",
                    "loader": "auto",
                },
                {
                    "hostname": "pc02",
                    "macs": ["00:40:63:c2:ca:d0", "00:40:63:c2:ca:d1"],
                    "ip": "192.168.1.22",
                    "loader": "ipxe",
                },
            ],
            "foreign_macs": [],
        }
    ]


def test_two_masters_never_share_a_pool_or_a_slave() -> None:
    made = model(**TWO)
    seen: list[tuple[Any, Any, Any]] = []
    for master in ("master01", "master02"):
        for subnet in projections.subnets(made, master):
            reservations: Any = subnet["reservations"]
            seen.append((subnet["next_server"], subnet["pool"], [item["hostname"] for item in reservations]))
    assert seen == [("192.168.1.1", POOL, ["pc01"]), ("192.168.1.2", None, ["pc02"])]


def test_each_master_knows_whom_the_others_serve_on_its_network() -> None:
    far = {"slave_mac": "02:00:00:00:00:03", "slave_ip": "192.168.2.5", "slave_image": "catalogue"}
    made = model(**TWO, pc03={**far, "slave_master": "master02"})
    seen = {
        (master, subnet["name"]): subnet["foreign_macs"]
        for master in made["masters"]
        for subnet in projections.subnets(made, master)
    }
    assert seen == {
        ("master01", "reading"): ["00:40:63:c2:ca:d0", "00:40:63:c2:ca:d1"],
        ("master02", "reading"): ["00:40:63:c2:ca:c9"],
        ("master02", "staff"): [],
    }


def test_a_network_behind_a_relay_is_served_too() -> None:
    far = {"slave_mac": "02:00:00:00:00:03", "slave_ip": "192.168.2.5", "slave_image": "catalogue"}
    made = model(everywhere=TWO["everywhere"], pc03=far)
    assert [subnet["name"] for subnet in projections.subnets(made, "master01")] == ["reading", "staff"]


def test_boot_entries() -> None:
    made = model()
    folder = generation(made, "reading_room").removeprefix("/srv/diskless/")
    assert projections.boot_entries(made, "master01")[0] == {
        "name": "pc01",
        "ip": "192.168.1.21",
        "macs": [],
        "title": "pc01, reading_room",
        "menu": None,
        "labels": [
            {
                "name": "diskless",
                "title": "pc01, reading_room",
                "kernel": f"{folder}/vmlinuz",
                "initrd": f"{folder}/initrd.img",
                "cmdline": [
                    "root=/dev/nfs",
                    f"nfsroot=192.168.1.1:/srv/diskless/{folder}",
                    "ro",
                    "diskless.lower=root.squashfs",
                    "diskless.node=192.168.1.1:585/pc01",
                    "ip=dhcp",
                    "systemd.hostname=pc01",
                    "console=ttyS0,115200n8",
                    "console=tty0",
                ],
            }
        ],
    }


MENU: dict[str, Any] = {
    "default": "tree",
    "help": ["tree: as usual", ""],
    "labels": [
        {"name": "tree", "cmdline": ["quiet"]},
        {"name": "other", "title": "Another", "image": "reading_room", "cmdline": "panic=5 debug"},
        {"name": "same", "image": "catalogue"},
        {"name": "disk", "title": "Local disk", "local": True},
    ],
}


def test_boot_entries_of_a_menu() -> None:
    made = model(pc02={"slave_menu": MENU, "slave_cmdline": ["own=1"]})
    entry: Any = projections.boot_entries(made, "master01")[1]
    assert entry["title"] == "pc02, catalogue"
    assert entry["menu"] == {"default": "tree", "timeout": 5, "help": ["tree: as usual", ""], "edit": False}
    tree, other, same, disk = entry["labels"]
    catalogue, reading_room = (generation(made, name).removeprefix("/srv/diskless/") for name in made["images"])
    assert (tree["title"], tree["kernel"]) == ("tree", f"{catalogue}/vmlinuz")
    assert tree["cmdline"][:3] == ["root=/dev/nfs", "nfsroot=192.168.1.1:/srv/diskless/trees/pc02", "rw"]
    assert tree["cmdline"][-2:] == ["own=1", "quiet"]
    assert (other["title"], other["initrd"]) == ("Another", f"{reading_room}/initrd.img")
    assert other["cmdline"][1:4] == [
        f"nfsroot=192.168.1.1:/srv/diskless/{reading_room}",
        "ro",
        "diskless.lower=root.squashfs",
    ]
    assert other["cmdline"][-3:] == ["own=1", "panic=5", "debug"]
    assert same["cmdline"][1:3] == [f"nfsroot=192.168.1.1:/srv/diskless/{catalogue}", "ro"]
    assert disk == {"name": "disk", "title": "Local disk", "local": True}


def test_what_a_menu_offers_is_built_published_and_exported() -> None:
    made = model(
        everywhere={"diskless_images": {**IMAGES, "spare": {}, "unused": {}}},
        pc01={"slave_menu": {"labels": [{"name": "a", "image": "spare"}]}},
    )
    wanted = [("catalogue", True), ("reading_room", False), ("spare", False)]
    assert [(item["name"], item["tree"]) for item in image_projections.images(made, "master01")] == wanted
    assert [item["name"] for item in image_projections.kernels(made, "master01")] == [name for name, _tree in wanted]
    for name in ("reading_room", "spare"):
        assert export(
            generation(made, name), ["192.168.1.21"], "ro", squash=False, in_one_file=True
        ) in projections.exports(made, "master01")


def test_the_same_image_as_tree_and_overlay_is_exported_once() -> None:
    made = model(pc02={"slave_menu": MENU})
    exported = [item for item in projections.exports(made, "master01") if item["path"] == generation(made, "catalogue")]
    assert exported == [export(generation(made, "catalogue"), ["192.168.1.22"], "ro", squash=False, in_one_file=True)]


def test_only_where_another_server_gives_addresses_the_files_go_by_mac() -> None:
    everywhere = {"diskless_networks": {"reading": {"cidr": "192.168.1.0/24", "mode": "proxy"}}}
    made = model(everywhere=everywhere, master01={"dhcp_server_backend": "dnsmasq"})
    assert [entry["macs"] for entry in projections.boot_entries(made, "master01")] == [
        ["00:40:63:c2:ca:c9"],
        ["00:40:63:c2:ca:d0", "00:40:63:c2:ca:d1"],
    ]
    assert [subnet["mode"] for subnet in projections.subnets(made, "master01")] == ["proxy"]


@pytest.mark.parametrize(("value", "http"), [(True, True), (False, False), ("no", False)])
def test_the_boot_policy_follows_the_master(value: object, http: bool) -> None:
    made = model(master01={"tftp_pxelinux_http": value})
    assert made["masters"]["master01"]["http"] is http
    assert projections.boot_policy(made, "master01") == policy("192.168.1.1", http=http)


def export(path: str, clients: list[str], access: str, *, squash: bool, in_one_file: bool = False) -> dict[str, Any]:
    its = {"path": path, "clients": clients, "access": access}
    return {**its, "root_squash": squash, "private": False, "all_squash": in_one_file}


def test_exports() -> None:
    made = model()
    assert projections.exports(made, "master01") == [
        export("/srv/diskless/home", ["192.168.1.22"], "rw", squash=True),
        export(generation(made, "catalogue"), ["192.168.1.22"], "ro", squash=False, in_one_file=True),
        export(generation(made, "reading_room"), ["192.168.1.21"], "ro", squash=False, in_one_file=True),
        export("/srv/diskless/trees/pc02", ["192.168.1.22"], "rw", squash=False),
    ]


def test_exports_of_each_master_are_for_its_own_slaves() -> None:
    made = model(**TWO)
    assert projections.exports(made, "master01") == [
        export(generation(made, "reading_room"), ["192.168.1.21"], "ro", squash=False, in_one_file=True),
    ]
    assert len(projections.exports(made, "master02")) == 3


MOUNTS: list[tuple[list[dict[str, str]], list[tuple[str, str]]]] = [
    ([{"path": "/a", "src": "master:/data/a", "opts": "ro"}], [("/data/a", "ro")]),
    ([{"path": "/a", "src": "master:/data/a", "opts": "nodev"}], [("/data/a", "rw")]),
    ([{"path": "/a", "src": "nas:/data/a"}], []),
    ([{"path": "/a", "fstype": "tmpfs"}], []),
    (
        [{"path": "/a", "src": "master:/data/a", "opts": "ro"}, {"path": "/b", "src": "master:/data/a"}],
        [("/data/a", "rw")],
    ),
    (
        [{"path": "/a", "src": "master:/data/a"}, {"path": "/b", "src": "master:/data/a", "opts": "ro"}],
        [("/data/a", "rw")],
    ),
]


@pytest.mark.parametrize(("mounts", "expected"), MOUNTS)
def test_exports_of_mounts(mounts: list[dict[str, str]], expected: list[tuple[str, str]]) -> None:
    made = model(pc01={"slave_mounts": mounts}, pc02={"slave_mounts": []})
    squashed = [item for item in projections.exports(made, "master01") if item["root_squash"]]
    assert [(item["path"], item["access"]) for item in squashed] == expected


GIB = 1 << 30


def test_volumes() -> None:
    made = model(pc01={"slave_state_dirs": ["/var/lib/x"], "slave_volume_size": "1G"})
    assert projections.volumes(made, "master01") == [
        {"path": "/srv/diskless/home", "size": 100 * GIB},
        {"path": "/srv/diskless/nodes", "size": 100 * GIB},
        {"path": "/srv/diskless/own/pc01", "size": GIB},
        {"path": "/srv/diskless/trees/pc02", "size": 8 * GIB},
    ]


def test_images_that_slaves_read_as_root_are_an_administrators_to_make_a_file_system_of() -> None:
    made = model(everywhere=image(format="tree"))
    assert {"path": "/srv/diskless/images", "size": 0} in projections.volumes(made, "master01")


def test_volumes_of_each_master_are_those_of_its_own_slaves() -> None:
    made = model(**TWO)
    paths = [item["path"] for item in projections.volumes(made, "master01")]
    assert paths == ["/srv/diskless/nodes"]
    assert projections.volumes({**made, "slaves": {}}, "master01") == []


def test_no_volume_is_made_where_none_is_wanted_or_an_administrator_makes_it() -> None:
    mounts = [
        {"path": f"/mnt/{number}", "src": f"master:{path}"}
        for number, path in enumerate(["/srv/diskless/media", "/srv/diskless/media/films", "/srv/disklessly", "/data"])
    ]
    made = model(pc01={"slave_mounts": mounts}, pc02={"slave_mounts": [], "slave_volume_size": 0})
    sizes = {item["path"]: item["size"] for item in projections.volumes(made, "master01")}
    assert {path for path, size in sizes.items() if size} == {"/srv/diskless/media", "/srv/diskless/nodes"}
    none = {"/data", "/srv/diskless/media/films", "/srv/disklessly", "/srv/diskless/trees/pc02"}
    assert {path for path, size in sizes.items() if not size} == none
    assert {
        item["size"] for item in projections.volumes(model(everywhere={"diskless_share_size": "0"}), "master01")
    } == {
        0,
        8 * GIB,
    }


def test_a_tree_without_shared_directories_needs_no_generation() -> None:
    made = model(everywhere=image(shared=[]), pc01={"slave_root": "nfs_tree"}, pc02={"slave_mounts": []})
    paths = [item["path"] for item in projections.exports(made, "master01")]
    assert paths == [generation(made, "catalogue"), *(f"/srv/diskless/trees/{name}" for name in made["slaves"])]


def test_clients_are_in_the_order_of_their_addresses() -> None:
    more = {"slave_mac": "02:00:00:00:00:03", "slave_ip": "192.168.1.3", "slave_image": "reading_room"}
    made = model(pc03=more)
    assert ["192.168.1.3", "192.168.1.21"] in [item["clients"] for item in projections.exports(made, "master01")]


def test_images_trees_and_kernels() -> None:
    made = model()
    images = image_projections.images(made, "master01")
    assert [(item["name"], item["tree"]) for item in images] == [("catalogue", True), ("reading_room", False)]
    ours: dict[str, Any] = {key: part for key, part in made["images"]["catalogue"].items() if key not in ("keep",)}
    assert images[0] == {**ours, "generation": name_of(made, "catalogue"), "tree": True, "nbd": None}
    assert [item["nbd"] for item in images] == [None, None]
    name = name_of(made, "catalogue")
    assert image_projections.trees(made, "master01") == [
        {"name": "pc02", "hostname": "pc02", "image": "catalogue", "generation": name, "shared": ["/usr", "/opt"]}
    ]
    assert image_projections.kernels(made, "master01")[0] == {
        "name": "catalogue",
        "generation": name,
        "drivers": ["common"],
        "modules": [],
        "programs": [],
    }


def test_a_tree_format_wants_the_tree() -> None:
    images = image_projections.images(model(everywhere=image(format="tree")), "master01")
    assert [item["tree"] for item in images if item["name"] == "reading_room"] == [True]


def test_images_of_each_master() -> None:
    made = model(**TWO)
    assert [item["name"] for item in image_projections.images(made, "master01")] == ["reading_room"]
    assert image_projections.trees(made, "master01") == []
    assert [item["name"] for item in image_projections.kernels(made, "master02")] == ["catalogue"]
