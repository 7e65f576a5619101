"""A slave that is running and hostile while its tree is updated harms nothing but its own tree."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import stat
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    tree_copy,
    tree_manifest,
    tree_plan,
    tree_update,
)
from ansible_collections.diskless.netboot.plugins.module_utils.tree_copy import Source


class Place:
    """An image before (``old``) and after (``new``), a slave's ``tree``, and what must not be touched (``outside``)."""

    def __init__(self, path: pathlib.Path) -> None:
        self.old, self.new, self.tree, self.outside = (path / name for name in ("old", "new", "tree", "outside"))
        for folder in (self.old, self.new, self.tree, self.outside):
            folder.mkdir()
        (self.outside / "passwd").write_bytes(b"precious")
        (self.outside / "passwd").chmod(0o640)

    def write(self, path: str, before: str | None, after: str | None) -> None:
        """Give the images the file ``path``, or none."""
        for folder, text in ((self.old, before), (self.new, after)):
            if text is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text)

    def seed(self) -> None:
        """Make the tree out of the old image."""
        with opened(self.old) as old, opened(self.tree) as tree:
            tree_update.seed(tree_manifest.scan(old), Source(old, {}), tree)

    def update(self, meanwhile: Callable[[], None] = lambda: None) -> list[str]:
        """Bring the tree to the new image and give what is kept; ``meanwhile`` is done between looking and doing."""
        with opened(self.old) as old, opened(self.new) as new, opened(self.tree) as tree:
            base, wanted = tree_manifest.scan(old).entries, tree_manifest.scan(new).entries
            current = tree_update.look(tree, tree_plan.changed_paths([base], wanted), [base, wanted])
            plan = tree_plan.plan([base], current, wanted)
            meanwhile()
            return sorted({*plan.kept, *tree_update.apply(plan, current, wanted, Source(new, {}), tree)})

    def untouched(self) -> bool:
        """Whether nothing outside the tree has changed."""
        precious = self.outside / "passwd"
        return (
            [entry.name for entry in self.outside.iterdir()] == ["passwd"]
            and precious.read_bytes() == b"precious"
            and stat.S_IMODE(precious.stat().st_mode) == 0o640
        )

    def content(self) -> dict[str, str]:
        """Give the regular files of the tree."""
        files = (entry for entry in self.tree.rglob("*") if entry.is_file() and not entry.is_symlink())
        return {str(entry.relative_to(self.tree)): entry.read_text() for entry in files}


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@pytest.fixture(name="place")
def _place(tmp_path: pathlib.Path) -> Place:
    return Place(tmp_path)


def test_seeding_keeps_everything(place: Place) -> None:
    folder = place.old / "etc"
    folder.mkdir(mode=0o2775)
    folder.chmod(0o2775)
    (folder / "su").write_bytes(b"program")
    (folder / "su").chmod(0o4755)
    os.link(folder / "su", place.old / "sudo")
    (folder / "empty").touch()
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "fifo", 0o622)
    (folder / os.fsdecode(b"\xff\n")).write_bytes(b"x")
    os.setxattr(folder / "su", "user.a", b"1")
    for entry in (folder / "su", folder / "link", folder):
        os.utime(entry, ns=(10**18 + 7, 10**18 + 7), follow_symlinks=False)
    place.seed()
    with opened(place.old) as old, opened(place.tree) as tree:
        assert tree_manifest.scan(tree) == tree_manifest.scan(old)
    assert (place.tree / "etc/su").stat().st_ino == (place.tree / "sudo").stat().st_ino
    assert (place.tree / "etc/su").stat().st_ino != (place.old / "sudo").stat().st_ino


