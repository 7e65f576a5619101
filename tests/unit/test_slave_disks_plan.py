"""What becomes of a slave's disk, whatever is there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import slave_disks_plan as plan
from ansible_collections.diskless.netboot.plugins.module_utils import slave_disks_record
from ansible_collections.diskless.netboot.plugins.module_utils.slave_disks_plan import Disk, Found

MIB = 1 << 20
PERSIST = Disk("pc07", "persist", 512 * MIB, "ext4", keep=True)
SWAP = Disk("pc07", "swap", 512 * MIB, "swap", keep=False)
SCRATCH = Disk("pc07", "scratch", 512 * MIB, "none", keep=False)
RAW = Disk("pc07", "raw", 512 * MIB, "none", keep=True)
RECORD = "/state/disks.json"


def found(mib: int = 512, content: str = "ext4", **other: Any) -> Found:
    return Found(mib * MIB, content, (1, 2), **other)


GONE = "was made once and is gone: is its file system mounted? Take it out of /state/disks.json to have it made anew"


def decided(
    disk: Disk,
    there: Found | None,
    *,
    reset: bool = False,
    made: str | None = None,
    used: bool = False,
    unsure: str = "",
) -> str:
    """The action, or the error."""
    users = [123, 456] if used else []
    try:
        step = plan.decide(disk, there, reset=reset, made=made, record=RECORD, users=lambda _: users, unsure=unsure)
    except ValueError as error:
        return str(error)
    return f"{step.action}, strange" if step.strange else step.action


@pytest.mark.parametrize(
    ("disk", "there", "options", "expected"),
    [
        pytest.param(PERSIST, None, {}, "made", id="new"),
        pytest.param(PERSIST, found(), {"made": "ext4"}, "left", id="as it should be"),
        pytest.param(PERSIST, found(), {"used": True}, "left", id="as it should be, in use"),
        pytest.param(PERSIST, found(private=False), {}, "owned", id="somebody else's"),
        pytest.param(PERSIST, found(256), {}, "grown", id="grows"),
        pytest.param(PERSIST, found(256), {"used": True}, "grown", id="grows, in use"),
        pytest.param(
            PERSIST, found(1024), {}, "cannot shrink from 1024 MiB to 512 MiB, as it holds data", id="shrinks"
        ),
        pytest.param(
            PERSIST, found(content="xfs"), {}, "holds xfs and not ext4; it is never formatted again", id="other"
        ),
        pytest.param(
            PERSIST,
            found(content=""),
            {},
            "holds nothing that blkid knows and not ext4; it is never formatted again",
            id="empty",
        ),
        pytest.param(RAW, found(content="xfs"), {}, "left", id="whatever a raw disk holds"),
        pytest.param(RAW, found(1024), {}, "cannot shrink from 1024 MiB to 512 MiB, as it holds data", id="raw, data"),
        pytest.param(PERSIST, found(regular=False), {}, "is no regular file", id="a link"),
        pytest.param(PERSIST, found(regular=False), {"reset": True}, "is no regular file", id="a link, reset"),
        pytest.param(PERSIST, None, {"made": "ext4"}, GONE, id="gone"),
        pytest.param(PERSIST, None, {"made": "ext4", "reset": True}, GONE, id="gone, reset"),
        pytest.param(PERSIST, found(content=""), {"made": "ext4"}, "left, strange", id="overwritten"),
        pytest.param(PERSIST, found(256, "xfs"), {"made": "ext4"}, "grown, strange", id="overwritten, grows"),
        pytest.param(
            PERSIST,
            found(content="xfs"),
            {"made": "xfs"},
            "holds xfs and not ext4; it is never formatted again",
            id="made as something else",
        ),
        pytest.param(
            PERSIST,
            found(),
            {"reset": True, "unsure": "why"},
            "cannot be reset yet: why; try again in a minute",
            id="reset, unsure",
        ),
        pytest.param(PERSIST, found(1024, "xfs"), {"reset": True}, "remade", id="reset whatever it is"),
        pytest.param(
            PERSIST,
            found(),
            {"reset": True, "used": True},
            "cannot be reset while pc07 runs on it: shut it down first; if it is off, 'kill 123 456' on the master ends"
            " the connection that it left",
            id="reset, in use",
        ),
        pytest.param(SWAP, found(content="swap"), {"used": True}, "left", id="swap"),
        pytest.param(SWAP, found(1024, "swap"), {}, "remade", id="swap shrinks"),
        pytest.param(SWAP, found(256, "swap"), {}, "remade", id="swap grows"),
        pytest.param(SWAP, found(256, "swap"), {"used": True}, "in_use", id="swap grows, in use"),
        pytest.param(SWAP, found(content=""), {}, "remade", id="swap that is none"),
        pytest.param(SWAP, found(256, "swap"), {"unsure": "why"}, "in_use", id="swap grows, unsure"),
        pytest.param(SWAP._replace(keep=True), found(256, "swap"), {}, "remade", id="swap holds no data"),
        pytest.param(SCRATCH, found(content="btrfs"), {}, "left", id="scratch"),
        pytest.param(SCRATCH, found(256, ""), {}, "grown", id="scratch grows"),
        pytest.param(SCRATCH, found(256, ""), {"used": True, "unsure": "why"}, "grown", id="scratch grows, in use"),
        pytest.param(SCRATCH, found(1024, ""), {}, "remade", id="scratch shrinks"),
        pytest.param(SCRATCH, found(1024, ""), {"used": True}, "in_use", id="scratch shrinks, in use"),
    ],
)
def test_decisions(disk: Disk, there: Found | None, options: dict[str, Any], expected: str) -> None:
    assert decided(disk, there, **options) == expected


def test_all_that_is_wrong_is_told() -> None:
    wanted = {disk.label: disk for disk in (PERSIST, RAW, SWAP)}
    there = {"pc07/persist": found(1024), "pc07/raw": found(regular=False)}
    expected = (
        "disk pc07/persist: cannot shrink from 1024 MiB to 512 MiB, as it holds data\ndisk pc07/raw: is no regular file"
    )
    with pytest.raises(ValueError, match=f"^{expected}$"):
        plan.plan(wanted, there, resets=(), known={}, record=RECORD, users=lambda _: [], unsure="")


def item(slave: str = "pc07", name: str = "x", mib: float = 512, filesystem: str = "ext4") -> dict[str, Any]:
    """One item of ``nbd_server_disks``."""
    return {"slave": slave, "name": name, "size": int(mib * MIB), "filesystem": filesystem, "keep": True}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item("../pc07")], "../pc07/x: slave and name must be plain file names"),
        (
            [item(name="scratch", filesystem="none")],
            "pc07/scratch: a disk by this name is thrown away, and must not keep",
        ),
        ([item(name=".x")], "pc07/.x: slave and name must be plain file names"),
        ([item(filesystem="vfat")], "pc07/x: filesystem must be one of ext4, xfs, btrfs, swap, none, not 'vfat'"),
        ([item(mib=0)], "pc07/x: size must be 1 MiB at least for ext4, not 0 MiB"),
        ([item(mib=1.5)], "pc07/x: size must be a multiple of 1048576 bytes, not 1572864"),
        ([item(mib=299, filesystem="xfs")], "pc07/x: size must be 300 MiB at least for xfs, not 299 MiB"),
        ([item(mib=100, filesystem="btrfs")], "pc07/x: size must be 109 MiB at least for btrfs, not 100 MiB"),
        ([item(), item(mib=1)], "pc07/x: is there twice"),
    ],
)
def test_what_is_no_disk(items: list[dict[str, Any]], expected: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(f'nbd_server_disks: {expected}')}$"):
        plan.disks_of(items)


@pytest.mark.parametrize(("others", "having"), [([PERSIST], "pc07"), ([], "none"), ([SWAP], "none")])
def test_slaves_without_the_disk_cannot_be_reset(others: list[Disk], having: str) -> None:
    expected = f"nbd_server_reset_slaves: no disk 'persist' here for pc08, pc09; with one: {having}"
    with pytest.raises(ValueError, match=f"^{expected}$"):
        plan.resets_of(["pc09", "pc08"], others)


@pytest.mark.parametrize(
    ("prune", "used", "expected"),
    [
        (False, False, {"removed": ["pc08/scratch", "pc08/swap"], "kept": ["pc08/data"], "in_use": []}),
        (False, True, {"removed": [], "kept": ["pc08/data"], "in_use": ["pc08/scratch", "pc08/swap"]}),
        (True, False, {"removed": ["pc08/data", "pc08/scratch", "pc08/swap"], "kept": [], "in_use": []}),
        (True, True, {"removed": [], "kept": [], "in_use": ["pc08/data", "pc08/scratch", "pc08/swap"]}),
    ],
)
def test_disks_that_nobody_wants_any_more(*, prune: bool, used: bool, expected: dict[str, list[str]]) -> None:
    there = {f"pc08/{name}": found() for name in ("data", "scratch", "swap")}
    there |= {"pc07/persist": found(), "pc08/link": found(regular=False)}
    users = [1] if used else []
    assert plan.withdrawn(["pc07/persist"], there, prune=prune, users=lambda _: users, unsure="") == expected
    unsure = plan.withdrawn(["pc07/persist"], there, prune=prune, users=lambda _: [], unsure="why")
    assert (unsure["removed"], unsure["in_use"]) == ([], expected["removed"] or expected["in_use"])


RUNS = {"LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled"}


@pytest.mark.parametrize(
    ("unit", "since", "sure"),
    [
        pytest.param({}, 40.0, True, id="long enough"),
        pytest.param({}, 41.0, False, id="not yet"),
        pytest.param({"ActiveState": "reloading"}, 40.0, True, id="a reload is no start"),
        pytest.param({"ActiveState": "activating"}, 0.0, False, id="starting"),
        pytest.param({"ActiveState": "inactive"}, 0.0, False, id="stopped for a while"),
        pytest.param({"ActiveState": "failed"}, 0.0, False, id="crashed"),
        pytest.param({"ActiveState": "inactive", "UnitFileState": "disabled"}, 0.0, True, id="ended"),
        pytest.param({"ActiveState": "inactive", "LoadState": "not-found"}, 0.0, True, id="never there"),
    ],
)
def test_when_it_is_known_what_slaves_use(unit: dict[str, str], since: float, *, sure: bool) -> None:
    values = {**RUNS, **unit, "ActiveEnterTimestampMonotonic": str(int(since * 1e6))}
    said = slave_disks_record.unsure("".join(f"{key}={value}\n" for key, value in values.items()), 60, 100.0)
    assert said == (
        "" if sure else "nbd-server has not run for 60 s yet, in which running slaves attach their disks again"
    )


def test_a_system_that_does_not_answer_tells_nothing() -> None:
    assert slave_disks_record.unsure("", 60, 100.0) != ""
