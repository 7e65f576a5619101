"""What the DHCP server of the scenarios `dhcp_server*` must answer, whichever server it is: one table.

The values are those of molecule/shared/dhcp_server/group_vars/masters.yml, written down once more: what is computed
there is spelt out here.
"""

from __future__ import annotations

import dataclasses
import typing

from tests.lab.dhcp_client import Client, pxe

PC01 = "52:54:00:00:00:21"
PC02 = "52:54:00:00:00:22"
PC02_SECOND = "52:54:00:00:01:22"
GRUB = "52:54:00:00:00:23"
IPXE = "52:54:00:00:00:24"
ETHERBOOT = "52:54:00:00:00:25"
PXELINUX = "52:54:00:00:00:26"
FOREIGN = "52:54:00:00:00:31"
STRANGER = "52:54:00:00:09:99"
POOL = tuple(f"192.168.1.{number}" for number in range(200, 210))

NEXT_SERVER = "192.168.1.2"
ROUTER = "192.168.1.254"
# Options by scapy's names; every machine of the network is told them.
COMMON = {
    "subnet_mask": ["255.255.255.0"],
    "router": [ROUTER],
    "name_server": ["192.168.1.254", "192.168.1.252"],
    "domain": ["library.example"],
    "NTP_server": ["192.168.1.253"],
    "lease_time": [3600],
}
HTTP = "http://192.168.1.2/"
LPXELINUX = "lpxelinux.0"
GRUB_BIOS = "grub/i386-pc/core.0"
GRUB_X64 = "grub/x86_64-efi/core.efi"
GRUB_X86 = "grub/i386-efi/core.efi"
GRUB_ARM = "grub/arm-efi/core.efi"
GRUB_ARM64 = "grub/arm64-efi/core.efi"
SHIM = "shimx64.efi"
SCRIPT = f"{HTTP}ipxe/boot.ipxe"
UNDIONLY = "ipxe/undionly.kpxe"
SNPONLY = "ipxe/snponly.efi"
ELF = "etherboot/ipxe_i386.elf"
NBI = "etherboot/ipxe_i386.nbi"


@dataclasses.dataclass(frozen=True)
class Case:
    """A client and its answer: one of `addresses` (none: nobody answers it), the boot file, its name, option 60."""

    name: str
    client: Client
    addresses: tuple[str, ...]
    file: str = ""
    hostname: str | None = None
    vendor_class: str | None = None


def _pc01(name: str, client: Client, file: str, vendor_class: str | None = None) -> Case:
    return Case(name, client, ("192.168.1.21",), file, "pc01", vendor_class)


def _stranger(name: str, client: Client, file: str, vendor_class: str | None = None) -> Case:
    return Case(name, client, POOL, file, None, vendor_class)


def expected(case: Case) -> dict[str, typing.Any]:
    """All that a client is told beside its address; an option that is not sent is null."""
    return {
        **COMMON,
        "next_server": NEXT_SERVER,
        "file": case.file,
        "hostname": None if case.hostname is None else [case.hostname],
        "vendor_class_id": None if case.vendor_class is None else [case.vendor_class],
        # "no-pxedhcp", an option of one byte.
        "ipxe": ["b00101"] if case.client.user_class in ("iPXE", "\x04iPXE") else [],
    }


def told(answer: dict[str, typing.Any]) -> dict[str, typing.Any]:
    """The same of an answer (`dhcp_client.understood`), without what servers add of their own, like renewal times."""
    names = (*COMMON, "hostname", "vendor_class_id")
    return {
        **{name: answer["options"].get(name) for name in names},
        "next_server": answer["next_server"],
        "file": answer["file"],
        "ipxe": answer["ipxe"],
    }


