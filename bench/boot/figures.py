"""What a run of the benchmark of boots measured, and the page that shows it. Pure."""

from __future__ import annotations

import statistics
import typing

OURS, BARE, LTSP = "this collection", "bare initramfs", "LTSP"
WHO = (OURS, BARE, LTSP)
"""In the order of a round."""


class Boot(typing.TypedDict):
    """One power-on: seconds to each milestone (tests/lab/milestones.py), bytes of the frames until login by service."""

    who: str
    times: dict[str, float]
    bytes: dict[str, int]


class Run(typing.TypedDict):
    """All of it."""

    rounds: int
    generation: str
    boots: list[Boot]


class _Row(typing.NamedTuple):
    """A line of the table: what it says, its figure of a boot, digits behind the point."""

    name: str
    of: typing.Callable[[Boot], float]


_SECONDS = (
    _Row("address from the DHCP server", lambda boot: boot["times"]["dhcp"]),
    _Row("kernel running", lambda boot: boot["times"]["kernel"]),
    _Row("first bytes of the root", lambda boot: boot["times"]["root"]),
    _Row("login prompt", lambda boot: boot["times"]["login"]),
)
_MEGABYTES = (
    _Row("kernel, initramfs", lambda boot: (boot["bytes"]["tftp"] + boot["bytes"]["http"]) / 1e6),
    _Row("root", lambda boot: (boot["bytes"]["nfs"] + boot["bytes"]["nbd"]) / 1e6),
    _Row("together", lambda boot: sum(boot["bytes"].values()) / 1e6),
)

_PAGE = """\
# Boots against LTSP

Written by `make bench-boot ROUNDS={rounds}`, not by hand: one machine booted in turn by a master of this collection
(`slave_root: nfs_overlay`), by the same master with a bare initramfs, and by an LTSP server of Debian's packages;
{medians}. The machine is emulated by software, so its seconds are long, and compare with each other alone.
Bytes are those of the frames that it was sent from power-on to its login prompt.

| seconds to | {head} |
| --- | --- | --- | --- | --- | --- |
{seconds}

| MB sent | {head} |
| --- | --- | --- | --- | --- | --- |
{megabytes}

The same for all: the machine, its firmware (a BIOS with iPXE in its ROM), the kernel, the root with its packages and
settings, the program that is the NFS server (Ganesha).

The bare initramfs (`bench/boot/bare/init`) is the least that starts this root: some thirty lines that load drivers,
ask for an address, mount and hand over. It checks nothing, tries nothing again, and its slave has no identity and no
files of its own. What lies between it and this collection is what all that costs, or saves.

LTSP's own: its server is set up as its documentation has it, by `ltsp image`, `ltsp ipxe`, `ltsp initrd` and
`ltsp dnsmasq` (`bench/boot/ltsp/`), without the five seconds of its menu. So its kernel and initramfs come by TFTP,
here they come by HTTP; its initramfs is what initramfs-tools makes; its root is packed by gzip and read by NFS 3, and
has two packages more, `ltsp` and `zstd`. What happens in the slave before its login prompt differs too: LTSP sets up
accounts and masks services, this collection gives the slave its identity and its files.
"""


def page(run: Run) -> str:
    """The page for docs/, in Markdown."""
    rounds = run["rounds"]
    return _PAGE.format(
        rounds=rounds,
        medians=f"medians of {rounds} rounds" if rounds > 1 else "once each",
        head=" | ".join([*WHO, *(f"{who} : {LTSP}" for who in WHO if who != LTSP)]),
        seconds=_rows(run, _SECONDS),
        megabytes=_rows(run, _MEGABYTES),
    )


def told(run: Run) -> str:
    """The ratios that matter, in a line."""
    parts = []
    for row, unit in ((_SECONDS[-1], "s to login"), (_MEGABYTES[-1], "MB")):
        ours, bare, theirs = (_median(run, who, row) for who in WHO)
        parts.append(
            f"{ours:.1f} {unit} against {theirs:.1f} of LTSP, ratio {ours / theirs:.2f} "
            f"({BARE} {bare:.1f}, {bare / theirs:.2f})"
        )
    return "; ".join(parts)


def _rows(run: Run, rows: typing.Sequence[_Row]) -> str:
    lines = []
    for row in rows:
        ours, bare, theirs = (_median(run, who, row) for who in WHO)
        cells = [
            row.name,
            f"{ours:.1f}",
            f"{bare:.1f}",
            f"{theirs:.1f}",
            f"{ours / theirs:.2f}",
            f"{bare / theirs:.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _median(run: Run, who: str, row: _Row) -> float:
    return statistics.median(row.of(boot) for boot in run["boots"] if boot["who"] == who)
