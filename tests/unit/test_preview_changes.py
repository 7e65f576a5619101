"""What a preview says that a run would change: nothing where all is made, and each kind of change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import slave_survey
from fleet_inventory import GROUPS, fresh, generation, inventory, network
from preview_there import IDENTITY, changes, made, node, settings, state, told

ROOTS: list[dict[str, Any]] = [
    {},
    {"slave_root": "nbd_overlay", "slave_loader": "grub"},
    {
        "slave_root": "persist",
        "slave_disks": [{"name": "data", "size": "64M", "path": "/srv/data"}],
        "slave_swap": "nbd",
    },
    {"slave_root": "nfs_tree", "slave_loader": "ipxe"},
    {"slave_menu": {"labels": [{"name": "a"}, {"name": "b", "image": "catalogue"}], "help": ["Press a key."]}},
]


@pytest.mark.parametrize("backend", ["kea", "isc", "dnsmasq"])
@pytest.mark.parametrize("variables", ROOTS)
def test_where_all_is_made_nothing_would_change(variables: dict[str, Any], backend: str) -> None:
    model = fresh(inventory(pc01=variables, master01={"dhcp_server_backend": backend}), GROUPS)
    assert model["errors"] == []
    for name in ("pc01", "pc02"):
        assert changes(model, model, name, settings(backend)) == []


HEAD = ["--- on the master", "+++ by this inventory", "@@"]
RESERVATIONS = {
    "kea": ['-          "ip-address": "192.168.1.21",', '+          "ip-address": "192.168.1.33",'],
    "isc": [
        "-  host card-004063c2cac9 { hardware ethernet 00:40:63:c2:ca:c9; fixed-address 192.168.1.21; "
        'option host-name "pc01"; }',
        "+  host card-004063c2cac9 { hardware ethernet 00:40:63:c2:ca:c9; fixed-address 192.168.1.33; "
        'option host-name "pc01"; }',
    ],
    "dnsmasq": [
        "-dhcp-host=00:40:63:c2:ca:c9,192.168.1.21,pc01",
        "+dhcp-host=00:40:63:c2:ca:c9,192.168.1.33,pc01",
    ],
}


@pytest.mark.parametrize("backend", RESERVATIONS)
def test_another_address(backend: str) -> None:
    # What else changes of another slave is not told.
    before, after = (
        fresh(inventory(pc01={"slave_ip": ip}, pc02={"slave_mac": mac}), GROUPS)
        for ip, mac in (("192.168.1.21", "02:00:00:00:00:01"), ("192.168.1.33", "02:00:00:00:00:02"))
    )
    new = generation(before, "reading_room")
    lines = changes(before, after, "pc01", settings(backend))
    assert lines[:12] == [
        "its exports:",
        *(f"  {line}" for line in HEAD),
        f"  -NFS ro /srv/diskless/images/reading_room/{new}, all are nobody there, for 192.168.1.21",
        f"  +NFS ro /srv/diskless/images/reading_room/{new}, all are nobody there, for 192.168.1.33",
        "its boot file grub/machines/192.168.1.21.cfg becomes grub/machines/192.168.1.33.cfg",
        "its boot file ipxe/machines/192.168.1.21.ipxe becomes ipxe/machines/192.168.1.33.ipxe",
        "its boot file pxelinux.cfg/C0A80115 becomes pxelinux.cfg/C0A80121",
        f"DHCP, {settings(backend)['dhcp_file']} without other slaves:",
        *(f"  {line}" for line in HEAD[:2]),
    ]
    assert [line[2:] for line in lines[12:] if line[2] in "+-"] == RESERVATIONS[backend]


def test_another_argument_of_the_kernel() -> None:
    before, after = (fresh(inventory(pc01={"slave_cmdline": line}), GROUPS) for line in ("quiet", "debug"))
    assert changes(before, after, "pc01") == [
        "its boot file grub/machines/192.168.1.21.cfg:",
        *(f"  {line}" for line in HEAD),
        "           'console=ttyS0,115200n8'",
        "           'console=tty0'",
        "  -        'quiet'",
        "  +        'debug'",
        '           "BOOTIF=$bootif";',
        "           then",
        "its boot file pxelinux.cfg/C0A80115:",
        *(f"  {line}" for line in HEAD),
        "           console=ttyS0,115200n8",
        "           console=tty0",
        "  -        quiet",
        "  +        debug",
        "       SYSAPPEND 2",
        "the same in the words of other loaders: ipxe/machines/192.168.1.21.ipxe",
    ]


CHANGED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {"slave_root": "persist", "slave_persist_size": "1G"},
        {"slave_root": "persist", "slave_persist_size": "2G"},
        ["its disk persist has 1.1 GB, and shall have 2.1 GB"],
    ),
    (
        {"slave_swap": {"type": "nbd", "size": "512M"}},
        {},
        ["its disk swap is not exported any more; it stays", "its exports:"],
    ),
    ({}, {"slave_swap": {"type": "nbd", "size": "512M"}}, ["its disk swap is made, 537 MB", "its exports:"]),
    (
        {"slave_root": "nfs_tree"},
        {},
        ["its tree /srv/diskless/trees/pc01 is not exported any more; it stays on the master"],
    ),
    (
        {},
        {"slave_state_dirs": ["/var/lib/x"]},
        ["its directory /srv/diskless/own/pc01 is made", "its exports:"],
    ),
    (
        {"slave_state_dirs": ["/var/lib/x"]},
        {},
        ["its directory /srv/diskless/own/pc01 is not exported any more; it stays on the master", "its exports:"],
    ),
]


@pytest.mark.parametrize(("was", "then", "first"), CHANGED)
def test_what_is_its_own(was: dict[str, Any], then: dict[str, Any], first: list[str]) -> None:
    before, after = (fresh(inventory(pc01=variables), GROUPS) for variables in (was, then))
    assert before["errors"] == after["errors"] == []
    assert changes(before, after, "pc01")[: len(first)] == first


def test_what_earlier_runs_have_left_is_no_news() -> None:
    model = fresh(inventory(), GROUPS)
    left = {
        "tree": {"there": True, "recorded": None, "begun": False},
        "disks": {"swap": 1 << 30},
        "state": {"there": True, "recorded": True},
    }
    assert changes(model, model, "pc01", **left) == []


def test_its_tree_follows_another_image() -> None:
    before, after = (fresh(inventory(pc02={"slave_image": one}), GROUPS) for one in ("catalogue", "reading_room"))
    old, new = (generation(model, image) for model, image in ((before, "catalogue"), (after, "reading_room")))
    lines = changes(before, after, "pc02")
    assert lines[1:4] == [
        "its tree /srv/diskless/trees/pc02 is updated; what the slave has changed stays",
        f"  generation: {old} becomes {new}",
        "  image: catalogue becomes reading_room",
    ]


TREES: list[tuple[dict[str, Any], str]] = [
    (
        {"there": False, "recorded": {"image": "catalogue", "generation": "x"}},
        "its tree /srv/diskless/trees/pc02 was made and is not there: the run says what to do, and makes no other",
    ),
    (
        {"there": True, "recorded": None},
        "its tree /srv/diskless/trees/pc02, which no run has made, is made to follow bookworm-",
    ),
]


@pytest.mark.parametrize(("tree", "line"), TREES)
def test_a_tree_that_is_odd(tree: dict[str, Any], line: str) -> None:
    model = fresh(inventory(), GROUPS)
    found = changes(model, model, "pc02", tree={"begun": False, **tree})
    assert len(found) == 1
    assert found[0].startswith(line)


def test_an_update_that_was_begun() -> None:
    model = fresh(inventory(), GROUPS)
    tree = {**made(model, "pc02")["tree"], "begun": True}
    assert changes(model, model, "pc02", tree=tree)[1:] == ["  an update that was begun is brought to its end"]


GONE = "was made and is not there: the run says what to do, and makes no other"
OWN: list[tuple[dict[str, Any], list[str]]] = [
    ({"state": {"there": False, "recorded": True}}, [f"its directory /srv/diskless/own/pc01 {GONE}"]),
    (
        {"state": {"there": True, "recorded": False}},
        ["its directory /srv/diskless/own/pc01, which no run has made, is taken as it is"],
    ),
    # Swap is made anew whenever it is not there.
    ({"disks": {}}, [f"its disk persist {GONE}", "its disk swap is made, 537 MB"]),
    ({"disks": {"swap": 512 * 1024**2}, "disks_recorded": []}, ["its disk persist is made, 1.1 GB"]),
]


@pytest.mark.parametrize(("found", "lines"), OWN)
def test_what_is_its_own_and_was_made_or_not(found: dict[str, Any], lines: list[str]) -> None:
    variables = {
        "slave_root": "persist",
        "slave_persist_size": "1G",
        "slave_swap": {"type": "nbd", "size": "512M"},
        "slave_state_dirs": ["/var/lib/x"],
    }
    model = fresh(inventory(pc01=variables), GROUPS)
    assert changes(model, model, "pc01", **found) == lines


def test_a_directory_that_no_run_has_made_is_nobodys_business() -> None:
    model = fresh(inventory(), GROUPS)
    assert changes(model, model, "pc01", state={"there": True, "recorded": False}) == []


def test_its_files() -> None:
    model = fresh(inventory(), GROUPS)
    its = node(identity=IDENTITY, missing=[], before=["/etc/x 0640 0:44"], after=["/etc/x 0640 0:44 (content changed)"])
    assert changes(model, model, "pc01", node=its) == [
        "its files:",
        *(f"  {line}" for line in HEAD),
        "  -/etc/x 0640 0:44",
        "  +/etc/x 0640 0:44 (content changed)",
    ]


def test_what_its_network_tells_all() -> None:
    before, after = (fresh(inventory(everywhere=network(dns=[one])), GROUPS) for one in ("10.0.0.1", "10.0.0.2"))
    lines = changes(before, after, "pc01")
    assert [line[2:] for line in lines if line[2] in "+-"] == [
        *HEAD[:2],
        '-          "data": "10.0.0.1"',
        '+          "data": "10.0.0.2"',
    ]


# Of admins, with a secret each.
DHCPDS = """\
key "update" { algorithm hmac-md5; secret "c2VjcmV0"; }
host printer { hardware ethernet 00:40:63:00:00:01; fixed-address 192.168.1.9; }
"""
KEAS = """\
{"Dhcp4": {"lease-database": {"type": "mysql", "password": "secret"}, "client-classes": [{"name": "granted"}],
"reservations": [], "subnet4": [{"subnet": "192.168.1.0/24", "reservations": []}]}}
"""
# What was ours, and somebody has taken its networks away.
EDITED = json.dumps({"Dhcp4": {"client-classes": [{"name": name} for name in slave_survey.KEA_MARK]}})


def test_a_configuration_that_is_not_ours() -> None:
    model = fresh(inventory(), GROUPS)
    line = "its reservation is written, with all else that is in /etc/kea/kea-dhcp4.conf"
    for text in ("// Debian's\n{}", '{"Dhcp4": []}', "[]", '{"Dhcp4": {"subnet4": []}}', KEAS, EDITED, None):
        assert changes(model, model, "pc01", dhcp=text) == [line], text


@pytest.mark.parametrize("backend", ["isc", "dnsmasq"])
def test_a_text_that_is_not_ours(backend: str) -> None:
    model = fresh(inventory(), GROUPS)
    its = settings(backend)
    line = f"its reservation is written, with all else that is in {its['dhcp_file']}"
    for text in ("", DHCPDS, f"# Mine\n{made(model, 'pc01', its)['dhcp']}"):
        assert changes(model, model, "pc01", its, dhcp=text) == [line], text


def test_an_identity_that_another_master_may_have() -> None:
    groups = {**GROUPS, "all": [*GROUPS["all"], "master02"], "masters": ["master01", "master02"]}
    second = {"master_ip": "192.168.1.2", "master_interface": "eth1"}
    its = {"slave_master": "master01"}
    model = fresh(inventory(master02=second, pc01=its, pc02=its), groups)
    assert model["errors"] == []
    found = node(identity=[], missing=IDENTITY, before=[], after=[])
    assert changes(model, model, "pc01", node=found) == [
        "its identity is made, unless another master has it: machine-id, hostid, random-seed, ssh_host_ed25519_key"
    ]


def test_a_menus_page_of_help_is_shown_as_text() -> None:
    menu = {"labels": [{"name": "a", "title": "A"}]}
    before, after = (
        fresh(inventory(pc01={"slave_menu": {**menu, "help": [line]}}), GROUPS) for line in ("One.", "Two.")
    )
    lines = told(after, "pc01", state(before), made(before, "pc01"))
    start = lines.index("  its boot file pxelinux.cfg/C0A80115.help:")
    assert lines[start + 1 : start + 8] == [
        *(f"    {line}" for line in HEAD),
        "      pc01, reading_room",
        "",
        "    - One.",
        "    + Two.",
    ]
    assert all(line.isprintable() and line == line.rstrip() for line in lines)
