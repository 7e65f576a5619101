"""The benchmark of trees: what it runs, and the page that it makes."""

from __future__ import annotations

import pytest

from bench.trees import figures

_MEGABYTES = 1_000_000


def _run(rounds: int) -> figures.Run:
    ones: list[figures.One] = [
        {
            "filesystem": kind,
            "how": how,
            "seconds": number + place + 0.25,
            "bytes": (place + 1) * _MEGABYTES,
            "files": 100 * (place + 1),
        }
        for number in range(rounds)
        for kind in ("ext4", "xfs")
        for place, how in enumerate(figures.HOWS)
    ]
    fleets: list[figures.Fleet] = [
        {"filesystem": kind, "slaves": slaves, "what": what, "seconds": slaves / 10, "bytes": slaves * _MEGABYTES}
        for kind in ("ext4", "xfs")
        for slaves, what in [(25, figures.RSYNC), *((many, what) for many in (25, 250) for what in figures.STEPS)]
    ]
    sites: list[figures.Site] = [
        {"slaves": 1, "what": figures.AGAIN, "seconds": 30.4, "changed": 0},
        {"slaves": 25, "what": figures.MADE, "seconds": 41.6, "changed": 9},
    ]
    return {"rounds": rounds, "ones": ones, "fleets": fleets, "sites": sites}


def test_the_page_shows_medians_for_each_file_system() -> None:
    page = figures.page(_run(3))
    assert "`make bench-trees ROUNDS=3`" in page
    assert "medians of 3 rounds" in page
    assert "|  | ext4, seconds | ext4, MB | XFS, seconds | XFS, MB | files |" in page
    assert "| `slave_tree` | 1.25 | 1.0 | 1.25 | 1.0 | 100 |" in page
    assert "| cp -a | 3.25 | 3.0 | 3.25 | 3.0 | 300 |" in page


def test_the_page_shows_fleets_and_as_many_copies() -> None:
    page = figures.page(_run(1))
    assert "median" not in page
    assert "| 250 trees, to a newer generation | 25.0 | 250.0 | 25.0 | 250.0 |" in page
    assert "| 25 times `rsync -a` | 2.5 | 25.0 | 2.5 | 25.0 |" in page
    assert "| 250 times `rsync -a` | 25.0 | 250.0 | 25.0 | 250.0 |" in page
    assert "those of 250 slaves are 10 times\nthose of 25." in page


def test_the_page_shows_whole_runs() -> None:
    page = figures.page(_run(1))
    assert "| 1 | nothing | 30 | 0 |" in page
    assert "| 25 | all that the new ones need | 42 | 9 |" in page


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("rsync -a", ["rsync", "-a", "/i/root/", "/d/copy/"]),
        ("cp -a", ["cp", "-a", "/i/root", "/d/copy"]),
        (
            "rsync -a without /usr and /opt",
            ["rsync", "-a", "--exclude=/usr/*", "--exclude=/opt/*", "/i/root/", "/d/copy/"],
        ),
    ],
)
def test_what_copies(how: str, expected: list[str]) -> None:
    assert how in figures.HOWS
    assert figures.command(how, "/i/root", "/d") == expected


def test_the_last_of_250_slaves_has_a_mac_and_an_address() -> None:
    lines = figures.hosts(250).splitlines()
    assert lines[:2] == ["[slaves]", "pc01"]
    assert lines[-1] == "pc250 slave_mac=52:54:00:00:01:fa slave_ip=192.168.2.250"
    assert len(lines) == 251


def test_a_measurement_in_words() -> None:
    one = _run(1)["ones"][0]
    assert figures.told(one) == "0.2 s, 1.0 MB, 100 files"
