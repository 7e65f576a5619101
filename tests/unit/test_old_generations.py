"""Which generations are removed, and how; and what the module that lists them tells."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import pathlib
import subprocess
from collections.abc import Callable, Collection
from typing import Any

import generation_folder
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_removal as removal,
)
from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_users,
    rootfs_build,
    tree_files,
)
from ansible_collections.diskless.netboot.plugins.modules import generation_facts, old_generations

G1, G2, G3, G4, G5 = (generation_folder.name(day) for day in range(1, 6))
Run = Callable[..., dict[str, Any]]


def boots(**slaves: list[str]) -> dict[str, Any]:
    """Slaves of the reading room with what they had, the last of which they boot next."""
    return {
        slave: {"reading_room": {"generation": had[-1], "held": False, "before": had[:-1], "served": had[-1]}}
        for slave, had in slaves.items()
    }


ALL = [G1, G2, G3, G4, G5]
NONE = "there is no record yet of what slaves boot"


@pytest.mark.parametrize(
    ("keep", "recorded", "go", "kept"),
    [
        pytest.param(5, {}, [], {}, id="as many as there are"),
        pytest.param(9, {}, [], {}, id="more than there are"),
        pytest.param(3, {}, [G1, G2], {}, id="the oldest go"),
        pytest.param(1, boots(pc01=[G5]), [G1, G2, G3, G4], {}, id="all but the newest"),
        pytest.param(3, boots(pc01=[G2]), [G1], {G2: "pc01 boots it next"}, id="an old one is booted"),
        pytest.param(
            3, boots(pc01=[G1, G2, G5]), [G1], {G2: "pc01 had it before its present one"}, id="it may still run"
        ),
        pytest.param(3, None, [], {G1: NONE, G2: NONE}, id="nothing is known"),
    ],
)  # fmt: skip
def test_which_are_old(keep: int, recorded: dict[str, Any] | None, go: list[str], kept: dict[str, str]) -> None:
    found = removal.choose({"reading_room": ALL}, {"reading_room": keep}, recorded)
    assert found.go == [f"reading_room/{name}" for name in go]
    assert found.kept == {f"reading_room/{name}": why for name, why in kept.items()}


def test_those_of_an_image_that_is_not_asked_for_stay() -> None:
    found = removal.choose({"gone": [G1]}, {"reading_room": 1}, {})
    assert found == removal.Old([], {f"gone/{G1}": "no such image is asked for; remove it by hand if nobody needs it"})


@pytest.fixture
def srv(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A master whose servers have run for long and have nothing open, with five generations and their boot files."""
    monkeypatch.setattr(generation_users, "NFSD", str(tmp_path / "nfsd"))
    unit = generation_folder.unit("inactive", "disabled")
    monkeypatch.setattr(generation_users, "runner", lambda _: lambda command: (0, unit))
    for name in generation_folder.make(tmp_path, "reading_room", 1, 2, 3, 4, 5):
        (tmp_path / "tftp/images/reading_room" / name).mkdir(parents=True)
        (tmp_path / "tftp/images/reading_room" / name / "vmlinuz").touch()
    record(tmp_path, boots(pc01=[G5]))
    return tmp_path


def record(srv: pathlib.Path, recorded: dict[str, Any]) -> None:
    (srv / "state").mkdir(exist_ok=True)
    (srv / "state/boots.json").write_text(json.dumps(recorded))