@pytest.mark.skipif(os.geteuid() != 0, reason="devices, owners and capabilities are root's to set")
def test_seeding_keeps_what_only_root_can_set(place: Place) -> None:
    os.mknod(place.old / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (place.old / "ping").write_bytes(b"program")
    os.chown(place.old / "ping", 1, 2)
    # VFS_CAP_REVISION_2, effective, CAP_NET_RAW permitted (linux/capability.h)
    os.setxattr(place.old / "ping", "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
    place.seed()
    with opened(place.old) as old, opened(place.tree) as tree:
        assert tree_manifest.scan(tree) == tree_manifest.scan(old)
    assert os.getxattr(place.tree / "ping", "security.capability")


def test_left_out_directories_are_empty(place: Place) -> None:
    place.write("usr/bin/su", "1", None)
    place.write("var/usr/x", "1", None)
    with opened(place.old) as old:
        assert list(tree_manifest.scan(old, ["/usr"]).entries) == ["usr", "var", "var/usr", "var/usr/x"]


def test_an_update_follows_the_image_and_keeps_the_slaves_own(place: Place) -> None:
    place.write("etc/a", "1", "2")
    place.write("etc/mine", "1", "1")
    place.write("etc/both", "1", "2")
    place.write("etc/gone", "1", None)
    place.write("old.d/x", "1", None)
    place.write("kept.d/x", "1", None)
    place.write("new.d/y", None, "1")
    place.seed()
    (place.tree / "etc/mine").write_text("changed")
    (place.tree / "etc/both").write_text("changed")
    (place.tree / "kept.d/own").write_text("own")
    assert place.update() == ["etc/both"]
    assert place.content() == {
        "etc/a": "2", "etc/mine": "changed", "etc/both": "changed", "kept.d/own": "own", "new.d/y": "1",
    }  # fmt: skip
    assert not (place.tree / "old.d").exists()


def test_a_second_update_has_nothing_to_do(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("etc/a", "1", "2")
    place.seed()
    assert place.update() == []
    monkeypatch.setattr(tree_copy, "make", lambda *_: pytest.fail("wrote"))
    assert place.update() == []


def test_a_large_file_of_the_slave_is_not_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("etc/a", "1", "2")
    place.seed()
    os.truncate(place.tree / "etc/a", 1 << 40)
    with opened(place.tree) as tree, opened(place.old) as old:
        known = [tree_manifest.scan(old).entries["etc/a"]]
        monkeypatch.setattr(tree_manifest, "digest_file", lambda *_: pytest.fail("read"))
        assert tree_update.look(tree, ["etc/a"], [{"etc/a": known[0]}])["etc/a"] not in known


@pytest.mark.parametrize("level", ["etc", "etc/ssh", "etc/ssh/config"])
@pytest.mark.parametrize("after", ["2", None])
@pytest.mark.parametrize("late", [False, True])
def test_a_planted_link_is_not_followed(place: Place, level: str, after: str | None, late: bool) -> None:
    place.write("etc/ssh/config", "1", after)
    place.write("etc/ssh/passwd", None, "root::0:0")
    place.write("etc/other", "1", "2")
    place.seed()

    def plant() -> None:
        (place.tree / level).rename(place.tree / "aside")
        target = place.outside / "passwd" if level.endswith("config") else place.outside
        (place.tree / level).symlink_to(target)

    if late:
        kept = place.update(plant)
    else:
        plant()
        kept = place.update()
    assert place.untouched()
    assert (place.tree / level).is_symlink()
    assert kept or (after is None and level != "etc/ssh/config")


@pytest.mark.parametrize("what", ["fifo", "directory", "socket-like", "hard link", "absent"])
@pytest.mark.parametrize("late", [False, True])
def test_other_things_in_the_way_are_kept(place: Place, what: str, late: bool) -> None:
    place.write("a", "1", "2")
    place.seed()
    path = place.tree / "a"

    def plant() -> None:
        path.unlink()
        if what == "fifo":
            os.mkfifo(path)
        elif what == "directory":
            (path / "x").mkdir(parents=True)
        elif what == "socket-like":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        elif what == "hard link":
            (place.tree / "own").write_text("own")
            os.link(place.tree / "own", path)

    if late:
        assert place.update(plant) == ["a"]
    else:
        plant()
        assert place.update() == ["a"]
    assert place.untouched()
    if what == "hard link":
        assert (place.tree / "own").read_text() == "own"


def test_a_file_is_replaced_and_never_written_into(place: Place) -> None:
    place.write("a", "1", "2")
    place.seed()
    os.link(place.tree / "a", place.tree / "other name")
    assert place.update() == []
    assert place.content() == {"a": "2", "other name": "1"}


def test_a_directory_moved_away_while_it_is_written_into_is_still_the_slaves(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("etc/a", "1", "2")
    place.seed()
    real = tree_copy.make

    def swap(origin: tree_copy.Origin, name: str, directory: int) -> None:
        if not (place.tree / "moved").exists():
            (place.tree / "etc").rename(place.tree / "moved")
            (place.tree / "etc").symlink_to(place.outside)
        real(origin, name, directory)

    monkeypatch.setattr(tree_copy, "make", swap)
    place.update()
    assert place.untouched()
    assert place.content() == {"moved/a": "2"}


def test_a_temporary_file_swapped_for_a_link_is_not_followed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("a", "1", "2")
    place.seed()
    real = tree_copy.make

    def swap(origin: tree_copy.Origin, name: str, directory: int) -> None:
        real(origin, name, directory)
        os.unlink(name, dir_fd=directory)
        os.symlink(place.outside / "passwd", name, dir_fd=directory)

    monkeypatch.setattr(tree_copy, "make", swap)
    place.update()
    assert place.untouched()


@pytest.mark.parametrize("becomes", ["absent", "file", "directory", "link"])
@pytest.mark.parametrize("was", ["file", "directory", "link", "fifo"])
def test_what_changes_while_it_is_looked_at_is_seen_as_one_thing(
    place: Place, monkeypatch: pytest.MonkeyPatch, was: str, becomes: str
) -> None:
    """A slave exchanges the name between its opening and everything after: what was opened is what counts."""

    def put(what: str) -> None:
        path = place.tree / "a"
        if path.is_symlink() or path.exists():
            path.rename(place.tree / "aside")
        if what == "file":
            path.write_text("x")
        elif what == "directory":
            path.mkdir()
        elif what == "link":
            path.symlink_to("target")
        elif what == "fifo":
            os.mkfifo(path)

    put(was)
    real = os.open
    opened_paths: list[str] = []

    def exchange(path: str, *arguments: int, **keywords: int) -> int:
        descriptor = real(path, *arguments, **keywords)
        if path == "a":
            put(becomes)
        opened_paths.append(path)
        return descriptor

    with opened(place.tree) as tree:
        monkeypatch.setattr(os, "open", exchange)
        entry = tree_manifest.observe("a", tree)
    monkeypatch.undo()
    assert entry is not None
    assert entry.kind == {"file": "f", "directory": "d", "link": "l", "fifo": "p"}[was]
    assert entry.detail == ("target" if was == "link" else entry.detail)
    assert opened_paths.count("a") == 1


def test_what_a_killed_update_left_is_replaced(place: Place) -> None:
    place.write("a", "1", "2")
    place.seed()
    left = place.tree / tree_update.TEMPORARY
    left.mkdir()
    (left / "link").symlink_to(place.outside)
    assert place.update() == []
    assert place.content() == {"a": "2"}
    assert place.untouched()
    assert not left.exists()


def test_an_error_names_the_path(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("etc/a", "1", "2")
    place.seed()

    def die(*_: object) -> None:
        raise OSError(5, "Input/output error", "a")

    monkeypatch.setattr(tree_manifest, "observe", die)
    with (
        opened(place.tree) as tree,
        pytest.raises(OSError, match=r"^\[Errno 5\] Input/output error: 'etc/a'$"),
    ):
        tree_update.look(tree, ["etc/a"], [])


@pytest.mark.parametrize("unsupported", [(), ("clone",), ("clone", "range")])
def test_content_is_copied_by_whatever_works(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, unsupported: tuple[str, ...]
) -> None:
    data = os.urandom(100_000)
    (tmp_path / "a").write_bytes(data)

    def refuse(*_: object) -> int:
        raise OSError(tree_copy.UNSUPPORTED[0], "not here")

    if "clone" in unsupported:
        monkeypatch.setattr(fcntl, "ioctl", refuse)
    if "range" in unsupported:
        monkeypatch.setattr(os, "copy_file_range", refuse)
    with open(tmp_path / "a", "rb") as source, open(tmp_path / "b", "wb") as target:
        how = tree_copy.copy_content(source.fileno(), target.fileno(), len(data))
    assert (tmp_path / "b").read_bytes() == data
    assert how == "bytes" if "range" in unsupported else how in ("shared", "kernel")
