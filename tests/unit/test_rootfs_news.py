"""What is new in a generation, against the one before it."""

from __future__ import annotations

import json
import pathlib

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_news

NAMES = [f"bookworm-00000000000{number}-2026010{number}T000000Z" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a:amd64": "1"}, {"a:amd64": "1"}, []),
        ({"a:amd64": "1"}, {"a:all": "2"}, ["a 1 -> 2"]),
        ({"a:amd64": "1", "a:i386": "1"}, {"a:amd64": "1"}, ["-a:i386 1"]),
        ({}, {"a:amd64": "1", "b:i386": "2"}, ["+a 1", "+b:i386 2"]),
        (
            {},
            {f"p{number:02}:all": "1" for number in range(50)},
            [*(f"+p{number:02} 1" for number in range(39)), "and 11 more"],
        ),
    ],
)
def test_a_line_for_each_package(before: dict[str, str], after: dict[str, str], told: list[str]) -> None:
    assert rootfs_news.news(before, after, "amd64") == told


def test_it_is_compared_with_the_newest_before_it(tmp_path: pathlib.Path) -> None:
    image = {"name": "room", "generation": NAMES[1], "architecture": "amd64"}
    room = tmp_path / "images/room"
    for name, version in zip(NAMES, ("1", "2", "3"), strict=True):
        (room / name).mkdir(parents=True)
        (room / name / "image.json").write_text(json.dumps({"packages": {"a:amd64": version}}))
    (room / "notes").mkdir()
    label = f"room/{NAMES[1]}"
    assert rootfs_news.of(str(tmp_path), image) == {label: ["a 1 -> 2"]}
    assert rootfs_news.of(str(tmp_path), image | {"generation": NAMES[0]}) == {}
    for content in ("{}", "[]", "x", '{"packages": 1}'):
        (room / NAMES[0] / "image.json").write_text(content)
        assert rootfs_news.of(str(tmp_path), image) == {}
