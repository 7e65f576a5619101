"""What people are shown of a master's generations."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.plugin_utils import listing
from fleet_inventory import GROUPS, fresh, generation, inventory

OLD = "trixie-0123456789ab-20260101T000000Z"
MORE: dict[str, Any] = {
    f"pc{number:02d}": {
        "slave_mac": f"02:00:00:00:00:{number:02d}",
        "slave_ip": f"192.168.1.{number + 20}",
        "slave_image": "reading_room",
    }
    for number in range(3, 9)
}
SLAVES = ["pc01", "pc02", *MORE]


def record(name: str, *, held: bool = False) -> dict[str, Any]:
    return {"reading_room": {"generation": name, "held": held, "before": [], "served": name}}


def test_a_table() -> None:
    groups = {**GROUPS, "slaves": SLAVES}
    new = generation(fresh(inventory(**MORE), groups), "reading_room")
    hosts = inventory(**{**MORE, "pc08": {**MORE["pc08"], "slave_generation": OLD}})
    boots = {slave: record(new) for slave in ("pc01", "pc03", "pc04", "pc06")}
    boots |= {"pc05": record(OLD, held=True), "pc07": record(OLD, held=True), "pc08": record(OLD)}
    facts: Any = {
        "images": {
            "reading_room": [
                {"name": OLD, "bytes": 999, "packages": 7},
                {"name": new, "bytes": 734_003_200, "packages": 412},
            ],
            "gone": [{"name": OLD, "bytes": 2_345_000_000, "packages": 1}],
        },
        "boots": boots,
        "started": {
            "pc01": f"reading_room/{new}",
            **dict.fromkeys(("pc03", "pc04", "pc07"), f"reading_room/{OLD}"),
            "pc05": f"gone/{OLD}",
            # Has no record, and so boots nothing next.
            "pc02": f"reading_room/{OLD}",
            "left": f"gone/{OLD}",
            "liar": "gone/nothing",
        },
        "users": {f"reading_room/{new}": ["nbd", "nfs"]},
        "unsure": ["nbd-server was started a moment ago"],
    }
    assert listing.listing(fresh(hosts, groups), "master01", facts) == [
        "master01: 3 generations in /srv/diskless/images, 3.1 GB",
        "",
        "catalogue (keep: 3): none yet",
        "",
        "reading_room (keep: 3)",
        "   generation                                size  packages  booted next by                  started last by  "
        "   open by",
        f"*  {new}  734 MB       412  pc01, pc03, pc04, pc06          pc01                nbd, nfs",
        f"   {OLD}     999 B         7  held: pc05, pc07; pinned: pc08  pc02 to pc04, pc07  -",
        "",
        "gone (not in the inventory)",
        "  generation                              size  packages  booted next by  started last by  open by",
        f"  {OLD}  2.3 GB         1  -               left, pc05       -",
        "",
        "* is what the inventory defines; what a slave has started last it runs until it is switched off",
        "To be started again, as they boot another next: pc03 to pc05",
        "Not sure who has what open: nbd-server was started a moment ago",
    ]


def test_who_moves() -> None:
    groups = {**GROUPS, "slaves": SLAVES}
    model = fresh(inventory(**MORE), groups)
    new = generation(model, "reading_room")
    boots = {**{slave: record(OLD) for slave in ("pc01", "pc03", "pc04", "pc05")}, "pc06": record(new)}
    facts: Any = {"images": {"catalogue": [{"name": generation(model, "catalogue")}]}, "boots": boots}
    model["new"] = {"master01": [["catalogue", OLD]]}
    assert listing.moves(model, "master01", facts) == [
        f"pc01, pc03 to pc05: reading_room: from {OLD} to {new}, which is built now",
        f"pc02: catalogue: from nothing to {generation(model, 'catalogue')}",
        f"pc07, pc08: reading_room: from nothing to {new}, which is built now",
        f"nobody yet: catalogue: {OLD} is built",
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["pc02", "pc01"], "pc01, pc02"),
        (["pc10", "pc08", "pc09", "pc11", "pc13"], "pc08 to pc11, pc13"),
        (["pc9", "pc10", "pc11"], "pc9 to pc11"),
        (["desk", "pc1", "pc01", "pc02", "pc03"], "desk, pc01, pc1, pc02, pc03"),
        (["b1", "a1", "a2", "a3"], "a1 to a3, b1"),
    ],
)
def test_names_together(names: list[str], expected: str) -> None:
    assert listing.together(names) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_960_000, "10.0 MB"),
        (734_003_200, "734 MB"),
        (2_345_000_000, "2.3 GB"),
        (15 << 40, "16 TB"),
    ],
)
def test_sizes(size: int, expected: str) -> None:
    assert listing.shown(size) == expected
