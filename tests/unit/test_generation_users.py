"""Who uses a generation, by real processes and by what the kernel's server would show."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import generation_folder
import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import generation_users as users
from ansible_collections.diskless.netboot.plugins.module_utils import server_uptime, tree_files
from test_generation_nfs import export, reply

HOLD = "import sys; files = [open(path) for path in sys.argv[1:]]; print(flush=True); sys.stdin.read()"
ABSENT = generation_folder.unit("inactive", "", "not-found")


@pytest.fixture
def reading_room(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """Three generations of an image, on a machine without an NFS server of the kernel's."""
    generation_folder.make(tmp_path, "reading_room", 1, 2, 3)
    monkeypatch.setattr(users, "NFSD", str(tmp_path / "nfsd"))
    monkeypatch.setattr(users, "RMTAB", str(tmp_path / "rmtab"))
    return tmp_path / "images/reading_room"


@pytest.fixture
def server(tmp_path: pathlib.Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is called as Ganesha's and has a file of the first generation open."""
    program = tmp_path / "ganesha.nfsd"
    program.symlink_to(sys.executable)
    images = tmp_path / "images/reading_room"
    paths = [images / generation_folder.name(1) / "root/usr/bin/su", tmp_path / "elsewhere"]
    paths[1].touch()
    with subprocess.Popen(
        [program, "-c", HOLD, *paths], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def machine(**units: str) -> users.Run:
    """A machine with these units; others are not installed. Ganesha answers only with `exports`."""

    def run(command: list[str]) -> tuple[int, str]:
        if command[0] == "systemctl":
            return 0, units.get(command[-1].split(".")[0].replace("-", "_"), ABSENT)
        return (0, units["exports"]) if "exports" in units else (1, "")

    return run


def seen(images: pathlib.Path, run: users.Run, seconds: int = 180) -> tuple[dict[int, list[users.User]], list[str]]:
    """Who uses the generation of which day, and what is unsure."""
    paths = {day: str(images / generation_folder.name(day)) for day in (1, 2, 3)}
    evidence = users.gather(paths.values(), run, seconds)
    info = tree_files.mountinfo()
    return {day: users.users(path, evidence, info) for day, path in paths.items()}, evidence.unsure


OPEN = users.User("nfs", "Ganesha has it open")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what others have open")
def test_an_open_file_counts_wherever_it_lies(reading_room: pathlib.Path, server: subprocess.Popen[str]) -> None:
    """Also once its generation has another name; until the process ends."""
    assert seen(reading_room, machine())[0] == {1: [OPEN], 2: [], 3: []}
    hidden = reading_room / ".renamed"
    os.rename(reading_room / generation_folder.name(1), hidden)
    shutil.copytree(hidden, reading_room / generation_folder.name(1))
    evidence = users.gather([str(hidden)], machine(), 180)
    assert users.users(str(hidden), evidence, tree_files.mountinfo()) == [OPEN]
    assert seen(reading_room, machine())[0] == {1: [], 2: [], 3: []}
    server.kill()
    server.wait()
    evidence = users.gather([str(hidden)], machine(), 180)
    assert users.users(str(hidden), evidence, tree_files.mountinfo()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what others have open")
def test_other_programs_count_too_but_not_this_one(reading_room: pathlib.Path) -> None:
    file = reading_room / generation_folder.name(2) / "root.squashfs"
    with open(file, encoding="utf-8"), subprocess.Popen(["sleep", "60"], stdin=open(file, encoding="utf-8")) as other:
        found = seen(reading_room, machine())[0]
        other.kill()
    assert found == {1: [], 2: [users.User("sleep", f"sleep (process {other.pid}) has it open")], 3: []}


def test_what_clients_of_the_kernels_server_have_open(reading_room: pathlib.Path, tmp_path: pathlib.Path) -> None:
    inode = (reading_room / generation_folder.name(3) / "root.squashfs").stat().st_ino
    major, minor = (int(part) for part in tree_files.device_of(str(reading_room), tree_files.mountinfo()).split(":"))
    client = tmp_path / "nfsd/clients/7"
    client.mkdir(parents=True)
    (client / "info").write_text('address: "192.168.1.21:935"\n')
    state = "type: open, access: r-, deny: --, superblock"
    (client / "states").write_text(
        f'- 0x01: {{ {state}: "{major:02x}:{minor:02x}:{inode}", filename: "x" }}\n'
        f'- 0x02: {{ {state}: "{major + 1:02x}:{minor:02x}:{inode + 1}", filename: "x" }}\n'
    )
    (tmp_path / "nfsd/clients/8").mkdir()
    expected = users.User("nfs", "192.168.1.21 has it open by NFS 4")
    assert seen(reading_room, machine())[0] == {1: [], 2: [], 3: [expected]}


@pytest.mark.parametrize(
    ("control", "mount", "expected"),
    [
        pytest.param(("8", "-2 +3 +4"), "{images}/{one}", [1], id="a generation"),
        pytest.param(("8", "-2 +3 +4"), "{images}/{one}/root/usr", [1], id="a part of it"),
        pytest.param(("8", "-2 +3 +4"), "{images}", [1, 2, 3], id="all above it"),
        pytest.param(("8", "-2 +3 +4"), "{images}/{one}0", [], id="something else"),
        pytest.param(("8", "-2 -3 +4"), "{images}/{one}", [], id="not by this server"),
        pytest.param(("0", "-2 +3 +4"), "{images}/{one}", [], id="it does not run"),
        pytest.param(None, "{images}/{one}", [], id="there is none"),
    ],
)
def test_who_has_mounted_by_version_3(
    reading_room: pathlib.Path, control: tuple[str, str] | None, mount: str, expected: list[int]
) -> None:
    machine_files = reading_room.parents[1]
    if control is not None:
        (machine_files / "nfsd").mkdir()
        (machine_files / "nfsd/threads").write_text(control[0])
        (machine_files / "nfsd/versions").write_text(control[1])
    path = mount.format(images=reading_room, one=generation_folder.name(1))
    (machine_files / "rmtab").write_text(f"192.168.1.22:{path}:0x00000001\n")
    told = users.User("nfs", f"192.168.1.22 has mounted it by NFS 3 ({machine_files}/rmtab)")
    assert seen(reading_room, machine())[0] == {day: [told] if day in expected else [] for day in (1, 2, 3)}


def test_what_ganesha_tells_of_version_3(reading_room: pathlib.Path) -> None:
    told = reply(export(1, str(reading_room / generation_folder.name(2)), "NFSv3"), export(2, "/gone", "NFSv3"))
    running = generation_folder.unit(since=-1000)
    found, unsure = seen(reading_room, machine(nfs_ganesha=running, exports=told))
    assert found == {1: [], 2: [users.User("nfs", "a client of Ganesha has used it by NFS 3")], 3: []}
    assert unsure == []
    assert seen(reading_room, machine(nfs_ganesha=running))[1] == ["Ganesha runs, but does not tell who uses NFS 3"]


def test_servers_that_know_nothing_yet(reading_room: pathlib.Path) -> None:
    just = generation_folder.unit(since=time.monotonic())
    text = "has not run for 180 s yet, in which running slaves come back to it"
    run = machine(nbd_server=just, nfs_ganesha=just, nfs_server=just, exports=reply())
    names = ("nbd-server", "Ganesha", "the kernel's NFS server")
    assert seen(reading_room, run)[1] == [f"{name} {text}" for name in names]
    assert seen(reading_room, run, 0)[1] == []
    assert seen(reading_room, lambda _: (127, ""))[1] != []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(generation_folder.unit(since=820), True, id="long enough"),
        pytest.param(generation_folder.unit(since=821), False, id="not yet"),
        pytest.param(generation_folder.unit("reloading", since=1), True, id="a reload is no start"),
        pytest.param(generation_folder.unit("activating"), False, id="starting"),
        pytest.param(generation_folder.unit("inactive"), False, id="stopped for a while"),
        pytest.param(generation_folder.unit("failed"), False, id="crashed"),
        pytest.param(generation_folder.unit("inactive", "disabled"), True, id="ended"),
        pytest.param(generation_folder.unit("failed", "masked", "masked"), True, id="forbidden"),
        pytest.param(ABSENT, True, id="never there"),
        pytest.param("", False, id="no answer"),
    ],
)
def test_whether_a_server_is_settled(text: str, *, expected: bool) -> None:
    assert server_uptime.is_settled(text, 180, 1000.0) is expected
