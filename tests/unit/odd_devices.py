"""Odd values of what concerns block devices, for odd_inventories.py."""

from __future__ import annotations

import string
from random import Random
from typing import Any

LOWER = string.ascii_lowercase + string.digits


def image(chance: Random) -> dict[str, Any]:
    """An image without its name."""
    if chance.random() < 0.5:
        return {}
    packed = chance.choice(["squashfs", "erofs", "ext4", "btrfs"])
    if packed in ("ext4", "btrfs") and chance.random() < 0.5:
        return {"nbd": {"format": packed, "size": chance.choice(["128M", "4G", 500 << 20])}}
    return {"nbd": {"format": packed}}


def root(chance: Random, its_image: dict[str, Any]) -> str:
    """A kind of root that a slave can have with an image."""
    # Only what can be written to has one.
    sized = "size" in its_image.get("nbd", {})
    by_nbd = ["nbd_overlay", "persist", *(["nbd_cow"] if sized else [])]
    return chance.choice(["nfs_overlay", "nfs_overlay", "nfs_tree", *by_nbd])


def devices(chance: Random, its_root: str) -> dict[str, Any]:
    """What a slave with a root of that kind keeps on devices of its own."""
    found: dict[str, Any] = {}
    if chance.random() < 0.3:
        found["slave_persist_size"] = chance.choice(["16M", "1T", 20480 << 10])
    if chance.random() < 0.4:
        # A file must leave room for what a slave writes else.
        roomy = its_root == "nfs_tree" or (its_root == "persist" and found.get("slave_persist_size", "1T") == "1T")
        kind = chance.choice(["none", "zram", "nbd", *(["file"] if roomy else [])])
        size = chance.choice(["16M", "2G", None])
        found["slave_swap"] = chance.choice([kind, {"type": kind}, {"type": kind, "size": size}])
    if chance.random() < 0.4:
        names = {"".join(chance.choices(LOWER, k=chance.randint(1, 12))) for _index in range(chance.randint(1, 4))}
        found["slave_disks"] = [
            {"name": f"d{name}", "size": "512M", "path": f"/var/lib/{name}", **_disk(chance)} for name in sorted(names)
        ]
    return found


def _disk(chance: Random) -> dict[str, Any]:
    """What a disk may say besides."""
    found: dict[str, Any] = {}
    if chance.random() < 0.5:
        found["fstype"] = chance.choice(["ext4", "xfs", "btrfs"])
    if chance.random() < 0.5:
        found["opts"] = chance.choice(["rw", "noatime,x=%d", "context=a:b:c@d"])
    return found
