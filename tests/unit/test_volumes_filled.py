"""Trees and state of slaves on volumes: they fill them, and go with them."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.modules import slave_state, slave_tree

from tests.unit.killed import KilledError
from tests.unit.tree_module import slave
from tests.unit.volume_place import SIZE, Run, converge, files, mounted, run, srv, unmounted

__all__ = ["converge", "run", "srv", "unmounted"]


def test_a_tree_fills_its_volume_and_goes_with_it(srv: pathlib.Path, converge: Run, run: Run) -> None:
    converge({"trees/pc24": SIZE, "trees/pc25": SIZE})
    trees = {"directory": str(srv), "trees": [slave("pc24"), slave("pc25")]}
    assert run(slave_tree.main, check=True, **trees)["seeded"] == ["pc24", "pc25"]
    assert run(slave_tree.main, **trees)["seeded"] == ["pc24", "pc25"]
    assert (srv / "trees/pc24/etc/issue").read_text() == "g1"
    assert run(slave_tree.main, **trees)["changed"] is False
    trees["trees"] = [slave("pc24", "g2")]
    updated = run(slave_tree.main, **trees)
    assert ([one["name"] for one in updated["updated"]], updated["kept"]) == (["pc24"], ["pc25"])
    pruned = run(slave_tree.main, **trees, prune=True)
    assert (pruned["pruned"], mounted(srv), files(srv)) == (["pc25"], ["trees/pc24"], ["trees+pc24.ext4"])
    assert sorted(os.listdir(srv / "trees")) == ["pc24"]


def test_a_volume_that_a_run_was_filling_when_it_died_is_filled_anew(
    srv: pathlib.Path, converge: Run, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    converge({"trees/pc24": SIZE})
    (srv / "images/catalogue/g1/root/etc/link").symlink_to("/run")
    (srv / "images/catalogue/g1/root/etc/old").touch()

    def die(*_arguments: object, **_options: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(os, "symlink", die)
        with pytest.raises(KilledError):
            run(slave_tree.main, directory=str(srv), trees=[slave("pc24")])
    assert (srv / "trees/pc24/etc").is_dir()
    # Meanwhile the image is another one: nothing of the first stays.
    again = run(slave_tree.main, directory=str(srv), trees=[slave("pc24", "g2")])
    assert (again["seeded"], again["updated"]) == (["pc24"], [])
    assert sorted(os.listdir(srv / "trees/pc24/etc")) == ["hosts", "issue"]
    assert run(slave_tree.main, directory=str(srv), trees=[slave("pc24", "g2")])["changed"] is False


def test_a_slave_that_empties_its_tree_holds_up_nobody(srv: pathlib.Path, converge: Run, run: Run) -> None:
    converge({"trees/pc24": SIZE})
    trees = {"directory": str(srv), "trees": [slave("pc24"), slave("pc25")]}
    run(slave_tree.main, **trees)
    for name in os.listdir(srv / "trees/pc24"):
        shutil.rmtree(srv / "trees/pc24" / name)
    again = run(slave_tree.main, **trees)
    assert (again.get("msg"), again["changed"], os.listdir(srv / "trees/pc24")) == (None, False, [])
    # What is no volume nobody but root can have emptied.
    shutil.rmtree(srv / "trees/pc25")
    (srv / "trees/pc25").mkdir()
    assert "pc25: its tree was made and is gone" in run(slave_tree.main, **trees)["msg"]


def test_what_a_run_has_left_that_died_while_it_removed_one_is_removed(
    srv: pathlib.Path, converge: Run, run: Run
) -> None:
    converge({"trees/pc24": SIZE, "own/pc01": SIZE})
    run(slave_tree.main, directory=str(srv), trees=[slave("pc24")])
    run(slave_state.main, directory=str(srv), slaves=[{"name": "pc01"}])
    for record in ("state/trees/pc24.json", "state/own/pc01"):
        (srv / record).unlink()
    asked: tuple[tuple[Callable[[], None], dict[str, Any]], ...]
    asked = ((slave_tree.main, {"trees": []}), (slave_state.main, {"slaves": []}))
    for main, arguments in asked:
        left = run(main, directory=str(srv), **arguments)
        assert (len(left["kept"]), left["foreign"]) == (1, [])
        assert len(run(main, directory=str(srv), **arguments, prune=True)["pruned"]) == 1
    assert (mounted(srv), files(srv)) == ([], [])


def test_what_a_slave_keeps_goes_with_its_volume(srv: pathlib.Path, converge: Run, run: Run) -> None:
    converge({"own/pc01": SIZE, "own/pc02": SIZE})
    both = {"directory": str(srv), "slaves": [{"name": "pc01"}, {"name": "pc02"}]}
    assert run(slave_state.main, **both)["created"] == ["pc01", "pc02"]
    (srv / "own/pc01/database").touch()
    assert run(slave_state.main, **both)["changed"] is False
    with (srv / "own/pc02").joinpath("open").open("w"):
        # As a server has it: what it has open goes when it lets go.
        pruned = run(slave_state.main, directory=str(srv), slaves=[{"name": "pc01"}], prune=True)
    assert (pruned["pruned"], mounted(srv), files(srv)) == (["pc02"], ["own/pc01"], ["own+pc01.ext4"])
    assert not (srv / "own/pc02").exists()
    assert converge({"own/pc01": SIZE, "own/pc02": SIZE})["made"] == ["own/pc02"]


def test_what_is_mounted_in_a_volume_keeps_it(srv: pathlib.Path, converge: Run, run: Run) -> None:
    converge({"trees/pc24": SIZE})
    run(slave_tree.main, directory=str(srv), trees=[slave("pc24")])
    subprocess.run(["mount", "-t", "tmpfs", "none", srv / "trees/pc24/etc"], check=True)
    failed = run(slave_tree.main, directory=str(srv), trees=[], prune=True)
    assert failed["failures"] == [
        {
            "name": "pc24",
            "error": f"tree 'pc24' is not removed, because something is mounted there: {srv}/trees/pc24/etc",
        }
    ]
    assert mounted(srv) == ["trees/pc24", "trees/pc24/etc"]
