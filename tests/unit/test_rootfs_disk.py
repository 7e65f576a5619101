"""A generation gets one more file, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    rootfs_command,
    rootfs_disk,
    rootfs_disk_command,
    rootfs_disk_size,
)

EPOCH = 1_700_000_000
Run = Callable[[Sequence[str]], str]


def image(format_: str, size: int | None = None) -> dict[str, Any]:
    return {"name": "room", "generation": "g1", "tree": False, "nbd": {"format": format_, "size": size}}


@pytest.fixture
def generation(tmp_path: pathlib.Path) -> pathlib.Path:
    """A generation that has only its squashfs, which only our own unsquashfs understands."""
    path = tmp_path / "images/room/g1"
    path.mkdir(parents=True)
    (path / "root.squashfs").write_bytes(b"x" * 5000)
    contents = rootfs_disk_size.Contents(inodes=100, blocks=100)
    (path / "image.json").write_text(json.dumps({"epoch": EPOCH, "contents": contents._asdict()}))
    return path


def recording(done: list[list[str]], output: str = "", failing: str = "", said: str = "it failed") -> Run:
    """A run that does nothing but what is looked at, and notes programs with the places that they were told."""

    def run(command: Sequence[str]) -> str:
        program = rootfs_command.program(command)
        places = [pathlib.Path(word).name for word in command[len(rootfs_command.LEASH) :] if word.startswith("/")]
        done.append([program, *places])
        if program == "unsquashfs":
            pathlib.Path(command[-2]).mkdir()
        if program == "mkfs.erofs":
            pathlib.Path(command[-2]).touch()
        if program == failing:
            raise rootfs_command.BuildError(said)
        return output if program == "sh" else ""

    return run


class Case(NamedTuple):
    """What is asked for, what the mount says, what is to be done, and what is to be told."""

    format: str
    output: str
    done: list[list[str]]
    warnings: list[str]


UNPACK = ["unsquashfs", "root", "root.squashfs"]
MOUNTED = ["sh", "root.btrfs", "mounted", "root.squashfs"]


@pytest.mark.parametrize(
    "case",
    [
        Case("ext4", "", [UNPACK, ["mke2fs", "root", "root.ext4"], ["debugfs", "times", "root.ext4"]], []),
        Case("erofs", "", [UNPACK, ["mkfs.erofs", "root.erofs", "root"]], []),
        Case("btrfs", "", [["mkfs.btrfs", "root.btrfs"], MOUNTED], []),
        Case(
            "btrfs",
            f"mount: no\n{rootfs_disk_command.UNMOUNTABLE}\n",
            [["mkfs.btrfs", "root.btrfs"], MOUNTED, UNPACK, ["mkfs.btrfs", "root", "root.btrfs"]],
            [rootfs_disk.UNCOMPRESSED],
        ),
    ],
)
@pytest.mark.parametrize("tree", [True, False])
def test_a_file_is_made_of_what_is_there(generation: pathlib.Path, case: Case, tree: bool) -> None:
    """The tree is unpacked only where it is needed and not there."""
    if tree:
        (generation / "root").mkdir()
    ran: list[list[str]] = []
    told = rootfs_disk.add(str(generation.parents[2]), image(case.format), recording(ran, case.output))
    assert told == case.warnings
    assert ran == [step for step in case.done if not (tree and step == UNPACK)]
    there = {"image.json", "root.squashfs", f"root.{case.format}"} | ({"root"} if tree else set())
    assert {entry.name for entry in generation.iterdir()} == there
    assert os.listdir(generation.parent) == ["g1"]
    assert (generation / f"root.{case.format}").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    ("format_", "failing"),
    [("ext4", "unsquashfs"), ("ext4", "mke2fs"), ("ext4", "debugfs"), ("erofs", "mkfs.erofs"), ("btrfs", "sh")],
)
def test_a_failing_program_leaves_all_as_it_was(generation: pathlib.Path, format_: str, failing: str) -> None:
    with pytest.raises(rootfs_command.BuildError, match=r"^it failed$"):
        rootfs_disk.add(str(generation.parents[2]), image(format_), recording([], failing=failing))
    assert sorted(entry.name for entry in generation.iterdir()) == ["image.json", "root.squashfs"]
    assert os.listdir(generation.parent) == ["g1"]


@pytest.mark.parametrize(("format_", "failing", "told"), [("erofs", "mkfs.erofs", True), ("btrfs", "sh", False)])
def test_a_full_disk_is_not_the_file_system_that_is_filled(
    generation: pathlib.Path, format_: str, failing: str, told: bool
) -> None:
    """What fills a mounted btrfs speaks of that."""
    said = "No space left on device"
    with pytest.raises(rootfs_command.BuildError, match=f"^{said}") as caught:
        rootfs_disk.add(str(generation.parents[2]), image(format_), recording([], failing=failing, said=said))
    assert ("are missing" in str(caught.value)) is told


def test_the_size_asked_for_is_that_of_the_file_and_part_of_its_name(generation: pathlib.Path) -> None:
    rootfs_disk.add(str(generation.parents[2]), image("ext4", 64 << 20), recording([]))
    made = (generation / "root.64M.ext4").stat()
    assert (made.st_size, made.st_blocks) == (64 << 20, 0)


def plant(tree: pathlib.Path) -> None:
    """Put into a tree what is easily lost."""
    (tree / "etc").mkdir(parents=True)
    (tree / "etc/passwd").write_text("root\n")
    (tree / "etc/shadow").write_text("secret\n")
    (tree / "etc/shadow").chmod(0o640)
    (tree / "etc/long").symlink_to("x" * 300)
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/su").write_text("su")
    (tree / "usr/bin/su").chmod(0o4755)
    os.link(tree / "usr/bin/su", tree / "usr/bin/also-su")
    os.setxattr(tree / "usr/bin/su", "user.kept", b"value")
    os.mkfifo(tree / "etc/pipe")
    for path in [*tree.rglob("*"), tree]:
        os.utime(path, (EPOCH - 5, EPOCH - 5), follow_symlinks=False)


def without_leash(command: Sequence[str]) -> str:
    """Run the real programs, which in a test need no rights."""
    words = command[len(rootfs_command.LEASH) :]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(file: pathlib.Path, request: str) -> str:
    """What debugfs(8) says of an ext4."""
    done = subprocess.run(["debugfs", "-R", request, file], capture_output=True, text=True, check=True)
    return done.stdout


def test_an_ext4_holds_the_tree_and_is_always_the_same(generation: pathlib.Path, tmp_path: pathlib.Path) -> None:
    digests = set()
    for number in range(2):
        shutil.rmtree(generation / "root", ignore_errors=True)
        plant(generation / "root")
        measured = rootfs_disk_size.measure(str(generation / "root"))
        (generation / "image.json").write_text(json.dumps({"epoch": EPOCH, "contents": measured._asdict()}))
        rootfs_disk.add(str(tmp_path), image("ext4", 512 << 20), without_leash)
        file = (generation / "root.512M.ext4").rename(tmp_path / f"{number}.ext4")
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
        time.sleep(1.1)  # a moment's difference shows in whole seconds, unless it is hidden
    assert len(digests) == 1
    assert file.stat().st_blocks * 512 < 4 << 20
    subprocess.run(["e2fsck", "-fn", file], check=True, capture_output=True)
    status = ask(file, "stat /usr/bin/su")
    for words in ("Mode:  04755", "Links: 2", 'user.kept (5) = "value"'):
        assert words in status
    assert ask(file, "stat /usr/bin/also-su").splitlines()[0] == status.splitlines()[0]
    assert "Mode:  0640" in ask(file, "stat /etc/shadow")
    assert "Type: FIFO" in ask(file, "stat /etc/pipe")
    assert ask(file, "cat /etc/passwd") == "root\n"
    assert "Size: 300" in ask(file, "stat /etc/long")
    features = ask(file, "features").split()
    assert "has_journal" not in features
    assert "ITABLE_ZEROED" in subprocess.run(["dumpe2fs", file], capture_output=True, text=True, check=True).stdout
