"""The module that makes images: what it builds, clears away, keeps, and tells."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_build
from ansible_collections.diskless.netboot.plugins.modules import rootfs_image

IMAGE: dict[str, Any] = {
    "name": "room", "generation": "g1", "distribution": "debian", "release": "bookworm", "architecture": "amd64",
    "packages": [], "services": [], "authorized_keys": [], "mirror": None, "kernel": {"package": "linux"},
    "tree": False,
}  # fmt: skip


class ModuleExitError(Exception):
    """Carries what a module gives back."""


def run(
    monkeypatch: pytest.MonkeyPatch, srv: pathlib.Path, images: Sequence[dict[str, Any]], check: bool = False
) -> dict[str, Any]:
    """Run the module with a build that makes an empty image, and give its result."""

    class Module:
        def __init__(self, **_: object) -> None:
            lists = ("packages", "files", "links", "masked_units", "unwanted")
            self.params = {"directory": str(srv), "images": images, **{name: [] for name in lists}}
            self.check_mode = check

        def exit_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": False})

        def fail_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": True})

    def build(directory: str, image: dict[str, Any], *_: object) -> None:
        path = pathlib.Path(rootfs_build.generation_path(directory, image))
        path.mkdir(parents=True)
        (path / "root.squashfs").touch()

    monkeypatch.setattr(rootfs_image, "AnsibleModule", Module)
    monkeypatch.setattr(rootfs_build, "build", build)
    with pytest.raises(ModuleExitError) as caught:
        rootfs_image.main()
    result: dict[str, Any] = caught.value.args[0]
    return result


def everything(path: pathlib.Path) -> list[str]:
    return sorted(str(entry.relative_to(path)) for entry in path.rglob("*"))


def test_what_is_missing_is_built_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = run(monkeypatch, tmp_path / "srv", [IMAGE], check=True)
    assert (checked["changed"], checked["built"], everything(tmp_path)) == (True, ["room/g1"], [])
    result = run(monkeypatch, tmp_path / "srv", [IMAGE])
    assert (result["changed"], result["built"], result["kept"]) == (True, ["room/g1"], [])
    assert not run(monkeypatch, tmp_path / "srv", [IMAGE])["changed"]
    assert not run(monkeypatch, tmp_path / "srv", [IMAGE], check=True)["changed"]


def test_generations_that_are_not_asked_for_are_kept_and_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for generation in ("g1", "g2"):
        run(monkeypatch, tmp_path, [IMAGE | {"generation": generation}])
    run(monkeypatch, tmp_path, [IMAGE | {"name": "hall"}])
    for check in (True, False):
        result = run(monkeypatch, tmp_path, [IMAGE], check=check)
        assert (result["changed"], result["kept"]) == (False, ["hall/g1", "room/g2"])


def test_what_a_dead_build_left_goes_also_when_nothing_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, tmp_path, [IMAGE])
    (tmp_path / "images/stray").touch()
    (tmp_path / "images/room/.g1.building-0badcafe/root").mkdir(parents=True)
    before = everything(tmp_path)
    checked = run(monkeypatch, tmp_path, [IMAGE], check=True)
    assert everything(tmp_path) == before
    result = run(monkeypatch, tmp_path, [IMAGE])
    for told in (checked, result):
        assert (told["changed"], told["built"], told["removed"]) == (True, [], ["room/.g1.building-0badcafe"])
        assert told["diff"] == {"before": "room/.g1.building-0badcafe\n", "after": ""}
    assert not run(monkeypatch, tmp_path, [IMAGE])["changed"]
    assert everything(tmp_path / "images") == [".lock", "room", "room/g1", "room/g1/root.squashfs", "stray"]


@pytest.mark.parametrize("check", [True, False])
def test_a_damaged_generation_stops_before_anything_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    (tmp_path / "images/room/g1").mkdir(parents=True)
    before = everything(tmp_path)
    result = run(monkeypatch, tmp_path, [IMAGE | {"name": "hall"}, IMAGE], check=check)
    assert result["failed"]
    assert result["msg"].startswith(f"image room/g1: {tmp_path}/images/room/g1 is there without root.squashfs")
    assert everything(tmp_path) == before
