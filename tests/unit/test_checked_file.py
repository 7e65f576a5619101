"""A file is replaced only by one that its program accepts."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import whole_file
from ansible_collections.diskless.netboot.plugins.modules import checked_file

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module with these parameters and give what it prints."""

    def call(*, check: bool = False, **params: Any) -> dict[str, Any]:
        owners = {"owner": "root", "group": "root"}
        with patch_module_args({**owners, **params, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            checked_file.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
ACCEPTS = ["grep", "-q", "good", "%s"]


@as_root
def test_writes_once_and_shows_the_difference(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.conf"
    left = tmp_path / ".a.conf.0123456789ab"
    left.write_text("of a run that was killed")
    os.utime(left, (1, 1))
    first = run(path=str(path), content="good\n", check_command=ACCEPTS)
    assert (first["changed"], first["checked"], first["diff"]["after"]) == (True, True, "good\n")
    assert run(path=str(path), content="good\n", check_command=ACCEPTS)["changed"] is False
    assert os.listdir(tmp_path) == ["a.conf"]


@as_root
@pytest.mark.parametrize("check", [True, False])
def test_a_refused_file_never_replaces_a_working_one(run: Run, tmp_path: pathlib.Path, check: bool) -> None:
    path = tmp_path / "a.conf"
    path.write_text("good\n")
    result = run(
        path=str(path), content="bad\n", check_command=["sh", "-c", "echo line 1: bad; exit 1", "%s"], check=check
    )
    assert result["msg"] == f"{path}: sh refuses the new content, the old file stays: line 1: bad"
    assert path.read_text() == "good\n"
    assert os.listdir(tmp_path) == ["a.conf"]


@as_root
def test_check_mode_writes_nothing(run: Run, tmp_path: pathlib.Path) -> None:
    result = run(path=str(tmp_path / "a.conf"), content="good\n", check_command=ACCEPTS, check=True)
    assert (result["changed"], result["checked"]) == (True, True)
    assert os.listdir(tmp_path) == []


@as_root
def test_a_missing_program(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "a.conf"
    params = {"path": str(path), "content": "x", "check_command": ["no-such-program", "%s"]}
    dry = run(check=True, **params)
    assert (dry["changed"], dry["checked"], dry["note"]) == (True, False, "no-such-program is not installed yet")
    assert run(**params)["msg"] == f"{path}: not replaced: no-such-program is not installed, so nothing can check it"
    assert os.listdir(tmp_path) == []


@as_root
def test_the_check_finds_what_the_search_found(
    run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain login's PATH lacks the administrator's directories, where the servers' programs are."""
    monkeypatch.setenv("PATH", "/nowhere")
    path = tmp_path / "a.conf"
    # Debian's base-passwd has it in /usr/sbin alone.
    assert run(path=str(path), content="x", check_command=["update-passwd", "--help"])["checked"] is True


@as_root
def test_the_check_runs_in_its_environment(run: Run, tmp_path: pathlib.Path) -> None:
    result = run(
        path=str(tmp_path / "a.conf"),
        content="x",
        check_command=["sh", "-c", 'echo "$NUMBER $LC_ALL"; exit 1'],
        check_environment={"NUMBER": 1},
    )
    assert result["msg"].endswith(": 1 C.UTF-8")


@as_root
def test_a_missing_directory(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "b" / "a.conf"
    assert run(path=str(path), content="x", check=True)["note"] == f"{path.parent} does not exist yet"
    assert run(path=str(path), content="x")["msg"] == f"{path}: the directory {path.parent} does not exist"


@pytest.mark.parametrize(
    ("path", "mode", "message"),
    [
        ("a.conf", "0644", "a.conf: must be the absolute path of a file"),
        ("/etc/", "0644", "/etc/: must be the absolute path of a file"),
        ("/etc/a", "rw", "/etc/a: mode 'rw' is no octal number such as '0644'"),
    ],
)
def test_wanted(path: str, mode: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        whole_file.wanted(path, "", mode)
    assert str(caught.value) == message


def test_shorten_keeps_the_end() -> None:
    assert whole_file.shorten("a\n\n b \n") == "a\n b"
    assert whole_file.shorten("x" * 20 + "end", 10) == "...xxxxend"
