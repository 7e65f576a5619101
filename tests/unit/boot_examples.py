"""Machines for the tests of boot files."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries

READING = {
    "name": "reading",
    "title": "Reading room",
    "local": False,
    "kernel": "images/a/1/vmlinuz",
    "initrd": "images/a/1/initrd.img",
    "cmdline": ["root=/dev/nfs", 'dyndbg="file a +p"', "x=a`b$c%d{e}|f&g;h"],
}
DISK = {"name": "disk", "title": "Disk", "local": True, "kernel": None, "initrd": None, "cmdline": []}
PLAIN: dict[str, Any] = {
    "name": "pc02",
    "ip": "192.168.1.22",
    "macs": ["52:54:00:00:00:16"],
    "title": "pc02, a",
    "menu": None,
    "labels": [READING],
}
MENU: dict[str, Any] = {
    "name": "pc01",
    "ip": "192.168.1.21",
    "macs": [],
    "title": "The reading room",
    "menu": {"default": "disk", "timeout": 5, "help": ["- Reading: for readers.", "", "It's free."], "edit": False},
    "labels": [READING, DISK],
}
PAGE = boot_entries.Page("0 115200", "", 30, ("Not known here.", "", "Ask."))
HTTP = boot_entries.Page("", "http://192.168.1.1", 0, ())


def entry(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy with some fields changed; `menu` changes fields of the menu, `label` those of the first label."""
    result = copy.deepcopy(base)
    for field, value in changes.items():
        if field == "label":
            result["labels"][0].update(value)
        elif field == "menu" and value is not None:
            result["menu"].update(value)
        else:
            result[field] = value
    return result


def machine(base: dict[str, Any], **changes: Any) -> boot_entries.Machine:
    """One of them, read."""
    return boot_entries.machines([entry(base, **changes)])[0]
