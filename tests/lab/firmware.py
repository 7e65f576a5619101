"""What QEMU needs to know for each kind of firmware. One entry a kind: a further one is a further entry."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil

from tests.lab.errors import LabError

_OVMF = pathlib.Path("/usr/share/OVMF")


@dataclasses.dataclass(frozen=True)
class Firmware:
    """`machine`: QEMU's arguments. `card`: what is added to the network card's. `cards`: those that it can boot from.

    `code` and `variables` are UEFI's two flash chips; each machine writes to a copy of the second.
    """

    machine: tuple[str, ...]
    card: str = ""
    cards: tuple[str, ...] = ("virtio-net-pci",)
    code: pathlib.Path | None = None
    variables: pathlib.Path | None = None


# Without a ROM of the card OVMF boots by its own network stack, as a PC's UEFI does. With QEMU's ROM, which is iPXE,
# shim refuses its own GRUB: that driver rounds the size of a file (docs/loaders.md).
_OWN_NETWORK_STACK = ",romfile=,bootindex=1"

_KINDS: dict[str, Firmware] = {
    # SeaBIOS, which boots the network card's own PXE ROM (iPXE).
    "bios": Firmware(("-machine", "pc", "-boot", "n"), cards=("virtio-net-pci", "e1000")),
    "uefi": Firmware(
        ("-machine", "q35"), _OWN_NETWORK_STACK, code=_OVMF / "OVMF_CODE_4M.fd", variables=_OVMF / "OVMF_VARS_4M.fd"
    ),
    # Microsoft's keys are enrolled and Secure Boot is on; system management mode guards the variables.
    "secureboot": Firmware(
        ("-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"),
        _OWN_NETWORK_STACK,
        code=_OVMF / "OVMF_CODE_4M.ms.fd",
        variables=_OVMF / "OVMF_VARS_4M.ms.fd",
    ),
}
NAMES = tuple(_KINDS)


def find(kind: str, card: str) -> Firmware:
    """The firmware of that name. Raises LabError for one that the lab has not, or that cannot boot from `card`."""
    if kind not in _KINDS:
        raise LabError(f"firmware {kind!r}: the virtual library has {', '.join(NAMES)}")
    if card not in _KINDS[kind].cards:
        raise LabError(f"firmware {kind!r} has no driver for {card}; it has {', '.join(_KINDS[kind].cards)}")
    return _KINDS[kind]


def arguments(firmware: Firmware, variables: pathlib.Path) -> list[str]:
    """QEMU's arguments for a machine with that firmware; `variables` is the machine's own copy (`own_variables`)."""
    command = list(firmware.machine)
    if firmware.code is not None:
        command += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={firmware.code}"]
        command += ["-drive", f"if=pflash,format=raw,unit=1,file={variables}"]
    return command


def own_variables(firmware: Firmware, variables: pathlib.Path) -> None:
    """Writes a machine's own copy of the variables as they come from the factory. Raises LabError without OVMF."""
    if firmware.variables is None:
        return
    try:
        shutil.copyfile(firmware.variables, variables)
    except FileNotFoundError as error:
        raise LabError(f"{error.filename}: no such file; `make demo` installs what the lab needs") from error
