"""What stays exported when the inventory changes, and the record of it."""

from __future__ import annotations

import json
import os
import pathlib
import stat
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import nfs_record, nfs_rules
from ansible_collections.diskless.netboot.plugins.modules import recorded_exports

OLD, NEW, HOME, TREE = "/d/images/r/old", "/d/images/r/new", "/d/home", "/d/trees/pc21"
NODE = "/d/nodes/pc01"
PC01, PC02, PC21 = "10.0.0.1", "10.0.0.2", "10.0.0.21"

Item = dict[str, Any]


def item(path: str, *clients: str, access: str = "ro", **more: bool) -> Item:
    """One item of ``nfs_server_exports``; by default a root that is a tree."""
    usual = {"root_squash": False, "private": False, "all_squash": False}
    return {"path": path, "clients": [*clients], "access": access, **usual, **more}


def in_one_file(path: str, *clients: str) -> Item:
    """A root that is a file."""
    return item(path, *clients, all_squash=True)


def tree(path: str, *clients: str) -> dict[str, Any]:
    """A slave's own root."""
    return item(path, *clients, access="rw")


def shared(path: str, *clients: str, access: str = "rw") -> dict[str, Any]:
    """What several slaves mount."""
    return item(path, *clients, access=access, root_squash=True)


Items = list[Item]


@pytest.mark.parametrize(
    ("recorded", "wanted", "gone", "expected"),
    [
        pytest.param([], [item(NEW, PC01)], [], [], id="nothing before"),
        pytest.param([item(OLD, PC01)], [item(OLD, PC01)], [], [], id="nothing changed"),
        pytest.param([item(OLD, PC01, PC02)], [item(NEW, PC01, PC02)], [], [item(OLD, PC01, PC02)], id="new image"),
        pytest.param([item(OLD, PC01, PC02)], [item(NEW, PC02)], [], [item(OLD, PC02)], id="a slave left"),
        pytest.param([item(OLD, PC01)], [], [], [], id="all slaves left"),
        pytest.param([item(OLD, PC01)], [item(NEW, PC01)], [OLD], [], id="the old image was removed"),
        pytest.param([item(OLD, PC01, PC02)], [item(OLD, PC01), item(NEW, PC02)], [], [item(OLD, PC02)], id="moved"),
        pytest.param([item(OLD, PC01)], [tree(TREE, PC01)], [], [item(OLD, PC01)], id="overlay to tree"),
        pytest.param([in_one_file(OLD, PC01)], [item(NEW, PC01)], [], [in_one_file(OLD, PC01)], id="a file"),
        pytest.param([tree(TREE, PC21)], [item(NEW, PC21)], [], [], id="a tree is not kept"),
        pytest.param([shared(HOME, PC01)], [item(NEW, PC01)], [], [], id="what is shared is not kept"),
        pytest.param([shared(HOME, PC01, access="ro")], [item(NEW, PC01)], [], [], id="nor if read-only"),
        pytest.param([item(NODE, PC01, private=True)], [item(NEW, PC01)], [], [], id="what is private is not kept"),
        pytest.param([item(OLD, PC01)], [item(OLD, PC21)], [], [], id="a slave changed its address"),
        pytest.param([item(OLD, PC01)], [item(NEW, PC01)], [], [item(OLD, PC01)], id="or another slave has it now"),
        pytest.param([item(OLD, PC01)], [shared(OLD, PC01)], [], [], id="other rules hold for the same client"),
        pytest.param([item(OLD, PC01, PC02)], [shared(OLD, PC01), item(NEW, PC02)], [], [item(OLD, PC02)], id="or not"),
    ],
)  # fmt: skip
def test_what_is_kept(recorded: Items, wanted: Items, gone: list[str], expected: Items) -> None:
    found = nfs_record.kept(nfs_rules.grouped(wanted), nfs_rules.grouped(recorded), lambda path: path not in gone)
    assert nfs_rules.listed(found) == expected


@pytest.mark.parametrize(
    ("recorded", "wanted", "expected"),
    [
        ([], [in_one_file(OLD, PC01)], [in_one_file(OLD, PC01)]),
        ([item(OLD, PC01)], [in_one_file(OLD, PC01, PC02)], [item(OLD, PC01), in_one_file(OLD, PC02)]),
        ([item(OLD, PC01)], [item(OLD, PC21), in_one_file(OLD, PC01)], [item(OLD, PC01, PC21)]),
        ([in_one_file(OLD, PC01)], [item(OLD, PC01)], [item(OLD, PC01)]),
        ([tree(OLD, PC01)], [in_one_file(OLD, PC01)], [in_one_file(OLD, PC01)]),
    ],
    ids=["new", "it may run from the tree", "beside another", "at once where it wants more", "another rule"],
)
def test_who_has_had_all_of_a_path_keeps_that(recorded: Items, wanted: Items, expected: Items) -> None:
    """Its root of now may be the tree in it, which only root can read all of."""
    found = nfs_record.succeeding(nfs_rules.grouped(wanted), nfs_rules.grouped(recorded), lambda _path: True)
    assert nfs_rules.listed(found) == expected
    assert nfs_record.succeeding(nfs_rules.grouped(wanted), found, lambda _path: True) == found


