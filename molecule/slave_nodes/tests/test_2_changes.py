"""What becomes of identities and files while slaves come, go and move.

Each test goes on where the one before has ended.
"""

from __future__ import annotations

import base64
import pathlib
from typing import Any

import pytest
from testinfra.host import Host

from tests.lab import scenario

TOP = "/srv/diskless"
IDENTITY = f"{TOP}/state/identity"
KEY = "etc/ssh/ssh_host_ed25519_key"
PARTS = ("machine-id", "hostid", "random-seed", "ssh_host_ed25519_key")
Slaves = dict[str, dict[str, Any]]


def digests(host: Host, folder: str) -> str:
    return str(host.check_output(f"cd {folder} && find . -type f -exec sha256sum {{}} + | sort"))


def test_a_slave_that_leaves_keeps_its_identity_and_nothing_else(
    slaves: Slaves, host: Host, tmp_path: pathlib.Path
) -> None:
    stays, leaves = digests(host, f"{IDENTITY}/pc07"), digests(host, f"{IDENTITY}/pc12")
    scenario.converge(tmp_path, slave_nodes_slaves=[slaves["pc07"]])
    assert not host.file(f"{TOP}/nodes/pc12").exists
    assert digests(host, f"{IDENTITY}/pc12") == leaves
    scenario.converge(tmp_path)
    assert (digests(host, f"{IDENTITY}/pc07"), digests(host, f"{IDENTITY}/pc12")) == (stays, leaves)
    there = f"{TOP}/nodes/pc12/files"
    assert host.file(f"{there}/{KEY}").content == host.file(f"{IDENTITY}/pc12/ssh_host_ed25519_key").content


def test_what_is_not_as_it_should_be_is_mended(slaves: Slaves, host: Host, tmp_path: pathlib.Path) -> None:
    """And a part that was taken away is made anew, the others stay."""
    node, store = f"{TOP}/nodes/pc07", f"{IDENTITY}/pc07"
    before = {part: host.file(f"{store}/{part}").content for part in PARTS}
    host.check_output(
        f"rm {store}/ssh_host_ed25519_key && chmod 0644 {store}/hostid && chmod 0755 {TOP}/nodes {node} && "
        f"echo x > {node}/files/etc/stray && mkdir {node}/files/opt && ln -sf /etc/shadow {node}/files/etc/issue && "
        f"rm -r {node}/files/root/.ssh && ln -s /root {node}/files/root/.ssh && mkdir {IDENTITY}/.new-left"
    )
    own = {**slaves["pc07"], "password_hash": None}
    own["files"][0]["content"] = "token=canary-other\n"
    scenario.converge(tmp_path, "--diff", slave_nodes_slaves=[own, slaves["pc12"]])
    said = scenario.log(tmp_path).read_text()
    assert "pc07: /etc/scores.conf 0640 0:44 (content changed)" in said
    assert "canary" not in said
    assert host.file(f"{node}/files/etc/scores.conf").content_string == "token=canary-other\n"
    for gone in ("files/etc/stray", "files/opt", "root-password"):
        assert not host.file(f"{node}/{gone}").exists
    assert not host.file(f"{IDENTITY}/.new-left").exists
    assert host.file(f"{node}/files/etc/issue").content_string == "Welcome to pc07: mazurka\n"
    assert not host.file(f"{node}/files/root/.ssh").is_symlink
    assert host.check_output(f"stat -c %a {TOP}/nodes {node} {store}/hostid").split() == ["700", "700", "600"]
    after = {part: host.file(f"{store}/{part}").content for part in PARTS}
    assert [part for part in PARTS if before[part] != after[part]] == ["ssh_host_ed25519_key"]
    assert host.file(f"{node}/files/{KEY}").content == after["ssh_host_ed25519_key"]


def test_an_identity_is_handed_over_and_replaces_none(slaves: Slaves, host: Host, tmp_path: pathlib.Path) -> None:
    handed = {part: base64.b64encode(host.file(f"{IDENTITY}/pc12/{part}").content).decode() for part in PARTS}
    here = digests(host, f"{IDENTITY}/pc07")
    kept = digests(host, f"{IDENTITY}/pc12")
    host.check_output(f"rm -r {IDENTITY}/pc12")
    given = {"pc12": handed, "pc07": {**handed, "hostid": "AQIDBA=="}}
    scenario.converge(tmp_path, "-vvv", slave_nodes_slaves=list(slaves.values()), slave_nodes_identities=given)
    assert digests(host, f"{IDENTITY}/pc12") == kept
    assert digests(host, f"{IDENTITY}/pc07") == here
    # Ansible itself shows the words of its command line.
    said = "\n".join(line for line in scenario.log(tmp_path).read_text().splitlines() if "--extra-vars" not in line)
    assert [part for part in PARTS if handed[part] in said] == []


def test_errors_show_no_content(slaves: Slaves, tmp_path: pathlib.Path) -> None:
    slaves["pc07"]["files"][0]["path"] = "/etc/machine-id"
    outcome = scenario.run(tmp_path, slave_nodes_slaves=list(slaves.values()))
    said = scenario.log(tmp_path).read_text()
    assert outcome.status != 0
    assert "pc07: /etc/machine-id: is part of the slave's identity: the master makes it" in said
    assert "canary" not in said


@pytest.mark.parametrize("prune", [False, True])
def test_identities_go_when_that_is_asked_for(host: Host, tmp_path: pathlib.Path, prune: bool) -> None:
    scenario.converge(tmp_path, slave_nodes_slaves=[], slave_nodes_prune=prune)
    assert host.file(f"{IDENTITY}/pc07").exists != prune
    assert host.check_output(f"ls -A {TOP}/nodes") == ""
