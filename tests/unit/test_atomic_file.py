"""A file is replaced whole or not at all, and no name is followed out of its directory."""

from __future__ import annotations

import os
import pathlib

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, private_file


def test_write_sets_content_and_mode(tmp_path: pathlib.Path) -> None:
    with atomic_file.open_directory(str(tmp_path)) as directory:
        atomic_file.write_file("a", b"one", 0o640, directory)
        atomic_file.write_file("a", b"two", 0o644, directory)
        assert atomic_file.read_file("a", directory) == (b"two", 0o644)
    assert os.listdir(tmp_path) == ["a"]


def test_a_link_is_replaced_and_not_followed(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a").symlink_to(target)
    with atomic_file.open_directory(str(folder)) as directory:
        assert atomic_file.read_file("a", directory) is None
        atomic_file.write_file("a", b"new", 0o644, directory)
    assert target.read_bytes() == b"precious"
    assert not (folder / "a").is_symlink()


def test_only_what_a_killed_run_has_left_of_these_files_is_swept(tmp_path: pathlib.Path) -> None:
    left, fresh = tmp_path / ".a.0123456789ab", tmp_path / ".a.ba9876543210"
    others = ["a", ".a.0123", ".b.0123456789ab", ".aa.0123456789ab"]
    for path in (left, fresh, *(tmp_path / name for name in others)):
        path.write_bytes(b"")
    (tmp_path / ".a.00000000000d").mkdir()
    os.utime(left, (1, 1))
    with atomic_file.open_directory(str(tmp_path)) as directory:
        atomic_file.sweep(("a", "c"), directory, age=60)
        assert (left.exists(), fresh.exists()) == (False, True)
        atomic_file.sweep(("a", "c"), directory)
    assert sorted(os.listdir(tmp_path)) == sorted([*others, ".a.00000000000d"])


def test_a_private_file_has_none_beside_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / ".record.json.0123456789ab").write_bytes(b"half")
    private_file.write(str(tmp_path / "record.json"), b"whole")
    assert os.listdir(tmp_path) == ["record.json"]


def test_a_fifo_does_not_block(tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "a")
    with atomic_file.open_directory(str(tmp_path)) as directory:
        assert atomic_file.read_file("a", directory) is None


def test_a_directory_is_no_file_and_leaves_nothing_open(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").mkdir()
    with atomic_file.open_directory(str(tmp_path)) as directory:
        before = os.listdir("/proc/self/fd")
        assert atomic_file.read_file("a", directory) is None
        assert os.listdir("/proc/self/fd") == before


def test_a_linked_directory_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(NotADirectoryError), atomic_file.open_directory(str(tmp_path / "link")):
        pass


def test_a_candidate_that_is_not_taken_leaves_nothing(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with (
        atomic_file.open_directory(str(tmp_path)) as directory,
        atomic_file.candidate("a", b"bad", 0o644, directory) as name,
    ):
        assert (tmp_path / name).read_bytes() == b"bad"
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
