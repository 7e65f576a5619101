"""The directories on the master that slaves keep things in."""

from __future__ import annotations

import json
import pathlib
import stat
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.modules import slave_state

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
    assert stat.S_IMODE((tmp_path / "own/pc01").stat().st_mode) == 0o755
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
    assert (left["changed"], left["kept"], left["pruned"]) == (False, ["pc02"], [])
    assert run("pc01", prune=True, check=True)["pruned"] == ["pc02"]
    gone = run("pc01", prune=True)
    assert (gone["changed"], gone["kept"], gone["pruned"]) == (True, [], ["pc02"])
    # No run has made pc99; it is an administrator's.
    assert below(tmp_path / "own") == ["pc01", "pc99"]
    assert (precious / "file").exists()


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
