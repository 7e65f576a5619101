"""The module slave_facts: what it tells of a master where nothing was run, and of one where the others have been."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.modules import boot_files, recorded_exports, slave_facts, slave_nodes
from ansible_collections.diskless.netboot.plugins.plugin_utils import preview_dhcp, preview_parts
from fleet_inventory import GROUPS, fresh, inventory
from preview_there import DHCP_FILES, NOWHERE, nothing, settings

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root reads what is a slave's own")

IP, MAC = "192.168.1.21", "52:54:00:00:00:15"
PC01: dict[str, Any] = {
    "name": "pc01",
    "hostname": "pc01",
    "key_types": ["ed25519"],
    "files": [
        {"path": "/etc/x", "content": "canary\n", "mode": "0640", "group": 44},
        {"path": "/srv/way/empty", "content": ""},
    ],
    "authorized_keys": [],
    "password_hash": "$6$salt$canary",
}
FILES = [
    {"path": "/etc/x", "mode": "0640", "owner": 0, "group": 44, "bytes": 7},
    {"path": "/srv/way/empty", "mode": "0644", "owner": 0, "group": 0, "bytes": 0},
]
IDENTITY = ["machine-id", "hostid", "random-seed", "ssh_host_ed25519_key"]

Call = Callable[..., dict[str, Any]]


@pytest.fixture(name="call")
def _call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs a module; gives what it prints."""

    def call(module: Any, **params: Any) -> dict[str, Any]:
        with patch_module_args(params), pytest.raises(SystemExit):
            module.main()
        printed = capsys.readouterr().out
        assert "canary" not in printed
        assert "PRIVATE KEY" not in printed
        result: dict[str, Any] = json.loads(printed)
        return result

    return call


@pytest.fixture(name="told")
def _told(call: Call, tmp_path: pathlib.Path) -> Call:
    """What the module tells of pc01, with some parameters replaced; it must not touch anything."""

    def told(**more: Any) -> dict[str, Any]:
        before = everything(tmp_path)
        given = {
            "directory": str(tmp_path / "srv"),
            "node": json.dumps([PC01]),
            "ip": IP,
            "macs": [MAC],
            "boot_root": str(tmp_path / "tftp"),
            "dhcp_file": str(tmp_path / "kea-dhcp4.conf"),
            "addresses_file": str(tmp_path / "addresses"),
            "nfs_record": str(tmp_path / "exports.json"),
            "nbd_record": str(tmp_path / "nbd-exports.json"),
            "disks_record": str(tmp_path / "nbd-disks.json"),
        }
        result = call(slave_facts, **{**given, **more})
        assert everything(tmp_path) == before
        return result

    return told


def everything(path: pathlib.Path) -> dict[str, tuple[int, int, int]]:
    """Inode, time of change and mode of all below `path`, and itself."""
    found = ((entry, entry.lstat()) for entry in [path, *path.rglob("*")])
    return {str(entry): (one.st_ino, one.st_ctime_ns, one.st_mode) for entry, one in found}


def machine(ip: str, **more: Any) -> dict[str, Any]:
    words = [f"diskless.node=192.168.1.1:{more.pop('node')}", "ip=dhcp"]
    label = {"name": "diskless", "title": "x", "kernel": "images/x/vmlinuz", "initrd": "images/x/initrd.img"}
    return {"name": ip, "ip": ip, "title": ip, "labels": [{**label, "cmdline": words}], **more}


def test_where_nothing_was_run(told: Call) -> None:
    found = told()
    node = found.pop("node")
    found.pop("invocation", None)
    assert found == {
        "changed": False,
        "boot_files": {},
        "dhcp": None,
        "nfs": [],
        "nbd": [],
        "tree": {"there": False, "recorded": None, "begun": False},
        "disks": {},
        "disks_recorded": [],
        "state": {"there": False, "recorded": False},
    }
    assert (node["files"], node["has_password"], node["identity"], node["missing"]) == (FILES, True, [], IDENTITY)
    assert node["before"] == []
    assert "/etc/x 0640 0:44" in node["after"]


def test_its_files_and_identity(told: Call, call: Call, tmp_path: pathlib.Path) -> None:
    call(slave_nodes, directory=str(tmp_path / "srv"), slaves=json.dumps([PC01, {**PC01, "name": "pc02"}]))
    node = told()["node"]
    assert (node["identity"], node["missing"], node["before"], node["after"]) == (IDENTITY, [], [], [])
    changed = [{**PC01["files"][0], "content": "another canary\n"}, {"path": "/etc/y", "content": "y", "mode": "0600"}]
    node = told(node=json.dumps([{**PC01, "files": changed, "password_hash": None}]))["node"]
    assert node["before"] == ["/etc/x 0640 0:44", "/srv directory", "root-password 0600 0:0"]
    assert node["after"] == ["/etc/x 0640 0:44 (content changed)", "/etc/y 0600 0:0"]
    assert node["has_password"] is False


