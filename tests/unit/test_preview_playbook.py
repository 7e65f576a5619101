"""preview.yml by the real ansible-playbook, as far as it comes without a master; how it knows the roles' settings."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import Settings

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = CHECKOUT / "inventories" / "library"
ALLOWED = "allowed: pc01, pc02, pc03, "


def play(*arguments: object, inventory: pathlib.Path = LIBRARY) -> subprocess.CompletedProcess[str]:
    """Runs in the checkout, as a user does; nothing listens where the master would be."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    away = ["-e", "ansible_host=127.0.0.1", "-e", "ansible_port=9"]
    return subprocess.run(
        [program, "playbooks/preview.yml", "-i", inventory, *away, *map(str, arguments)],
        cwd=CHECKOUT,
        env={**environment, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


REFUSED: list[tuple[list[str], str]] = [
    ([], f"Say which slave: -e slave=pc01; {ALLOWED}"),
    (["-e", "slave=pc7"], f"slave: 'pc7': is no slave of this inventory, did you mean pc07?; {ALLOWED}"),
    (
        ["-e", "slave=pc07", "--limit", "pc07"],
        "--limit pc07 leaves out master01, which serves pc07. Leave --limit out: nothing else is reached.",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_it_refuses_reaches_no_master(arguments: list[str], message: str) -> None:
    done = play(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in " ".join(done.stdout.split())
    assert "UNREACHABLE" not in done.stdout


def test_a_good_name_goes_to_its_master_alone() -> None:
    done = play("-e", "slave=pc07")
    assert "UNREACHABLE" in done.stdout, done.stdout + done.stderr


def test_an_inventory_with_errors_shows_them(tmp_path: pathlib.Path) -> None:
    copy = tmp_path / "bad"
    shutil.copytree(LIBRARY, copy)
    (copy / "host_vars" / "pc07.yml").write_text("slave_ip: 10.0.0.1\n")
    done = play("-e", "slave=pc07", inventory=copy)
    assert done.returncode == 2
    assert "pc07: slave_ip: '10.0.0.1': lies in no network; allowed: an address of 192.168.1.0/24" in done.stdout
    assert "UNREACHABLE" not in done.stdout


def _role(role: str, folder: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHECKOUT / "roles" / role / folder / "main.yml").read_text())
    return found


def test_it_takes_the_roles_own_defaults() -> None:
    given = yaml.safe_load((CHECKOUT / "playbooks/vars/preview.yml").read_text())
    its = {"__preview_dhcp_files": given["__preview_dhcp_files"]}
    found = {
        key: jinja2.Environment(autoescape=False).from_string(text).render(its)
        for key, text in given["__preview_settings"].items()
    }
    boot, dhcp = _role("tftp_pxelinux", "defaults"), _role("dhcp_server", "defaults")
    assert found == {
        "boot_root": boot["tftp_pxelinux_root"],
        "serial": boot["tftp_pxelinux_serial"],
        "dhcp_backend": dhcp["dhcp_server_backend"],
        "dhcp_file": _role("dhcp_server", "vars")["__dhcp_server_kea_file"],
        "boot_policy_first": str(dhcp["dhcp_server_boot_policy_first"]),
        "lease_seconds": str(dhcp["dhcp_server_lease_seconds"]),
    }
    assert found.keys() == Settings.__annotations__.keys()


def test_it_reads_the_files_that_the_role_writes() -> None:
    its = _role("dhcp_server", "vars")
    given = yaml.safe_load((CHECKOUT / "playbooks/vars/preview.yml").read_text())["__preview_dhcp_files"]
    wanted = {backend: its[f"__dhcp_server_{backend}_file"] for backend in its["__dhcp_server_units"]}
    assert given == wanted
