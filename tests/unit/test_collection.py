"""The checkout works in a folder of any name, and the archive holds what an installed collection needs and no more."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tarfile

import pytest

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent


def run(*command: str, cwd: pathlib.Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of ansible-core's programs with no setting of the caller's; give its exit code and what it said."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=cwd,
        env={**clean, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A checkout of what git knows, in a folder whose name is not the collection's."""
    folder = tmp_path_factory.mktemp("some where") / "any name"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    ).stdout
    subprocess.run(
        ["rsync", "--archive", "--from0", "--files-from=-", "--ignore-missing-args", f"{CHECKOUT}/", f"{folder}/"],
        input=files,
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def archive(copy: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("archive")
    built = run("ansible-galaxy", "collection", "build", "--output-path", str(folder), cwd=copy)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def installed(archive: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("installed")
    done = run("ansible-galaxy", "collection", "install", "--offline", "-p", str(folder), str(archive), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


CALLS = [
    pytest.param(["ansible-playbook", "diskless.netboot.site", "--syntax-check"], id="site by its name"),
    pytest.param(["ansible-playbook", "diskless.netboot.validate"], id="the inventory is valid"),
    pytest.param(["ansible-doc", "-t", "module", "diskless.netboot.slave_tree"], id="a module's documentation"),
    pytest.param(["ansible-doc", "-t", "role", "diskless.netboot.dhcp_server"], id="a role's documentation"),
    pytest.param(["ansible-doc", "-t", "filter", "diskless.netboot.fleet"], id="a filter's documentation"),
]


@pytest.mark.parametrize(
    "call", [*CALLS, pytest.param(["ansible-playbook", "site.yml", "--syntax-check"], id="site.yml")]
)
def test_a_plain_checkout_works(copy: pathlib.Path, call: list[str]) -> None:
    inventory = ["-i", "inventories/library"] if call[0] == "ansible-playbook" else []
    done = run(*call, *inventory, cwd=copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stderr


@pytest.mark.parametrize("call", CALLS)
def test_the_installed_archive_works(installed: pathlib.Path, call: list[str]) -> None:
    library = installed / "ansible_collections/diskless/netboot/inventories/library"
    inventory = ["-i", str(library)] if call[0] == "ansible-playbook" else []
    done = run(*call, *inventory, cwd=installed, ANSIBLE_COLLECTIONS_PATH=str(installed))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_archive_holds_no_link_no_tests_and_no_build_files(archive: pathlib.Path) -> None:
    with tarfile.open(archive) as contents:
        members = contents.getmembers()
    assert [member.name for member in members if member.issym() or member.islnk()] == []
    assert {member.name.split("/")[0] for member in members} == {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "README.md",
        "changelogs",
        "docs",
        "execution-environment.yml",
        "inventories",
        "meta",
        "playbooks",
        "plugins",
        "requirements.txt",
        "roles",
        "site.yml",
    }
    assert not [member.name for member in members if "__pycache__" in member.name or "/collections/" in member.name]
