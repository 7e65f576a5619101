"""What may be exported, and what nbd-server is told of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import nbd_record, nbd_rules, nfs_record, nfs_rules

TOP = "/srv/diskless"
IMAGE, NEW, DISK = "images/r/g1/root.squashfs", "images/r/g2/root.squashfs", "disks/pc07/persist"
PC01, PC02, PC07 = "10.0.0.1", "10.0.0.2", "10.0.0.7"


def item(name: str, *clients: str, access: str = "ro", **other: Any) -> dict[str, Any]:
    """One item of ``nbd_server_exports``."""
    return {"name": name, "path": f"{TOP}/{name}", "clients": list(clients), "access": access, **other}


def rule(name: str, access: str = "ro") -> nfs_rules.Rule:
    return nfs_rules.Rule(f"{TOP}/{name}", access, root_squash=False)


def test_what_is_exported() -> None:
    items = [item(IMAGE, PC01, PC02), item(DISK, PC07, access="rw"), item(NEW)]
    exports = nbd_rules.grouped(items, TOP)
    assert exports == {rule(IMAGE): {PC01, PC02}, rule(DISK, "rw"): {PC07}}
    assert nbd_rules.listed(exports, TOP) == [item(DISK, PC07, access="rw"), item(IMAGE, PC01, PC02)]


BELOW = (
    "must be the path of a file below /srv/diskless, of names of letters, digits, '.', '_' and '-', and at most 255"
    " characters"
)
ONE = "what is exported 'rw' has exactly one client, as no file system stands two: "


@pytest.mark.parametrize(
    ("items", "faults"),
    [
        ([item("a", PC01, path="/etc/shadow")], [f"/etc/shadow: {BELOW}"]),
        ([item("a", PC01, path=f"{TOP}x/a")], [f"{TOP}x/a: {BELOW}"]),
        ([item("../a", PC01)], [f"{TOP}/../a: {BELOW}"]),
        ([item("a/../../b", PC01)], [f"{TOP}/a/../../b: {BELOW}"]),
        ([item("a//b", PC01)], [f"{TOP}/a//b: {BELOW}"]),
        ([item(".hidden", PC01)], [f"{TOP}/.hidden: {BELOW}"]),
        ([item("a]\n[b", PC01)], [f"{TOP}/a]\n[b: {BELOW}"]),
        ([item("a+b", PC01)], [f"{TOP}/a+b: {BELOW}"]),
        ([item("%s", PC01)], [f"{TOP}/%s: {BELOW}"]),
        ([item("generic", PC01)], [f"{TOP}/generic: {BELOW}"]),
        ([item("/".join(["a" * 60] * 5), PC01)], [f"{TOP}/{'/'.join(['a' * 60] * 5)}: {BELOW}"]),
        (
            [item("a", PC01, path=f"{TOP}/b")],
            [f"{TOP}/b: its name must be 'b', the path below {TOP}, and is 'a'"],
        ),
        ([item("a", PC01), item("a", PC02)], [f"{TOP}/a: is there twice"]),
        ([item("a", PC01), item("a", PC02, access="rw")], [f"{TOP}/a: is there twice"]),
        ([item("a", "10.0.0.0/24")], [f"{TOP}/a: '10.0.0.0/24' is no address of one machine"]),
        ([item("a", "pc01")], [f"{TOP}/a: 'pc01' is no address of one machine"]),
        ([item("a", access="rw")], [f"{TOP}/a: {ONE}it has none"]),
        ([item("a", PC01, PC02, access="rw")], [f"{TOP}/a: {ONE}10.0.0.1 and 10.0.0.2 would write to one device"]),
        ([item("a", PC01, access="all")], [f"{TOP}/a: access must be 'ro' or 'rw', not 'all'"]),
        (
            [item("../a", "x"), item("b", access="rw")],
            [f"{TOP}/../a: {BELOW}", f"{TOP}/../a: 'x' is no address of one machine", f"{TOP}/b: {ONE}it has none"],
        ),
    ],
)
def test_what_is_refused(items: list[dict[str, Any]], faults: list[str]) -> None:
    expected = "\n".join(f"nbd_server_exports: {fault}" for fault in faults)
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        nbd_rules.grouped(items, TOP)


def test_clients_stand_in_a_file_each_with_the_length_of_a_whole_address() -> None:
    listed = [item(IMAGE, PC01, "fd00::1"), item("a")]
    assert nbd_rules.access_files(listed) == {
        "images+r+g1+root.squashfs": "10.0.0.1/32\nfd00::1/128\n",
        "a": "",
    }


@pytest.mark.parametrize("name", [IMAGE, DISK, "a", "a-b_c.d"])
def test_the_name_of_that_file_tells_the_export(name: str) -> None:
    assert nbd_rules.exported_as(nbd_rules.access_file(name)) == name


@pytest.mark.parametrize("file", ["-nobody", ".a.0123456789ab", "a++b", "", "a b"])
def test_other_files_tell_none(file: str) -> None:
    assert nbd_rules.exported_as(file) is None


@pytest.mark.parametrize(
    ("count", "spare"),
    [(1, 16), (2, 15), (16, 1), (17, 0), (20, 0), (21, 12), (32, 1), (33, 0), (52, 0), (53, 12), (64, 1), (65, 0)],
)
def test_padding(count: int, spare: int) -> None:
    assert nbd_rules.padding(count) == spare


def test_padded_lists_leave_room_whatever_their_length() -> None:
    for count in range(1, 5000):
        padded = count + nbd_rules.padding(count)
        assert nbd_rules.room(padded) - padded >= 12


@pytest.mark.parametrize(
    ("before", "wanted", "gone", "expected"),
    [
        ([item(IMAGE, PC01, PC02)], [item(NEW, PC01)], [], [item(IMAGE, PC01), item(NEW, PC01)]),
        ([item(IMAGE, PC01)], [item(NEW, PC01)], [IMAGE], [item(NEW, PC01)]),
        ([item(DISK, PC07, access="rw")], [item(NEW, PC07)], [], [item(NEW, PC07)]),
        ([item(IMAGE, PC01)], [], [], []),
        ([item(IMAGE, PC01)], [item(IMAGE, PC02), item(NEW, PC01)], [], [item(IMAGE, PC01, PC02), item(NEW, PC01)]),
    ],
)
def test_images_of_running_slaves_stay(
    before: list[dict[str, Any]], wanted: list[dict[str, Any]], gone: list[str], expected: list[dict[str, Any]]
) -> None:
    record = nbd_record.parse(nbd_record.render(nbd_rules.grouped(before, TOP), TOP))
    after = nfs_record.succeeding(
        nbd_rules.grouped(wanted, TOP), record, lambda path: path not in [f"{TOP}/{name}" for name in gone]
    )
    assert nbd_rules.listed(after, TOP) == expected


def test_nothing_is_recorded_as_nothing() -> None:
    assert nbd_record.render({}, TOP) == ""
    assert nbd_record.parse("") == {}


@pytest.mark.parametrize(
    "text", ["no file", "{", "[]", "null", '{"exports": []}', '{"directory": "/a", "exports": [1]}']
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is no record of exports: "):
        nbd_record.parse(text)
