"""The directories on the master that slaves keep things in."""

from __future__ import annotations

import json
import os
import pathlib
import stat
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import tree_files
from ansible_collections.diskless.netboot.plugins.modules import slave_state

from tests.unit.killed import KilledError, killing

CALLS = ("fsync", "rename", "rmdir", "unlink")
"""What removing changes something by: a run is killed before one of them."""
LEFT = ".pc09.diskless-0123abcd"
"""As a run that died leaves a directory."""
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the module for some slaves and give what it prints."""
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, _text: None)

    def call(*slaves: str, check: bool = False, prune: bool = False) -> dict[str, Any]:
        arguments = {
            "directory": str(tmp_path),
            "slaves": [{"name": name} for name in slaves],
            "prune": prune,
            "_ansible_check_mode": check,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            slave_state.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def below(folder: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_each_slave_gets_its_directory_once(run: Run, tmp_path: pathlib.Path) -> None:
    assert run("pc01", "pc02", check=True)["created"] == ["pc01", "pc02"]
    assert below(tmp_path) == []
    first = run("pc01", "pc02")
    assert (first["changed"], first["created"], first["diff"]["after"]) == (
        True,
        ["pc01", "pc02"],
        "own/pc01\nown/pc02\n",
    )
    assert below(tmp_path) == ["own", "own/pc01", "own/pc02", "state", "state/own", "state/own/pc01", "state/own/pc02"]
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "own/pc01").stat().st_mode) == 0o700
    for check in (True, False):
        assert run("pc01", "pc02", check=check)["changed"] is False


def test_nothing_is_asked_for_and_nothing_made(run: Run, tmp_path: pathlib.Path) -> None:
    assert run()["changed"] is False
    assert below(tmp_path) == []


def test_others_are_kept_out_again(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    (tmp_path / "own").chmod(0o755)
    assert run("pc01", check=True)["changed"] is True
    assert run("pc01")["changed"] is True
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


def test_what_a_slave_has_put_there_is_not_touched(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    (tmp_path / "own/pc01").chmod(0o777)
    (tmp_path / "own/pc01/etc").symlink_to("/etc")
    assert run("pc01")["changed"] is False
    assert stat.S_IMODE((tmp_path / "own/pc01").stat().st_mode) == 0o777


def test_who_left_is_kept_and_pruned_when_asked(run: Run, tmp_path: pathlib.Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    run("pc01", "pc02")
    (tmp_path / "own/pc02/link").symlink_to(precious)
    (tmp_path / "own/pc99").mkdir()
    left = run("pc01")
    assert (left["changed"], left["kept"], left["pruned"], left["foreign"]) == (False, ["pc02"], [], ["pc99"])
    assert run("pc01", prune=True, check=True)["pruned"] == ["pc02"]
    gone = run("pc01", prune=True)
    assert (gone["changed"], gone["kept"], gone["pruned"]) == (True, [], ["pc02"])
    # No run has made pc99; it is an administrator's.
    assert below(tmp_path / "own") == ["pc01", "pc99"]
    assert (precious / "file").exists()


def kill_before(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let a run come no further than to that one of :data:`CALLS`."""
    calls = iter(range(number))

    for name in CALLS:
        monkeypatch.setattr(os, name, killing(getattr(os, name), calls))


