"""The kernel's arguments that an inventory wants, by docs/architecture.md, "The kernel command line of a slave"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import block_devices
from read_loaders import Argument, kernel_arguments


def arguments(
    slave: Mapping[str, Any], name: str, master: Mapping[str, Any], folder: str, label: Mapping[str, Any]
) -> list[Argument]:
    """What the kernel is told by a label of a slave's; `folder`: that of its image's generation."""
    server = master["master_ip"]
    kind = "nfs_overlay" if label.get("image") else slave["slave_root"]
    image = master["diskless_images"][label.get("image") or slave["slave_image"]]
    attached = block_devices.wanted(slave, name, kind, image, folder)
    root: list[Argument] = block_devices.root(kind, image)
    if kind == "nfs_overlay":
        root = [("nfsroot", f"{server}:/srv/diskless/{folder}"), ("ro", None), ("diskless.lower", "root.squashfs")]
    if kind == "nfs_tree":
        shared = f"/srv/diskless/{folder}/root.squashfs:/usr,/opt"
        root = [("nfsroot", f"{server}:/srv/diskless/trees/{name}"), ("rw", None), ("diskless.shared", shared)]
    mounts = [
        ("diskless.mount", f"{one['path']},nfs,{one['src'].replace('master:', f'{server}:', 1)},{one['opts']}")
        for one in slave.get("slave_mounts") or []
    ]
    units = [unit if "." in unit else f"{unit}.service" for unit in slave.get("slave_services") or []]
    consoles = slave.get("slave_consoles")
    words = [*_words(slave.get("slave_cmdline")), *_words(label.get("cmdline"))]
    return [
        ("root", "/dev/nbd0" if attached and kind not in ("nfs_overlay", "nfs_tree") else "/dev/nfs"),
        *root,
        *mounts,
        *block_devices.mounts(slave, attached),
        *block_devices.arguments(attached, server),
        *block_devices.swap(slave, kind, attached),
        ("diskless.node", f"{server}:585/{name}"),
        ("ip", "dhcp"),
        ("systemd.hostname", slave["slave_hostname"]),
        *(("systemd.wants", unit) for unit in units),
        *(("console", one) for one in (["ttyS0,115200n8", "tty0"] if consoles is None else consoles)),
        *words,
    ]


def _words(value: Any) -> list[Argument]:
    arguments: list[Argument] = kernel_arguments(value if isinstance(value, str) else " ".join(value or []))
    return arguments
