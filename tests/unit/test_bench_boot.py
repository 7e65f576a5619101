"""The benchmark of boots against LTSP: its ratios, and the page that it makes."""

from __future__ import annotations

import pytest

from bench.boot import figures


def _boot(who: str, login: float, root: int) -> figures.Boot:
    return {
        "who": who,
        "times": {"dhcp": 2.0, "loader": 2.1, "kernel": login / 4, "root": login / 2, "login": login},
        "bytes": {"tftp": 1_000_000, "http": 9_000_000, "nfs": root, "nbd": 0},
    }


def _run(rounds: int) -> figures.Run:
    boots = [
        _boot(who, login + 40 * number, root)
        for number in range(rounds)
        for who, login, root in (
            (figures.OURS, 40.0, 30_000_000),
            (figures.BARE, 60.0, 40_000_000),
            (figures.LTSP, 80.0, 70_000_000),
        )
    ]
    return {"rounds": rounds, "generation": "abc", "boots": boots}


def test_the_page_shows_medians_and_their_ratio() -> None:
    page = figures.page(_run(3))
    assert "`make bench-boot ROUNDS=3`" in page
    assert "medians of 3 rounds" in page
    assert (
        "| seconds to | this collection | bare initramfs | LTSP | this collection : LTSP | bare initramfs : LTSP |"
        in page
    )
    assert "| kernel running | 20.0 | 25.0 | 30.0 | 0.67 | 0.83 |" in page
    assert "| login prompt | 80.0 | 100.0 | 120.0 | 0.67 | 0.83 |" in page
    assert "| kernel, initramfs | 10.0 | 10.0 | 10.0 | 1.00 | 1.00 |" in page
    assert "| together | 40.0 | 50.0 | 80.0 | 0.50 | 0.62 |" in page


def test_a_single_round_has_no_medians() -> None:
    page = figures.page(_run(1))
    assert "median" not in page
    assert "once each" in page


@pytest.mark.parametrize(
    ("rounds", "expected"),
    [
        (
            1,
            "40.0 s to login against 80.0 of LTSP, ratio 0.50 (bare initramfs 60.0, 0.75); "
            "40.0 MB against 80.0 of LTSP, ratio 0.50 (bare initramfs 50.0, 0.62)",
        ),
        (
            2,
            "60.0 s to login against 100.0 of LTSP, ratio 0.60 (bare initramfs 80.0, 0.80); "
            "40.0 MB against 80.0 of LTSP, ratio 0.50 (bare initramfs 50.0, 0.62)",
        ),
    ],
)
def test_what_a_run_tells(rounds: int, expected: str) -> None:
    assert figures.told(_run(rounds)) == expected


def test_they_take_turns() -> None:
    assert figures.WHO == (figures.OURS, figures.BARE, figures.LTSP)