def test_a_slave_returns_wherever_its_pruning_was_killed(
    run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = -1
    finished = False
    while not finished:
        killed += 1
        run("pc01", "pc02")
        (tmp_path / "own/pc02/database").touch()
        with monkeypatch.context() as patch:
            kill_before(patch, killed)
            try:
                run("pc01", prune=True)
                finished = True
            except KilledError:
                pass
        told = run("pc01")
        assert ("pc02" in (*told["kept"], *told["foreign"])) is (tmp_path / "own/pc02").exists()
        again = run("pc01", "pc02")
        assert "failed" not in again
        assert below(tmp_path / "own") in (["pc01", "pc02"], ["pc01", "pc02", "pc02/database"])
        assert run("pc01", "pc02")["changed"] is False
    assert killed == 5  # the record, its folder's fsync, the hidden name, the database, the directory


def test_what_a_dead_run_has_left_goes_without_pruning_and_nothing_else(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    mine = [".pc01-backup", ".snapshots", "lost+found"]
    for name in (*mine, LEFT):
        (tmp_path / "own" / name).mkdir()
    (tmp_path / "own" / LEFT / "file").touch()
    checked = run("pc01", check=True)
    assert (tmp_path / "own" / LEFT / "file").exists()
    swept = run("pc01")
    for result in (checked, swept):
        assert (result["changed"], result["removed"], result["pruned"]) == (True, [LEFT], [])
        assert result["diff"]["before"] == f"own/{LEFT}\n"
    assert below(tmp_path / "own") == [*mine, "pc01"]
    assert run("pc01")["changed"] is False


@pytest.mark.parametrize("where", ["", "/var/lib/x"])
def test_what_is_mounted_is_named_and_keeps_what_it_has(
    run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run("pc01", "pc02", "pc03")
    (tmp_path / "own/pc02/database").touch()
    mount = f"{tmp_path}/own/pc02{where}"
    message = (
        f"{tmp_path}/own: not all that was to go is removed: pc02: is not removed, because something is mounted "
        f"there; unmount it first: {mount}"
    )
    with monkeypatch.context() as patch:
        patch.setattr(tree_files, "mountinfo", lambda: f"40 22 0:30 / {mount} rw - ext4 /dev/vdb rw\n")
        checked = run("pc01", prune=True, check=True)
        assert (tmp_path / "own/pc03").exists()
        refused = run("pc01", prune=True)
    for result in (checked, refused):
        assert (result["failed"], result["msg"], result["pruned"], result["kept"]) == (
            True,
            message,
            ["pc03"],
            ["pc02"],
        )
    assert below(tmp_path / "own") == ["pc01", "pc02", "pc02/database"]
    assert run("pc01", prune=True)["pruned"] == ["pc02"]


def test_a_slave_that_goes_on_adding_holds_up_no_other(
    run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("pc01", "pc02", "pc03")
    for name in ("pc01", "pc02"):
        (tmp_path / "own" / name / "file").touch()
    real = os.unlink

    def add(name: str, *, dir_fd: int | None = None) -> None:
        """Put what a slave has removed there again."""
        real(name, dir_fd=dir_fd)
        if name == "file":
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY, dir_fd=dir_fd))

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", add)
        patch.setattr(tree_files, "MAX_PASSES", 3)
        failed = run(prune=True)
    told = "[Errno 39] somebody adds to it faster than it can be removed: '.{0}.diskless-"
    assert (failed["failed"], failed["pruned"]) == (True, ["pc03"])
    for name in ("pc01", "pc02"):
        assert f"{name}: {told.format(name)}" in failed["msg"]
    # They are the next run's.
    assert len(run()["removed"]) == 2
    assert below(tmp_path) == ["own", "state", "state/own"]


def test_a_link_in_the_place_of_a_directory_goes_and_not_what_it_leads_to(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    (tmp_path / "own/pc01").rmdir()
    (tmp_path / "own/pc01").symlink_to("/")  # where much is mounted
    assert run(prune=True)["pruned"] == ["pc01"]
    assert below(tmp_path / "own") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_a_file_system_of_a_slaves_own_is_not_emptied(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    place = tmp_path / "own/pc01"
    if subprocess.run(["mount", "-t", "tmpfs", "none", place], check=False).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        (place / "database").touch()
        assert run(prune=True)["failed"] is True
        assert (place / "database").exists()
    finally:
        subprocess.run(["umount", place], check=True)
    assert run(prune=True)["pruned"] == ["pc01"]


def test_what_was_made_and_is_gone_is_not_made_again(run: Run, tmp_path: pathlib.Path) -> None:
    run("pc01")
    (tmp_path / "own/pc01").rmdir()
    failed = run("pc01", "pc02")
    assert failed["msg"] == (
        f"{tmp_path}/own: what was made is gone: pc01. Is a file system not mounted? To have a slave begin anew, "
        f"remove {tmp_path}/state/own/<slave>"
    )
    assert below(tmp_path / "own") == []
    (tmp_path / "state/own/pc01").unlink()
    assert run("pc01", "pc02")["created"] == ["pc01", "pc02"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../x", "slave '../x': no plain file name"),
        (".x", "slave '.x': no plain file name"),
        ("file", "{0}/own/file: no directory; nothing can be kept there"),
        ("link", "{0}/own/link: no directory; nothing can be kept there"),
    ],
)
def test_a_name_leads_nowhere_else(run: Run, tmp_path: pathlib.Path, name: str, message: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/file").touch()
    (tmp_path / "own/link").symlink_to("/etc")
    assert run(name)["msg"] == message.format(tmp_path)
