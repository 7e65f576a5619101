"""Names in messages: some, and how many more."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils.some_names import some


def test_many_are_counted() -> None:
    assert some(list("abcdefg"), 5) == "a, b, c, d, e and 2 more"


def test_few_are_named() -> None:
    assert some(list("abcde"), 5) == "a, b, c, d, e"
