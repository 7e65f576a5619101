"""The files behind the slaves' disks: made whole or not at all."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import stat
import time
from collections.abc import Callable, Collection
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import slave_disks_work
from ansible_collections.diskless.netboot.plugins.modules import slave_disks

MIB = 1 << 20
Run = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mkfs.ext4") is None, reason="files are given away, file systems made"
)


def disk(name: str, mib: int, filesystem: str = "ext4", slave: str = "pc07") -> dict[str, Any]:
    """One item of ``nbd_server_disks``."""
    keep = name not in ("scratch", "swap")
    return {"slave": slave, "name": name, "size": mib * MIB, "filesystem": filesystem, "keep": keep}


ALL = [disk("persist", 64), disk("swap", 8, "swap"), disk("scratch", 1024, "none"), disk("raw", 4, "none", "pc08")]


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the module and give what it prints, and its warnings."""
    told: list[str] = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda _self, text: told.append(text))

    def call(*disks: dict[str, Any], check: bool = False, **params: Any) -> dict[str, Any]:
        arguments = {
            "directory": str(tmp_path / "top"),
            "disks": list(disks),
            "record": str(tmp_path / "state/disks.json"),
            "user": "nobody",
            "attach_seconds": 0,
            **params,
            "_ansible_check_mode": check,
        }
        with patch_module_args(arguments), pytest.raises(SystemExit):
            slave_disks.main()
        result: dict[str, Any] = {**json.loads(capsys.readouterr().out), "warnings": [*told]}
        told.clear()
        return result

    return call


@pytest.fixture
def shelf(tmp_path: pathlib.Path) -> pathlib.Path:
    """The folder that holds the slaves' folders."""
    return tmp_path / "top/disks"


def names(shelf: pathlib.Path) -> set[str]:
    return {str(path.relative_to(shelf)) for path in shelf.glob("*/*")}


