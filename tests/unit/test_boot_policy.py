"""Who gets which boot file: each firmware, with each class that it may send, for each `slave_loader`, written out."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import loader_files
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS, Rule, policy
from ansible_collections.diskless.netboot.plugins.plugin_utils.dhcp_policy import check

ADDRESS = "192.168.1.1"
HTTP = f"http://{ADDRESS}/"
SCRIPT = f"{HTTP}ipxe/boot.ipxe"
ELF, NBI = "etherboot/ipxe_i386.elf", "etherboot/ipxe_i386.nbi"
BIOS_GRUB = "grub/i386-pc/core.0"
BIOS_IPXE = "ipxe/undionly.kpxe"
GRUB, IPXE, SHIM = "grub/x86_64-efi/core.efi", "ipxe/snponly.efi", "shimx64.efi"
GRUB_X86, GRUB_ARM, GRUB_ARM64 = "grub/i386-efi/core.efi", "grub/arm-efi/core.efi", "grub/arm64-efi/core.efi"
PXE = "PXEClient:Arch:00000:UNDI:002001"


class Client(NamedTuple):
    """What a client sends: options 93 (None: not at all), 77 and 60."""

    architecture: int | None
    user_class: str = ""
    vendor_class: str = PXE


PXELINUX = "lpxelinux.0"
BIOS = Client(0)
OLD_BIOS = Client(None)
UEFI_HTTP = "HTTPClient:Arch:00016:UNDI:003001"

# Each client, and the boot file by its slave_loader, in the order of LOADERS: auto, pxelinux, grub, ipxe, etherboot.
WITH_HTTP: list[tuple[Client, tuple[str, str, str, str, str]]] = [
    (BIOS, (PXELINUX, PXELINUX, BIOS_GRUB, BIOS_IPXE, PXELINUX)),
    (OLD_BIOS, (PXELINUX, PXELINUX, BIOS_GRUB, BIOS_IPXE, PXELINUX)),
    (Client(6), (GRUB_X86, GRUB_X86, GRUB_X86, GRUB_X86, GRUB_X86)),
    (Client(7), (SHIM, SHIM, GRUB, IPXE, SHIM)),
    (Client(9), (SHIM, SHIM, GRUB, IPXE, SHIM)),
    (Client(10), (GRUB_ARM, GRUB_ARM, GRUB_ARM, GRUB_ARM, GRUB_ARM)),
    (Client(11), (GRUB_ARM64, GRUB_ARM64, GRUB_ARM64, GRUB_ARM64, GRUB_ARM64)),
    (Client(15, "", UEFI_HTTP), (HTTP + GRUB_X86,) * 5),
    (Client(16, "", UEFI_HTTP), (HTTP + GRUB, HTTP + GRUB, HTTP + GRUB, HTTP + IPXE, HTTP + GRUB)),
    (Client(19, "", UEFI_HTTP), (HTTP + GRUB_ARM64,) * 5),
    # an iPXE in the card's ROM is a BIOS to whom another loader was asked for
    (Client(0, "iPXE"), (SCRIPT, PXELINUX, BIOS_GRUB, SCRIPT, ELF)),
    (Client(7, "iPXE"), (SCRIPT, SCRIPT, GRUB, SCRIPT, SCRIPT)),
    (Client(9, "iPXE"), (SCRIPT, SCRIPT, GRUB, SCRIPT, SCRIPT)),
    (Client(6, "iPXE"), (SCRIPT,) * 5),
    (Client(11, "iPXE"), (SCRIPT,) * 5),
    # Etherboot's ROM sends no architecture, so a loader is asked for in vain
    (Client(None, "", "Etherboot-5.4"), (NBI,) * 5),
    # GRUB, the initramfs and a running system are told nothing that they would load
    (Client(None, "", "udhcp 1.35.0"), ("",) * 5),
    (Client(None, "", ""), ("",) * 5),
    (Client(1), ("",) * 5),
    # the firmware's architecture for HTTP without its class is nobody's
    (Client(16), ("",) * 5),
]
TFTP_SCRIPT = "ipxe/boot.ipxe"
WITHOUT_HTTP: list[tuple[Client, tuple[str, str, str, str, str]]] = [
    (BIOS, (PXELINUX, PXELINUX, BIOS_GRUB, BIOS_IPXE, PXELINUX)),
    (OLD_BIOS, (PXELINUX, PXELINUX, BIOS_GRUB, BIOS_IPXE, PXELINUX)),
    (Client(7), (SHIM, SHIM, GRUB, IPXE, SHIM)),
    (Client(0, "iPXE"), (TFTP_SCRIPT, PXELINUX, BIOS_GRUB, TFTP_SCRIPT, ELF)),
    (Client(7, "iPXE"), (TFTP_SCRIPT, TFTP_SCRIPT, GRUB, TFTP_SCRIPT, TFTP_SCRIPT)),
    (Client(None, "", "Etherboot-5.4"), (NBI,) * 5),
    (Client(15, "", UEFI_HTTP), ("",) * 5),
    (Client(16, "", UEFI_HTTP), ("",) * 5),
    (Client(19, "", UEFI_HTTP), ("",) * 5),
]


def boot_file(rules: list[Rule], client: Client, loader: str) -> str:
    """The first rule that matches, as the class Rule tells; "" where none does."""
    architecture = client.architecture
    if architecture is None and client.vendor_class.startswith("PXEClient"):
        architecture = 0
    for rule in rules:
        if (
            (not rule["loaders"] or loader in rule["loaders"])
            and (not rule["architectures"] or architecture in rule["architectures"])
            and client.user_class.startswith(rule["user_class"])
            and client.vendor_class.startswith(rule["vendor_class"])
        ):
            return rule["boot_file"]
    return ""


def files(rules: list[Rule], client: Client) -> tuple[str, ...]:
    return tuple(boot_file(rules, client, loader) for loader in LOADERS)


@pytest.mark.parametrize(("client", "expected"), WITH_HTTP)
def test_with_http(client: Client, expected: tuple[str, ...]) -> None:
    assert files(policy(ADDRESS, http=True), client) == expected


@pytest.mark.parametrize(("client", "expected"), WITHOUT_HTTP)
def test_without_http(client: Client, expected: tuple[str, ...]) -> None:
    assert files(policy(ADDRESS, http=False), client) == expected


@pytest.mark.parametrize("http", [True, False])
def test_every_server_can_be_told_it(http: bool) -> None:
    rules = policy(ADDRESS, http=http)
    assert check(rules) == rules


@pytest.mark.parametrize("http", [True, False])
def test_what_it_names_is_published_from_the_one_list_of_names(http: bool) -> None:
    known = {name for name in vars(loader_files).values() if isinstance(name, str)} | {
        *loader_files.GRUB_LOADERS.values()
    }
    assert {rule["boot_file"].removeprefix(HTTP) for rule in policy(ADDRESS, http=http)} <= known


@pytest.mark.parametrize("http", [True, False])
def test_every_rule_is_reached(http: bool) -> None:
    rules = policy(ADDRESS, http=http)
    reached = {
        file
        for client, _expected in (WITH_HTTP if http else [*WITHOUT_HTTP, *WITH_HTTP])
        for file in files(rules, client)
    }
    assert {rule["boot_file"] for rule in rules} <= reached
