"""Names below a directory lead nowhere else, and removing a tree removes that tree only."""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Iterator

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file, tree_files


@pytest.fixture(name="root")
def _root(tmp_path: pathlib.Path) -> Iterator[int]:
    (tmp_path / "root").mkdir()
    descriptor = os.open(tmp_path / "root", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("path", ["", "/", "/etc", "a//b", "a/", ".", "..", "a/../b", "./a", "a/..", "a\0b"])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{path!r} is no path below a directory")):
        tree_files.components(path)


@pytest.mark.parametrize("path", ["a", "a/b", "a b/..c", "...", "-rf", "a\nb"])
def test_other_paths_are_split(path: str) -> None:
    assert tree_files.components(path) == path.split("/")


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/", "a\0"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"name of a tree {name!r}: no plain file name")):
        tree_files.check_name(name, "name of a tree")


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_link_on_the_way_is_refused(root: int, tmp_path: pathlib.Path, depth: int) -> None:
    names = ["a", "b", "c"]
    for count in range(1, 4):
        (tmp_path / "root" / "/".join(names[:count])).mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    planted = tmp_path / "root" / "/".join(names[: depth + 1])
    planted.rename(tmp_path / "moved")
    planted.symlink_to(outside)
    with pytest.raises(NotADirectoryError), tree_files.parent_of(root, "a/b/c/file"):
        pass


def test_directories_are_not_made_through_a_link(root: int, tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(NotADirectoryError):
        tree_files.make_directories(root, "a/b")
    assert not list((tmp_path / "outside").iterdir())
    tree_files.make_directories(root, "b/c/d")
    tree_files.make_directories(root, "b/c/d")
    assert (tmp_path / "root/b/c/d").is_dir()


MOUNTINFO = """22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 22 0:30 / /srv/trees/pc01/mnt rw - tmpfs none rw
41 22 0:31 / /srv/trees/pc010 rw - tmpfs none rw
42 22 0:32 / /srv/trees/pc\\04001 rw - tmpfs none rw
43 22 0:33 / /srv/trees/pc02 rw - tmpfs none rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/trees/pc01", ["/srv/trees/pc01/mnt"]),
        ("/srv/trees/pc 01", ["/srv/trees/pc 01"]),
        ("/srv/trees/pc02", ["/srv/trees/pc02"]),
        ("/srv/trees/pc03", []),
    ],
)
def test_mounts_below_a_path_are_found(path: str, expected: list[str]) -> None:
    assert tree_files.mounts_below(path, MOUNTINFO) == expected


@pytest.mark.parametrize("kind", ["link", "fifo", "directory"])
def test_only_a_regular_file_is_opened(root: int, tmp_path: pathlib.Path, kind: str) -> None:
    path = tmp_path / "root/a"
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(BlockingIOError, match="became something else while it was looked at"):
        tree_files.open_regular("a", root)
    (tmp_path / "root/b").write_bytes(b"x")
    with open(tree_files.open_regular("b", root), "rb") as file:
        assert file.read() == b"x"


def test_removing_follows_no_link(root: int, tmp_path: pathlib.Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    tree = tmp_path / "root" / "tree"
    (tree / "a/b").mkdir(parents=True)
    for place in (tree, tree / "a", tree / "a/b"):
        (place / "link").symlink_to(outside)
        (place / "file").symlink_to(outside / "precious")
        os.link(outside / "precious", place / "hard")
        os.mkfifo(place / "fifo")
    tree_files.remove_tree("tree", root)
    tree_files.remove_tree("tree", root)
    assert not tree.exists()
    assert [entry.name for entry in outside.iterdir()] == ["precious"]


def test_removing_a_link_leaves_its_target(root: int, tmp_path: pathlib.Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "tree").symlink_to(tmp_path / "outside")
    tree_files.remove_tree("tree", root)
    assert (tmp_path / "outside").is_dir()
    assert not (tmp_path / "root" / "tree").is_symlink()


def test_depth_costs_no_descriptors(root: int, tmp_path: pathlib.Path) -> None:
    os.mkdir("tree", dir_fd=root)
    current = os.open("tree", os.O_RDONLY, dir_fd=root)
    for _ in range(3000):
        os.mkdir("d", dir_fd=current)
        following = os.open("d", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = following
    os.close(current)
    tree_files.remove_tree("tree", root)
    assert not os.listdir(root)


def test_a_directory_swapped_for_a_link_meanwhile_is_not_entered(
    root: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    (tmp_path / "root/tree/a").mkdir(parents=True)
    real = atomic_file.open_directory

    def swap(name: str, directory: int | None = None) -> object:
        if name == "a":
            (tmp_path / "root/tree/a").rename(tmp_path / "root/tree/elsewhere")
            (tmp_path / "root/tree/a").symlink_to(outside)
        return real(name, directory)

    monkeypatch.setattr(tree_files, "open_directory", swap)
    with pytest.raises(NotADirectoryError):
        tree_files.remove_tree("tree", root)
    assert (outside / "precious").exists()
