"""For every role: what is converged stays as it is, and check mode says so."""

from __future__ import annotations

import pathlib

from tests.lab import scenario


def test_check_mode_reports_no_change_on_a_converged_master(tmp_path: pathlib.Path) -> None:
    assert scenario.converge(tmp_path, "--check", "--diff").changes == []