CASES = (
    _pc01("BIOS", pxe(PC01, 0), LPXELINUX),
    _pc01("BIOS that does not ask for option 67", pxe(PC01, 0, file_options=False), LPXELINUX),
    _pc01("UEFI x64", pxe(PC01, 7), SHIM),
    _pc01("UEFI x64 by its first number", pxe(PC01, 9), SHIM),
    _pc01("UEFI x86", pxe(PC01, 6), GRUB_X86),
    _pc01("UEFI Arm", pxe(PC01, 10), GRUB_ARM),
    _pc01("UEFI Arm 64", pxe(PC01, 11), GRUB_ARM64),
    _pc01("firmware that nobody has a loader for", pxe(PC01, 27), ""),
    _pc01("UEFI x64 by HTTP", pxe(PC01, 16), f"{HTTP}{GRUB_X64}", "HTTPClient"),
    _pc01("UEFI x86 by HTTP", pxe(PC01, 15), f"{HTTP}{GRUB_X86}", "HTTPClient"),
    _pc01("UEFI Arm 64 by HTTP", pxe(PC01, 19), f"{HTTP}{GRUB_ARM64}", "HTTPClient"),
    _pc01("iPXE of a BIOS", pxe(PC01, 0, user_class="iPXE"), SCRIPT),
    _pc01("iPXE of UEFI", pxe(PC01, 7, user_class="iPXE"), SCRIPT),
    _pc01("user class as RFC 3004 has it", pxe(PC01, 7, user_class="\x04iPXE"), SCRIPT),
    _pc01("another user class", pxe(PC01, 7, user_class="an iPXE"), SHIM),
    _pc01("Etherboot", Client(PC01, vendor_class="Etherboot-5.4"), NBI),
    _pc01("PXE without an architecture", Client(PC01, vendor_class="PXEClient"), LPXELINUX),
    _pc01("vendor class with PXEClient elsewhere than at its beginning", Client(PC01, vendor_class="no PXEClient"), ""),
    _pc01("an admin's own rule", Client(PC01, 0, "Odd, #1 of its kind"), "a,b #c;{d}%e$f'g&h:i=j*.0"),
    _pc01("running system", Client(PC01, client_id="ff0102030405", vendor_class="udhcp 1.35.0", hostname="other"), ""),
    _pc01("initramfs", Client(PC01, client_id=f"01{PC01.replace(':', '')}", vendor_class="udhcp 1.35.0"), ""),
    Case("first card of a machine", pxe(PC02, 0), ("192.168.1.22",), LPXELINUX, "pc02"),
    Case("second card, while the lease of the first lasts", pxe(PC02_SECOND, 0), ("192.168.1.22",), LPXELINUX, "pc02"),
    Case("slave_loader grub on a BIOS", pxe(GRUB, 0), ("192.168.1.23",), GRUB_BIOS, "ignore"),
    Case("slave_loader grub on UEFI", pxe(GRUB, 7), ("192.168.1.23",), GRUB_X64, "ignore"),
    Case("slave_loader grub on Arm", pxe(GRUB, 11), ("192.168.1.23",), GRUB_ARM64, "ignore"),
    Case("slave_loader grub by HTTP", pxe(GRUB, 16), ("192.168.1.23",), f"{HTTP}{GRUB_X64}", "ignore", "HTTPClient"),
    Case("slave_loader grub without PXE", Client(GRUB), ("192.168.1.23",), "", "ignore"),
    Case("slave_loader ipxe on a BIOS", pxe(IPXE, 0), ("192.168.1.24",), UNDIONLY, "24"),
    Case("slave_loader ipxe on UEFI", pxe(IPXE, 7), ("192.168.1.24",), SNPONLY, "24"),
    Case("slave_loader ipxe by HTTP", pxe(IPXE, 16), ("192.168.1.24",), f"{HTTP}{SNPONLY}", "24", "HTTPClient"),
    Case("slave_loader ipxe, the second time", pxe(IPXE, 0, user_class="iPXE"), ("192.168.1.24",), SCRIPT, "24"),
    Case("slave_loader etherboot on a BIOS", pxe(ETHERBOOT, 0), ("192.168.1.25",), LPXELINUX, "pc05"),
    Case("slave_loader etherboot on UEFI", pxe(ETHERBOOT, 7), ("192.168.1.25",), SHIM, "pc05"),
    Case("slave_loader etherboot, iPXE's ROM", pxe(ETHERBOOT, 0, user_class="iPXE"), ("192.168.1.25",), ELF, "pc05"),
    Case("slave_loader pxelinux on a BIOS", pxe(PXELINUX, 0), ("192.168.1.26",), LPXELINUX, "pc06"),
    Case("slave_loader pxelinux on UEFI", pxe(PXELINUX, 7), ("192.168.1.26",), SHIM, "pc06"),
    Case(
        "slave_loader pxelinux, iPXE's ROM", pxe(PXELINUX, 0, user_class="iPXE"), ("192.168.1.26",), LPXELINUX, "pc06"
    ),
    _stranger("unknown machine", pxe(STRANGER, 7), SHIM),
    _stranger("unknown machine by HTTP", pxe(STRANGER, 16), f"{HTTP}{GRUB_X64}", "HTTPClient"),
    _stranger("unknown machine without PXE", Client(STRANGER, hostname="stranger"), ""),
    Case("machine of another master", pxe(FOREIGN, 0, attempts=2), ()),
)
