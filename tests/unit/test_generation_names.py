"""The names of generations."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import generation_names as names

NAME = "bookworm-3f2a9c0d1e4b-20261122T053000Z"


def test_a_name_is_read_as_it_was_made() -> None:
    assert names.make("bookworm", "3f2a9c0d1e4b", "20261122T053000Z") == NAME
    assert names.parse(NAME) == names.Name("bookworm", "3f2a9c0d1e4b", "20261122T053000Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bookworm-3f2a9c0d1e4b",
        f".{NAME}",
        f"{NAME}-1",
        f"{NAME}\n",
        f"../{NAME}",
        "-3f2a9c0d1e4b-20261122T053000Z",
        "Bookworm-3f2a9c0d1e4b-20261122T053000Z",
        "bookworm-3f2a9c0d1e4-20261122T053000Z",
        "bookworm-3F2A9C0D1E4B-20261122T053000Z",
        "bookworm-3f2a9c0d1e4b-20261322T053000Z",
        "bookworm-3f2a9c0d1e4b-20261122T053000",
        "bookworm-3f2a9c0d1e4b-2026112T0530000Z",
        "bookworm-3f2a9c0d1e4b-\u0662\u0660261122T053000Z",
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert names.parse(text) is None


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("a-b", "3f2a9c0d1e4b", "20261122T053000Z"), "a-b-3f2a9c0d1e4b-20261122T053000Z"),
        (("bookworm", "x", "20261122T053000Z"), "bookworm-x-20261122T053000Z"),
        (("bookworm", "3f2a9c0d1e4b", "now"), "bookworm-3f2a9c0d1e4b-now"),
    ],
)
def test_what_makes_no_name(parts: tuple[str, str, str], text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        names.make(*parts)
    example = "such as 'bookworm-3f2a9c0d1e4b-20261122T053000Z'"
    assert str(caught.value) == f"'{text}' is no name of a generation, {example}"


def test_the_order_is_that_of_time_then_of_the_text() -> None:
    first = "trixie-000000000000-20251231T235959Z"
    second = "bookworm-ffffffffffff-20260101T000000Z"
    third = "trixie-000000000000-20260101T000000Z"
    assert names.ordered([third, "lost+found", first, second]) == [first, second, third]
    assert names.newest([second, third, first]) == third
    assert names.newest(["lost+found"]) is None
    with pytest.raises(ValueError, match=r"^'lost\+found' is no name of a generation$"):
        names.order("lost+found")
