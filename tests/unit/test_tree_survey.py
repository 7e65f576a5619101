"""What else lies in the folder of the trees is left alone, and the folder itself is closed."""

from __future__ import annotations

import os
import pathlib
import stat

import pytest

from tests.unit.tree_module import everything, make_srv, run, slave


@pytest.fixture(name="srv")
def _srv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    return make_srv(tmp_path)


def test_what_a_dead_run_left_is_removed(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (srv / "trees/.pc24.diskless-0badcafe/etc").mkdir(parents=True)
    (srv / "trees").chmod(0o700)
    checked = run(monkeypatch, srv, [], check=True)
    assert (checked["changed"], checked["removed"]) == (True, [".pc24.diskless-0badcafe"])
    assert checked["diff"]["before"] == ".pc24.diskless-0badcafe\n"
    result = run(monkeypatch, srv, [])
    assert (result["changed"], result["removed"]) == (True, [".pc24.diskless-0badcafe"])
    assert os.listdir(srv / "trees") == []


@pytest.mark.parametrize(
    "name",
    [
        ".snapshots", ".pc24-backup", ".pc24.bak", ".pc24.20240229", ".pc24.0badcafe", ".diskless-0badcafe",
        ".pc24.diskless-0badcafe1", ".pc24.diskless-0BADCAFE", ".pc24.diskless-0badcafe.old", "..diskless-0badcafe",
        "lost+found",
    ],
)  # fmt: skip
@pytest.mark.parametrize("prune", [False, True])
def test_what_an_administrator_keeps_there_is_left_alone(
    srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str, prune: bool
) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    (srv / "trees" / name).mkdir()
    (srv / "trees" / name / "precious").touch()
    again = run(monkeypatch, srv, [slave("pc24")], prune=prune)
    assert (again["changed"], again["kept"], again["warnings"]) == (False, [], [])
    result = run(monkeypatch, srv, [slave("pc24", "g2")], prune=prune)
    assert (result["removed"], result["pruned"]) == ([], [])
    assert (srv / "trees" / name / "precious").exists()


def test_a_file_among_the_trees_is_nobodys(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    for name in ("README", ".pc24.diskless-0badcafe"):
        (srv / "trees" / name).touch()
    assert not run(monkeypatch, srv, [slave("pc24")], prune=True)["changed"]
    assert (srv / "trees/README").exists()


def test_the_folder_is_closed(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (srv / "trees").mkdir(mode=0o755)
    (srv / "trees").chmod(0o755)
    checked = run(monkeypatch, srv, [], check=True)
    assert (checked["changed"], checked["diff"]) == (True, {"before": "trees/: 0755\n", "after": "trees/: 0700\n"})
    assert stat.S_IMODE((srv / "trees").stat().st_mode) == 0o755
    assert run(monkeypatch, srv, [])["changed"]
    assert stat.S_IMODE((srv / "trees").stat().st_mode) == 0o700
    assert not run(monkeypatch, srv, [])["changed"]


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are root's to set")
def test_the_folder_is_roots(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    os.chown(srv / "trees", 1000, 1000)
    assert run(monkeypatch, srv, [slave("pc24")])["changed"]
    assert (srv / "trees").stat().st_uid == 0


def test_a_link_in_the_place_of_a_tree_is_refused(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (srv / "trees").mkdir()
    (srv / "outside").mkdir()
    (srv / "trees/pc24").symlink_to(srv / "outside")
    result = run(monkeypatch, srv, [slave("pc24")])
    assert result["msg"] == f"{srv}/trees/pc24: no directory; a tree of that name cannot be made"
    assert not os.listdir(srv / "outside")


@pytest.mark.parametrize("name", ["pc24.bak", "pc23"])
@pytest.mark.parametrize("prune", [False, True])
def test_what_no_run_has_made_is_not_pruned(
    srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str, prune: bool
) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    (srv / "trees" / name).mkdir()
    (srv / "trees" / name / "precious").touch()
    for check in (True, False):
        result = run(monkeypatch, srv, [slave("pc24")], prune=prune, check=check)
        assert (result["failed"], result["foreign"]) == (False, [name])
        assert (result["kept"], result["pruned"]) == (([], ["pc25"]) if prune else (["pc25"], []))
        assert result["warnings"][-1] == f"left alone, for no run has made them: {name}"
    assert (srv / "trees" / name / "precious").exists()
    assert (srv / "trees/pc25").exists() != prune


@pytest.mark.parametrize("check", [True, False])
def test_a_tree_that_is_gone_is_not_made_again(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    (srv / "trees/pc24").rename(srv / "aside")
    record = srv / "state/trees/pc24.json"
    text = f"its tree was made and is gone. For a new tree, empty of what the slave had, remove {record}"
    for generation in ("g1", "g2"):
        trees = [slave(name, generation) for name in ("pc23", "pc24", "pc25")]
        result = run(monkeypatch, srv, trees, check=check)
        assert (result["failed"], result["failures"]) == (True, [{"name": "pc24", "error": text}])
        ahead = ". Trees have gone ahead of what their slaves boot: run again before pc23, pc25 are restarted"
        told = f"{text}{ahead if generation == 'g2' and not check else ''}"
        assert result["msg"] == f"not all trees are as they should be: pc24: {told}"
    assert [update["name"] for update in result["updated"]] == (["pc25"] if check else ["pc23", "pc25"])
    assert not (srv / "trees/pc24").exists()
    (srv / "aside").rename(srv / "trees/pc24")
    assert [update["put"] for update in run(monkeypatch, srv, [slave("pc24", "g2")])["updated"]] == [["etc/issue"]]


def test_a_tree_is_made_anew_without_its_record(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    (srv / "trees/pc24").rename(srv / "aside")
    (srv / "state/trees/pc24.json").unlink()
    assert run(monkeypatch, srv, [slave("pc24"), slave("pc25")])["seeded"] == ["pc24"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("mount_point", [True, False])
def test_a_file_system_that_is_not_mounted_gets_no_trees(
    srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, check: bool, mount_point: bool
) -> None:
    trees = [slave("pc24"), slave("pc25")]
    run(monkeypatch, srv, trees)
    (srv / "trees").rename(srv / "volume")
    if mount_point:
        (srv / "trees").mkdir()
    before = everything(srv)
    result = run(monkeypatch, srv, [*trees, slave("pc26")], check=check)
    assert result["msg"] == (
        f"{srv}/trees: none of the trees that were made there is there (pc24, pc25): is a file system not mounted? "
        f"For a new tree, empty of what the slave had, remove {srv}/state/trees/<slave>.json"
    )
    assert everything(srv) == before
    if mount_point:
        (srv / "trees").rmdir()
    (srv / "volume").rename(srv / "trees")
    assert not run(monkeypatch, srv, trees)["changed"]


def test_a_slave_that_was_pruned_may_come_back(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    assert run(monkeypatch, srv, [], prune=True)["pruned"] == ["pc24"]
    assert run(monkeypatch, srv, [slave("pc24")])["seeded"] == ["pc24"]
