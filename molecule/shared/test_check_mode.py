"""For every role: what is converged stays as it is, and check mode says so."""

from __future__ import annotations

import os
import pathlib

from tests.lab import paths, playbook


def test_check_mode_reports_no_change_on_a_converged_master(tmp_path: pathlib.Path) -> None:
    inventories = [
        pathlib.Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent,
        paths.lab_folder(os.environ["DISKLESS_LAB"]) / "connect",
    ]
    log = tmp_path / "check.log"
    outcome = playbook.run_playbook("molecule/shared/converge.yml", inventories, log, "--check", "--diff")
    playbook.require_success(outcome, "check mode", log)
    assert outcome.changes == []
