"""Directories hold exactly the wanted files, besides those of others."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import public_files as files
from ansible_collections.diskless.netboot.plugins.module_utils.public_files import Found, Plan, Tree

OURS = b"ours 1\n"
OTHER = b"ours 2\n"
HEX = "0123456789ab"


def _is_ours(_path: str, found: Found) -> bool:
    return found.content is not None and found.content.startswith(b"ours")


@pytest.mark.parametrize(
    ("wanted", "found", "write", "remove"),
    [
        ({"a": OURS}, {}, {"a": OURS}, ()),
        ({"a": OURS}, {"a": Found(OURS, 0o644)}, {}, ()),
        ({"a": OURS}, {"a": Found(OTHER, 0o644)}, {"a": OURS}, ()),
        ({"a": OURS}, {"a": Found(OURS, 0o600)}, {"a": OURS}, ()),
        ({"a": OURS}, {"a": Found(OURS, 0o644, owned=False)}, {"a": OURS}, ()),
        (
            {"a": OURS, "b/b": OURS},
            {
                "a": Found(OURS, 0o644),
                "b/b": Found(OURS, 0o644),
                f".a.{HEX}": Found(b"", 0o600),
                f"b/.b.{HEX}": Found(b"our", 0o600),
                f".c.{HEX}": Found(b"", 0o600),
                f"b/.a.{HEX}": Found(b"", 0o600),
                f".b.{HEX}": Found(None, 0),
                ".a.b": Found(b"", 0o600),
            },
            {},
            (f".a.{HEX}", f"b/.b.{HEX}"),
        ),
        ({"a": OURS}, {"a": Found(OURS, 0o644), f".a.{HEX}": Found(None, 0)}, {}, ()),
        ({}, {"b/b": Found(OURS, 0o644), "a": Found(OTHER, 0o644)}, {}, ("a", "b/b")),
        ({}, {"mine": Found(b"DEFAULT x\n", 0o644), "link": Found(None, 0)}, {}, ()),
    ],
)
def test_plan(
    wanted: dict[str, bytes], found: dict[str, Found], write: dict[str, bytes], remove: tuple[str, ...]
) -> None:
    assert files.make(wanted, Tree(found, ("x",)), _is_ours) == Plan(write, remove, ("x",))


def test_a_foreign_file_is_not_overwritten() -> None:
    found = Tree({"default": Found(b"DEFAULT x\n", 0o644), "C0A80115": Found(None, 0)}, ())
    with pytest.raises(ValueError, match=r"^not ours, so not overwritten: C0A80115, default; move it away$"):
        files.make({"default": OURS, "C0A80115": OURS}, found, _is_ours)


def test_observe_and_apply(tmp_path: pathlib.Path) -> None:
    root = str(tmp_path)
    assert files.observe(f"{root}/nothing", ["", "a"]) == Tree({}, ("a",))
    plan = files.make({"x": OURS, "a/b/y": OURS}, files.observe(root, ["", "a", "a/b"]), _is_ours)
    assert plan.open == ("a", "a/b")
    files.apply(plan, root)
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a/b/y").stat().st_mode) == 0o644
    (tmp_path / "a/mine").write_bytes(b"mine")
    (tmp_path / "a/b/link").symlink_to("y")
    (tmp_path / "a").chmod(0o700)
    found = files.observe(root, ["", "a", "a/b"])
    assert found.closed == ("a",)
    assert found.files["a/b"].content is found.files["a/b/link"].content is None
    files.apply(files.make({"a/b/z": OTHER}, found, _is_ours), root)
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*")) == [
        "a",
        "a/b",
        "a/b/link",
        "a/b/z",
        "a/mine",
    ]
    assert not files.make({"a/b/z": OTHER}, files.observe(root, ["", "a", "a/b"]), _is_ours).is_needed


def test_only_the_names_that_are_asked_for_are_read(tmp_path: pathlib.Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(OURS)
    for name in (f".b.{HEX}", f".d.{HEX}"):
        (tmp_path / name).write_bytes(b"")
    assert sorted(files.observe(str(tmp_path), [""], ["b", "c"]).files) == [f".b.{HEX}", "b"]


def test_what_is_gone_already_needs_no_removal(tmp_path: pathlib.Path) -> None:
    files.apply(Plan({}, ("a",), ()), str(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to another user")
def test_what_another_user_could_change_is_made_anew(tmp_path: pathlib.Path) -> None:
    (tmp_path / "d").mkdir(mode=0o755)
    (tmp_path / "d/a").write_bytes(OURS)
    for path in (tmp_path / "d", tmp_path / "d/a"):
        os.chown(path, 1, 1)
    plan = files.make({"d/a": OURS}, files.observe(str(tmp_path), ["d"]), _is_ours)
    assert plan == Plan({"d/a": OURS}, (), ("d",))
    files.apply(plan, str(tmp_path))
    assert [path.stat().st_uid for path in (tmp_path / "d", tmp_path / "d/a")] == [0, 0]
    assert not files.make({"d/a": OURS}, files.observe(str(tmp_path), ["d"]), _is_ours).is_needed


def test_a_link_in_place_of_a_directory(tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "grub").symlink_to("elsewhere")
    (tmp_path / "ipxe").write_bytes(b"")
    for name in ("grub", "ipxe"):
        with pytest.raises(ValueError, match=rf"^{name} is a symbolic link or no directory; move it away$"):
            files.observe(str(tmp_path), [name])
