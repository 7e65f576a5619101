"""File systems of their own for what slaves write: real ones, mounted by the program that a master's start runs."""

from __future__ import annotations

import fcntl
import os
import pathlib
import re
import subprocess
import time

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, tree_files, volume_work, volumes
from ansible_collections.diskless.netboot.plugins.modules import slave_state
from ansible_collections.diskless.netboot.plugins.modules import volumes as module

from tests.unit.killed import KilledError, killing
from tests.unit.volume_place import MOUNTER, SIZE, Run, converge, files, mounted, run, srv, unmounted

__all__ = ["converge", "run", "srv", "unmounted"]


def bytes_of(srv: pathlib.Path, path: str) -> int:
    found = os.statvfs(srv / path)
    return found.f_frsize * found.f_blocks


WANTED = {"trees/pc21": SIZE, "own/pc01": SIZE, "home": SIZE}
FILES = ["home.ext4", "own+pc01.ext4", "trees+pc21.ext4"]


def test_each_is_a_file_system_of_its_own_made_once(srv: pathlib.Path, converge: Run) -> None:
    checked = converge(WANTED, check=True)
    assert (checked["changed"], checked["made"], files(srv), mounted(srv)) == (True, [*WANTED], [], [])
    made = converge(WANTED)
    assert (made["changed"], made["made"], made["together"], made["warned"]) == (True, [*WANTED], [], [])
    assert made["diff"]["after"] == "".join(f"volume {path}: {SIZE} bytes\n" for path in WANTED)
    assert (files(srv), mounted(srv)) == (FILES, sorted(WANTED))
    for path in WANTED:
        assert tree_files.has_own_file_system(str(srv / path), tree_files.mountinfo())
        assert os.listdir(srv / path) == ["lost+found"]
        assert os.statvfs(srv / path).f_flag & (os.ST_NOSUID | os.ST_NODEV) == os.ST_NOSUID | os.ST_NODEV
    modes = {"volumes": 0o700, "volumes/home.ext4": 0o600, "trees": 0o700, "own/pc01": 0o700, "home": 0o755}
    for path, mode in modes.items():
        assert (srv / path).stat().st_mode & 0o7777 == mode, path
    for check in (True, False):
        assert converge(WANTED, check=check)["changed"] is False


