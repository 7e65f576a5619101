"""pxelinux.cfg holds exactly the wanted files, besides those of others."""

from __future__ import annotations

import pathlib
import stat

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import pxelinux_plan as plan
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER
from ansible_collections.diskless.netboot.plugins.modules import pxelinux_config

OURS = f"{MARKER}\none\n".encode()
OTHER = f"{MARKER}\ntwo\n".encode()


@pytest.mark.parametrize(
    ("wanted", "found", "write", "remove"),
    [
        ({"a": OURS}, {}, {"a": OURS}, ()),
        ({"a": OURS}, {"a": plan.Found(OURS, 0o644)}, {}, ()),
        ({"a": OURS}, {"a": plan.Found(OTHER, 0o644)}, {"a": OURS}, ()),
        ({"a": OURS}, {"a": plan.Found(OURS, 0o600)}, {"a": OURS}, ()),
        ({}, {"b": plan.Found(OURS, 0o644), "a": plan.Found(OTHER, 0o644)}, {}, ("a", "b")),
        ({}, {"mine": plan.Found(b"DEFAULT x\n", 0o644), "link": plan.Found(None, 0)}, {}, ()),
    ],
)
def test_plan(
    wanted: dict[str, bytes], found: dict[str, plan.Found], write: dict[str, bytes], remove: tuple[str, ...]
) -> None:
    assert plan.make(wanted, found) == plan.Plan(write, remove)


def test_a_foreign_file_is_not_overwritten() -> None:
    found = {"default": plan.Found(b"DEFAULT x\n", 0o644), "C0A80115": plan.Found(None, 0)}
    with pytest.raises(ValueError, match=r"^not ours, so not overwritten: C0A80115, default; move it away"):
        plan.make({"default": OURS, "C0A80115": OURS}, found)


def test_settle_writes_prunes_and_rests(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "pxelinux.cfg"
    dry = pxelinux_config.settle(str(path), {"a": OURS}, check_mode=True)
    assert (dry["changed"], dry["written"], path.exists()) == (True, ["a"], False)
    assert pxelinux_config.settle(str(path), {"a": OURS, "b": OURS}, check_mode=False)["written"] == ["a", "b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
    assert stat.S_IMODE((path / "a").stat().st_mode) == 0o644
    (path / "mine").write_text("DEFAULT x\n")
    (path / "folder").mkdir()
    assert pxelinux_config.settle(str(path), {"a": OURS, "b": OURS}, check_mode=False)["changed"] is False
    result = pxelinux_config.settle(str(path), {"a": OTHER}, check_mode=False)
    assert (result["written"], result["removed"]) == (["a"], ["b"])
    assert result["diff"][1]["before"] == OURS.decode()
    assert sorted(one.name for one in path.iterdir()) == ["a", "folder", "mine"]


def test_a_closed_directory_is_opened(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "pxelinux.cfg"
    path.mkdir(mode=0o700)
    assert pxelinux_config.settle(str(path), {}, check_mode=False)["changed"] is True
    assert stat.S_IMODE(path.stat().st_mode) == 0o755
