"""All trees at once: seeded, updated, kept, pruned, and a second run that does nothing."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import tree_files, tree_manifest, tree_state, tree_update
from ansible_collections.diskless.netboot.plugins.modules import slave_tree


class ModuleExitError(Exception):
    """Carries what a module gives back."""


def slave(name: str, generation: str = "g1", hostname: str | None = None) -> dict[str, Any]:
    return {
        "name": name, "hostname": hostname or name, "image": "catalogue", "generation": generation, "shared": ["/usr"],
    }  # fmt: skip


@pytest.fixture(name="srv")
def _srv(tmp_path: pathlib.Path) -> pathlib.Path:
    for generation in ("g1", "g2"):
        root = tmp_path / "images/catalogue" / generation / "root"
        (root / "etc").mkdir(parents=True)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/su").write_text(generation)
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (root / "etc/issue").write_text(generation)
    return tmp_path


def run(
    monkeypatch: pytest.MonkeyPatch, srv: pathlib.Path, trees: list[dict[str, Any]], **options: bool
) -> dict[str, Any]:
    """Run the module and give its result, its warnings too."""
    warnings: list[str] = []

    class Module:
        def __init__(self, **_: object) -> None:
            self.params = {"directory": str(srv), "trees": trees, "prune": options.get("prune", False)}
            self.check_mode = options.get("check", False)

        def warn(self, text: str) -> None:
            warnings.append(text)

        def exit_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": False})

        def fail_json(self, **result: Any) -> None:
            raise ModuleExitError(result | {"failed": True})

    monkeypatch.setattr(slave_tree, "AnsibleModule", Module)
    with pytest.raises(ModuleExitError) as caught:
        slave_tree.main()
    return {**caught.value.args[0], "warnings": warnings}


def everything(path: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Give inode and time of change of all below ``path``."""
    return {str(entry): (entry.lstat().st_ino, entry.lstat().st_ctime_ns) for entry in path.rglob("*")}


