"""The module that makes images: what it builds, clears away, keeps, and tells."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import disk_files, rootfs_build, rootfs_disk
from ansible_collections.diskless.netboot.plugins.modules import rootfs_image

G1, G2 = (f"bookworm-00000000000{number}-2026010{number}T000000Z" for number in (1, 2))
IMAGE: dict[str, Any] = {
    "name": "room", "generation": G1, "distribution": "debian", "release": "bookworm", "architecture": "amd64",
    "init": "systemd", "packages": [], "services": [], "authorized_keys": [], "mirror": None,
    "kernel": {"package": "linux"},
    "tree": False, "nbd": None,
}  # fmt: skip
PACKAGES = {G1: {"less:amd64": "590-1", "bar:all": "2"}, G2: {"less:amd64": "590-2", "foo:amd64": "1.0"}}


class ModuleExitError(Exception):
    """Carries what a module gives back."""


def run(
    monkeypatch: pytest.MonkeyPatch, srv: pathlib.Path, images: Sequence[dict[str, Any]], check: bool = False
) -> dict[str, Any]:
    """Run the module with a build that makes an empty image, and give its result."""

    class Module:
        def __init__(self, **_: object) -> None:
            lists = ("packages", "files", "links", "masked", "unwanted")
            self.params = {"directory": str(srv), "images": images, **{name: [] for name in lists}, "inits": {}}
            self.check_mode = check
            self.warnings: list[str] = []

        def warn(self, text: str) -> None:
            self.warnings.append(text)

        def exit_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": False, "warnings": self.warnings})

        def fail_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": True})

    def build(directory: str, image: dict[str, Any], *_: object) -> None:
        path = pathlib.Path(rootfs_build.generation_path(directory, image))
        path.mkdir(parents=True)
        (path / "root.squashfs").touch()
        made = {"epoch": 1000, "contents": {"inodes": 100, "blocks": 25600}, "packages": PACKAGES[image["generation"]]}
        (path / "image.json").write_text(json.dumps(made))

    def add(directory: str, image: dict[str, Any], _run: object) -> list[str]:
        path = pathlib.Path(rootfs_build.generation_path(directory, image))
        (path / disk_files.image_file(image["nbd"]["format"], image["nbd"]["size"])).touch()
        return ["look at it"]

    monkeypatch.setattr(rootfs_image, "AnsibleModule", Module)
    monkeypatch.setattr(rootfs_build, "build", build)
    monkeypatch.setattr(rootfs_disk, "add", add)
    with pytest.raises(ModuleExitError) as caught:
        rootfs_image.main()
    result: dict[str, Any] = caught.value.args[0]
    return result


def everything(path: pathlib.Path) -> list[str]:
    return sorted(str(entry.relative_to(path)) for entry in path.rglob("*"))


def test_what_is_missing_is_built_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = run(monkeypatch, tmp_path / "srv", [IMAGE], check=True)
    assert (checked["changed"], checked["built"], everything(tmp_path)) == (True, [f"room/{G1}"], [])
    result = run(monkeypatch, tmp_path / "srv", [IMAGE])
    assert (result["changed"], result["built"], result["kept"]) == (True, [f"room/{G1}"], [])
    assert not run(monkeypatch, tmp_path / "srv", [IMAGE])["changed"]
    assert not run(monkeypatch, tmp_path / "srv", [IMAGE], check=True)["changed"]


def test_generations_that_are_not_asked_for_are_kept_and_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for generation in (G1, G2):
        run(monkeypatch, tmp_path, [IMAGE | {"generation": generation}])
    run(monkeypatch, tmp_path, [IMAGE | {"name": "hall"}])
    for check in (True, False):
        result = run(monkeypatch, tmp_path, [IMAGE], check=check)
        assert (result["changed"], result["kept"]) == (False, [f"hall/{G1}", f"room/{G2}"])


def test_what_is_new_in_a_generation_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, tmp_path, [IMAGE])["news"] == {}
    images = [IMAGE, IMAGE | {"generation": G2}]
    checked = run(monkeypatch, tmp_path, images, check=True)
    assert (checked["news"], checked["diff"]["after"]) == ({}, f"room/{G2}\n")
    result = run(monkeypatch, tmp_path, images)
    assert result["news"] == {f"room/{G2}": ["-bar 2", "+foo 1.0", "less 590-1 -> 590-2"]}
    assert result["diff"]["after"] == f"room/{G2}\n  -bar 2\n  +foo 1.0\n  less 590-1 -> 590-2\n"
    assert run(monkeypatch, tmp_path, images)["news"] == {}


def test_what_is_there_is_not_judged_by_a_definition(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inventory may have moved on; what cannot be built stops the run before anything is."""
    run(monkeypatch, tmp_path, [IMAGE])
    other = IMAGE | {"release": "trixie", "mirror": "ftp://x", "packages": ["a,b"]}
    assert not run(monkeypatch, tmp_path, [other])["changed"]
    before = everything(tmp_path)
    for check in (True, False):
        for change, message in (
            ({}, f"image room: generation {G2!r} is not there, and cannot be built from a definition that says trixie"),
            (
                {"release": "bookworm", "digest": "0badcafe0000"},
                f"image room: generation {G2!r} is not there any more, and cannot be built again: its image is"
                " defined otherwise by now (0badcafe0000); move the slaves that boot it by upgrade.yml",
            ),
            ({"release": "bookworm"}, "image room: package 'a,b': no name of a package"),
        ):
            result = run(monkeypatch, tmp_path, [other | {"generation": G2} | change], check=check)
            assert (result["failed"], result["msg"]) == (True, message)
        result = run(monkeypatch, tmp_path, [IMAGE | {"generation": "g1"}], check=check)
        assert result["msg"] == (
            "image room: generation 'g1': no name of a generation, such as 'bookworm-3f2a9c0d1e4b-20261122T053000Z'"
        )
    assert everything(tmp_path) == before


