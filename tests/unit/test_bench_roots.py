"""The benchmark of roots: what its wrappers write down, and the page that it makes."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

from bench.roots import figures, packing


def _run(rounds: int) -> figures.Run:
    boots: list[figures.Boot] = [
        {
            "root": case.root,
            "format": case.format,
            "seconds": 30.0 + number,
            "bytes": {"tftp": 0, "http": 10_000_000, "nfs": 0, "nbd": 20_000_000 + number * 1_000_000},
        }
        for number in range(rounds)
        for case in figures.CASES
    ]
    file: figures.File = {"bytes": 150_000_000, "allocated": 151_040_000, "seconds": 2.34}
    return {"rounds": rounds, "generation": "abc", "files": {"squashfs": file}, "boots": boots}


def test_the_page_shows_medians() -> None:
    page = figures.page(_run(3))
    assert "`make bench-roots ROUNDS=3`" in page
    assert "median of 3 rounds" in page
    assert "| `nbd_cow` | `ext4` | 31.0 | 21.0 | 10.0 | 31.0 |" in page
    assert "| `squashfs` | 150.0 | 151.0 | 2.3 |" in page


def test_a_single_round_has_no_medians() -> None:
    assert "median" not in figures.page(_run(1))


def test_every_root_is_compared_with_that_over_nfs() -> None:
    assert figures.CASES[0].root == "nfs_overlay"
    assert {case.format for case in figures.CASES if case.root == "nbd_overlay"} == {
        "squashfs",
        "erofs",
        "ext4",
        "btrfs",
    }


@pytest.mark.parametrize(("log", "expected"), [("", 0.0), ("10.5 12.0\n20.0 20.25\n", 1.75)])
def test_seconds_of_packing(log: str, expected: float) -> None:
    assert packing.seconds(log) == pytest.approx(expected)


def test_a_wrapper_runs_its_program_and_writes_down_when(tmp_path: pathlib.Path) -> None:
    [text] = [text for path, text in packing.wrappers().items() if path.endswith("/e2fsck")]
    log = tmp_path / "log"
    wrapper = tmp_path / "wrapper"
    real = tmp_path / "e2fsck"
    real.write_text('#!/bin/sh\necho "ran $*"\nexit 4\n')
    wrapper.write_text(text.replace(packing.LOG, str(log)).replace("PATH=", f"PATH={tmp_path}:"))
    for script in (real, wrapper):
        os.chmod(script, 0o755)
    done = subprocess.run([str(wrapper), "-f", "a b"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "ran -f a b\n")
    assert packing.seconds(log.read_text()) >= 0
