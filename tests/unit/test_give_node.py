"""The program that gives a slave what is its own, as systemd starts it for a connection."""

from __future__ import annotations

import io
import os
import pathlib
import subprocess
import tarfile

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import generation_starts

PROGRAM = (
    pathlib.Path(__file__).resolve().parents[2] / "roles/slave_nodes/files/usr/local/lib/diskless-netboot/give-node"
)
ADDRESS = "192.168.1.21"
STARTED = "state/started"
RUNS = "room/bookworm-3f2a9c0d1e4b-20261122T053000Z"


@pytest.fixture(name="program")
def _program(tmp_path: pathlib.Path) -> pathlib.Path:
    """It, with addresses and slaves of a folder."""
    (tmp_path / STARTED).mkdir(parents=True)
    (tmp_path / "addresses").write_text(f"# Written.\n{ADDRESS} pc01\n192.168.1.22 pc02\n")
    for name in ("pc01", "pc02"):
        (tmp_path / "nodes" / name / "files/etc").mkdir(parents=True)
        (tmp_path / "nodes" / name / "files/etc/issue").write_text(name)
    text = PROGRAM.read_text()
    line = "ADDRESSES=/etc/diskless-netboot/addresses\n"
    assert line in text
    (tmp_path / "give-node").write_text(text.replace(line, f"ADDRESSES={tmp_path}/addresses\n"))
    return tmp_path / "give-node"


def ask(
    program: pathlib.Path, said: bytes, address: str = ADDRESS, port: int = 600
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "REMOTE_ADDR": address, "REMOTE_PORT": str(port)}
    command = ["sh", str(program), str(program.parent / "nodes"), str(program.parent / STARTED)]
    return subprocess.run(command, input=said, env=environment, capture_output=True, check=False)


def test_it_gives_a_tar_and_a_last_word(program: pathlib.Path) -> None:
    # A file that a run of site.yml is about to rename.
    (program.parent / "nodes/pc01/.new-0a1b").write_text("half")
    given = ask(program, b"pc01\n")
    assert (given.returncode, given.stderr, given.stdout[-6:]) == (0, b"", b"whole\n")
    with tarfile.open(fileobj=io.BytesIO(given.stdout)) as archive:
        assert sorted(archive.getnames()) == [".", "./files", "./files/etc", "./files/etc/issue"]
        member = archive.getmember("./files/etc/issue")
        assert (member.uname, member.gname, member.uid) == ("", "", os.geteuid())


def test_what_cannot_be_read_is_not_whole(program: pathlib.Path) -> None:
    (program.parent / "nodes/pc01").rename(program.parent / "elsewhere")
    given = ask(program, b"pc01\n")
    assert given.returncode != 0
    assert b"whole" not in given.stdout


@pytest.mark.parametrize(
    ("said", "address", "port", "told"),
    [
        (b"pc02\n", ADDRESS, 600, "it asks for what is the own of 'pc02', and is the address of pc01"),
        (b"", ADDRESS, 600, "it asks for what is the own of '', and is the address of pc01"),
        (b"../pc01\n", ADDRESS, 600, "it asks by what is no name, and is the address of pc01"),
        (
            b"x\n<0>192.168.1.22 gets nothing: it is mine\n",
            ADDRESS,
            600,
            "it asks by what is no name, and is the address of pc01",
        ),
        (
            b"pc02 room/g1\n",
            ADDRESS,
            600,
            "it asks for what is the own of 'pc02', and is the address of pc01",
        ),
        (b"p" * 70000, ADDRESS, 600, f"it asks for what is the own of '{'p' * 256}', and is the address of pc01"),
        (b"pc01\n", ADDRESS, 1024, "it asks from port 1024, as any of its users could; below 1024 only root can"),
        (b"pc01\n", "192.168.1.2", 600, "it is the address of no slave"),
    ],
)
def test_nobody_gets_anothers(program: pathlib.Path, said: bytes, address: str, port: int, told: str) -> None:
    given = ask(program, said, address, port)
    assert (given.returncode, given.stdout) == (0, b"")
    assert given.stderr.decode() == f"{address} gets nothing: {told}\n"
    assert not [*(program.parent / STARTED).iterdir()]


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (f"pc01 {RUNS}\n".encode(), {"pc01": RUNS}),
        # A tree that shares nothing, and a slave that says its name alone.
        (b"pc01 \n", {}),
        (b"pc01\n", {}),
        (f"pc01 ../{RUNS}\n".encode(), {}),
        (f"pc01 {RUNS}\nmore\n".encode(), {}),
        (b"pc01 \xff\x00" + b"x" * 70000, {}),
    ],
)
def test_what_a_slave_has_started_is_written_down(program: pathlib.Path, said: bytes, known: dict[str, str]) -> None:
    (program.parent / STARTED / "pc01").write_text("room/bookworm-0123456789ab-20261101T000000Z\n")
    assert ask(program, said).stdout[-6:] == b"whole\n"
    assert generation_starts.read(str(program.parent)) == known
    assert [path.name for path in (program.parent / STARTED).iterdir()] == ["pc01"]


def test_a_slave_starts_where_that_cannot_be_written_down(program: pathlib.Path) -> None:
    (program.parent / STARTED).rmdir()
    given = ask(program, f"pc01 {RUNS}\n".encode())
    assert given.stdout[-6:] == b"whole\n"
    assert f"{STARTED}/pc01" in given.stderr.decode()
