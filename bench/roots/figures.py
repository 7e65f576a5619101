"""What a run of the benchmark measured, and the page that shows it. Pure."""

from __future__ import annotations

import statistics
import typing


class Case(typing.NamedTuple):
    """A kind of root and what the image is packed into."""

    root: str
    format: str


CASES = (
    Case("nfs_overlay", "squashfs"),
    Case("nbd_overlay", "squashfs"),
    Case("nbd_overlay", "erofs"),
    Case("nbd_overlay", "ext4"),
    Case("nbd_cow", "ext4"),
    Case("nbd_overlay", "btrfs"),
    Case("nbd_cow", "btrfs"),
)
"""In the order of a round: those of one format follow each other, as each change of it runs the playbooks."""


class File(typing.TypedDict):
    """A file that holds the image: its length, what it takes on the master's disk, how long its programs ran."""

    bytes: int
    allocated: int
    seconds: float


class Boot(typing.TypedDict):
    """One power-on: seconds to the login prompt, bytes of the frames that the slave was sent until then, by service."""

    root: str
    format: str
    seconds: float
    bytes: dict[str, int]


class Run(typing.TypedDict):
    """All of it; `files` by format."""

    rounds: int
    generation: str
    files: dict[str, File]
    boots: list[Boot]


_PAGE = """\
# What NBD roots cost

Written by `make bench-roots ROUNDS={rounds}`, not by hand: one image of one generation, one slave, {alternating}.
The slave is emulated by software, so its seconds are long, and compare with each other alone. Bytes are those of the
frames that it was sent from power-on to its login prompt; kernel and initramfs come by HTTP. The initramfs is that of a
generation which serves all of these kinds: what NBD needs is in it (Perl, 6 MB), also for the one that comes by NFS.

| root | format | seconds to login | root fetched, MB | kernel and initramfs, MB | together, MB |
| --- | --- | --- | --- | --- | --- |
{boots}

What the master stores, and how long it packs. `squashfs` is part of every generation; the others are made of it where
the inventory asks for them. Seconds are those of the programs that do it: for `squashfs` out of the root as a tree, for
the others out of that file, which they unpack first.

| format | file, MB | on the disk, MB | seconds to pack |
| --- | --- | --- | --- |
{files}
"""


def page(run: Run) -> str:
    """The page for docs/, in Markdown."""
    alternating = f"median of {run['rounds']} rounds, in each of which every kind booted once"
    return _PAGE.format(
        rounds=run["rounds"],
        alternating=alternating if run["rounds"] > 1 else "each kind booted once",
        boots="\n".join(_boot_row(case, run["boots"]) for case in CASES),
        files="\n".join(_file_row(name, file) for name, file in run["files"].items()),
    )


def _boot_row(case: Case, boots: typing.Sequence[Boot]) -> str:
    mine = [boot for boot in boots if (boot["root"], boot["format"]) == case]
    seconds = statistics.median(boot["seconds"] for boot in mine)
    root = statistics.median(boot["bytes"]["nfs"] + boot["bytes"]["nbd"] for boot in mine)
    kernel = statistics.median(boot["bytes"]["http"] + boot["bytes"]["tftp"] for boot in mine)
    sizes = " | ".join(_megabytes(size) for size in (root, kernel, root + kernel))
    return f"| `{case.root}` | `{case.format}` | {seconds:.1f} | {sizes} |"


def _file_row(name: str, file: File) -> str:
    return f"| `{name}` | {_megabytes(file['bytes'])} | {_megabytes(file['allocated'])} | {file['seconds']:.1f} |"


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.1f}"
