"""validate.yml and site.yml by the real ansible-playbook: what the terminal shows, and when it says no."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = CHECKOUT / "inventories" / "library"
VALIDATE = "playbooks/validate.yml"


def play(playbook: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs in the checkout, as a user does, without what the tests' own environment sets."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, playbook, *map(str, arguments)],
        cwd=CHECKOUT,
        env={**environment, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(name="bad")
def _bad(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the library's inventory with three things wrong, one of them a template."""
    copy = tmp_path / "bad"
    shutil.copytree(LIBRARY, copy)
    hosts = copy / "hosts"
    hosts.write_text(re.sub(r"(?m)^(pc05 .*)$", r"\1 slave_imgae=x slave_colour=red", hosts.read_text()))
    (copy / "host_vars" / "pc07.yml").write_text('slave_ip: 10.0.0.1\nslave_cmdline: ["{{ nonsense }}"]\n')
    (copy / "group_vars" / "slaves.yml").write_text("slave_root: nbd_cow\n")
    return copy


ERRORS = """\
        Errors:
        pc05: slave_imgae: unknown variable; did you mean slave_image?
        pc07: slave_cmdline: cannot be templated: 'nonsense' is undefined
        pc01, pc02, pc03 and 17 more: slave_root: 'nbd_cow': is not built yet; allowed: nfs_overlay, nfs_tree
        pc07: slave_ip: '10.0.0.1': lies in no network; allowed: an address of 192.168.1.0/24
"""
WARNINGS = """\
        Warnings:
        pc05: slave_colour: unknown variable, nothing here reads it
"""


def test_the_library_is_valid() -> None:
    done = play(VALIDATE, "-i", LIBRARY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warnings:" not in done.stdout
    assert "changed=0" in done.stdout


def test_all_errors_are_shown_one_per_line(bad: pathlib.Path) -> None:
    done = play(VALIDATE, "-i", bad)
    assert done.returncode == 2
    assert ERRORS in done.stdout
    assert WARNINGS in done.stdout
    assert "The inventory has 4 error(s), shown above. Nothing was changed." in done.stdout


@pytest.mark.parametrize("limit", [[], ["--limit", "master01"], ["--tags", "nothing"]])
def test_site_touches_no_master_with_a_bad_inventory(bad: pathlib.Path, limit: list[str]) -> None:
    done = play("site.yml", "-i", bad, *limit)
    assert done.returncode == 2, done.stdout + done.stderr
    assert ERRORS in done.stdout
    assert "UNREACHABLE" not in done.stdout
    assert "TASK [diskless.netboot." not in done.stdout


def test_an_inventory_without_groups() -> None:
    done = play(VALIDATE, "-i", "localhost,")
    assert done.returncode == 2
    assert "inventory: masters: missing; allowed: a group masters with at least one host" in done.stdout
    assert "inventory: slaves: missing; allowed: a group slaves with at least one host" in done.stdout


@pytest.mark.parametrize("playbook", ["site.yml", "diskless.netboot.site", "diskless.netboot.validate"])
def test_syntax(playbook: str) -> None:
    done = play(playbook, "-i", LIBRARY, "--syntax-check")
    assert done.returncode == 0, done.stderr


def test_half_an_inventory_is_none(tmp_path: pathlib.Path) -> None:
    """Ansible by itself goes on with what stands before a broken line; the slaves after it would be withdrawn."""
    copy = tmp_path / "half"
    shutil.copytree(LIBRARY, copy)
    with (copy / "hosts").open("a") as hosts:
        hosts.write("pc26 slave_ip=192.168.1.46\n")  # a host with variables in a group of groups
    done = play(VALIDATE, "-i", copy)
    assert done.returncode != 0, "ansible.cfg must set any_unparsed_is_failed in [inventory]"
