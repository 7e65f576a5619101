"""What a changed inventory does to the masters."""

from __future__ import annotations

import pathlib
import shutil

import pytest

from tests.boot.library import Library
from tests.lab import paths
from tests.lab.playbook import Outcome

_OF_EACH_KIND = ("pc01", "pc07", "pc13", "pc19", "pc21")

# 192.168.1.45, as PXELINUX asks for it.
_BOOT_FILE = "/srv/tftp/pxelinux.cfg/C0A8012D"
_TREE = "/srv/diskless/trees/pc25"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A copy of inventories/library that has one slave of each kind left."""
    inventory = tmp_path_factory.mktemp("few") / "inventory"
    shutil.copytree(paths.CHECKOUT / "inventories/library", inventory)
    hosts = inventory / "hosts"
    lines = hosts.read_text().splitlines(keepends=True)
    hosts.write_text("".join(line for line in lines if not line.startswith("pc") or line[:4] in _OF_EACH_KIND))
    return inventory


@pytest.fixture(scope="module")
def withdrawn(converged: Library, few: pathlib.Path) -> Outcome:
    """What it took to withdraw the others, which were there."""
    assert "192.168.1.45" in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE in _exports(converged)
    assert converged.on_master("ls", _BOOT_FILE) == f"{_BOOT_FILE}\n"
    return converged.site("withdraw", source=few)


def _exports(library: Library) -> str:
    return library.on_master("sh", "-c", "cat /etc/ganesha/*.conf /etc/exports.d/* 2>/dev/null || true")


@pytest.mark.usefixtures("withdrawn")
def test_a_slave_that_is_taken_out_is_withdrawn_and_its_tree_kept_until_pruned(
    converged: Library, few: pathlib.Path
) -> None:
    assert "192.168.1.45" not in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE not in _exports(converged)
    assert converged.on_master("sh", "-c", f"ls {_BOOT_FILE} 2>/dev/null || true") == ""
    assert converged.on_master("ls", f"{_TREE}/etc/fstab") == f"{_TREE}/etc/fstab\n"

    converged.site("prune", "-e", "diskless_prune_trees=true", source=few)
    assert converged.on_master("sh", "-c", f"ls -d {_TREE} 2>/dev/null || true") == ""


def test_one_slave_of_each_kind_takes_as_many_tasks_as_twenty_five(converged: Library, withdrawn: Outcome) -> None:
    many = converged.site("restore")
    assert (withdrawn.tasks, withdrawn.handlers) == (many.tasks, many.handlers)
    assert withdrawn.changed > 0
    assert many.changed > 0