@pytest.mark.parametrize(
    ("wanted", "present", "expected"),
    [
        ([], [PC01], [item(OLD, PC01)]),
        ([item(NEW, PC02)], [PC01, PC02], [item(OLD, PC01, PC02)]),
        ([item(NEW, PC02)], [PC02], [item(OLD, PC02)]),
        ([], [PC21], []),
        ([shared(OLD, PC01)], [PC01, PC02], [item(OLD, PC02)]),
    ],
    ids=["the only slave's next root comes by NBD", "one of two", "and the other left", "other slaves", "other rules"],
)
def test_machines_that_are_present_keep_their_roots_without_an_export(
    wanted: Items, present: list[str], expected: Items
) -> None:
    recorded = nfs_rules.grouped([item(OLD, PC01, PC02), tree(TREE, PC21)])
    found = nfs_record.kept(nfs_rules.grouped(wanted), recorded, lambda _path: True, present)
    assert nfs_rules.listed(found) == expected


def test_clients_of_the_old_and_of_the_new_image_stand_together() -> None:
    before = nfs_record.Record(nfs_rules.grouped([item(OLD, PC01, PC02)]), {OLD: 5})
    wanted = nfs_rules.grouped([item(OLD, PC01), item(NEW, PC02)])
    after = nfs_record.next_record(wanted, before, lambda _path: True)
    assert nfs_rules.listed(after.exports) == [item(NEW, PC02), item(OLD, PC01, PC02)]
    assert after.ids[OLD] == 5


def test_generations_pile_up_until_their_directories_go() -> None:
    record = nfs_record.Record({}, {})
    for number in range(4):
        record = nfs_record.next_record(nfs_rules.grouped([item(f"/g{number}", PC01)]), record, lambda _path: True)
    assert sorted(record.ids) == ["/g0", "/g1", "/g2", "/g3"]
    record = nfs_record.next_record(nfs_rules.grouped([item("/g3", PC01)]), record, lambda path: path in ("/g2", "/g3"))
    assert sorted(record.ids) == ["/g2", "/g3"]


def test_export_ids_stay_when_others_come_and_go() -> None:
    many = {f"/srv/{number}" for number in range(2000)}
    before = nfs_record.export_ids(many, {})
    assert len(set(before.values())) == 2000
    more = nfs_record.export_ids(many | {f"/new/{number}" for number in range(2000)}, before)
    assert {path: more[path] for path in many} == before
    fewer = nfs_record.export_ids(sorted(many)[::2], more)
    assert all(fewer[path] == before[path] for path in fewer)


def test_too_many_paths() -> None:
    with pytest.raises(ValueError, match=r"^nfs_server_exports: Ganesha can export 65535 paths, not 65536$"):
        nfs_record.export_ids((str(number) for number in range(65536)), {})


def test_a_record_is_read_as_it_was_written() -> None:
    record = nfs_record.next_record(
        nfs_rules.grouped([item(NEW, PC01, PC02), shared(HOME, PC01)]), nfs_record.Record({}, {}), lambda _path: True
    )
    assert nfs_record.parse(nfs_record.render(record)) == record


ONE_ID_EACH = "is no record of exports: each path has one id of its own, from 1 to 65535"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no record of exports: JSONDecodeError('Expecting value: line 1 column 1 (char 0)')"),
        ("[]", "is no record of exports: TypeError('list indices must be integers or slices, not str')"),
        ("{}", "is no record of exports: KeyError('exports')"),
        (
            json.dumps({"exports": [item("/a", "*")], "ids": {"/a": 1}}),
            "is no record of exports: ValueError(\"nfs_server_exports: /a: '*' is no address of one machine\")",
        ),
        (json.dumps({"exports": [item("/a", PC01)], "ids": {}}), ONE_ID_EACH),
        (json.dumps({"exports": [item("/a", PC01)], "ids": {"/a": 0}}), ONE_ID_EACH),
        (json.dumps({"exports": [item("/a", PC01)], "ids": {"/a": 65536}}), ONE_ID_EACH),
        (json.dumps({"exports": [item("/a", PC01), item("/b", PC01)], "ids": {"/a": 1, "/b": 1}}), ONE_ID_EACH),
    ],
)
def test_a_bad_record(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        nfs_record.parse(text)
    assert str(caught.value) == message


def test_the_module_records_before_anything_is_exported(tmp_path: pathlib.Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    record = tmp_path / "state" / "exports.json"

    def run(*items: dict[str, Any], check_mode: bool = False, present: tuple[str, ...] = ()) -> tuple[bool, list[str]]:
        result = recorded_exports.settle(list(items), str(record), check_mode=check_mode, present=present)
        return result["changed"], result["kept"]

    assert run(item(str(old), PC01), check_mode=True) == (True, [])
    assert not record.parent.exists()
    assert run(item(str(old), PC01)) == (True, [])
    assert (stat.S_IMODE(os.stat(record.parent).st_mode), stat.S_IMODE(os.stat(record).st_mode)) == (0o700, 0o600)
    assert run(item(str(new), PC01)) == (True, [str(old)])
    assert run(item(str(new), PC01)) == (False, [str(old)])
    assert run(present=(PC01,)) == (False, [str(new), str(old)])
    old.rmdir()
    old.symlink_to("new")
    assert run(item(str(new), PC01)) == (True, [])


@pytest.mark.parametrize(("content", "message"), [(b"{", "is no record of exports: "), (None, "is no regular file")])
def test_a_record_that_cannot_be_read_stops_the_run(
    tmp_path: pathlib.Path, content: bytes | None, message: str
) -> None:
    record = tmp_path / "exports.json"
    if content is None:
        record.symlink_to("elsewhere")
    else:
        record.write_bytes(content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is compared below
        recorded_exports.settle([], str(record), check_mode=False)
    assert str(caught.value).startswith(f"{record}: {message}")
    assert str(caught.value).endswith("without this file, machines that run from an earlier image lose their root")