def test_what_a_dead_build_left_goes_also_when_nothing_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, tmp_path, [IMAGE])
    (tmp_path / "images/stray").touch()
    (tmp_path / f"images/room/.{G1}.building-0badcafe/root").mkdir(parents=True)
    before = everything(tmp_path)
    checked = run(monkeypatch, tmp_path, [IMAGE], check=True)
    assert everything(tmp_path) == before
    result = run(monkeypatch, tmp_path, [IMAGE])
    for told in (checked, result):
        assert (told["changed"], told["built"], told["removed"]) == (True, [], [f"room/.{G1}.building-0badcafe"])
        assert told["diff"] == {"before": f"room/.{G1}.building-0badcafe\n", "after": ""}
    assert not run(monkeypatch, tmp_path, [IMAGE])["changed"]
    assert everything(tmp_path / "images") == [
        ".lock", "room", f"room/{G1}", f"room/{G1}/image.json", f"room/{G1}/root.squashfs", "stray",
    ]  # fmt: skip


@pytest.mark.parametrize("check", [True, False])
def test_a_damaged_generation_stops_before_anything_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    (tmp_path / f"images/room/{G1}").mkdir(parents=True)
    before = everything(tmp_path)
    result = run(monkeypatch, tmp_path, [IMAGE | {"name": "hall"}, IMAGE], check=check)
    assert result["failed"]
    assert result["msg"].startswith(f"image room/{G1}: {tmp_path}/images/room/{G1} is there without root.squashfs")
    assert everything(tmp_path) == before


EXT4 = {"format": "ext4", "size": None}


def test_a_file_for_block_devices_is_added_once(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a new generation, and to one that is there."""
    images = [IMAGE | {"nbd": {"format": "squashfs", "size": None}}, IMAGE | {"name": "hall", "nbd": EXT4}]
    checked = run(monkeypatch, tmp_path, images, check=True)
    result = run(monkeypatch, tmp_path, images)
    for told in (checked, result):
        assert (told["changed"], told["built"], told["disks"]) == (
            True, [f"room/{G1}", f"hall/{G1}"], [f"hall/{G1}/root.ext4"],
        )  # fmt: skip
        assert told["diff"] == {"before": "", "after": f"room/{G1}\nhall/{G1}\nhall/{G1}/root.ext4\n"}
    assert (checked["warnings"], result["warnings"]) == ([], [f"image hall/{G1}: look at it"])
    images[0]["nbd"] = {"format": "ext4", "size": 128 << 20}
    for check in (True, False):
        told = run(monkeypatch, tmp_path, images, check=check)
        assert (told["changed"], told["built"], told["trees"]) == (True, [], [])
        assert told["disks"] == [f"room/{G1}/root.128M.ext4"]
        assert told["diff"] == {"before": "", "after": f"room/{G1}/root.128M.ext4\n"}
    assert not run(monkeypatch, tmp_path, images)["changed"]
    assert not run(monkeypatch, tmp_path, images, check=True)["changed"]


@pytest.mark.parametrize(
    ("nbd", "message"),
    [
        (
            {"format": "ext4", "size": 64 << 20},
            f"image room/{G1}: nbd.size is 67108864 bytes (64 MiB), "
            "but as ext4 it needs at least 112197632 bytes (107 MiB)",
        ),
        (
            {"format": "erofs", "size": 64 << 20},
            "image room: nbd.size 67108864: erofs is as large as what it holds; allowed with ext4, btrfs",
        ),
        (
            {"format": "squashfs", "size": 1},
            "image room: nbd.size 1: squashfs is as large as what it holds; allowed with ext4, btrfs",
        ),
        ({"format": "btrfs", "size": 1000}, "image room: nbd.size 1000: no multiple of 1048576 bytes (1 MiB)"),
        ({"format": "btrfs", "size": 0}, "image room: nbd.size 0: no multiple of 1048576 bytes (1 MiB)"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_size_that_cannot_be_stops_before_anything_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, nbd: dict[str, Any], message: str, check: bool
) -> None:
    run(monkeypatch, tmp_path, [IMAGE])
    before = everything(tmp_path)
    result = run(monkeypatch, tmp_path, [IMAGE | {"name": "hall"}, IMAGE | {"nbd": nbd}], check=check)
    assert (result["failed"], result["msg"]) == (True, message)
    assert everything(tmp_path) == before


def test_a_generation_that_does_not_tell_what_it_holds_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, tmp_path, [IMAGE])
    definition = tmp_path / f"images/room/{G1}/image.json"
    text = (
        f"image room/{G1}: {definition} does not tell what the image holds, so somebody has changed it; move that "
        "folder away to have it built again, or give the image another revision"
    )
    for content in ("{}", "[]", "x", '{"epoch": 1, "contents": {"inodes": 1}}'):
        definition.write_text(content)
        result = run(monkeypatch, tmp_path, [IMAGE | {"nbd": EXT4}], check=True)
        assert result["failed"]
        assert re.fullmatch(re.escape(text), result["msg"])
