"""The virtual library's milestones: known lines of a serial console, and times put in order."""

from __future__ import annotations

import pytest

from tests.lab import milestones


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[    0.000000] Linux version 6.1.0-56-amd64 (debian-kernel@lists.debian.org)", ["kernel"]),
        ("pc01 login: ", ["login"]),
        ("Debian GNU/Linux 12 pc01 ttyS0", []),
        ("Last login: today", []),
        ("iPXE (PCI 00:03.0) starting execution...ok", []),
        ("", []),
    ],
)
def test_on_serial(line: str, expected: list[str]) -> None:
    assert milestones.on_serial(line) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("\x1b[0;1;39mBooting\x1b[0m\r", "Booting"),
        ("\x1bc\x1b[?7l\x1b[2J\x00login", "login"),
        ("\x1b(Bplain", "plain"),
    ],
)
def test_plain(raw: str, expected: str) -> None:
    assert milestones.plain(raw) == expected


def test_earliest_takes_who_saw_it_first() -> None:
    assert milestones.earliest({"dhcp": 1.0, "kernel": 9.0}, {"kernel": 7.0, "login": 20.0}) == {
        "dhcp": 1.0,
        "kernel": 7.0,
        "login": 20.0,
    }


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, {}),
        ({"dhcp": 1.0}, {"dhcp": 1.0}),
        ({"dhcp": 1.0, "kernel": 9.0}, {"dhcp": 1.0, "loader": 9.0, "kernel": 9.0}),
        ({"kernel": 9.0, "root": 8.0}, {"dhcp": 8.0, "loader": 8.0, "kernel": 8.0, "root": 8.0}),
        ({"login": 5.0}, dict.fromkeys(milestones.ORDER, 5.0)),
    ],
)
def test_completed_closes_gaps(times: dict[str, float], expected: dict[str, float]) -> None:
    assert milestones.completed(times) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [({}, "dhcp"), ({"dhcp": 1.0, "loader": 2.0}, "kernel"), (dict.fromkeys(milestones.ORDER, 1.0), None)],
)
def test_missing(times: dict[str, float], expected: str | None) -> None:
    assert milestones.missing(times) == expected


def test_every_milestone_has_a_limit_and_words() -> None:
    assert set(milestones.LIMITS_SECONDS) == set(milestones.WAITING_FOR) == set(milestones.ORDER)
