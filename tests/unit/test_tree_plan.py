"""Three manifests become actions: the image's changes are taken over, the slave's are kept."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import Entry
from ansible_collections.diskless.netboot.plugins.module_utils.tree_plan import Plan, changed_paths, plan


def made(letter: str) -> Entry:
    """Give an entry: ``/`` a directory, ``!`` one with other permissions, another letter a file of that content."""
    if letter in "/!":
        return Entry("d", 0o755 if letter == "/" else 0o700, 0, 0, "", "", 0, 1)
    return Entry("f", 0o644, 0, 0, letter, "", 1, 1)


def tree(text: str) -> dict[str, Entry]:
    """Give entries from ``path=letter`` items."""
    return {path: made(letter) for path, letter in (item.split("=") for item in text.split())}


def seen(text: str) -> dict[str, Entry | None]:
    """The same for what a slave has; ``path=-`` is absent."""
    items = (item.split("=") for item in text.split())
    return {path: None if letter == "-" else made(letter) for path, letter in items}


CASES = {
    "nothing": ("", "", "", [], [], []),
    "image unchanged": ("a=1", "", "a=1", [], [], []),
    "image changed, slave not": ("a=1", "a=1", "a=2", [], ["a"], []),
    "image changed, slave alike": ("a=1", "a=2", "a=2", [], [], []),
    "both changed": ("a=1", "a=3", "a=2", [], [], ["a"]),
    "image changed, slave deleted": ("a=1", "a=-", "a=2", [], [], ["a"]),
    "image deleted, slave not changed": ("a=1", "a=1", "", ["a"], [], []),
    "image deleted, slave changed": ("a=1", "a=3", "", [], [], ["a"]),
    "both deleted": ("a=1", "a=-", "", [], [], []),
    "image added": ("", "a=-", "a=1", [], ["a"], []),
    "both added alike": ("", "a=1", "a=1", [], [], []),
    "both added": ("", "a=2", "a=1", [], [], ["a"]),
    "directory added": ("", "d=- ", "d=/ d/a=1", [], ["d", "d/a"], []),
    "directory removed": ("d=/ d/a=1 d/e=/", "d=/ d/a=1 d/e=/", "", ["d/e", "d/a", "d"], [], []),
    "permissions of a directory": ("d=/", "d=/", "d=!", [], ["d"], []),
    "directory becomes a file": ("d=/ d/a=1", "d=/ d/a=1", "d=2", ["d/a", "d"], ["d"], []),
    "file becomes a directory": ("d=2", "d=2", "d=/ d/a=1", ["d"], ["d", "d/a"], []),
    "below what the slave made a file of": ("d=/", "", "d=/ d/a=1", [], [], ["d/a"]),
    "slave made a file where a directory comes": ("", "d=3", "d=/ d/a=1 d/e=/ d/e/b=1", [], [], ["d"]),
    "removed below what is gone": ("d=/ d/a=1", "d=-", "", [], [], []),
    "removed below what the slave replaced": ("d=/ d/a=1", "d=3", "", [], [], ["d"]),
    "tree of unknown origin": ("", "a=1 b=3 c=-", "a=1 b=2 c=2", [], ["c"], ["b"]),
}


@pytest.mark.parametrize("case", CASES)
def test_plan(case: str) -> None:
    base, current, new, remove, put, kept = CASES[case]
    assert plan(tree(base), seen(current), tree(new)) == Plan(remove, put, kept)


def test_time_is_no_change() -> None:
    later = {"a": made("1")._replace(mtime_ns=2)}
    assert changed_paths(tree("a=1"), later) == []


@pytest.mark.parametrize(
    "field", [{"mode": 0o4755}, {"owner": 1}, {"group": 1}, {"detail": "2"}, {"xattrs": "x"}, {"kind": "l"}]
)
def test_everything_else_is(field: dict[str, Any]) -> None:
    assert changed_paths(tree("a=1"), {"a": made("1")._replace(**field)}) == ["a"]
