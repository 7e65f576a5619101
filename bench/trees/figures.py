"""What a run of the benchmark of trees measured, and the page that shows it. Pure."""

from __future__ import annotations

import statistics
import typing

OURS = "slave_tree"
RSYNC = "rsync -a"
_COPY = "cp -a"
_OWN = "rsync -a without /usr and /opt"
HOWS = (OURS, RSYNC, _COPY, _OWN)
"""How a slave gets a root of its own, in the order of a round."""

MADE, AGAIN, UPDATED = "made", "nothing to do", "to a newer generation"
STEPS = (MADE, AGAIN, UPDATED)
"""What is asked of the trees of a fleet, in that order."""

_FILE_SYSTEMS = {"ext4": "ext4", "xfs": "XFS"}
_TO_DO = {MADE: "all that the new ones need", AGAIN: "nothing"}


class One(typing.TypedDict):
    """One more slave: seconds until it is on the disk, bytes of blocks that it takes, files and directories."""

    filesystem: str
    how: str
    seconds: float
    bytes: int
    files: int


class Fleet(typing.TypedDict):
    """The trees of many slaves in one call; `what` is one of `STEPS`, or `RSYNC` for as many copies."""

    filesystem: str
    slaves: int
    what: str
    seconds: float
    bytes: int


class Site(typing.TypedDict):
    """A whole run of site.yml, and how many tasks changed something."""

    slaves: int
    what: str
    seconds: float
    changed: int


class Run(typing.TypedDict):
    """All of it."""

    rounds: int
    ones: list[One]
    fleets: list[Fleet]
    sites: list[Site]


def slave(number: int) -> str:
    """The name of a slave, from 1."""
    return f"pc{number:02}"


def hosts(slaves: int) -> str:
    """An inventory of that many slaves, to be given beside bench/inventory, whose first one is pc01."""
    more = [
        f"{slave(number)} slave_mac=52:54:00:00:01:{number:02x} slave_ip=192.168.2.{number}"
        for number in range(2, slaves + 1)
    ]
    return "\n".join(["[slaves]", slave(1), *more, ""])


def command(how: str, root: str, folder: str) -> list[str]:
    """What copies the tree `root` to FOLDER/copy."""
    if how == _COPY:
        return ["cp", "-a", root, f"{folder}/copy"]
    left_out = ["--exclude=/usr/*", "--exclude=/opt/*"] if how == _OWN else []
    return ["rsync", "-a", *left_out, f"{root}/", f"{folder}/copy/"]


def came_of(result: typing.Mapping[str, typing.Any], seconds: float) -> str:
    """What the module says that it has done, in a few words."""
    paths = max((len(tree["put"]) for tree in result["updated"]), default=0)
    updated = f", {len(result['updated'])} updated by {paths} paths each" if result["updated"] else ""
    return f"{seconds:.1f} s, {len(result['seeded'])} made{updated}"


def told(one: One) -> str:
    """A measurement in a few words."""
    return f"{one['seconds']:.1f} s, {_megabytes(one['bytes'])} MB, {one['files']} files"


_PAGE = """\
# What trees cost

Written by `make bench-trees ROUNDS={rounds}`, not by hand. A small image (Debian with a kernel and an SSH server), its
files in memory before they are copied; seconds by the master's clock until all is on the disk. What is taken of the
disk is what the file system says of itself: blocks that several files share count once. Compare figures with each
other alone: the machine is small.

## One more slave

With a tree of its own (`slave_root: nfs_tree`), by one call of the modules `volumes` and `slave_tree` without
Ansible around them, against a copy of the same root; {medians}. The slave mounts `/usr` and `/opt` from
its image, so its tree holds the rest. The last line copies just that too.

{ones}

A copy has what its image has at that time, and stays so. The tree has the slave's own `/etc/hosts` besides, appears by
one rename, and follows its image's generations without losing what the slave has changed.

## Fleets

One call of the module. *{updated}*: the image got one more package.

{fleets}

The copies were made one after the other, each removed before the next; those of {most} slaves are {times} times
those of {copies}.

## The whole of site.yml

All roles, on a master that is converged but for what is said; volumes lie on the machine's own ext4.

{sites}
"""


def page(run: Run) -> str:
    """The page for docs/, in Markdown."""
    rounds = run["rounds"]
    copies, most = _copies(run), max(fleet["slaves"] for fleet in run["fleets"])
    return _PAGE.format(
        rounds=rounds,
        medians=f"medians of {rounds} rounds, each of which did every line once" if rounds > 1 else "each done once",
        ones=_ones(run),
        updated=UPDATED.capitalize(),
        fleets=_fleets(run),
        copies=copies,
        most=most,
        times=f"{most / copies:g}",
        sites=_sites(run),
    )


def _copies(run: Run) -> int:
    return next(fleet["slaves"] for fleet in run["fleets"] if fleet["what"] == RSYNC)


def _ones(run: Run) -> str:
    rows = []
    for how in HOWS:
        cells = [f"`{how}`" if how == OURS else how]
        for kind in _kinds(run):
            mine = [one for one in run["ones"] if (one["how"], one["filesystem"]) == (how, kind)]
            cells += [f"{_median(mine, 'seconds'):.2f}", _megabytes(_median(mine, "bytes"))]
        files = _median([one for one in run["ones"] if one["how"] == how], "files")
        rows.append([*cells, f"{files:.0f}"])
    return _table(["", *_columns(run), "files"], rows)


def _fleets(run: Run) -> str:
    rows = []
    for slaves in sorted({fleet["slaves"] for fleet in run["fleets"] if fleet["what"] != RSYNC}):
        for what in STEPS:
            found = [_fleet(run, kind, slaves, what) for kind in _kinds(run)]
            rows.append([f"{slaves} trees, {what}", *_cells(found)])
        copied = [_fleet(run, kind, _copies(run), RSYNC) for kind in _kinds(run)]
        rows.append([f"{slaves} times `{RSYNC}`", *_cells(copied, slaves / _copies(run))])
    return _table(["", *_columns(run)], rows)


def _fleet(run: Run, kind: str, slaves: int, what: str) -> Fleet:
    return next(
        fleet
        for fleet in run["fleets"]
        if (fleet["filesystem"], fleet["slaves"], fleet["what"]) == (kind, slaves, what)
    )


def _sites(run: Run) -> str:
    rows = [
        [str(site["slaves"]), _TO_DO[site["what"]], f"{site['seconds']:.0f}", str(site["changed"])]
        for site in run["sites"]
    ]
    return _table(["slaves", "what there is to do", "seconds", "tasks that changed something"], rows)


def _kinds(run: Run) -> list[str]:
    return list(dict.fromkeys(fleet["filesystem"] for fleet in run["fleets"]))


def _columns(run: Run) -> list[str]:
    return [f"{_FILE_SYSTEMS[kind]}, {unit}" for kind in _kinds(run) for unit in ("seconds", "MB")]


def _cells(fleets: typing.Sequence[Fleet], times: float = 1) -> list[str]:
    return [
        cell for fleet in fleets for cell in (f"{fleet['seconds'] * times:.1f}", _megabytes(fleet["bytes"] * times))
    ]


def _median(ones: typing.Sequence[One], what: typing.Literal["seconds", "bytes", "files"]) -> float:
    return statistics.median(one[what] for one in ones)


def _table(head: typing.Sequence[str], rows: typing.Sequence[typing.Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.1f}"
