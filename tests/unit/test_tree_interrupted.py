"""An update that is killed at whatever moment is finished by the next run as if nothing had happened."""

from __future__ import annotations

import os
import pathlib
import stat
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import tree_manifest, tree_state

from tests.unit.tree_module import make_srv, run, slave

# What changes something: a process is killed before one of them.
CALLS = (
    "chown", "fchmod", "fchown", "link", "mkdir", "mknod", "removexattr", "rename", "rmdir", "setxattr", "symlink",
    "unlink", "utime", "write",
)  # fmt: skip
FINISHED, KILLED = 0, 99

Contents = dict[str, str | int | None]
"""Path → a file's text, a directory's mode (with an end of ``/``), or a link's target (with an end of ``@``)."""

IMAGES: dict[str, Contents] = {
    "g1": {
        "etc/file": "1", "etc/file-to-dir": "1", "etc/link-to-dir@": "/run", "etc/dir-to-file/a": "1",
        "etc/dir-to-file/b/c": "1", "etc/dir-to-link/a": "1", "etc/gone": "1", "etc/gone.d/a": "1", "etc/mode/": 0o755,
        "etc/mode/a": "1", "etc/mine": "1", "etc/mine-to-dir": "1", "etc/deleted-to-dir": "1", "etc/file-to-link": "1",
    },
    "g2": {
        "etc/file": "2", "etc/file-to-dir/": 0o750, "etc/file-to-dir/a": "2", "etc/file-to-dir/b/c": "2",
        "etc/link-to-dir/": 0o700, "etc/link-to-dir/a": "2", "etc/dir-to-file": "2", "etc/dir-to-link@": "/run",
        "etc/mode/": 0o2770, "etc/mode/a": "1", "etc/mine": "2", "etc/mine-to-dir/a": "2", "etc/deleted-to-dir/a": "2",
        "etc/file-to-link@": "/run", "etc/new": "2", "etc/new.d/": 0o1777, "etc/new.d/a": "2",
    },
    "g3": {
        "etc/file": "1", "etc/file-to-dir": "1", "etc/link-to-dir": "3", "etc/dir-to-file/a": "1",
        "etc/dir-to-file/b/c": "3", "etc/dir-to-link@": "/var", "etc/mode/": 0o711, "etc/mode/a": "3", "etc/mine": "3",
        "etc/mine-to-dir/a": "2", "etc/deleted-to-dir/a": "2", "etc/file-to-link/a": "3", "etc/gone": "3",
    },
}  # fmt: skip


def fill(root: pathlib.Path, contents: Contents) -> None:
    for path, value in contents.items():
        place = root / path.rstrip("/@")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("@"):
            place.symlink_to(str(value))
        elif isinstance(value, int):
            place.mkdir()
            place.chmod(value)
        else:
            place.write_text(str(value))


@pytest.fixture(name="make")
def _make(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], pathlib.Path]:
    """Gives folders, each with the three generations and a slave's tree of the first, in which the slave has worked."""

    monkeypatch.setattr(os, "sync", lambda: None)  # no power is lost here
    monkeypatch.setattr(os, "fsync", lambda _: None)

    def make(name: str) -> pathlib.Path:
        (tmp_path / name).mkdir()
        srv = make_srv(tmp_path / name)
        (srv / "images/catalogue/g3/root/usr").mkdir(parents=True)
        (srv / "images/catalogue/g3/root/etc").mkdir()
        (srv / "images/catalogue/g3/root/etc/hosts").write_text("::1 localhost\n")
        for generation, contents in IMAGES.items():
            fill(srv / "images/catalogue" / generation / "root", contents)
        os.setxattr(srv / "images/catalogue/g2/root/etc/mode", "user.new", b"1")
        os.setxattr(srv / "images/catalogue/g1/root/etc/mode", "user.old", b"1")
        run(monkeypatch, srv, [slave("pc24")])
        etc = srv / "trees/pc24/etc"
        (etc / "mine").write_text("mine")
        (etc / "mine-to-dir").write_text("mine")
        (etc / "deleted-to-dir").unlink()
        (etc / "own").write_text("own")
        return srv

    return make


