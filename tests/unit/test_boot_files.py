"""The module that writes what machines boot."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER
from ansible_collections.diskless.netboot.plugins.modules import boot_files
from boot_examples import MENU, PLAIN

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module for a root of the test's own, and give what it prints."""

    def call(*entries: dict[str, Any], check: bool = False, **params: Any) -> dict[str, Any]:
        given = {"path": str(tmp_path / "tftp"), "entries": list(entries), **params, "_ansible_check_mode": check}
        with patch_module_args(given), pytest.raises(SystemExit):
            boot_files.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def _names(root: pathlib.Path) -> list[str]:
    return sorted(str(one.relative_to(root)) for one in root.rglob("*") if not one.is_dir())


def test_writes_prunes_and_rests(run: Run, tmp_path: pathlib.Path) -> None:
    root = tmp_path / "tftp"
    dry = run(MENU, PLAIN, check=True)
    assert (dry["changed"], len(dry["written"]), root.exists()) == (True, 13, False)
    root.mkdir()
    assert run(MENU, PLAIN)["written"] == dry["written"] == _names(root)
    (root / "pxelinux.cfg/mine").write_text("DEFAULT x\n")
    (root / "ipxe/undionly.kpxe").write_bytes(b"\0")
    for check in (False, True):
        assert run(MENU, PLAIN, check=check)["changed"] is False
    result = run(PLAIN, url="http://192.168.1.1")
    assert result["removed"] == [
        "grub/machines/192.168.1.21.cfg",
        "ipxe/machines/192.168.1.21.ipxe",
        "pxelinux.cfg/C0A80115",
        "pxelinux.cfg/C0A80115.help",
    ]
    assert result["written"] == [
        "grub/grub.cfg",
        "ipxe/machines/01-52-54-00-00-00-16.ipxe",
        "ipxe/machines/192.168.1.22.ipxe",
        "pxelinux.cfg/01-52-54-00-00-00-16",
        "pxelinux.cfg/C0A80116",
    ]
    changed = next(one for one in result["diff"] if one["after_header"] == f"{root}/pxelinux.cfg/C0A80116")
    assert "LINUX images/a/1/vmlinuz" in changed["before"]
    assert "LINUX http://192.168.1.1/images/a/1/vmlinuz" in changed["after"]
    assert {"ipxe/undionly.kpxe", "pxelinux.cfg/mine"} <= set(_names(root))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timeout": -1}, "timeout: -1 is not between 0 and 3599 seconds"),
        ({"entries": [{**PLAIN, "ip": "x"}]}, "pc02: ip: 'x' is no IPv4 address"),
        ({}, "not ours, so not overwritten: pxelinux.cfg/default; move it away"),
    ],
)
def test_refusals(run: Run, tmp_path: pathlib.Path, changes: dict[str, Any], message: str) -> None:
    root = tmp_path / "tftp"
    (root / "pxelinux.cfg").mkdir(parents=True)
    (root / "pxelinux.cfg/default").write_text("DEFAULT mine\n")
    assert run(PLAIN, **changes)["msg"] == f"{root}: {message}"
    assert _names(root) == ["pxelinux.cfg/default"]


def test_the_root_must_be_there(run: Run, tmp_path: pathlib.Path) -> None:
    assert run(PLAIN)["msg"] == f"{tmp_path}/tftp: there is no such directory"


def test_the_root_may_be_a_link(run: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tftp").symlink_to("elsewhere")
    dry = run(PLAIN, check=True)
    assert run(PLAIN)["written"] == dry["written"] == _names(tmp_path / "elsewhere")
    assert run(PLAIN)["changed"] is False


def test_a_closed_directory_is_opened(run: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tftp").mkdir()
    run()
    (tmp_path / "tftp/grub").chmod(0o700)
    assert run(check=True)["changed"] is True
    assert run()["written"] == []
    assert run()["changed"] is False
    assert (tmp_path / "tftp/grub/grub.cfg").read_text().startswith(MARKER)
