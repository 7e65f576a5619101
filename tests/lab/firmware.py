"""What QEMU needs to know for each kind of firmware. One entry a kind: a further one is a further entry."""

from __future__ import annotations

from tests.lab.errors import LabError

_ARGUMENTS: dict[str, tuple[str, ...]] = {
    # SeaBIOS, which boots the network card's own PXE ROM (iPXE).
    "bios": ("-machine", "pc", "-boot", "n"),
}


def arguments(kind: str) -> tuple[str, ...]:
    """QEMU's arguments for a firmware. Raises LabError for one that the lab does not have."""
    if kind not in _ARGUMENTS:
        raise LabError(f"firmware {kind!r}: the virtual library has {', '.join(sorted(_ARGUMENTS))}")
    return _ARGUMENTS[kind]
