"""The filters fleet_nodes and fleet_ssh_files; the controller's part of slave_nodes by the real ansible-playbook."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.module_utils import node_slaves
from ansible_collections.diskless.netboot.plugins.plugin_utils.node_files import HASH_ALLOWED
from fleet_inventory import GROUPS, inventory

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
HASH = "$6$canary$mGANFFcGJHF4cYIR0mHkbyionL.l8ilm9kbfNOHakLUi4ir8D8SIGLOeVGmvZKnK6cMtQIqP1xeMG5S0bIxxW/"


def run(name: str, *arguments: object) -> Any:
    module = importlib.import_module(f"ansible_collections.diskless.netboot.plugins.filter.{name}")
    return module.FilterModule().filters()[name](*arguments)


def given(**own: Any) -> tuple[Any, Any]:
    """Host variables, and the fleet that they make."""
    hostvars = inventory(pc01=own)
    return hostvars, run("fleet", hostvars, GROUPS)


def test_what_a_slave_is_given() -> None:
    hostvars, fleet = given(
        slave_files_all=[{"path": "/etc/issue", "template": "issue.j2"}, {"path": "/etc/motd", "content": ""}],
        slave_root_password_hash=HASH,
        slave_ssh_key_types=["rsa"],
    )
    assert fleet["errors"] == []
    files = [
        {"path": "/etc/issue", "template": "issue.j2", "mode": "0644", "owner": 0, "group": 0},
        {"path": "/etc/motd", "content": "", "mode": "0644", "owner": 0, "group": 0},
    ]
    nothing: dict[str, Any] = {"files": [], "authorized_keys": [], "password_hash": None}
    assert run("fleet_nodes", hostvars, fleet, "master01") == [
        {
            "name": "pc01",
            "hostname": "pc01",
            "ip": "192.168.1.21",
            "key_types": ["rsa"],
            "files": files,
            "authorized_keys": [],
            "password_hash": HASH,
        },
        {**nothing, "name": "pc02", "hostname": "pc02", "ip": "192.168.1.22", "key_types": ["ed25519"]},
    ]


def test_what_two_groups_say_alike_is_given_once() -> None:
    motd = {"path": "/etc/motd", "content": "Welcome\n"}
    hostvars, fleet = given(slave_files_a=[motd], slave_files_b=[motd, {"path": "/etc/issue", "content": ""}])
    assert fleet["errors"] == []
    slaves = run("fleet_nodes", hostvars, fleet, "master01")
    assert [file["path"] for file in slaves[0]["files"]] == ["/etc/motd", "/etc/issue"]
    assert [file.path for file in node_slaves.slaves(json.dumps(slaves))[0].files] == ["etc/motd", "etc/issue"]


def test_no_secret_is_in_the_model() -> None:
    _hostvars, fleet = given(
        slave_files=[{"path": "/etc/x", "content": "canary"}],
        slave_authorized_keys=["ssh-ed25519 canary"],
        slave_root_password_hash=HASH,
    )
    assert fleet["errors"] == []
    assert "canary" not in str(fleet)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (([], {}, "master01"), "fleet_nodes takes hostvars, the fleet (dictionaries) and a master's name (a string)"),
        ((*given(), "master09"), "fleet_nodes: 'master09' is no master of the fleet; allowed: master01"),
        (
            (given(slave_root_password_hash="canary")[0], given()[1], "master01"),
            "fleet_nodes: pc01: slave_root_password_hash: (not shown) is no hash of a password, or one that is too "
            f"weak; allowed: {HASH_ALLOWED}",
        ),
    ],
)
def test_fleet_nodes_refuses(arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        run("fleet_nodes", *arguments)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ([], {}, {}, "/d"),
            "fleet_ssh_files takes the fleet, public keys, the files before (dictionaries) and a folder (a string)",
        ),
        ((given()[1], {}, {}, "d"), "fleet_ssh_files: 'd': no absolute path that ssh_config(5) can hold"),
    ],
)
def test_fleet_ssh_files_refuses(arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        run("fleet_ssh_files", *arguments)
    assert str(caught.value) == told


HOSTS = """\
all:
  vars: {ansible_connection: local, ansible_python_interpreter: "%s"}
  hosts: {master01: {}, pc01: {tune: mazurka, token: canary}, pc02: {tune: polka}}
