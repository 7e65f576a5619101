"""A module that takes long shows where it is, and its result is what it would have been without."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any, NamedTuple

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MODULE = """\
#!/usr/bin/python
from __future__ import annotations
import os, time
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.diskless.netboot.plugins.module_utils import progress

module = AnsibleModule({"end": {}, "secret": {"no_log": True}}, supports_check_mode=True)
end = module.params["end"]
if end != "at once":
    try:
        progress.TELLER.begin()
    except progress.WorkAhead:
        module.exit_json(changed=True, work_ahead=True)
    progress.TELLER.about("room")
    for number in range(3):
        progress.TELLER.tell(str(number // 2), f"{number} of 2 made")
        time.sleep(1 if end == "well" and progress.TELLER.job else 0)
module.warn("a warning")
module.deprecate("old", version="9.0.0", collection_name="diskless.netboot")
if end == "failed":
    module.fail_json(msg="no room", changed=True, built=["room/g1"])
if end == "crash":
    raise RuntimeError("a mistake")
module.exit_json(changed=True, said=module.params["secret"], of=os.environ["OF"], diff={"before": "a", "after": "b"})
"""
ACTION = """\
from ansible_collections.diskless.netboot.plugins.plugin_utils.live_module import LiveModule

class ActionModule(LiveModule):
    pass
"""
PLAY = """\
- hosts: all
  gather_facts: false
  environment: {OF: play}
  vars: {ends: [at once, well, failed, crash]}
  tasks:
    - {slow: {end: "{{ item }}", secret: hidden}, loop: "{{ ends }}", register: live, ignore_errors: true}
    - {plain: {end: "{{ item }}", secret: hidden}, loop: "{{ ends }}", register: plain, ignore_errors: true}
    - copy: {content: "{{ [live.results, plain.results] | to_json }}", dest: "{{ playbook_dir }}/results"}
"""


class Played(NamedTuple):
    """What was printed to standard error; the results of the module live, and as it is."""

    errors: str
    live: list[dict[str, Any]]
    plain: list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The playbook, with an inventory of this machine."""
    made = tmp_path_factory.mktemp("play")
    for name, text in {
        "library/slow.py": MODULE, "library/plain.py": MODULE, "action_plugins/slow.py": ACTION, "play.yml": PLAY,
        "hosts": f"master01 ansible_connection=local ansible_python_interpreter={sys.executable}",
    }.items():  # fmt: skip
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text)
    return made


def run(folder: pathlib.Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this Python's environment in the playbook's folder; it must end well and leave no job behind."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    ours = {"ANSIBLE_COLLECTIONS_PATH": f"{CHECKOUT}/collections", "ANSIBLE_ASYNC_DIR": f"{folder}/jobs"}
    path = f"{pathlib.Path(sys.executable).parent}:{clean['PATH']}"
    done = subprocess.run(
        command, cwd=folder, env={**clean, **ours, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((folder / "jobs").glob("*")) == []
    return done


@pytest.fixture(scope="module")
def played(folder: pathlib.Path) -> Played:
    """Run a module in each way; with ansible-playbook, on this machine."""
    errors = run(folder, "ansible-playbook", "--inventory=hosts", "play.yml").stderr
    return Played(errors, *json.loads((folder / "results").read_text()))


def test_the_result_is_the_modules_own(played: Played) -> None:
    assert played.live[:3] == played.plain[:3]
    assert [result["failed"] for result in played.live] == [False, False, True, True]
    assert "hidden" not in json.dumps(played.live)


def test_a_mistake_in_a_module_is_told(played: Played) -> None:
    assert "a mistake" in json.dumps(played.live[3])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write below /run")
def test_lines_are_shown(played: Played) -> None:
    told = [f"[master01] room: {number} of 2 made" for number in (0, 1, 2)]
    lines = [line for line in played.errors.splitlines() if line.startswith("[master01] room")]
    assert set(lines) <= set(told)
    assert told[2] in lines


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write below /run")
def test_they_are_events_of_a_job_of_awx(folder: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """AWX runs its jobs by ansible-runner, and shows the events that this gives it."""
    given = (
        "--project-dir",
        str(folder),
        "--inventory",
        str(folder / "hosts"),
        "--cmdline",
        '-e \'{"ends": ["well"]}\'',
    )
    said = run(folder, "ansible-runner", "run", str(tmp_path), "--playbook", "play.yml", "--json", *given).stdout
    events = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    shown = [event["stdout"] for event in events if event["event"] == "verbose"]
    assert "[master01] room: 2 of 2 made" in shown