def test_it_takes_the_room_that_is_written_and_gives_it_back(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": 1 << 40})
    file = srv / "volumes/home.ext4"

    def taken() -> int:
        os.sync()
        return file.stat().st_blocks * 512

    empty = taken()
    assert empty < 64 << 20 < bytes_of(srv, "home")
    (srv / "home/film").write_bytes(os.urandom(32 << 20))
    full = taken()
    assert full >= empty + (32 << 20)
    (srv / "home/film").unlink()
    # The kernel gives it back some time after it has written down that the file is gone.
    until = time.monotonic() + 60
    while taken() > full - (31 << 20) and time.monotonic() < until:
        time.sleep(0.05)
    assert taken() <= full - (31 << 20)


def test_it_never_shrinks(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": 2 * SIZE})
    for size in (SIZE, 0):
        assert converge({"home": size})["changed"] is False
    assert bytes_of(srv, "home") > SIZE


RESIZE = """#!/bin/sh
printf '%s %s\n' "$1" "$(blockdev --getsize64 "$1")" > "$0.called"
exit $(cat "$0.status")
"""


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("mount", [False, True])
def test_it_grows_in_use(
    srv: pathlib.Path,
    converge: Run,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    refused: bool,
    mount: bool,
) -> None:
    """With a program in the place of resize2fs: the kernel wants CAP_SYS_RESOURCE, which root may lack here."""
    converge({"home": SIZE})
    resize = tmp_path / "resize2fs"
    resize.write_text(RESIZE)
    resize.chmod(0o755)
    (tmp_path / "resize2fs.status").write_text(str(int(refused)))
    if mount:
        subprocess.run(["umount", srv / "home"], check=True)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        grown = converge({"home": 4 * SIZE})
    assert mounted(srv) == ["home"]
    device, size = (tmp_path / "resize2fs.called").read_text().split()
    assert (device.startswith("/dev/loop"), int(size)) == (True, 4 * SIZE)
    assert ("grown" in grown) is not refused
    # Until it has the room, each run tries it again.
    assert converge({"home": 4 * SIZE}, check=True)["grown"] == ["home"]


def test_what_is_not_mounted_is_mounted_also_if_nobody_lists_it(srv: pathlib.Path, converge: Run) -> None:
    converge(WANTED)
    (srv / "own/pc01/file").write_text("precious")
    for path in WANTED:
        subprocess.run(["umount", srv / path], check=True)
    checked = converge({"home": SIZE}, check=True)
    assert (checked["changed"], checked["mounted"], mounted(srv)) == (True, sorted(WANTED), [])
    assert converge({"home": SIZE})["mounted"] == sorted(WANTED)
    assert (srv / "own/pc01/file").read_text() == "precious"


def test_what_cannot_be_mounted_is_told_and_nothing_is_left_to_serve_in_its_place(
    srv: pathlib.Path, converge: Run
) -> None:
    converge(WANTED)
    subprocess.run(["umount", srv / "own/pc01"], check=True)
    with (srv / "volumes/own+pc01.ext4").open("r+b") as file:
        file.write(bytes(1 << 20))
    failed = converge({**WANTED, "own/pc02": SIZE})
    assert failed["failed"] is True
    said = r"volumes that cannot be mounted: own/pc01: \S*own\+pc01.ext4 is not mounted at \S*/own/pc01: .*Bad magic"
    assert re.match(said, failed["msg"])
    assert not (srv / "own/pc01").exists()
    # The others are there.
    assert mounted(srv) == ["home", "own/pc02", "trees/pc21"]


def test_one_that_its_check_cannot_mend_is_not_mounted(srv: pathlib.Path, converge: Run) -> None:
    """The kernel would mount it, and slaves would make it worse."""
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    file = srv / "volumes/home.ext4"
    for command in ("clri <2>", "ssv state 2"):
        subprocess.run(["debugfs", "-w", "-R", command, file], check=True, capture_output=True)
    failed = converge({"home": SIZE})
    assert "RUN fsck MANUALLY" in failed["msg"]
    assert failed["msg"].endswith(f"look after it by fsck.ext4 {file}")
    assert not (srv / "home").exists()


def test_two_do_not_mend_at_once(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    with atomic_file.open_directory(str(srv / "volumes")) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        started = subprocess.Popen([MOUNTER, srv])
        with pytest.raises(subprocess.TimeoutExpired):
            started.wait(0.5)
    assert (started.wait(60), mounted(srv)) == (0, ["home"])


CALLS = ("fsync", "ftruncate", "makedirs", "open", "rename", "unlink", "write")
"""What a run is killed before one of, and before and after each program that it runs."""


def test_it_is_made_wherever_a_run_before_was_killed(
    tmp_path: pathlib.Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = 0
    while True:
        srv = tmp_path / str(killed)
        srv.mkdir()
        listed = [{"path": str(srv / path), "size": SIZE} for path in ("home", "trees/pc21")]
        arguments = {"directory": str(srv), "volumes": listed, "mounter": str(MOUNTER)}
        ended = False
        with monkeypatch.context() as patch:
            left = iter(range(killed))
            for place, name in [*((os, name) for name in CALLS), (volume_work, "_do")]:
                patch.setattr(place, name, killing(getattr(place, name), left, behind=name == "_do"))
            try:
                run(module.main, **arguments)
                ended = True
            except KilledError:
                pass
        assert run(module.main, **arguments).get("msg") is None
        assert run(module.main, **arguments)["changed"] is False
        assert mounted(srv) == ["home", "trees/pc21"]
        for folder in ("volumes", "state/volumes"):
            assert sorted(os.listdir(srv / folder)) == ["home.ext4", "trees+pc21.ext4"]
        if ended:
            break
        killed += 1
    assert killed > 30


def test_none_stays_where_none_can_be_mounted(srv: pathlib.Path, converge: Run, tmp_path: pathlib.Path) -> None:
    broken = tmp_path / "mounter"
    broken.write_text("#!/bin/sh\necho no loop device >&2\n")
    broken.chmod(0o755)
    failed = converge(WANTED, mounter=broken)
    assert failed["msg"] == (
        f"volumes that cannot be mounted: {', '.join(WANTED)}: no loop device. A master that has no loop devices, as "
        "most containers have none, does without: diskless_share_size: 0, slave_volume_size: 0"
    )
    assert files(srv) == []
    # As the next one does that follows it.
    assert converge(dict.fromkeys(WANTED, 0))["changed"] is False
    # As a run leaves one that is killed before it is mounted.
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    (srv / "volumes/home.ext4").rename(srv / "volumes/own+pc01.ext4")
    subprocess.run(["debugfs", "-w", "-R", "ssv mtime 0", srv / "volumes/own+pc01.ext4"], check=True)
    (srv / "state/volumes/home.ext4").unlink()
    swept = converge({})
    assert (swept["diff"]["before"], files(srv)) == ("own+pc01.ext4\n", [])


def test_one_that_was_made_and_is_gone_is_not_made_again(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    (srv / "volumes/home.ext4").rename(srv / "aside")
    for check in (True, False):
        assert converge({"home": SIZE}, check=check)["msg"] == (
            f"volume home was made, and its file {srv}/volumes/home.ext4 is gone: is a file system not mounted? "
            f"To have it made anew, empty, remove {srv}/state/volumes/home.ext4"
        )
    started = subprocess.run([MOUNTER, srv], capture_output=True, text=True, check=True)
    assert started.stderr.startswith(f"<3>{srv}/volumes/home.ext4 is not mounted at {srv}/home: it is gone")
    # Nothing is left that a server could take for it.
    assert not (srv / "home").exists()
    (srv / "aside").rename(srv / "volumes/home.ext4")
    assert converge({"home": SIZE})["mounted"] == ["home"]


@pytest.mark.parametrize("option", ["ro", "abort"])
def test_one_that_is_not_written_to_any_more_is_told(srv: pathlib.Path, converge: Run, option: str) -> None:
    """Of an error of its device the kernel makes what the option abort makes."""
    converge({"home": SIZE, "own/pc01": SIZE})
    subprocess.run(["mount", "-o", f"remount,{option}", srv / "home"], check=option == "ro")
    assert converge({"home": SIZE})["msg"].startswith("volume home: the kernel has found errors and may write no more")
    assert converge({"own/pc01": SIZE})["changed"] is False


def test_what_an_administrator_has_mounted_over_one_is_left(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    (srv / "home").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", srv / "home"], check=True)
    told = converge({"home": 4 * SIZE})
    assert (told["changed"], told["together"], files(srv)) == (False, [], ["home.ext4"])


def test_a_part_of_a_file_system_that_is_mounted_there_is_none_of_its_own(
    srv: pathlib.Path, converge: Run, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "part").mkdir()
    (srv / "own/pc01").mkdir(parents=True)
    subprocess.run(["mount", "--bind", tmp_path / "part", srv / "own/pc01"], check=True)
    told = converge({"own/pc01": SIZE})
    assert (told["changed"], told["together"], files(srv)) == (False, [str(srv / "own/pc01")], [])


def test_one_that_was_mended_by_hand_is_not_taken_for_what_a_run_has_left(srv: pathlib.Path, converge: Run) -> None:
    """fsck(8) may make it of a copy of the superblock, which tells of no mount."""
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    subprocess.run(["debugfs", "-w", "-R", "ssv mtime 0", srv / "volumes/home.ext4"], check=True, capture_output=True)
    assert converge({})["mounted"] == ["home"]


def test_what_lies_below_one_that_cannot_be_mounted_goes_aside(srv: pathlib.Path, converge: Run) -> None:
    converge({"home": SIZE})
    subprocess.run(["umount", srv / "home"], check=True)
    (srv / "home/stray").touch()
    with (srv / "volumes/home.ext4").open("r+b") as file:
        file.write(bytes(1 << 20))
    subprocess.run([MOUNTER, srv], capture_output=True, check=True)
    assert not (srv / "home").exists()
    assert [path.name for path in srv.glob(".home.*/*")] == ["stray"]


def test_one_that_cannot_be_mounted_of_a_slave_that_has_left_holds_up_nobody_and_can_be_removed(
    srv: pathlib.Path, converge: Run, run: Run
) -> None:
    converge({"own/pc01": SIZE})
    run(slave_state.main, directory=str(srv), slaves=[{"name": "pc01"}])
    subprocess.run(["umount", srv / "own/pc01"], check=True)
    with (srv / "volumes/own+pc01.ext4").open("r+b") as file:
        file.write(bytes(1 << 20))
    left = converge({})
    assert (left.get("msg"), left["changed"]) == (None, False)
    [warning] = left["warned"]
    assert warning.startswith("volumes that cannot be mounted, and that nobody wants: own/pc01: ")
    assert run(slave_state.main, directory=str(srv), slaves=[], prune=True)["pruned"] == ["pc01"]
    assert (files(srv), os.listdir(srv / "state/volumes"), os.listdir(srv / "state/own")) == ([], [], [])


def test_none_is_made_in_another(srv: pathlib.Path, converge: Run) -> None:
    converge({"media": SIZE})
    assert converge({"media/films": SIZE})["together"] == [str(srv / "media/films")]
    assert files(srv) == ["media.ext4"]


def test_a_directory_where_something_may_be_mounted_is_left(srv: pathlib.Path, converge: Run) -> None:
    for path in WANTED:
        (srv / path).mkdir(parents=True)
    found = converge(WANTED)
    assert (found["made"], found["together"]) == (["trees/pc21", "own/pc01"], [str(srv / "home")])


def test_what_is_there_already_stays_and_is_told(srv: pathlib.Path, converge: Run, tmp_path: pathlib.Path) -> None:
    (srv / "home/anna").mkdir(parents=True)
    (tmp_path / "films").mkdir()
    wanted = {"home": SIZE, "../films": SIZE, "none": 0, "with+plus": SIZE}
    told = converge(wanted)
    assert (told["changed"], files(srv)) == (False, [])
    assert told["together"] == [str(srv / path) for path in wanted]
    [warning] = told["warned"]
    assert warning.startswith(f"no file systems of their own: {srv}/home, {srv}/../films, {srv}/none, ")


def test_what_an_administrator_has_mounted_is_good(srv: pathlib.Path, converge: Run) -> None:
    (srv / "home").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", srv / "home"], check=True)
    told = converge({"home": SIZE})
    assert (told["changed"], told["together"], files(srv)) == (False, [], [])


@pytest.mark.parametrize(("path", "record"), [("trees/pc21", "trees/pc21.json"), ("own/pc01", "own/pc01")])
def test_what_was_made_and_is_gone_is_not_hidden(srv: pathlib.Path, converge: Run, path: str, record: str) -> None:
    (srv / "state" / record).parent.mkdir(parents=True)
    (srv / "state" / record).touch()
    assert converge({path: SIZE})["made"] == []
    assert not (srv / path).exists()


def test_no_part_of_one_stays_where_it_cannot_be_made(
    srv: pathlib.Path, converge: Run, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mkfs.ext4").write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    (tmp_path / "mkfs.ext4").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        failed = converge({"home": SIZE})
    assert failed["msg"] == "volume home: mkfs.ext4 fails: no room"
    assert (files(srv), (srv / "home").exists()) == ([], False)
    # As a run leaves it that is killed here.
    (srv / "volumes/.home.ext4.0123456789ab").touch()
    swept = converge({})
    assert (swept["changed"], swept["diff"]["before"], files(srv)) == (True, ".home.ext4.0123456789ab\n", [])


def test_a_link_in_the_place_of_one_is_not_followed(srv: pathlib.Path, converge: Run, tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside").mkdir()
    (srv / "home").symlink_to(tmp_path / "outside")
    assert converge({"home": SIZE})["together"] == [str(srv / "home")]
    assert files(srv) == []


@pytest.mark.parametrize("name", ["home.ext4", "trees+pc21.ext4", "a+b-c_d.e+F@2.ext4"])
def test_a_file_tells_its_path(name: str) -> None:
    path = volumes.path_of(name)
    assert path is not None
    assert volumes.file_of(path) == name


@pytest.mark.parametrize("name", ["home", ".home.ext4", "..+home.ext4", "+home.ext4", "a++b.ext4", "lost+found"])
def test_other_files_are_nobodys(name: str) -> None:
    assert volumes.path_of(name) is None
