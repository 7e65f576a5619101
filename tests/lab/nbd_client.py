"""An NBD client that reads whole exports, by libnbd's programs."""

from __future__ import annotations

import subprocess
import typing

from tests.lab.errors import LabError
from tests.lab.needles import PIECE_BYTES


def listed(enter: list[str], server: str) -> subprocess.CompletedProcess[str]:
    """What nbdinfo(1) says when it asks for all names."""
    return subprocess.run(
        [*enter, "nbdinfo", "--list", f"nbd://{server}"], capture_output=True, text=True, timeout=60, check=False
    )


def is_given(enter: list[str], server: str, export: str) -> bool:
    """Whether somebody gets an export when he attaches it."""
    asked = [*enter, "nbdinfo", "--size", f"nbd://{server}/{export}"]
    return subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode == 0


def read(enter: list[str], server: str, export: str) -> typing.Iterator[bytes]:
    """The bytes of an export that is given, piece by piece. Raises LabError."""
    with subprocess.Popen([*enter, "nbdcopy", f"nbd://{server}/{export}", "-"], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        while piece := client.stdout.read(PIECE_BYTES):
            yield piece
    if client.returncode:
        raise LabError(f"nbdcopy of {export}: exit status {client.returncode}")
