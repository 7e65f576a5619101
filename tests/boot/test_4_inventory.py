"""What a changed inventory does to the masters."""

from __future__ import annotations

import pathlib

from tests.boot.library import Library

# 192.168.1.45, as PXELINUX asks for it.
_BOOT_FILE = "/srv/tftp/pxelinux.cfg/C0A8012D"
_TREE = "/srv/diskless/trees/pc25"

_OF_EACH_KIND = ("pc01", "pc07", "pc13", "pc19", "pc21")


def _without(inventory: pathlib.Path, name: str) -> None:
    """Takes a slave out of a copy of the inventory."""
    hosts = inventory / "hosts"
    lines = hosts.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{name} ")]
    assert len(kept) == len(lines) - 1
    hosts.write_text("".join(kept))


def _exports(library: Library) -> str:
    return library.on_master("sh", "-c", "cat /etc/ganesha/*.conf /etc/exports.d/* 2>/dev/null || true")


def test_a_slave_that_is_taken_out_is_withdrawn_and_its_tree_kept_until_pruned(
    converged: Library, inventory_copy: pathlib.Path
) -> None:
    assert "192.168.1.45" in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE in _exports(converged)
    assert converged.on_master("ls", _BOOT_FILE) == f"{_BOOT_FILE}\n"

    _without(inventory_copy, "pc25")
    converged.site("withdraw", source=inventory_copy)
    assert "192.168.1.45" not in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE not in _exports(converged)
    assert converged.on_master("sh", "-c", f"ls {_BOOT_FILE} 2>/dev/null || true") == ""
    assert converged.on_master("ls", f"{_TREE}/etc/fstab") == f"{_TREE}/etc/fstab\n"

    converged.site("prune", "-e", "diskless_prune_trees=true", source=inventory_copy)
    assert converged.on_master("sh", "-c", f"ls -d {_TREE} 2>/dev/null || true") == ""


def test_one_slave_of_each_kind_takes_as_many_tasks_as_twenty_five(
    converged: Library, inventory_copy: pathlib.Path
) -> None:
    hosts = inventory_copy / "hosts"
    kept = [line for line in hosts.read_text().splitlines() if not line.startswith("pc") or line[:4] in _OF_EACH_KIND]
    hosts.write_text("\n".join(kept) + "\n")
    few = converged.site("count-few", source=inventory_copy)
    many = converged.site("count-25")
    assert (few.tasks, few.handlers) == (many.tasks, many.handlers)
    assert few.changed > 0
    assert many.changed > 0