@pytest.fixture
def run(srv: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module for that master, and give what it prints."""

    def call(keep: object = 3, *, check: bool = False, **params: Any) -> dict[str, Any]:
        given = {
            "directory": str(srv), "keep": {"reading_room": keep}, "publish_directory": str(srv / "tftp"), **params,
            "_ansible_check_mode": check,
        }  # fmt: skip
        with patch_module_args(given), pytest.raises(SystemExit):
            old_generations.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what processes have open")
LABELS = {name: f"reading_room/{name}" for name in ALL}


@as_root
def test_it_removes_once_and_boot_files_too(run: Run, srv: pathlib.Path) -> None:
    dry = run(check=True)
    assert (dry["changed"], dry["removed"]) == (True, [LABELS[G1], LABELS[G2]])
    assert generation_folder.there(srv, "reading_room") == ALL
    done = run()
    assert {key: done[key] for key in dry if key != "invocation"} == {
        key: dry[key] for key in dry if key != "invocation"
    }
    assert (done["removed"], done["kept"], done["withdrawn"]) == ([LABELS[G1], LABELS[G2]], {}, done["removed"])
    assert generation_folder.there(srv, "reading_room") == [G3, G4, G5]
    assert sorted(os.listdir(srv / "tftp/images/reading_room")) == [G3, G4, G5]
    for check in (True, False):
        assert run(check=check)["changed"] is False


@as_root
def test_without_a_folder_for_boot_files_they_stay(run: Run, srv: pathlib.Path) -> None:
    done = run(publish_directory=None)
    assert (done["removed"], done["withdrawn"]) == ([LABELS[G1], LABELS[G2]], [])
    assert len(os.listdir(srv / "tftp/images/reading_room")) == 5
    assert run()["withdrawn"] == [LABELS[G1], LABELS[G2]]


@as_root
def test_what_is_in_use_stays_until_it_is_not(run: Run, srv: pathlib.Path) -> None:
    file = srv / "images/reading_room" / G1 / "root/usr/bin/su"
    with open(file, encoding="utf-8") as opened, subprocess.Popen(["sleep", "60"], stdin=opened) as slave:
        for check in (True, False):
            done = run(check=check)
            assert done["kept"] == {LABELS[G1]: f"sleep (process {slave.pid}) has it open"}
            assert done["removed"] == [LABELS[G2]]
        slave.kill()
    assert run()["removed"] == [LABELS[G1]]


@as_root
def test_while_a_server_is_away_nothing_is_removed(
    run: Run, srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = generation_folder.unit("failed")
    monkeypatch.setattr(generation_users, "runner", lambda _: lambda command: (0, stopped))
    done = run()
    assert (done["changed"], sorted(done["kept"])) == (False, [LABELS[G1], LABELS[G2]])
    assert done["kept"][LABELS[G1]].startswith("nbd-server has not run for 180 s yet, in which running slaves come")
    assert run(settle_seconds=0)["removed"] == [LABELS[G1], LABELS[G2]]


def test_who_opens_it_at_the_last_moment_gets_it_back(srv: pathlib.Path) -> None:
    asked: list[list[str]] = []

    def used(labels: Collection[str]) -> dict[str, str]:
        asked.append(generation_folder.there(srv, "reading_room"))
        return {next(iter(labels)): "somebody has it open"}

    late = removal.remove(str(srv), [LABELS[G1], LABELS[G2]], used)
    assert late == {LABELS[G1]: "somebody has it open"}
    assert asked[0][2:] == [G3, G4, G5]
    assert generation_folder.there(srv, "reading_room") == [G1, G3, G4, G5]


def test_when_nobody_can_be_asked_all_are_put_back(srv: pathlib.Path) -> None:
    def used(labels: Collection[str]) -> dict[str, str]:
        raise OSError("no /proc")

    with pytest.raises(OSError, match="no /proc"):
        removal.remove(str(srv), [LABELS[G1], LABELS[G2]], used)
    assert generation_folder.there(srv, "reading_room") == ALL


def test_what_a_killed_run_left_is_swept_by_the_next_build(srv: pathlib.Path) -> None:
    process = multiprocessing.get_context("fork").Process(
        target=removal.remove, args=(str(srv), [LABELS[G1]], lambda _: os.kill(os.getpid(), 9))
    )
    process.start()
    process.join()
    assert process.exitcode == -9
    hidden = generation_folder.there(srv, "reading_room")[0]
    assert rootfs_build.survey(str(srv)).remains == [f"reading_room/{hidden}"]
    assert rootfs_build.sweep(str(srv)) == [f"reading_room/{hidden}"]
    assert generation_folder.there(srv, "reading_room") == [G2, G3, G4, G5]


@as_root
def test_it_waits_for_a_build(run: Run, srv: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And looks again: the build may have changed what is old."""

    @contextlib.contextmanager
    def locked(directory: str) -> Any:
        record(srv, boots(pc01=[G1]))
        yield 0

    monkeypatch.setattr(rootfs_build, "locked", locked)
    done = run()
    assert (done["removed"], done["kept"]) == ([LABELS[G2]], {LABELS[G1]: "pc01 boots it next"})


def test_where_something_is_mounted(srv: pathlib.Path) -> None:
    info = f"36 35 8:1 / {srv}/images/reading_room/{G1}/root/proc rw - proc proc rw\n"
    assert removal.mounted(str(srv), [LABELS[G1], LABELS[G2]], info) == {
        LABELS[G1]: f"something is mounted there: {srv}/images/reading_room/{G1}/root/proc"
    }
    assert removal.mounted(str(srv), [LABELS[G1]], tree_files.mountinfo()) == {}


@as_root
def test_boot_files_stay_where_no_image_is_there_at_all(run: Run, srv: pathlib.Path) -> None:
    os.rename(srv / "images", srv / "not-mounted")
    assert run()["changed"] is False
    assert len(os.listdir(srv / "tftp/images/reading_room")) == 5
    assert not (srv / "images").exists()


@as_root
def test_boot_files_of_an_image_on_another_disk_stay(run: Run, srv: pathlib.Path) -> None:
    (srv / "disk" / G1).mkdir(parents=True)
    (srv / "images/linked").symlink_to(srv / "disk")
    for generation in (G1, G2):
        (srv / "tftp/images/linked" / generation).mkdir(parents=True)
    assert f"linked/{G2}" in run()["withdrawn"]
    assert os.listdir(srv / "tftp/images/linked") == [G1]


@as_root
def test_other_names_are_left_alone(run: Run, srv: pathlib.Path) -> None:
    for place in ("images", "tftp/images"):
        (srv / place / "reading_room/mine").mkdir()
        (srv / place / f".{G1}").mkdir()
        (srv / place / "other").mkdir()
    (srv / "tftp/images/other" / G1).mkdir()
    (srv / "tftp/images/link").symlink_to(srv / "images")
    done = run(1)
    assert done["withdrawn"] == [f"other/{G1}", *(LABELS[one] for one in (G1, G2, G3, G4))]
    assert generation_folder.there(srv, "reading_room") == [G5, "mine"]
    assert sorted(os.listdir(srv / "tftp/images")) == [f".{G1}", "link", "reading_room"]


@as_root
@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (0, "keep: reading_room: 0: at least 1"),
        (True, "keep: reading_room: True: must be a whole number"),
        ("3", "keep: reading_room: '3': must be a whole number"),
    ],
)
def test_what_is_refused(run: Run, srv: pathlib.Path, keep: object, message: str) -> None:
    assert run(keep)["msg"] == message
    assert generation_folder.there(srv, "reading_room") == ALL


