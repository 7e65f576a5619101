"""What a changed inventory does to the masters."""

from __future__ import annotations

import pathlib

from tests.boot.library import Library

# 192.168.1.45, as PXELINUX asks for it.
_BOOT_FILE = "/srv/tftp/pxelinux.cfg/C0A8012D"
_TREE = "/srv/diskless/trees/pc25"


def _without(inventory: pathlib.Path, name: str, *ranges: tuple[str, str]) -> None:
    """Takes a slave out of a copy of the inventory; `ranges` are texts that named it, with what they become."""
    hosts = inventory / "hosts"
    text = "".join(line for line in hosts.read_text().splitlines(keepends=True) if not line.startswith(f"{name} "))
    for old, new in ranges:
        assert old in text
        text = text.replace(old, new)
    hosts.write_text(text)


def _exports(library: Library) -> str:
    return library.on_master("sh", "-c", "cat /etc/ganesha/*.conf /etc/exports.d/* 2>/dev/null || true")


def test_a_slave_that_is_taken_out_is_withdrawn_and_its_tree_kept_until_pruned(
    converged: Library, inventory_copy: pathlib.Path
) -> None:
    assert "192.168.1.45" in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE in _exports(converged)
    assert converged.on_master("ls", _BOOT_FILE) == f"{_BOOT_FILE}\n"

    _without(inventory_copy, "pc25", ("pc[16:25]", "pc[16:24]"), ("pc[21:25]", "pc[21:24]"))
    converged.site("withdraw", source=inventory_copy)
    assert "192.168.1.45" not in converged.on_master("cat", "/etc/kea/kea-dhcp4.conf")
    assert _TREE not in _exports(converged)
    assert converged.on_master("sh", "-c", f"ls {_BOOT_FILE} 2>/dev/null || true") == ""
    assert converged.on_master("ls", f"{_TREE}/etc/fstab") == f"{_TREE}/etc/fstab\n"

    converged.site("prune", "-e", "diskless_prune_trees=true", source=inventory_copy)
    assert converged.on_master("sh", "-c", f"ls -d {_TREE} 2>/dev/null || true") == ""


def test_one_slave_takes_as_many_tasks_as_twenty_five(converged: Library, inventory_copy: pathlib.Path) -> None:
    hosts = inventory_copy / "hosts"
    kept = [line for line in hosts.read_text().splitlines() if not line.startswith("pc") or line.startswith("pc01 ")]
    text = "\n".join(kept).replace("[reading_room]\n", "[reading_room]\npc01\n")
    hosts.write_text(text + "\n")
    many = converged.site("count-25", "--check")
    one = converged.site("count-1", "--check", source=inventory_copy)
    assert one.tasks == many.tasks
