"""What an inventory wants of block devices, by its own words, for properties.py.

Written once more, from docs/inventory.md and docs/architecture.md, and not read from the code that makes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.diskless.netboot.plugins.plugin_utils import image_projections, nbd_projections, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from read_loaders import Argument

Hosts = dict[str, dict[str, Any]]
NBD_ROOTS = ("nbd_overlay", "nbd_cow", "persist")


class Attached(NamedTuple):
    """An export in the slave's order; `what`: image, persist, scratch, swap or a disk's name."""

    what: str
    export: str
    access: str


def wanted(slave: Mapping[str, Any], name: str, kind: str, image: Mapping[str, Any], folder: str) -> list[Attached]:
    """All that a slave attaches with a root of that kind, in order: image, upper or cow, swap, disks."""
    own = {"persist": ["persist"], "nbd_cow": ["scratch"]}.get(kind, [])
    own += ["swap"] if swap_kind(slave) == "nbd" else []
    own += [disk["name"] for disk in slave.get("slave_disks") or []]
    found = [Attached(what, f"disks/{name}/{what}", "rw") for what in own]
    if kind in NBD_ROOTS:
        found.insert(0, Attached("image", f"{folder}/{_file(image)}", "ro"))
    return found


def _file(image: Mapping[str, Any]) -> str:
    packed = image.get("nbd") or {}
    size = {None: "", "128M": ".128M", "4G": ".4096M", 500 << 20: ".500M"}[packed.get("size")]
    return f"root{size}.{packed.get('format') or 'squashfs'}"


def swap_kind(slave: Mapping[str, Any]) -> str:
    """The word for a slave's swap."""
    given = slave.get("slave_swap") or "none"
    kind: str = given["type"] if isinstance(given, dict) else given
    return kind


def root(kind: str, image: Mapping[str, Any]) -> list[Argument]:
    """What stands behind `root=` where the image is a block device."""
    if kind not in NBD_ROOTS:
        return []
    packed = (image.get("nbd") or {}).get("format") or "squashfs"
    more: dict[str, list[Argument]] = {
        "nbd_overlay": [],
        "persist": [("diskless.upper", "/dev/nbd1")],
        "nbd_cow": [("diskless.cow", "/dev/nbd1")],
    }
    return [("rootfstype", packed), ("rw" if kind == "nbd_cow" else "ro", None), *more[kind]]


def mounts(slave: Mapping[str, Any], attached: list[Attached]) -> list[Argument]:
    """The items `diskless.mount` of the slave's disks."""
    numbers = {one.what: number for number, one in enumerate(attached)}
    return [
        (
            "diskless.mount",
            f"{disk['path']},{disk.get('fstype') or 'ext4'},/dev/nbd{numbers[disk['name']]},"
            f"{disk.get('opts') or 'rw,nosuid,nodev'},x-systemd.growfs",
        )
        for disk in slave.get("slave_disks") or []
    ]


def arguments(attached: list[Attached], server: str) -> list[Argument]:
    """The items `diskless.nbd`."""
    return [("diskless.nbd", f"{number},{server},{one.export},{one.access}") for number, one in enumerate(attached)]


def swap(slave: Mapping[str, Any], kind: str, attached: list[Attached]) -> list[Argument]:
    """The item `diskless.swap`, where there is one."""
    given = slave.get("slave_swap")
    size = {None: "", "16M": f",{16 << 20}", "2G": f",{2 << 30}"}[
        given.get("size") if isinstance(given, dict) else None
    ]
    word = swap_kind(slave)
    if word == "nbd":
        return [("diskless.swap", f"/dev/nbd{[one.what for one in attached].index('swap')}")]
    if word == "file":
        return [("diskless.swap", f"file{size or f',{1 << 30}'}")] if kind in ("nfs_tree", "persist") else []
    return [("diskless.swap", f"zram{size}")] if word == "zram" else []


def check(hosts: Hosts, model: Fleet, master: str) -> None:
    """Asserts that a master's NBD server serves what its slaves attach, to them and to nobody else."""
    exports: dict[str, Any] = {str(one["name"]): one for one in nbd_projections.nbd_exports(model, master)}
    listed = nbd_projections.nbd_exports(model, master)
    assert len(exports) == len(listed) == len({str(one["path"]) for one in listed})
    attached = _attached(model, master)
    served = {(name, ip, one["access"]) for name, one in exports.items() for ip in one["clients"]}
    assert attached <= served
    assert all(ip in _never_its_own(hosts) for _name, ip, _access in served - attached)
    for name, one in exports.items():
        assert one["path"] == f"/srv/diskless/{name}"
        assert one["clients"]
        assert one["access"] == ("rw" if name.startswith("disks/") else "ro")
        owner = name.split("/")[1]
        assert one["access"] == "ro" or one["clients"] == [hosts[owner]["slave_ip"]]
    made = {f"disks/{one['slave']}/{one['name']}" for one in nbd_projections.disks(model, master)}
    assert made == {name for name in exports if name.startswith("disks/")}
    packed = {
        f"images/{one['name']}/{one['generation']}/{_file(one)}"
        for one in map(_definition(hosts), image_projections.images(model, master))
        if one["nbd"]
    }
    assert packed == {name for name in exports if name.startswith("images/")}


def _definition(hosts: Hosts) -> Any:
    """What replaces the sizes of a projected image by those of the inventory."""
    images = next(iter(hosts.values()))["diskless_images"]
    return lambda one: {**one, "nbd": (images[one["name"]].get("nbd") or {"size": None}) if one["nbd"] else None}


def _never_its_own(hosts: Hosts) -> set[str]:
    """The addresses of slaves whose menu does not offer their own root, which is served nevertheless."""
    return {
        slave["slave_ip"]
        for slave in hosts.values()
        if slave.get("slave_menu")
        and all(label.get("local") or label.get("image") for label in slave["slave_menu"]["labels"])
    }


def _attached(model: Fleet, master: str) -> set[tuple[str, str, str]]:
    """All exports that some command line names: export, the slave's address, access."""
    found: set[tuple[str, str, str]] = set()
    for entry in projections.boot_entries(model, master):
        labels: Any = entry["labels"]
        for label in labels:
            for item in label.get("cmdline", []):
                match = re.fullmatch(r"diskless\.nbd=\d+,([0-9.]+),([^,]+),(r[ow])", item)
                if match:
                    assert match[1] == model["masters"][master]["ip"]
                    found.add((match[2], str(entry["ip"]), match[3]))
    return found