def test_facts(srv: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (srv / "images/reading_room" / G2 / "image.json").write_text("{")
    (srv / "images/reading_room" / G3 / "root.squashfs").unlink()
    (srv / "images/empty").mkdir()
    result = facts(srv, capsys)
    assert list(result["images"]) == ["reading_room"]
    first, second, *rest = result["images"]["reading_room"]
    assert first == {
        "name": G1, "bytes": first["bytes"], "shared": ["/usr"], "init": "systemd", "packages": 2,
        "built": "2026-11-30T00:00:00Z",
    }  # fmt: skip
    assert first["bytes"] >= 8192 + 4 * 4096
    assert second == {
        "name": G2, "bytes": second["bytes"], "shared": [], "init": "systemd", "packages": 0,
        "built": "2026-11-02T12:00:00Z",
    }  # fmt: skip
    assert [one["name"] for one in rest] == [G4, G5]
    assert result["damaged"] == [f"reading_room/{G3}"]
    assert (result["boots"], result["lost"]) == (boots(pc01=[G5]), False)
    (srv / "state/boots.json").unlink()
    # A file system of its own, on which nothing is yet.
    (srv / "nodes/lost+found").mkdir(parents=True)
    assert facts(srv, capsys)["lost"] is False
    (srv / "nodes/pc01").mkdir()
    assert facts(srv, capsys)["lost"] is True
    assert "users" not in result


@as_root
def test_facts_with_users(srv: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = srv / "images/reading_room" / G4 / "root.squashfs"
    (srv / "state/started").mkdir()
    (srv / "state/started/pc01").write_text(f"{LABELS[G4]}\n")
    with open(file, "rb") as opened, subprocess.Popen(["sleep", "60"], stdin=opened) as slave:
        result = facts(srv, capsys, users=True)
        slave.kill()
    assert (result["users"], result["unsure"]) == ({LABELS[G4]: ["sleep"]}, [])
    assert result["started"] == {"pc01": LABELS[G4]}


@as_root
def test_facts_of_an_empty_master(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = facts(tmp_path / "nothing", capsys, users=True, _ansible_check_mode=True)
    assert (result["changed"], result["images"], result["boots"], result["users"]) == (False, {}, {}, {})
    assert result["started"] == {}
    assert not (tmp_path / "nothing").exists()


def facts(directory: pathlib.Path, capsys: pytest.CaptureFixture[str], **params: bool) -> dict[str, Any]:
    """Run the module that lists generations, and give what it prints."""
    with patch_module_args({"directory": str(directory), **params}), pytest.raises(SystemExit):
        generation_facts.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result
