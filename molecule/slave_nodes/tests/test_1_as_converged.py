"""What the role slave_nodes leaves on a master, and who can read it."""

from __future__ import annotations

import base64
import pathlib
import uuid

import pytest
from testinfra.host import Host

from tests.lab import scenario

TOP = "/srv/diskless"
NODE, OTHER = f"{TOP}/nodes/pc07", f"{TOP}/nodes/pc12"
IDENTITY = f"{TOP}/state/identity"
OWN = {
    "files/etc/hostid": "644 0:0",
    "files/etc/issue": "644 0:0",
    "files/etc/machine-id": "444 0:0",
    "files/etc/scores.conf": "640 0:44",
    "files/etc/ssh/ssh_host_ed25519_key": "600 0:0",
    "files/etc/ssh/ssh_host_ed25519_key.pub": "644 0:0",
    "files/etc/ssh/ssh_host_rsa_key": "600 0:0",
    "files/etc/ssh/ssh_host_rsa_key.pub": "644 0:0",
    "files/root/.ssh/authorized_keys": "600 0:0",
    "files/var/lib/systemd/random-seed": "600 0:0",
    "root-password": "600 0:0",
}
KEY = "etc/ssh/ssh_host_ed25519_key"


def rights(host: Host, folder: str, kind: str) -> dict[str, str]:
    """What is below a folder: path to mode and owners."""
    lines = host.check_output(f"find {folder} -mindepth 1 -type {kind} -printf '%P %m %U:%G\\n'").splitlines()
    found = (line.partition(" ") for line in lines)
    return {path: right for path, _space, right in found}


def test_a_slave_has_what_is_its_own_and_no_more(host: Host) -> None:
    assert rights(host, NODE, "f") == OWN
    assert rights(host, NODE, "l") == {}
    closed = {"files/root", "files/root/.ssh"}
    ways = rights(host, NODE, "d")
    assert {path: "700 0:0" if path in closed else "755 0:0" for path in ways} == ways


def test_directories_are_closed(host: Host) -> None:
    paths = [f"{TOP}/{path}" for path in ("nodes", "nodes/pc07", "nodes/pc12", "state/identity", "state/identity/pc07")]
    found = host.check_output(f"stat --format='%a %U:%G %n' {' '.join(paths)}")
    assert found.splitlines() == [f"700 root:root {path}" for path in paths]


def test_stored_identities_are_roots_alone(host: Host) -> None:
    assert set(rights(host, f"{IDENTITY}/pc07", "f").values()) == {"600 0:0"}


@pytest.mark.parametrize("user", ["nobody", "www-data"])
def test_another_user_on_the_master_reads_nothing(host: Host, user: str) -> None:
    """Neither by its path nor by looking around."""
    tried = [f"{NODE}/{path}" for path in OWN] + [f"{IDENTITY}/pc07/hostid", f"{OTHER}/files/etc/issue"]
    as_user = f"setpriv --reuid={user} --clear-groups"
    assert host.run(f"{as_user} cat {' '.join(tried)}").stdout == ""
    assert host.run(f"{as_user} find {TOP}/nodes {TOP}/state/identity -mindepth 1").stdout == ""
    # It is not the program that fails.
    assert host.run(f"{as_user} cat /etc/passwd").stdout != ""


def test_an_identity_is_what_the_slaves_programs_take(host: Host) -> None:
    text = host.file(f"{NODE}/files/etc/machine-id").content_string
    machine_id = uuid.UUID(text.strip())
    assert (len(text), machine_id.version, machine_id.variant) == (33, 4, uuid.RFC_4122)
    assert any(host.file(f"{NODE}/files/etc/hostid").content)
    assert host.file(f"{NODE}/files/etc/hostid").size == 4
    assert host.file(f"{NODE}/files/var/lib/systemd/random-seed").size == 512
    for kind, bits in (("ed25519", 256), ("rsa", 3072)):
        key = f"{NODE}/files/etc/ssh/ssh_host_{kind}_key"
        public = host.file(f"{key}.pub").content_string
        assert public.split()[:2] == host.check_output(f"ssh-keygen -y -f {key}").split()[:2]
        # Nothing in it tells where it was made.
        assert public.split()[2:] == ["pc07"]
        assert host.check_output(f"ssh-keygen -l -f {key}").startswith(f"{bits} ")


def test_two_slaves_share_nothing(host: Host) -> None:
    for path in ("etc/machine-id", "etc/hostid", "var/lib/systemd/random-seed", KEY, f"{KEY}.pub"):
        assert host.file(f"{NODE}/files/{path}").content != host.file(f"{OTHER}/files/{path}").content


def test_templates_have_the_slaves_own_variables(host: Host) -> None:
    assert host.file(f"{NODE}/files/etc/issue").content_string == "Welcome to pc07: mazurka\n"
    assert host.file(f"{OTHER}/files/etc/issue").content_string == "Welcome to pc12: polka\n"
    assert not host.file(f"{OTHER}/root-password").exists


def test_nothing_secret_is_said(host: Host, tmp_path: pathlib.Path) -> None:
    """All is made anew, in a folder of its own, with as many words as Ansible has for that."""
    folder = "/srv/said"
    scenario.converge(tmp_path, "-vvv", "--diff", slave_nodes_directory=folder)
    said = scenario.log(tmp_path).read_text()
    assert "/etc/scores.conf 0640 0:44" in said
    journal = host.check_output("journalctl --no-pager")
    assert "slave_nodes" in journal
    secrets = ["canary-content", "canarykey", "mGANFF", "OPENSSH PRIVATE KEY"]
    for path in (KEY, "etc/machine-id", "var/lib/systemd/random-seed", "etc/hostid"):
        content = host.file(f"{folder}/nodes/pc07/files/{path}").content
        # As it is, by lines, and in Base64, as far as the length of what stands before does not change it.
        secrets += [line for line in content.decode("latin-1").splitlines() if len(line) > 30 and line[0] != "-"]
        secrets.append(base64.b64encode(content).decode()[:40])
    found = [secret for secret in secrets if secret in said or secret in journal]
    assert found == []
    host.check_output(f"rm -r {folder}")