def test_its_boot_files_also_of_an_address_that_it_had(told: Call, call: Call, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tftp").mkdir()
    own = "585/pc01"
    menu = {"default": "diskless", "timeout": 5, "help": ["A line."]}
    entries = [
        machine("192.168.1.20", node=own, menu=menu),
        machine("192.168.1.22", node=f"{own}0", macs=[MAC]),
        machine("192.168.1.23", node=f"{own}1"),
    ]
    call(boot_files, path=str(tmp_path / "tftp"), entries=entries)
    found = told()["boot_files"]
    assert sorted(found) == [
        "grub/machines/01-52-54-00-00-00-15.cfg",
        "grub/machines/192.168.1.20.cfg",
        "ipxe/machines/01-52-54-00-00-00-15.ipxe",
        "ipxe/machines/192.168.1.20.ipxe",
        "pxelinux.cfg/01-52-54-00-00-00-15",
        "pxelinux.cfg/C0A80114",
        "pxelinux.cfg/C0A80114.help",
    ]
    assert f"diskless.node=192.168.1.1:{own} ip=dhcp" in found["pxelinux.cfg/C0A80114"]


def export(path: pathlib.Path, *clients: str, **more: Any) -> dict[str, Any]:
    return {
        "path": str(path),
        "clients": clients,
        "access": "ro",
        "root_squash": False,
        "private": False,
        "all_squash": False,
        **more,
    }


def test_its_exports_and_no_other_slaves_address(told: Call, call: Call, tmp_path: pathlib.Path) -> None:
    shared, own = tmp_path / "srv/images/a/1", tmp_path / "srv/own/pc01"
    shared.mkdir(parents=True)
    (tmp_path / "addresses").write_text("# written\n192.168.1.19 pc01\n192.168.1.22 pc02\n")
    exports = [
        export(shared, "192.168.1.20", "192.168.1.22"),
        export(own, "192.168.1.20", private=True),
        export(tmp_path / "srv/own/pc02", "192.168.1.22", private=True),
        export(tmp_path / "srv/home", IP, access="rw", root_squash=True),
        export(tmp_path / "srv/zone", "192.168.1.19", access="rw", root_squash=True),
    ]
    call(recorded_exports, exports=exports, record=str(tmp_path / "exports.json"))
    assert told()["nfs"] == [
        {**exports[3], "clients": [IP], "exists": False},
        {**exports[0], "clients": ["192.168.1.20"], "exists": True},
        {**exports[1], "clients": ["192.168.1.20"], "exists": False},
        {**exports[4], "clients": ["192.168.1.19"], "exists": False},
    ]


def test_its_devices_disks_tree_and_state(told: Call, tmp_path: pathlib.Path) -> None:
    srv = tmp_path / "srv"
    for folder in ("disks/pc01", "trees/pc01", "own/pc01", "state/trees"):
        (srv / folder).mkdir(parents=True)
    (srv / "disks/pc01/persist").write_bytes(bytes(4096))
    (srv / "disks/pc01/link").symlink_to("persist")
    known = {"format": 1, "hostname": "pc01", "image": "a", "generation": "1", "shared": ["/usr"]}
    (srv / "state/trees/pc01.json").write_text(json.dumps(known))
    devices = [
        {"name": f"disks/{name}/persist", "path": f"{srv}/disks/{name}/persist", "access": "rw", "clients": [client]}
        for name, client in (("pc01", IP), ("pc02", "192.168.1.22"))
    ]
    (tmp_path / "nbd-exports.json").write_text(json.dumps({"directory": str(srv), "exports": devices}))
    found = told()
    assert found["nbd"] == [{**devices[0], "exists": True}]
    assert found["disks"] == {"persist": 4096}
    assert found["tree"] == {
        "there": True,
        "recorded": {"hostname": "pc01", "image": "a", "generation": "1", "shared": ["/usr"]},
        "begun": False,
    }
    # A directory that no run has made.
    assert found["state"] == {"there": True, "recorded": False}


def test_what_was_made_and_is_gone(told: Call, tmp_path: pathlib.Path) -> None:
    (tmp_path / "srv/state/own").mkdir(parents=True)
    (tmp_path / "srv/state/own/pc01").touch()
    labels = ["pc01/persist", "pc01/data", "pc010/persist", "pc02/persist"]
    (tmp_path / "nbd-disks.json").write_text(json.dumps(dict.fromkeys(labels, "ext4")))
    found = told()
    assert found["state"] == {"there": False, "recorded": True}
    assert (found["disks"], found["disks_recorded"]) == ({}, ["data", "persist"])


def configurations() -> dict[str, str]:
    """What the role dhcp_server would write, by server."""
    model = fresh(inventory(), GROUPS)
    found = {}
    for backend in DHCP_FILES:
        view = preview_parts.view(model, "pc01", NOWHERE, nothing(), settings(backend))
        found[backend] = preview_dhcp.wanted(view)
    return found


@pytest.mark.parametrize("backend", DHCP_FILES)
def test_the_dhcp_servers_configuration_only_where_it_is_ours(told: Call, tmp_path: pathlib.Path, backend: str) -> None:
    file, ours = tmp_path / "kea-dhcp4.conf", configurations()[backend]
    file.write_text(ours)
    assert told()["dhcp"] == ours
    # What an admin has, with secrets; told() looks for this one.
    for text in (
        'key "update" { secret "canary"; }\n',
        '{"Dhcp4": {"password": "canary", "client-classes": []}}',
        "[]",
    ):
        file.write_text(text)
        assert told()["dhcp"] is None


FAULTS: list[tuple[str, str, str]] = [
    ("exports.json", "nonsense", "{0}/exports.json: is no record of exports: JSONDecodeError("),
    ("nbd-exports.json", "nonsense", "{0}/nbd-exports.json: is no record of exports: "),
    ("nbd-disks.json", "[]", "{0}/nbd-disks.json: is no record of disks"),
    ("srv/state/identity/pc01/machine-id", "x\n", "state/identity/pc01: machine-id is no machine-id(5)"),
]


@pytest.mark.parametrize(("file", "content", "wrong"), FAULTS)
def test_a_record_that_is_none(told: Call, tmp_path: pathlib.Path, file: str, content: str, wrong: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(content)
    assert told()["msg"].startswith(wrong.format(tmp_path))


def test_one_slave_and_no_more(told: Call) -> None:
    assert told(node="[]")["msg"] == "node: is not one slave"