def test_the_first_run_and_the_second(run: Run, shelf: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert run(*ALL, check=True)["made"] == ["pc07/persist", "pc07/swap", "pc07/scratch", "pc08/raw"]
    assert os.listdir(tmp_path) == []
    first = run(*ALL)
    assert first["made"] == ["pc07/persist", "pc07/swap", "pc07/scratch", "pc08/raw"]
    assert first["diff"]["after"] == (
        "pc07/persist: ext4, 64 MiB\npc07/swap: swap, 8 MiB\npc07/scratch: none, 1024 MiB\npc08/raw: none, 4 MiB\n"
    )
    assert names(shelf) == {"pc07/persist", "pc07/swap", "pc07/scratch", "pc08/raw"}
    persist = (shelf / "pc07/persist").stat()
    assert (persist.st_size, stat.S_IMODE(persist.st_mode)) == (64 * MIB, 0o600)
    assert persist.st_uid != 0
    assert persist.st_blocks * 512 < 4 * MIB
    # s_log_block_size of the kernel's documentation of ext4: 2 is 4 KiB, and less could not be mounted.
    assert (shelf / "pc07/persist").read_bytes()[1024 + 24] == 2
    assert (shelf / "pc07/scratch").stat().st_blocks == 0
    assert {stat.S_IMODE(path.stat().st_mode) for path in (shelf, shelf / "pc07")} == {0o711}
    assert json.loads((tmp_path / "state/disks.json").read_text()) == {"pc07/persist": "ext4", "pc08/raw": "none"}
    assert run(*ALL)["changed"] is False
    assert run(*ALL, check=True)["changed"] is False


def test_a_disk_grows_and_keeps_what_it_holds(run: Run, shelf: pathlib.Path) -> None:
    run(disk("persist", 64))
    with open(shelf / "pc07/persist", "r+b") as file:
        file.seek(32 * MIB)
        file.write(b"kept")
    (shelf / "pc07/persist").chmod(0o644)
    grown = run(disk("persist", 128))
    assert (grown["grown"], grown["diff"]["before"]) == (["pc07/persist"], "pc07/persist: ext4, 64 MiB\n")
    status = (shelf / "pc07/persist").stat()
    assert (status.st_size, stat.S_IMODE(status.st_mode)) == (128 * MIB, 0o600)
    assert (shelf / "pc07/persist").read_bytes()[32 * MIB :][:4] == b"kept"
    (shelf / "pc07/persist").chmod(0o644)
    assert run(disk("persist", 128))["owned"] == ["pc07/persist"]


def test_nothing_is_touched_where_something_is_wrong(run: Run, shelf: pathlib.Path) -> None:
    run(disk("persist", 64), disk("data", 64, "none"))
    (shelf / "pc07/data").write_bytes(bytes(54) + b"FAT16   " + bytes(64 * MIB - 62))
    result = run(disk("persist", 32), disk("data", 64), disk("new", 8))
    assert result["msg"] == (
        "disk pc07/persist: cannot shrink from 64 MiB to 32 MiB, as it holds data\n"
        "disk pc07/data: holds nothing that blkid knows and not ext4; it is never formatted again"
    )
    assert names(shelf) == {"pc07/persist", "pc07/data"}


def test_a_slave_that_overwrites_its_disk_stops_nobody(run: Run, shelf: pathlib.Path) -> None:
    run(disk("data", 64))
    (shelf / "pc07/data").write_bytes(b"mine" + bytes(64 * MIB - 4))
    for made in (["pc07/new"], []):
        result = run(disk("data", 64), disk("new", 8))
        assert (result["made"], result["strange"]) == (made, ["pc07/data"])
        assert result["warnings"] == [
            "left as they are, though their slaves have overwritten what was made in them: pc07/data;"
            " diskless_reset_slaves makes a 'persist' anew"
        ]
    assert result["changed"] is False
    assert (shelf / "pc07/data").read_bytes()[:4] == b"mine"
    assert run(disk("data", 128, "btrfs"))["msg"].endswith("and not btrfs; it is never formatted again")


def test_nothing_is_lost_while_slaves_may_be_about_to_attach_it(
    run: Run, shelf: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nActiveEnterTimestampMonotonic={}\n"
    began = time.monotonic_ns() // 1000
    real = AnsibleModule.run_command

    def answered(module: AnsibleModule, command: list[str], **options: Any) -> Any:
        return (0, shown.format(began), "") if command[0] == "systemctl" else real(module, command, **options)

    monkeypatch.setattr(AnsibleModule, "run_command", answered)
    assert run(*ALL, attach_seconds=60)["made"] == ["pc07/persist", "pc07/swap", "pc07/scratch", "pc08/raw"]
    wanted = [disk("persist", 128), disk("swap", 16, "swap"), disk("raw", 4, "none", "pc08")]
    unsure = "nbd-server has not run for 60 s yet, in which running slaves attach their disks again"
    waiting = run(*wanted, attach_seconds=60)
    assert (waiting["grown"], waiting["in_use"]) == (["pc07/persist"], ["pc07/swap", "pc07/scratch"])
    assert waiting["warnings"] == [f"left as they are, because {unsure}: pc07/swap, pc07/scratch"]
    assert run(*wanted, attach_seconds=60, reset=["pc07"])["msg"] == (
        f"disk pc07/persist: cannot be reset yet: {unsure}; try again in a minute"
    )
    began -= 61_000_000
    done = run(*wanted, attach_seconds=60, reset=["pc07"])
    assert (done["remade"], done["removed"]) == (["pc07/persist", "pc07/swap"], ["pc07/scratch"])


def test_what_is_attached_after_the_plan_was_made_stays(
    run: Run, shelf: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*ALL)
    before = {name: (shelf / name).stat().st_ino for name in names(shelf)}
    looks: list[int] = []

    def later(interesting: Collection[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
        looks.append(len(interesting))
        return {one: [1] for one in interesting} if len(looks) > 1 else {}

    monkeypatch.setattr(slave_disks_work, "open_files", later)
    result = run(disk("persist", 64), disk("swap", 16, "swap"), prune=True)
    assert (result["changed"], result["removed"]) == (False, [])
    assert result["in_use"] == ["pc07/swap", "pc07/scratch", "pc08/raw"]
    looks.clear()
    assert run(*ALL, reset=["pc07"])["msg"] == "disk pc07/persist: cannot be reset: pc07 has attached it meanwhile"
    assert {name: (shelf / name).stat().st_ino for name in names(shelf)} == before


def test_a_reset_waits_until_nobody_has_it_open(run: Run, shelf: pathlib.Path) -> None:
    run(*ALL)
    with open(shelf / "pc07/persist", "r+b") as persist, open(shelf / "pc07/swap", "rb"):
        persist.seek(32 * MIB)
        persist.write(b"gone")
        persist.flush()
        refused = run(*ALL, reset=["pc07"])["msg"]
        assert f"'kill {os.getpid()}' on the master" in refused
        larger = run(disk("persist", 64), disk("swap", 16, "swap"), *ALL[2:])
        assert (larger["changed"], larger["in_use"]) == (False, ["pc07/swap"])
        assert larger["attached"] == ["pc07/persist", "pc07/swap"]
        assert larger["warnings"] == ["left as they are, because they are in use: pc07/swap"]
    result = run(disk("persist", 64), disk("swap", 16, "swap"), *ALL[2:], reset=["pc07"])
    assert result["remade"] == ["pc07/persist", "pc07/swap"]
    assert (shelf / "pc07/persist").read_bytes()[32 * MIB :][:4] == bytes(4)
    assert run(*ALL, reset=["pc08"])["msg"] == (
        "nbd_server_reset_slaves: no disk 'persist' here for pc08; with one: pc07"
    )


def test_disks_that_nobody_wants_any_more(run: Run, shelf: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(*ALL)
    (shelf / "pc08/.raw.0123456789ab").write_text("left by a run that died")
    (shelf / "pc08/.mine").write_text("an admin's")
    (shelf / "lost+found").mkdir()
    gone = run(disk("swap", 8, "swap"))
    assert gone["removed"] == ["pc07/scratch", "pc08/.raw.0123456789ab"]
    assert gone["kept"] == ["pc07/persist", "pc08/raw"]
    assert gone["warnings"] == ["kept, though no slave has these disks any more: pc07/persist, pc08/raw"]
    assert names(shelf) == {"pc07/persist", "pc07/swap", "pc08/raw", "pc08/.mine"}
    assert run(disk("swap", 8, "swap"))["changed"] is False
    assert run(disk("swap", 8, "swap"), prune=True)["removed"] == ["pc07/persist", "pc08/raw"]
    assert names(shelf) == {"pc07/swap", "pc08/.mine"}
    assert json.loads((tmp_path / "state/disks.json").read_text()) == {}
    assert run()["removed"] == ["pc07/swap"]
    assert sorted(os.listdir(shelf)) == ["lost+found", "pc08"]


def test_a_disk_that_is_gone_is_not_made_again(run: Run, shelf: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(*ALL)
    shutil.rmtree(shelf)
    gone = "\n".join(
        f"disk {label}: was made once and is gone: is its file system mounted? Take it out of"
        f" {tmp_path}/state/disks.json to have it made anew"
        for label in ("pc07/persist", "pc08/raw")
    )
    for options in ({}, {"reset": ["pc07"]}, {"check": True}):
        assert run(*ALL, **options)["msg"] == gone
    assert not shelf.exists()
    assert run(disk("swap", 8, "swap"), prune=True)["made"] == ["pc07/swap"]
    assert run(*ALL)["msg"] == gone
    shutil.rmtree(shelf)
    (tmp_path / "state/disks.json").write_text('{"pc08/other": "ext4"}')
    assert run(*ALL)["made"] == ["pc07/persist", "pc07/swap", "pc07/scratch", "pc08/raw"]


def test_a_disk_that_cannot_be_made_leaves_nothing(
    run: Run, shelf: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(disk("persist", 64), disk("swap", 8, "swap"))
    before = (shelf / "pc07/swap").read_bytes()
    failing = ["sh", "-c", "echo No space left on device >&2; exit 1"]
    monkeypatch.setitem(slave_disks_work.FORMAT, "swap", failing)
    assert run(disk("persist", 64), disk("swap", 16, "swap"))["msg"] == (
        "disk pc07/swap: sh failed: No space left on device"
    )
    assert (shelf / "pc07/swap").read_bytes() == before
    assert run(disk("persist", 64), disk("swap", 1 << 42, "none"))["msg"].startswith("disk pc07/swap: ")
    assert names(shelf) == {"pc07/persist", "pc07/swap"}


def test_what_was_made_before_another_fails_is_remembered(
    run: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(slave_disks_work.FORMAT, "swap", ["false"])
    assert run(*ALL)["msg"].startswith("disk pc07/swap: false failed")
    assert json.loads((tmp_path / "state/disks.json").read_text()) == {"pc07/persist": "ext4"}
    (tmp_path / "state/disks.json").write_text("[]")
    assert run(*ALL)["msg"] == f"{tmp_path}/state/disks.json: is no record of disks"


def test_links_are_not_followed(run: Run, shelf: pathlib.Path, tmp_path: pathlib.Path) -> None:
    run(disk("persist", 64))
    (shelf / "pc07/data").symlink_to("/etc/shadow")
    (shelf / "pc09").symlink_to("/etc")
    assert run(disk("persist", 64), disk("data", 64))["msg"] == "disk pc07/data: is no regular file"
    (shelf / "pc07/data").unlink()
    assert "pc09" in run(disk("persist", 64), disk("hosts", 64, slave="pc09"))["msg"]
    shutil.move(tmp_path / "top", tmp_path / "elsewhere")
    (tmp_path / "top").symlink_to(tmp_path / "elsewhere")
    assert run(disk("persist", 64))["msg"] == (f"{shelf}: 'top' is a symbolic link or no directory; give the real path")


def test_a_master_without_disks_stays_untouched(run: Run, tmp_path: pathlib.Path) -> None:
    assert run(user="no-such-user")["changed"] is False
    assert os.listdir(tmp_path) == []
    assert run(disk("persist", 64), user="no-such-user", check=True)["changed"] is True
    assert run(disk("persist", 64), user="no-such-user")["msg"] == (
        "there is no user no-such-user, who should own the disks"
    )
