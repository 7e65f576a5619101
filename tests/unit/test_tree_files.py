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


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/", "a\0", "lost+found", "a\nb", "a" * 64])
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


BTRFS = """22 1 0:22 /@ / rw - btrfs /dev/vda rw
40 22 0:22 /@srv /srv/diskless/trees rw - btrfs /dev/vda rw
41 22 254:1 / /mnt rw - ext4 /dev/vdb rw
42 41 254:2 / /mnt/trees rw - ext4 /dev/vdc rw
43 22 254:3 / /mnt rw - ext4 /dev/vdd rw
"""


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("/", "0:22"),
        ("/srv/diskless/trees", "0:22"),
        ("/srv/diskless/trees2", "0:22"),
        ("/mnt/trees/pc01", "254:2"),
        ("/mnt", "254:3"),
        ("/mnt/treesy", "254:3"),
    ],
)
def test_the_device_of_a_path_is_that_of_its_file_system(path: str, device: str) -> None:
    assert tree_files.device_of(path, BTRFS) == device


SEVERAL = """22 1 254:0 / / rw - ext4 /dev/vda rw
40 22 254:1 / /srv/one rw - ext4 /dev/loop0 rw
41 22 254:2 / /srv/two rw - ext4 /dev/vdb rw
42 41 0:30 / /srv/two/tmp rw - tmpfs none rw
43 22 254:3 /@a /srv/three rw - btrfs /dev/vdc rw
44 22 254:3 /@b /srv/four rw - btrfs /dev/vdc rw
45 22 254:0 /part /srv/five rw - ext4 /dev/vda rw
"""


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/srv/one", True),
        ("/srv/two", True),
        ("/srv/two/below", False),
        ("/srv/three", False),
        ("/srv/five", False),
        ("/srv/six", False),
    ],
    ids=["volume", "with one in it", "part", "subvolume", "bound part", "directory"],
)
def test_a_file_system_of_its_own_is_mounted_there_and_nowhere_else(path: str, own: bool) -> None:
    assert tree_files.has_own_file_system(path, SEVERAL) is own


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
    for _depth in range(3000):
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
    tree_files.remove_tree("tree", root)
    assert not (tmp_path / "root/tree").exists()
    assert (outside / "precious").exists()


@pytest.mark.parametrize("becomes", ["nothing", "file", "directory"])
@pytest.mark.parametrize("call", ["unlink", "rmdir", "open_directory"])
def test_what_changes_while_it_is_removed_is_looked_at_again(
    root: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, call: str, becomes: str
) -> None:
    """A slave that still works in a tree that is removed: its changes come just before the name is used."""
    target = tmp_path / "root/tree/a"
    target.parent.mkdir(parents=True)
    if call == "unlink":
        target.touch()
    else:
        target.mkdir()
    module = tree_files if call == "open_directory" else os
    real = getattr(module, call)
    pending = [becomes]

    def change(name: str, *arguments: object, **keywords: object) -> object:
        if name == "a" and pending:
            what = pending.pop()
            target.rename(tmp_path / "aside")
            if what == "file":
                target.touch()
            elif what == "directory":
                (target / "b").mkdir(parents=True)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(module, call, change)
    tree_files.remove_tree("tree", root)
    assert not pending
    assert not os.listdir(root)


def test_another_file_system_is_not_entered(root: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root/tree/mnt/x").mkdir(parents=True)
    real = os.fstat

    def elsewhere(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        mounted = status.st_ino == (tmp_path / "root/tree/mnt").stat().st_ino
        return os.stat_result((*status[:2], status.st_dev + 1, *status[3:])) if mounted else status

    monkeypatch.setattr(os, "fstat", elsewhere)
    with pytest.raises(OSError, match=r"another file system is mounted here: 'mnt'$"):
        tree_files.remove_tree("tree", root)
    assert (tmp_path / "root/tree/mnt/x").is_dir()


def test_who_adds_for_ever_is_told(root: int, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root/tree").mkdir()
    real = os.rmdir

    def refill(name: str, *, dir_fd: int | None = None) -> None:
        (tmp_path / "root/tree/more").touch()
        real(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "rmdir", refill)
    monkeypatch.setattr(tree_files, "MAX_PASSES", 3)
    with pytest.raises(OSError, match=r"somebody adds to it faster than it can be removed: 'tree'$"):
        tree_files.remove_tree("tree", root)