"""
PLAY = """\
- hosts: master01
  gather_facts: false
  tasks:
    - diskless.netboot.slave_nodes:
        directory: "{{ where }}"
        slaves:
          - {name: pc01, hostname: pc01, key_types: [ed25519], files: "{{ files }}"}
          - {name: pc02, hostname: pc02, key_types: [ed25519], files: "{{ files }}"}
          - {name: stranger, hostname: stranger, key_types: [ed25519], files: "{{ files }}"}
      vars:
        tune: none
        files:
          - {path: /etc/issue, template: issue.j2}
          - {path: /etc/motd, template: motd.j2, mode: "0600"}
          - {path: /etc/token, content: "{{ hostvars.pc01.token }}"}
"""
# What AWX's callback does when it is asked for the arguments of tasks.
CALLBACK = """\
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_NAME = "arguments"

    def v2_runner_on_ok(self, result):
        print("ARGUMENTS", result._task.args)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        print("ARGUMENTS", result._task.args)
"""


def play(folder: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the module on this machine, in check mode unless told otherwise."""
    (folder / "hosts.yml").write_text(HOSTS % sys.executable)
    (folder / "play.yml").write_text(PLAY)
    (folder / "callback_plugins").mkdir(exist_ok=True)
    (folder / "callback_plugins/arguments.py").write_text(CALLBACK)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    command = ["ansible-playbook", "-i", f"{folder}/hosts.yml", f"{folder}/play.yml", "-e", f"where={folder}/srv"]
    return subprocess.run(
        [str(BIN / command[0]), *command[1:], *arguments],
        cwd=CHECKOUT,
        env={**clean, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCAL_TEMP": str(folder / "tmp")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(name="folder")
def _folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """An inventory with a template beside it, that includes another, and one encrypted."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/issue.j2").write_text('{% include "name.j2" %}: {{ tune }} \\n\n')
    (tmp_path / "templates/name.j2").write_text("{{ inventory_hostname }}")
    (tmp_path / "motd.j2").write_text("{{ token | default('none') }}, with {{ hostvars.pc02.tune }}\n")
    (tmp_path / "password").write_text("password\n")
    password = f"--vault-password-file={tmp_path}/password"
    command = [str(BIN / "ansible-vault"), "encrypt", password, str(tmp_path / "motd.j2")]
    subprocess.run(command, capture_output=True, check=True)
    return tmp_path


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to root")
def test_templates_have_each_slaves_variables(folder: pathlib.Path) -> None:
    done = play(folder, "-vvv", "--diff", "--vault-password-file", str(folder / "password"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stderr
    assert "pc01: /etc/motd 0600 0:0" in done.stdout
    assert "ARGUMENTS {'directory': " in done.stdout
    assert "canary" not in done.stdout + done.stderr
    nodes = folder / "srv/nodes"
    issues = {node.name: (node / "files/etc/issue").read_text() for node in nodes.iterdir()}
    assert issues == {"pc01": "pc01: mazurka \\n\n", "pc02": "pc02: polka \\n\n", "stranger": "master01: none \\n\n"}
    assert (nodes / "pc01/files/etc/motd").read_text() == "canary, with polka\n"
    assert (nodes / "pc02/files/etc/motd").read_text() == "none, with polka\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "pc01: template motd.j2: is not there; looked in {0}/templates, {0}, and the playbook's own folders"),
        ("token: {{ token }}", "pc02: template {0}/motd.j2: 'token' is undefined"),
        ("a\n{{ token | nofilter }}", "pc01: template {0}/motd.j2: No filter named 'nofilter', line 2"),
        ("{{ [token, 'b'] | map('extract', {}) | list | first }}", "pc01: template {0}/motd.j2: "),
    ],
)
def test_templates_that_fail_show_no_value(folder: pathlib.Path, text: str | None, told: str) -> None:
    (folder / "motd.j2").unlink()
    if text is not None:
        (folder / "motd.j2").write_text(text)
    done = play(folder, "--check", "-vvv")
    said = " ".join((done.stdout + done.stderr).replace("''", "'").split())
    assert done.returncode != 0
    assert told.format(folder) in said
    assert "ARGUMENTS" in said
    assert "canary" not in said
    assert not (folder / "srv").exists()


@pytest.mark.parametrize("name", ["fleet_nodes", "fleet_ssh_files"])
def test_filters_are_documented(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.diskless.netboot.plugins.filter.{name}")
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert documentation["name"] == name
    assert yaml.safe_load(module.EXAMPLES)
    assert yaml.safe_load(module.RETURN)["_value"]["type"]
