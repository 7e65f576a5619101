"""What hostile clients of a master ask for."""

from __future__ import annotations

import typing

from tests.boot import planted
from tests.boot.library import Library

SERVED, IMAGES = "/srv/tftp", f"{planted.DIRECTORY}/images"

# Others' trees and states, the folders of the master alone, and what lies on the same disk.
FORBIDDEN = (
    rf"{planted.DIRECTORY}/(trees|own)/(?!{{who}}$).*|{planted.DIRECTORY}/(nodes|state|disks|cache)(/.*)?"
    r"|/srv/tftp|/(?!srv).+|.*/\.\./.*"
)
# A slave may read these, its images as everybody and what is its own.
PUBLIC = rf"{IMAGES}/\w+/[\w-]+|{planted.DIRECTORY}/(trees|own)/{{who}}"

_AROUND = ("/", "/srv", planted.DIRECTORY, SERVED, "/etc", "/root", "/home", "/var/lib", "/var/lib/diskless-netboot")
_INNER = ("*", "*/*", "images/*/*", "state/*/*")
_ESCAPES = ("", "/../..", "/pxelinux.cfg/../../..", "/./../.././..", "//..//..")


def mounts(library: Library) -> list[str]:
    """Paths for an NFS client: all that is exported, what it lies in or beside, and ways out of it."""
    top = library.inside(planted.DIRECTORY)
    inner = [path.relative_to(top) for depth in _INNER for path in top.glob(depth) if path.is_dir()]
    ways = [f"{planted.DIRECTORY}/{path}/../../../nodes/pc01" for path in inner if path.match("images/*/*")]
    return [*_AROUND, *(f"{planted.DIRECTORY}/{path}" for path in inner), *ways]


def files(wanted: typing.Iterable[str]) -> list[str]:
    """Paths for a TFTP client that wants files of the master."""
    return [f"{way}{path}" for path in wanted for way in _ESCAPES]


def requests(library: Library, wanted: typing.Iterable[str]) -> list[str]:
    """Paths for an HTTP client that wants files of the master, or to be told what there is."""
    top = library.inside(SERVED)
    folders = ["", *(f"/{path.relative_to(top)}" for path in top.rglob("*") if path.is_dir())]
    ways = files(wanted)
    return [
        *ways,
        *(way.replace("..", "%2e%2e") for way in ways),
        *(way.replace("/..", "%2f..") for way in ways),
        *(f"{folder}{end}" for folder in folders for end in ("/", "/?C=M;O=A")),
    ]


def exports(library: Library, wanted: typing.Sequence[str]) -> list[str]:
    """Names for an NBD client: all that the server knows, and paths of files that a client wants."""
    below = [path.removeprefix(f"{planted.DIRECTORY}/") for path in wanted]
    known = library.on_master("sed", "--quiet", r"s/^\[\(.*\)\]$/\1/p", "/etc/nbd-server/config").splitlines()
    return [*known, *wanted, *below, *(f"..{path}" for path in wanted), "disks/pc07/../pc07/swap", ""]
