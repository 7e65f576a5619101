"""The module that publishes loaders: what it takes from packages, what it remembers, what it leaves alone."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import (
    loader_files,
    network_loaders_made,
    network_loaders_record,
    public_files,
)
from ansible_collections.diskless.netboot.plugins.module_utils.public_files import Found
from ansible_collections.diskless.netboot.plugins.modules import network_loaders

Run = Callable[..., dict[str, Any]]
MADE = {"lpxelinux.0": b"L1", "grub/i386-pc/core.0": b"C1", "grub/i386-pc/a.mod": b"M1"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What the packages give; the test changes it as an upgrade would."""
    found = dict(MADE)
    monkeypatch.setattr(network_loaders_made, "missing", lambda _exists: [])
    monkeypatch.setattr(network_loaders_made, "collect", lambda _folder, _address, *, http: dict(found))
    return found


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module for a root of the test's own, and give what it prints."""
    (tmp_path / "tftp").mkdir()

    def call(*, check: bool = False, **params: Any) -> dict[str, Any]:
        given = {"path": f"{tmp_path}/tftp", "record": f"{tmp_path}/var/loaders.json", **params}
        with patch_module_args({**given, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            network_loaders.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def _names(root: pathlib.Path) -> list[str]:
    return sorted(str(one.relative_to(root)) for one in root.rglob("*") if not one.is_dir())


@pytest.mark.usefixtures("made")
def test_publishes_once(run: Run, tmp_path: pathlib.Path) -> None:
    dry = run(check=True)
    assert (dry["changed"], dry["written"], _names(tmp_path)) == (True, sorted(MADE), [])
    first = run()
    assert (first["changed"], first["written"], first["removed"]) == (True, sorted(MADE), [])
    assert first["diff"]["before"] == ""
    assert [line.split()[1] for line in first["diff"]["after"].splitlines()] == sorted(MADE)
    for check in (False, True):
        assert run(check=check)["changed"] is False


@pytest.mark.usefixtures("made")
def test_the_root_may_be_a_link(run: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "tftp").rename(tmp_path / "elsewhere")
    (tmp_path / "tftp").symlink_to("elsewhere")
    assert run(check=True)["written"] == run()["written"] == sorted(MADE)
    assert _names(tmp_path / "elsewhere") == sorted(MADE)
    assert run()["changed"] is False
    assert list(json.loads((tmp_path / "var/loaders.json").read_text())) == [f"{tmp_path}/elsewhere"]


@pytest.mark.usefixtures("made")
def test_what_a_killed_run_left_goes(run: Run, tmp_path: pathlib.Path) -> None:
    run()
    left = tmp_path / "tftp/grub/i386-pc/.core.0.0123456789ab"
    left.write_bytes(b"C")
    assert run()["removed"] == ["grub/i386-pc/.core.0.0123456789ab"]
    assert not left.exists()


def test_an_upgrade(run: Run, made: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    run()
    made["grub/i386-pc/core.0"] = b"C2"
    del made["grub/i386-pc/a.mod"]
    result = run()
    assert (result["written"], result["removed"]) == (["grub/i386-pc/core.0"], ["grub/i386-pc/a.mod"])
    assert _names(tmp_path / "tftp") == ["grub/i386-pc/core.0", "lpxelinux.0"]
    assert run()["changed"] is False


def test_files_of_others_stay(run: Run, made: dict[str, bytes], tmp_path: pathlib.Path) -> None:
    run()
    mine = tmp_path / "tftp/grub/i386-pc/mine.mod"
    mine.write_bytes(b"mine")
    (tmp_path / "tftp/grub/i386-pc/a.mod").write_bytes(b"replaced by hand")
    del made["grub/i386-pc/a.mod"]
    assert run()["removed"] == []
    assert mine.read_bytes() == b"mine"
    assert run()["changed"] is False


@pytest.mark.usefixtures("made")
def test_a_foreign_file_in_the_way(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "tftp/lpxelinux.0"
    path.write_bytes(b"mine")
    message = f"{tmp_path}/tftp: not ours, so not overwritten: lpxelinux.0; move it away"
    assert [run(check=check)["msg"] for check in (True, False)] == [message, message]
    assert _names(tmp_path) == ["tftp/lpxelinux.0"]
    path.write_bytes(MADE["lpxelinux.0"])
    assert "lpxelinux.0" not in run()["written"]


@pytest.mark.usefixtures("made")
def test_what_was_damaged_is_mended(run: Run, tmp_path: pathlib.Path) -> None:
    run()
    path = tmp_path / "tftp/lpxelinux.0"
    path.write_bytes(b"")
    (tmp_path / "tftp/grub/i386-pc/core.0").unlink()
    (tmp_path / "tftp/grub").chmod(0o700)
    assert run()["written"] == ["grub/i386-pc/core.0", "lpxelinux.0"]
    assert path.read_bytes() == MADE["lpxelinux.0"]
    assert run()["changed"] is False


def test_a_run_that_died_knows_its_own(run: Run, made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", "/srv/tftp")

    with monkeypatch.context() as patch:
        patch.setattr(public_files, "apply", full)
        assert run()["msg"].endswith("/tftp: No space left on device: /srv/tftp")
    made["lpxelinux.0"] = b"L2"
    assert run()["written"] == sorted(MADE)


def test_packages_that_are_missing(run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_loaders_made, "missing", lambda _exists: ["/usr/lib/x", "/usr/lib/y"])
    dry = run(check=True)
    assert (dry["changed"], dry["missing"]) == (True, ["/usr/lib/x", "/usr/lib/y"])
    assert run()["msg"] == "not installed: /usr/lib/x, /usr/lib/y"
    assert _names(tmp_path) == []


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("params", "record", "message"),
    [
        ({"path": "/nonexistent"}, "{}", "/nonexistent: there is no such directory"),
        ({"address": "a"}, "{}", "{root}: Expected 4 octets in 'a'"),
        (
            {},
            "[]",
            "{root}: {record} is no record of published loaders; remove it, and what it was about is left alone",
        ),
    ],
)
def test_refusals(run: Run, tmp_path: pathlib.Path, params: dict[str, str], record: str, message: str) -> None:
    path = tmp_path / "var/loaders.json"
    path.parent.mkdir()
    path.write_text(record)
    assert run(**params)["msg"] == message.format(root=f"{tmp_path}/tftp", record=path)


def test_what_must_be_installed() -> None:
    missing = network_loaders_made.missing(lambda path: not path.endswith((".c32", "x86_64-efi/modinfo.sh")))
    assert missing == [
        "/usr/lib/grub/x86_64-efi/modinfo.sh",
        "/usr/lib/syslinux/modules/bios/ldlinux.c32",
        "/usr/lib/syslinux/modules/bios/libutil.c32",
        "/usr/lib/syslinux/modules/bios/menu.c32",
    ]


def test_every_platform_that_is_there() -> None:
    assert network_loaders_made.platforms(lambda _path: True) == list(loader_files.GRUB_LOADERS)
    assert network_loaders_made.platforms(lambda path: "arm64" in path) == ["arm64-efi"]


@pytest.mark.parametrize(
    ("path", "content", "ours"),
    [
        ("wanted", b"old", False),
        ("wanted", b"new", True),
        ("recorded", b"old", True),
        ("recorded", None, False),
        ("withdrawn", b"old", True),
        ("withdrawn", b"new", False),
        ("foreign", b"old", False),
    ],
)
def test_whose_a_file_is(path: str, content: bytes | None, ours: bool) -> None:
    recorded = dict.fromkeys(("recorded", "withdrawn"), network_loaders_record.digest(b"old"))
    wanted = {"wanted": b"new", "recorded": b"new"}
    assert network_loaders_record.is_ours(path, Found(content, 0o644), wanted, recorded) is ours


def test_roots_do_not_disturb_each_other() -> None:
    data = network_loaders_record.render(None, "/a", {"x": "1"})
    data = network_loaders_record.render(data, "/b", {"y": "2"})
    assert network_loaders_record.parse(data, "/a") == {"x": "1"}
    assert network_loaders_record.parse(data, "/c") == {}
