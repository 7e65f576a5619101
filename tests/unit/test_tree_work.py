"""All trees at once: seeded, updated, kept, pruned, and a second run that does nothing."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    rootfs_configure,
    tree_files,
    tree_manifest,
    tree_state,
    tree_update,
    tree_work,
)

from tests.unit.tree_module import everything, make_srv, run, slave


@pytest.fixture(name="srv")
def _srv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    return make_srv(tmp_path)


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


def test_a_kept_tree_is_reported_by_every_run(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    for options in ({}, {"check": True}, {}):
        result = run(monkeypatch, srv, [slave("pc24")], **options)
        assert (result["changed"], result["kept"], len(result["warnings"])) == (False, ["pc25"], 1)


def test_another_run_that_was_faster_is_noticed(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at before the lock was taken is looked at again under it."""
    real = tree_work.Workshop.prepared

    def late(shop: tree_work.Workshop) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(tree_work.Workshop, "prepared", real)
            assert run(patch, srv, [slave("pc24")])["seeded"] == ["pc24"]
        return real(shop)

    with monkeypatch.context() as patch:
        patch.setattr(tree_work.Workshop, "prepared", late)
        result = run(patch, srv, [slave("pc24")])
    assert (result["failed"], result["changed"], result["seeded"]) == (False, False, [])


def test_what_goes_wrong_with_one_tree_holds_up_no_other(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave(name) for name in ("pc21", "pc23", "pc24", "pc25")])
    real = tree_manifest.observe

    def fail(name: str, directory: int, *arguments: Any) -> Any:
        if "pc24" in os.readlink(f"/proc/self/fd/{directory}"):
            raise OSError(5, "Input/output error", name)
        return real(name, directory, *arguments)

    trees = [slave(name, "g2") for name in ("pc22", "pc23", "pc24", "pc25")]
    for check in (True, False):
        with monkeypatch.context() as patch:
            patch.setattr(tree_manifest, "observe", fail)
            patch.setattr(tree_files, "mounts_below", lambda path, _: [f"{path}/mnt"] if "pc21" in path else [])
            result = run(patch, srv, trees, prune=True, check=check)
        io_error = {"name": "pc24", "error": "[Errno 5] Input/output error: 'etc/issue'"}
        mounted = {
            "name": "pc21",
            "error": f"tree 'pc21' is not removed, because something is mounted there: {srv}/trees/pc21/mnt",
        }
        expected = [io_error] if check else [mounted, io_error]
        assert (result["failed"], result["changed"], result["failures"]) == (True, True, expected)
        told = "; ".join(f"{failure['name']}: {failure['error']}" for failure in expected)
        ahead = ". Trees have gone ahead of what their slaves boot: run again before pc23, pc25 are restarted"
        assert result["msg"] == f"not all trees are as they should be: {told}{'' if check else ahead}"
        assert result["seeded"] == ["pc22"]
        assert [update["name"] for update in result["updated"]] == ["pc23", "pc25"]
        assert result["kept"] == ([] if check else ["pc21"])
    assert [(srv / f"trees/{name}/etc/issue").read_text() for name in ("pc23", "pc24", "pc25")] == ["g2", "g1", "g2"]
    again = run(monkeypatch, srv, trees)
    assert [update["name"] for update in again["updated"]] == ["pc24"]


def test_a_run_that_dies_before_the_rename_leaves_no_tree(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise OSError(28, "No space left on device", "etc/issue")

    with monkeypatch.context() as patch:
        patch.setattr(tree_update, "seed", die)
        result = run(patch, srv, [slave("pc24")])
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["failures"] == [{"name": "pc24", "error": "[Errno 28] No space left on device: 'etc/issue'"}]
    assert not os.listdir(srv / "trees")
    assert run(monkeypatch, srv, [slave("pc24")])["seeded"] == ["pc24"]


def test_something_mounted_in_a_tree_stops_its_removal(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    monkeypatch.setattr(tree_files, "mounts_below", lambda *_: [f"{srv}/trees/pc24/mnt"])
    result = run(monkeypatch, srv, [], prune=True)
    text = f"tree 'pc24' is not removed, because something is mounted there: {srv}/trees/pc24/mnt"
    assert result["msg"] == f"not all trees are as they should be: pc24: {text}"
    assert (srv / "trees/pc24").is_dir()


def test_trees_share_no_identity(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bootstrap brought of one machine is in no tree: each slave makes its own."""
    root = srv / "images/catalogue/g1/root"
    for path in ("etc/ssh/ssh_host_rsa_key", "etc/ssh/ssh_host_ed25519_key.pub", "var/lib/systemd/random-seed"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("one for all")
    (root / "etc/machine-id").write_text("one for all")
    (root / "etc/hostname").write_text("one for all")
    (root / "etc/shadow").write_text("root:*:1::::::\n")
    (root / "boot").mkdir()
    (root / "boot/vmlinuz-6.1").touch()
    (root / "usr/lib/modules/6.1").mkdir(parents=True)
    (root / "usr/lib/modules/6.1/modules.dep").touch()
    made = {"files": [{"path": "etc/machine-id", "mode": "0444", "content": ""}], "links": [], "masked": []}
    image: dict[str, Any] = {"init": "systemd", "services": [], "authorized_keys": []}
    rootfs_configure.configure(str(root), image, {**made, "unwanted": []}, lambda _: "")
    run(monkeypatch, srv, [slave("pc24"), slave("pc25")])
    for name in ("pc24", "pc25"):
        tree = srv / "trees" / name
        assert (tree / "etc/machine-id").read_text() == ""
        assert [str(path) for path in tree.rglob("*") if path.is_file() and "one for all" in path.read_text()] == []
        assert not list(tree.glob("etc/ssh/ssh_host_*"))


@pytest.mark.parametrize(
    ("trees", "text"),
    [
        ([slave("pc24"), slave("pc24")], "tree 'pc24' is listed twice"),
        ([slave("../x")], "name of a tree '../x': no plain file name"),
        (
            [slave("pc24") | {"shared": ["/etc"]}],
            "tree 'pc24': shared directory '/etc': /etc/hosts is each slave's own and cannot be shared",
        ),
        ([slave("pc24", "g3")], "trees of images that are not there: {srv}/images/catalogue/g3/root"),
    ],
)
def test_errors(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, trees: list[dict[str, Any]], text: str) -> None:
    result = run(monkeypatch, srv, trees)
    assert (result["failed"], result["msg"]) == (True, text.format(srv=srv))
    assert not (srv / "trees").exists()


@pytest.mark.parametrize("missing", ["etc", "etc/hosts"])
def test_an_image_without_hosts_makes_no_tree(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    (srv / "images/catalogue/g1/root" / missing).rename(srv / "aside")
    result = run(monkeypatch, srv, [slave("pc24"), slave("pc25", "g2")])
    error = f"{srv}/images/catalogue/g1/root/etc/hosts: no file"
    assert (result["failed"], result["failures"]) == (True, [{"name": "pc24", "error": error}])
    assert os.listdir(srv / "trees") == ["pc25"]


def test_records_are_small(srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, srv, [slave("pc24")])
    record = json.loads((srv / "state/trees/pc24.json").read_bytes())
    assert re.fullmatch(r"catalogue\.g1\.[0-9a-f]{12}\.json", record.pop("manifest"))
    assert record == {
        "format": tree_state.FORMAT, "hostname": "pc24", "image": "catalogue", "generation": "g1", "shared": ["/usr"],
    }  # fmt: skip