def state(srv: pathlib.Path) -> dict[str, Any]:
    """Give all that counts: the slave's tree and what is known of it."""
    descriptor = os.open(srv / "trees/pc24", os.O_RDONLY)
    try:
        entries = tree_manifest.scan(descriptor).entries
    finally:
        os.close(descriptor)
    known = tree_state.Store(str(srv)).known("pc24")
    return {path: entry[:6] for path, entry in entries.items()} | {"known": known, "trees": os.listdir(srv / "trees")}


def killed(monkeypatch: pytest.MonkeyPatch, srv: pathlib.Path, step: int, generation: str) -> bool:
    """Update in another process, which ends as by SIGKILL before the ``step``-th change; say if there were as many."""
    child = os.fork()
    if child:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (FINISHED, KILLED)
        return status == KILLED
    try:
        left = step

        def count(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **keywords: Any) -> Any:
                nonlocal left
                if left == 0:
                    os._exit(KILLED)
                left -= 1
                return real(*arguments, **keywords)

            return call

        for name in CALLS:
            monkeypatch.setattr(os, name, count(getattr(os, name)))
        run(monkeypatch, srv, [slave("pc24", generation)])
        os._exit(FINISHED)
    finally:
        os._exit(1)


def moments(make: Callable[[str], pathlib.Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """Give a folder for each moment at which an update to g2 can be killed, in which one was."""
    step = 0
    while killed(monkeypatch, srv := make(f"killed{step}"), step, "g2"):
        yield srv
        step += 1
    assert step > 50


def test_it_is_finished_by_the_next_run(make: Callable[[str], pathlib.Path], monkeypatch: pytest.MonkeyPatch) -> None:
    undisturbed = make("undisturbed")
    conflicts = run(monkeypatch, undisturbed, [slave("pc24", "g2")])["updated"][0]["conflicts"]
    assert conflicts == ["etc/deleted-to-dir", "etc/mine", "etc/mine-to-dir"]
    assert stat.S_IMODE((undisturbed / "trees/pc24/etc/mode").stat().st_mode) == 0o2770
    expected = state(undisturbed)
    for srv in moments(make, monkeypatch):
        before = state(srv)
        checked = run(monkeypatch, srv, [slave("pc24", "g2")], check=True)
        assert state(srv) == before
        result = run(monkeypatch, srv, [slave("pc24", "g2")])
        assert (result["failed"], result["updated"]) == (False, checked["updated"])
        assert state(srv) == expected, srv.name
        for update in result["updated"]:
            assert update["conflicts"] == conflicts, srv.name
        assert not run(monkeypatch, srv, [slave("pc24", "g2")])["changed"]


def test_the_image_may_have_gone_on_meanwhile(
    make: Callable[[str], pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = make("undisturbed")
    run(monkeypatch, undisturbed, [slave("pc24", "g3")])
    expected = state(undisturbed)
    for srv in moments(make, monkeypatch):
        assert not run(monkeypatch, srv, [slave("pc24", "g3")])["failed"]
        assert state(srv) == expected, srv.name


@pytest.mark.parametrize("first", [15, 40, 65])
@pytest.mark.parametrize("second", [5, 20, 35, 50])
def test_it_may_be_killed_twice(
    make: Callable[[str], pathlib.Path], monkeypatch: pytest.MonkeyPatch, first: int, second: int
) -> None:
    undisturbed, srv = make("undisturbed"), make("killed")
    run(monkeypatch, undisturbed, [slave("pc24", "g3")])
    assert killed(monkeypatch, srv, first, "g2")
    assert killed(monkeypatch, srv, second, "g3")
    assert not run(monkeypatch, srv, [slave("pc24", "g3")])["failed"]
    assert state(srv) == state(undisturbed)
