"""validate.yml and site.yml by the real ansible-playbook: what the terminal shows, and when it says no."""

from __future__ import annotations

import json
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
# Nothing listens there: what comes to the master says so and ends.
AWAY = ("-e", "ansible_host=127.0.0.1", "-e", "ansible_port=9")


def play(playbook: str, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs in the checkout, as a user does, without what the tests' own environment sets; `more` is set besides."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    program = pathlib.Path(sys.executable).with_name("ansible-playbook")
    return subprocess.run(
        [program, playbook, *map(str, arguments)],
        cwd=CHECKOUT,
        env={**environment, "ANSIBLE_NOCOLOR": "1", **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(name="bad")
def _bad(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of the library's inventory with some things wrong, one of them a template, one what a template makes."""
    copy = tmp_path / "bad"
    shutil.copytree(LIBRARY, copy)
    hosts = copy / "hosts"
    hosts.write_text(re.sub(r"(?m)^(pc05 .*)$", r"\1 slave_imgae=x slave_colour=red", hosts.read_text()))
    (copy / "host_vars" / "pc07.yml").write_text('slave_ip: 10.0.0.1\nslave_cmdline: ["{{ nonsense }}"]\n')
    (copy / "group_vars" / "slaves.yml").write_text("slave_root: nbd_tree\n")
    with (copy / "group_vars" / "masters.yml").open("a") as masters:
        masters.write('nfs_server_lease_seconds: "{{ 100 * 30 }}"\n')
    return copy


ROOTS = "allowed: nfs_overlay, nfs_tree, nbd_overlay, nbd_cow, persist"
ERRORS = f"""\
        Errors:
        pc05: slave_imgae: unknown variable; did you mean slave_image?
        pc07: slave_cmdline: cannot be templated: 'nonsense' is undefined
        master01: nfs_server_lease_seconds: 3000: is out of range; allowed: a whole number from 10 to 120
        pc01, pc02, pc03 and 11 more: slave_root: 'nbd_tree': is unknown, did you mean 'nfs_tree'; {ROOTS}
        pc07: slave_ip: '10.0.0.1': lies in no network; allowed: an address of 192.168.1.0/24
"""
WARNINGS = """\
        Warnings:
        pc05: slave_colour: unknown variable, nothing here reads it
"""


def test_the_library_is_valid_also_with_templates_beside_it(tmp_path: pathlib.Path) -> None:
    copy = tmp_path / "mine"
    shutil.copytree(LIBRARY, copy)
    (copy / "templates").mkdir()
    (copy / "templates/issue.j2").write_text("{{ inventory_hostname }}: no inventory\n")
    done = play(VALIDATE, "-i", copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warnings:" not in done.stdout
    assert "changed=0" in done.stdout


def test_all_errors_are_shown_one_per_line(bad: pathlib.Path) -> None:
    done = play(VALIDATE, "-i", bad)
    assert done.returncode == 2
    assert ERRORS in done.stdout
    assert WARNINGS in done.stdout
    assert "The inventory has 5 error(s), shown above. Nothing was changed." in done.stdout


LIMITS = ["pc07", "pc07,pc08", "!pc07", "reading_room", "master01", "slaves:!localhost"]


@pytest.mark.parametrize("limit", LIMITS)
def test_no_limit_keeps_the_inventory_from_being_checked(bad: pathlib.Path, limit: str) -> None:
    done = play(VALIDATE, "-i", bad, "--limit", limit)
    assert done.returncode == 2, done.stdout + done.stderr
    assert ERRORS in done.stdout


def test_a_limit_does_not_make_a_good_inventory_a_bad_one() -> None:
    done = play(VALIDATE, "-i", LIBRARY, "--limit", "pc07")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "UNREACHABLE" not in done.stdout


@pytest.mark.parametrize("limit", ["pc07", "reading_room:!pc01"])
def test_a_limit_without_a_master_says_what_to_write(limit: str) -> None:
    done = play("site.yml", "-i", LIBRARY, "--limit", limit)
    assert done.returncode == 2, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert f"Nothing was done: --limit {limit} leaves out every master, and a slave is served by its master." in said
    assert "Write --limit master01, or leave --limit out." in said


@pytest.mark.parametrize("limit", [[], ["--limit", "master01"], ["--limit", "pc07,master01"]])
def test_a_run_with_a_master_goes_to_the_master(limit: list[str]) -> None:
    listed = play("site.yml", "-i", LIBRARY, "--list-hosts", *limit)
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"The masters serve their slaves.*\n.*\n +hosts \(1\):\n +master01\n", listed.stdout)
    done = play("site.yml", "-i", LIBRARY, *limit, *AWAY)
    assert "Nothing was done" not in done.stdout
    assert re.search(r"(?m)^\[?fatal: \[master01\]: UNREACHABLE!|master01 .*unreachable=1", done.stdout), done.stdout


def test_only_the_masters_of_the_slaves_in_the_limit_are_named(tmp_path: pathlib.Path) -> None:
    copy = tmp_path / "two"
    shutil.copytree(LIBRARY, copy)
    hosts = copy / "hosts"
    hosts.write_text(hosts.read_text().replace("\nmaster01\n", "\nmaster01\nmaster02 master_ip=192.168.1.2\n", 1))
    (copy / "group_vars" / "reading_room.yml").write_text("slave_image: reading_room\nslave_master: master02\n")
    with (copy / "group_vars" / "catalogue.yml").open("a") as variables:
        variables.write("slave_master: master01\n")
    done = play("site.yml", "-i", copy, "--limit", "pc07")
    assert "Write --limit master02, or leave" in " ".join(done.stdout.split()), done.stdout


def test_a_list_is_asked_of_images_alone() -> None:
    done = play("site.yml", "-i", LIBRARY, "-e", "diskless_list=true")
    assert done.returncode == 2
    assert "Nothing was done: diskless_list is for playbooks/images.yml." in " ".join(done.stdout.split())
    assert "UNREACHABLE" not in done.stdout


def test_a_pattern_that_names_nobody_reaches_no_master() -> None:
    done = play("playbooks/upgrade.yml", "-i", LIBRARY, "-e", "diskless_slaves=reading_rom:!pc03")
    assert done.returncode == 2
    assert "'reading_rom': matches no host or group, did you mean reading_room?" in " ".join(done.stdout.split())
    assert "UNREACHABLE" not in done.stdout


def test_without_netaddr_the_error_says_how_to_get_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "netaddr.py").write_text("raise ImportError('as if it were not installed')\n")
    done = play(VALIDATE, "-i", LIBRARY, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert "diskless.netboot needs the Python package netaddr where Ansible runs; install it: " in said
    assert "-m pip install netaddr" in said


@pytest.mark.parametrize("limit", [[], ["--limit", "master01"], ["--limit", "pc07"], ["--tags", "nothing"]])
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


PLAYBOOKS = [f"diskless.netboot.{name}" for name in ("site", "validate", "images", "upgrade", "rollback", "preview")]


@pytest.mark.parametrize("playbook", ["site.yml", *PLAYBOOKS])
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


# `.ssh` beside the inventory is a file here.
NO_FOLDER = [
    ("site", {}, False),
    ("upgrade", {"diskless_ssh_directory": None}, False),
    ("rollback", {"diskless_ssh_directory": ""}, True),
    ("images", {}, True),
]


@pytest.mark.parametrize(("playbook", "variables", "reached"), NO_FOLDER)
def test_a_folder_for_ssh_that_cannot_be_written_is_told_at_once(
    tmp_path: pathlib.Path, playbook: str, variables: dict[str, object], *, reached: bool
) -> None:
    copy = tmp_path / "library"
    shutil.copytree(LIBRARY, copy, ignore=shutil.ignore_patterns(".ssh"))
    (copy / ".ssh").touch()
    done = play(f"playbooks/{playbook}.yml", "-i", copy, *AWAY, "-e", json.dumps(variables))
    told = f"Nothing was done: {copy}/.ssh is no folder, and known_hosts and ssh_config of the fleet belong into"
    assert (told in " ".join(done.stdout.split())) is not reached, done.stdout
    assert ("UNREACHABLE" in done.stdout) is reached, done.stdout
    assert done.returncode != 0
