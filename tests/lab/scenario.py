"""For the tests of a molecule scenario: its role once more on the scenario's master."""

from __future__ import annotations

import json
import os
import pathlib

from tests.lab import connect, paths, playbook


def run(folder: pathlib.Path, *arguments: str, **variables: object) -> playbook.Outcome:
    """Runs the role, with `variables` in place of the scenario's; its words go to converge.log in `folder`."""
    inventories = [
        pathlib.Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent,
        connect.inventory(paths.lab_folder(os.environ["DISKLESS_LAB"])),
    ]
    given = ["--extra-vars", json.dumps(variables)] if variables else []
    return playbook.run_playbook("molecule/shared/converge.yml", inventories, log(folder), *given, *arguments)


def converge(folder: pathlib.Path, *arguments: str, **variables: object) -> playbook.Outcome:
    """The same, and raises LabError when it fails."""
    outcome = run(folder, *arguments, **variables)
    playbook.require_success(outcome, "the role once more", log(folder))
    return outcome


def log(folder: pathlib.Path) -> pathlib.Path:
    """Where the last run said what."""
    return folder / "converge.log"
