"""Three manifests become actions: the image's changes are taken over, the slave's are kept."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils.tree_manifest import Entry
from ansible_collections.diskless.netboot.plugins.module_utils.tree_plan import (
    Plan,
    changed_paths,
    passing_through,
    plan,
)


def made(letter: str) -> Entry:
    """Give an entry: ``/``, ``!``, ``%`` are directories of different permissions, another letter a file's content."""
    if letter in "/!%":
        return Entry("d", {"/": 0o755, "!": 0o700, "%": 0o600}[letter], 0, 0, "", "", 0, 1)
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
    assert plan([tree(base)], seen(current), tree(new)) == Plan(remove, put, kept)


# What a tree was made from, what an update that died was to make of it, what was passing through; the rest as above.
RESUMED = {
    "removed and not put": ("d=2", "d=/ d/a=1", "d", "d=-", "d=/ d/a=1", [], ["d", "d/a"], []),
    "not removed yet": ("d=2", "d=/ d/a=1", "d", "d=2", "d=/ d/a=1", ["d"], ["d", "d/a"], []),
    "made by the slave meanwhile": ("d=2", "d=/ d/a=1", "d", "d=3", "d=/ d/a=1", [], [], ["d"]),
    "half dressed": ("d=/", "d=!", "d", "d=%", "d=!", [], ["d"], []),
    "another's permissions": ("d=/", "d=!", "", "d=%", "d=!", [], [], ["d"]),
    "deleted by the slave": ("a=1", "a=2", "", "a=-", "a=2", [], [], ["a"]),
    "put, and the image goes on": ("a=1", "a=2", "", "a=2", "a=3", [], ["a"], []),
    "put, and the image goes back": ("a=1", "a=2", "", "a=2", "a=1", [], ["a"], []),
    "removed, and the image goes back": ("a=1", "", "", "a=-", "a=1", [], ["a"], []),
    "put, changed by the slave, and the image goes back": ("a=1", "a=2", "", "a=3", "a=1", [], [], ["a"]),
    "put, and the image has it no more": ("", "a=2", "", "a=2", "", ["a"], [], []),
    "directory removed, and the image goes back": (
        "d=/ d/a=1", "d=2", "d", "d=-", "d=/ d/a=1", [], ["d", "d/a"], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RESUMED)
def test_plan_after_an_update_that_died(case: str) -> None:
    base, target, halfway, current, new, remove, put, kept = RESUMED[case]
    assert plan([tree(base), tree(target)], seen(current), tree(new), halfway.split()) == Plan(remove, put, kept)


def test_what_has_no_state_for_a_moment_is_noted() -> None:
    current, new = seen("a=1 b=1 c=/ d=/ e=- f=-"), tree("a=2 b=/ c=3 d=! e=/ f=1")
    assert passing_through(Plan(["b", "c"], ["a", "b", "c", "d", "e", "f"], []), current, new) == ["b", "c", "d"]


def test_time_is_no_change() -> None:
    later = {"a": made("1")._replace(mtime_ns=2)}
    assert changed_paths([tree("a=1")], later) == []


@pytest.mark.parametrize(
    "field", [{"mode": 0o4755}, {"owner": 1}, {"group": 1}, {"detail": "2"}, {"xattrs": "x"}, {"kind": "l"}]
)
def test_everything_else_is(field: dict[str, Any]) -> None:
    assert changed_paths([tree("a=1")], {"a": made("1")._replace(**field)}) == ["a"]
