"""What is cleared in a home on NFS, and what is left because somebody may be using it."""

from __future__ import annotations

import os
import pathlib
import platform
import subprocess
import time

import pytest

SCRIPT = (
    pathlib.Path(__file__).resolve().parents[2] / "roles/slave_rootfs/files/slave/usr/local/lib/diskless/home-cleanup"
)
DAY = 86400
GONE = 4194305  # above what the kernel gives (PID_MAX_LIMIT)


def run(home: pathlib.Path, kind: str = "nfs") -> None:
    """Run it in a home on that kind of file system."""
    programs = home.parent / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "stat").write_text(f"#!/bin/sh\necho {kind}\n")
    (programs / "stat").chmod(0o755)
    subprocess.run(
        ["/bin/sh", SCRIPT], env={"HOME": str(home), "PATH": f"{programs}:/usr/bin:/bin"}, check=True, timeout=30
    )


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def put(home: pathlib.Path, path: str, days: float) -> pathlib.Path:
    file = home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.utime(file, (time.time() - days * DAY,) * 2)
    return file


def test_deleted_files_that_stayed_go_after_a_week(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    old = put(home, "a/.nfs000000000012ab3400000001", 9)
    new = put(home, "a/.nfs000000000012ab3400000002", 3)
    mine = put(home, ".nfsrc", 99)
    outside = put(tmp_path, "outside/.nfs000000000012ab3400000003", 9)
    (home / "link").symlink_to(outside.parent)
    run(home)
    assert [path.exists() for path in (old, new, mine, outside)] == [False, True, True, True]
    # The walk is long: not again within a week.
    again = put(home, "a/.nfs000000000012ab3400000004", 9)
    run(home)
    assert again.exists()
    os.utime(home / ".cache/diskless-home-cleanup", (time.time() - 8 * DAY,) * 2)
    run(home)
    assert not again.exists()


@pytest.mark.parametrize("kind", ["ext2/ext3", "tmpfs", "overlayfs"])
def test_a_home_that_is_not_on_nfs_is_left_alone(home: pathlib.Path, kind: str) -> None:
    old = put(home, ".nfs000000000012ab3400000001", 9)
    run(home, kind)
    assert old.exists()
    assert not (home / ".cache").exists()


@pytest.mark.parametrize(
    ("target", "left"),
    [
        pytest.param(f"{platform.node()}-{GONE}", False, id="ended"),
        # The process differs from one test process to the next; the test's name may not.
        pytest.param(f"{platform.node()}-{os.getpid()}", True, id="running"),
        pytest.param(f"another-{GONE}", True, id="another's"),
        pytest.param(f"{platform.node()}-x", True, id="no process"),
        pytest.param("/etc/passwd", True, id="no lock"),
    ],
)
def test_a_chromium_that_this_slave_has_lost_is_cleared(home: pathlib.Path, target: str, left: bool) -> None:
    profile = home / ".config/chromium"
    profile.mkdir(parents=True)
    for name, leads in (("SingletonLock", target), ("SingletonCookie", "1"), ("SingletonSocket", "/tmp/x/y")):
        (profile / name).symlink_to(leads)
    run(home)
    assert sorted(path.name for path in profile.iterdir()) == (
        ["SingletonCookie", "SingletonLock", "SingletonSocket"] if left else []
    )


def test_a_firefox_that_nobody_runs_is_cleared_and_one_that_runs_is_left(home: pathlib.Path) -> None:
    locks = []
    for name in ("free.default", "used.default"):
        profile = home / ".mozilla/firefox" / name
        profile.mkdir(parents=True)
        (profile / ".parentlock").touch()
        (profile / "lock").symlink_to(f"127.0.1.1:+{os.getpid()}")
        locks.append(profile / "lock")
    with subprocess.Popen(
        ["flock", "--no-fork", str(locks[1].parent / ".parentlock"), "sh", "-c", "echo held; exec sleep 60"],
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        run(home)
        holder.kill()
    assert [lock.is_symlink() for lock in locks] == [False, True]
