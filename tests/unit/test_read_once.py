"""The condition in validate.yml that has ansible-playbook read the collection's Python for all of its processes."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
_FILTER = re.compile(r"diskless\.netboot\.(fleet\w*)")
_COLLECTION = "ansible_collections.diskless.netboot.plugins"
_IMPORTED = f"""
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module("{_COLLECTION}.filter." + name)
print(json.dumps([name for name in sys.modules if "utils" in name.removeprefix("{_COLLECTION}.").partition(".")[0]]))
"""


def imported(filters: set[str]) -> set[str]:
    """What of the collection these filters import."""
    command = [sys.executable, "-c", _IMPORTED, *sorted(filters)]
    printed = subprocess.run(command, cwd=CHECKOUT / "collections", capture_output=True, check=True, text=True).stdout
    return {*json.loads(printed)}


@pytest.mark.parametrize("path", ["playbooks/settle.yml", "playbooks/vars/wiring.yml"])
def test_what_the_plays_compute_with_is_read_by_then(path: str) -> None:
    validate = (CHECKOUT / "playbooks/validate.yml").read_text()
    condition = validate[validate.index("when: >-") : validate.index("- name: The model of the fleet is made")]
    read = {*_FILTER.findall(condition)}
    used = {*_FILTER.findall((CHECKOUT / path).read_text())} - {"fleet_list"}
    assert used
    assert imported(used) <= imported(read)
