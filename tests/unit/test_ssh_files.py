"""known_hosts and ssh_config, as OpenSSH's own programs read them."""

from __future__ import annotations

import pathlib
import subprocess
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import fleet as fleet_model
from ansible_collections.diskless.netboot.plugins.plugin_utils import ssh_files
from fleet_inventory import GROUPS, inventory, network
from programs import program

ED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL2oTqs3VebFs6MG4yjjjRz1adrClfKEONJqKco8h5ib"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIND58Ans/66gfybB/55nWITVXbsNKO5qbsUzskWAhvvE"
NONE = {"known_hosts": "", "ssh_config": ""}
HEADER = "# Made by diskless.netboot: each run of site.yml writes it anew.\n"
KNOWN_HOSTS = f"""{HEADER}\
pc01,pc01.library.example,192.168.1.21 {ED}
pc02,pc02.library.example,192.168.1.22 {OTHER}
"""


def fleet(**hosts: Any) -> Any:
    return fleet_model.fleet(inventory(**hosts), GROUPS)


def made(directory: str = "/d", before: Any = None, keys: Any = None, **hosts: Any) -> dict[str, str]:
    given = {"pc01": [ED], "pc02": [OTHER]} if keys is None else keys
    return ssh_files.ssh_files(fleet(**hosts), given, before or NONE, directory)


def test_known_hosts() -> None:
    assert made()["known_hosts"] == KNOWN_HOSTS


@pytest.mark.parametrize("name", ["pc01", "PC01", "pc01.library.example", "192.168.1.21"])
def test_ssh_keygen_finds_each_name(tmp_path: pathlib.Path, name: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(made()["known_hosts"])
    command = [program("ssh-keygen", "openssh-client"), "-F", name, "-f", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [line.partition(" ")[2] for line in found.splitlines() if not line.startswith("#")] == [ED]


@pytest.mark.parametrize("name", ["pc01", "pc01.library.example", "192.168.1.21"])
def test_ssh_takes_the_configuration(tmp_path: pathlib.Path, name: str) -> None:
    """Also where the folder's name has a space."""
    folder = tmp_path / "my inventory"
    folder.mkdir()
    (folder / "ssh_config").write_text(made(str(folder))["ssh_config"])
    command = [program("ssh", "openssh-client"), "-G", "-F", str(folder / "ssh_config"), name]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {key: value for key, _space, value in (line.partition(" ") for line in lines)}
    wanted = {
        "hostname": "192.168.1.21",
        "hostkeyalias": "pc01",
        "user": "root",
        "userknownhostsfile": f"{folder}/known_hosts",
        "globalknownhostsfile": "none",
        "stricthostkeychecking": "true",
    }
    assert {key: found[key] for key in wanted} == wanted


def test_what_another_master_serves_stays_and_what_left_goes() -> None:
    """The run was limited to pc01's master; pc02 has another address since, and pc03 is no slave any more."""
    before = {"known_hosts": f"{KNOWN_HOSTS}pc03,192.168.1.23 {ED}\n", "ssh_config": HEADER}
    found = made(before=before, keys={"pc01": [OTHER]}, pc02={"slave_ip": "192.168.1.32"})
    assert found["known_hosts"].splitlines()[1:] == [
        f"pc01,pc01.library.example,192.168.1.21 {OTHER}",
        f"pc02,pc02.library.example,192.168.1.32 {OTHER}",
    ]
    assert "Host pc02 pc02.library.example 192.168.1.32\n    HostName 192.168.1.32\n" in found["ssh_config"]
    assert "pc03" not in found["ssh_config"]


def test_a_second_run_changes_nothing() -> None:
    first = made()
    assert made(before=first, keys={}) == first
    assert made(before=first) == first


def test_a_slave_without_keys_is_left_out() -> None:
    """Before its master's first run; a slave that ssh knows nothing of must not be trusted."""
    found = made(keys={"pc01": [ED], "pc02": []})
    assert "pc02" not in found["known_hosts"] + found["ssh_config"]


def test_names_without_a_domain_and_of_others() -> None:
    found = made(everywhere=network(domain=None), pc01={"slave_hostname": "desk"})
    assert found["known_hosts"].splitlines()[1] == f"pc01,desk,192.168.1.21 {ED}"


@pytest.mark.parametrize("name", ["known_hosts", "ssh_config"])
def test_files_of_others_are_left_alone(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^/d/{name} was not made by a run; move it away, or name another folder"):
        made(before={**NONE, name: "github.com ssh-ed25519 AAAA\n"})


@pytest.mark.parametrize("directory", ["inventories", '/a"b', "/a%b", "/a\nb", "/$HOME"])
def test_folders_that_ssh_cannot_be_told(directory: str) -> None:
    with pytest.raises(ValueError, match=r"no absolute path that ssh_config\(5\) can hold$"):
        made(directory)


def test_keys_that_are_none() -> None:
    with pytest.raises(ValueError, match=r"^pc01: what is told as its public key is none$"):
        made(keys={"pc01": ["ssh-ed25519 AAAA\n* ssh-rsa AAAA"]})