def test_trees_are_seeded_and_a_second_run_writes_nothing(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trees = [slave("pc24"), slave("pc25", hostname="desk")]
    result = run(monkeypatch, srv, trees)
    assert (result["changed"], result["seeded"]) == (True, ["pc24", "pc25"])
    assert (srv / "trees/pc25/etc/hosts").read_text() == "127.0.0.1 localhost\n127.0.1.1  desk\n"
    assert not list((srv / "trees/pc24/usr").iterdir())
    for private in ("trees", "state/trees", "state/manifests"):
        assert stat.S_IMODE((srv / private).stat().st_mode) == 0o700
    assert stat.S_IMODE((srv / "state/trees/pc24.json").stat().st_mode) == 0o600
    before = everything(srv)
    monkeypatch.setattr(tree_manifest, "scan", lambda *_: pytest.fail("scanned"))
    again = run(monkeypatch, srv, trees)
    assert not again["changed"]
    assert not run(monkeypatch, srv, trees, check=True)["changed"]
    assert everything(srv) == before


def test_check_mode_writes_nothing(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything(srv)
    result = run(monkeypatch, srv, [slave("pc24")], check=True)
    assert result["changed"]
    assert result["diff"] == {"before": "", "after": "pc24: catalogue/g1\n"}
    assert everything(srv) == before
    assert run(monkeypatch, srv / "fresh", [slave("pc24")], check=True)["changed"]
    assert not (srv / "fresh").exists()


def test_another_generation_comes_and_changes_of_both_are_reported(
    srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    (srv / "trees/pc25/etc/issue").write_text("mine")
    trees = [slave("pc24", "g2"), slave("pc25", "g2")]
    before = everything(srv)
    both = {"from": "catalogue/g1", "to": "catalogue/g2", "removed": []}
    expected = [
        {"name": "pc24", **both, "put": ["etc/issue"], "conflicts": []},
        {"name": "pc25", **both, "put": [], "conflicts": ["etc/issue"]},
    ]
    checked = run(monkeypatch, srv, trees, check=True)
    assert everything(srv) == before
    result = run(monkeypatch, srv, trees)
    assert checked["updated"] == result["updated"] == expected
    assert result["warnings"] == ["pc25: changed by both, kept as the slave has it: etc/issue"]
    assert result["diff"]["after"] == ("pc24: catalogue/g2\n  put: etc/issue\npc25: catalogue/g2\n  kept: etc/issue\n")
    assert (srv / "trees/pc24/etc/issue").read_text() == "g2"
    assert (srv / "trees/pc25/etc/issue").read_text() == "mine"
    assert len(list((srv / "state/manifests").iterdir())) == 1
    assert not run(monkeypatch, srv, trees)["changed"]


def test_another_hostname_changes_hosts_alone(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    result = run(monkeypatch, srv, [slave("pc24", hostname="desk")])
    assert result["updated"][0]["put"] == ["etc/hosts"]
    assert (srv / "trees/pc24/etc/hosts").read_text().endswith("127.0.1.1  desk\n")


def test_a_tree_without_a_record_is_adopted(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    (srv / "state/trees/pc24.json").unlink()
    (srv / "trees/pc24/etc/issue").write_text("mine")
    result = run(monkeypatch, srv, [slave("pc24")])
    assert result["updated"][0]["conflicts"] == ["etc/issue"]
    assert not run(monkeypatch, srv, [slave("pc24")])["changed"]


def test_a_withdrawn_tree_is_kept_until_pruned(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    kept = run(monkeypatch, srv, [slave("pc24")])
    assert (kept["changed"], kept["kept"], kept["pruned"]) == (False, ["pc25"], [])
    assert kept["warnings"] == ["kept the trees of slaves that are not listed any more: pc25"]
    checked = run(monkeypatch, srv, [slave("pc24")], prune=True, check=True)
    assert (checked["changed"], checked["pruned"], checked["diff"]["before"]) == (True, ["pc25"], "pc25\n")
    assert (srv / "trees/pc25/etc").is_dir()
    pruned = run(monkeypatch, srv, [slave("pc24")], prune=True)
    assert (pruned["changed"], pruned["kept"], pruned["pruned"]) == (True, [], ["pc25"])
    assert os.listdir(srv / "trees") == ["pc24"]
    assert os.listdir(srv / "state/trees") == ["pc24.json"]
    assert not run(monkeypatch, srv, [slave("pc24")], prune=True)["changed"]


def test_what_a_dead_run_left_is_removed(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (srv / "trees/.pc24.0badcafe/etc").mkdir(parents=True)
    run(monkeypatch, srv, [slave("pc24")])
    assert os.listdir(srv / "trees") == ["pc24"]


def test_a_run_that_dies_before_the_rename_leaves_no_tree(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tree_update, "seed", die)
        assert run(patch, srv, [slave("pc24")])["msg"] == "[Errno 28] No space left on device"
    assert not os.listdir(srv / "trees")
    assert run(monkeypatch, srv, [slave("pc24")])["seeded"] == ["pc24"]


def test_something_mounted_in_a_tree_stops_its_removal(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    monkeypatch.setattr(tree_files, "mounts_below", lambda *_: [f"{srv}/trees/pc24/mnt"])
    result = run(monkeypatch, srv, [], prune=True)
    assert result["msg"] == f"tree 'pc24' is not removed, because something is mounted there: {srv}/trees/pc24/mnt"
    assert (srv / "trees/pc24").is_dir()


@pytest.mark.parametrize(
    ("trees", "text"),
    [
        ([slave("pc24"), slave("pc24")], "tree 'pc24' is listed twice"),
        ([slave("../x")], "name of a tree '../x': no plain file name"),
        ([slave("pc24", "g3")], "trees of images that are not there: {srv}/images/catalogue/g3/root"),
    ],
)
def test_errors(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, trees: list[dict[str, Any]], text: str) -> None:
    result = run(monkeypatch, srv, trees)
    assert (result["failed"], result["msg"]) == (True, text.format(srv=srv))
    assert not (srv / "trees").exists()


def test_a_link_in_the_place_of_a_tree_is_refused(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (srv / "trees").mkdir()
    (srv / "outside").mkdir()
    (srv / "trees/pc24").symlink_to(srv / "outside")
    result = run(monkeypatch, srv, [slave("pc24")])
    assert result["msg"] == f"{srv}/trees/pc24: no directory; a tree of that name cannot be made"
    assert not os.listdir(srv / "outside")


def test_records_are_small(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    record = json.loads((srv / "state/trees/pc24.json").read_bytes())
    assert re.fullmatch(r"catalogue\.g1\.[0-9a-f]{12}\.json", record.pop("manifest"))
    assert record == {
        "format": tree_state.FORMAT, "hostname": "pc24", "image": "catalogue", "generation": "g1", "shared": ["/usr"],
    }  # fmt: skip
