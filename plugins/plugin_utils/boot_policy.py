# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets which loader from where: computed here once, rendered for each DHCP server by a file of its own.

The architectures are IANA's "Processor Architecture Types" (RFC 5970, section 3.3), which firmware sends as option 93
(RFC 4578, section 2.1).
"""

from __future__ import annotations

from typing import TypedDict

from ansible_collections.diskless.netboot.plugins.module_utils import loader_files as files

LOADERS = ("auto", "pxelinux", "grub", "ipxe", "etherboot")

BIOS = [0]
UEFI_X86 = [6]
# 7 is what firmware for x64 sends, 9 what the standard first gave it.
UEFI_X64 = [7, 9]
UEFI_ARM = [10]
UEFI_ARM64 = [11]
HTTP_X86 = [15]
HTTP_X64 = [16]
HTTP_ARM64 = [19]

# What firmware that boots by HTTP calls itself, and wants to be called (UEFI 2.10, section 24.7.2).
HTTP_CLIENT = "HTTPClient"
# What iPXE calls itself (option 77).
IPXE = "iPXE"


class Rule(TypedDict):
    """The boot file of the clients that match all of it; an empty list or text matches all clients.

    `loaders`: the machine's `slave_loader`, where a machine that is not in the inventory has `auto`; `user_class`: what
    option 77 begins with; `vendor_class`: what option 60 begins with. A client without option 93 that calls itself
    PXEClient is a BIOS.
    """

    name: str
    loaders: list[str]
    architectures: list[int]
    user_class: str
    vendor_class: str
    boot_file: str


def policy(address: str, *, http: bool) -> list[Rule]:
    """The rules of a master, the first that matches wins; `http`: does it serve its TFTP root by HTTP as well."""
    script = f"http://{address}/{files.IPXE_SCRIPT}" if http else files.IPXE_SCRIPT
    rules = [
        # What a slave asks for by slave_loader goes first, where its firmware can run it.
        rule("pxelinux", files.PXELINUX, BIOS, loaders=["pxelinux"]),
        rule("grub-bios", files.GRUB_LOADERS["i386-pc"], BIOS, loaders=["grub"]),
        rule("grub-x64", files.GRUB_LOADERS["x86_64-efi"], UEFI_X64, loaders=["grub"]),
        # An iPXE in a ROM loads Etherboot's format as well; the one that is in it asks for no boot file.
        rule("etherboot-elf", files.ETHERBOOT_ELF, BIOS, loaders=["etherboot"], user_class=IPXE),
        # An iPXE that runs wants its script; another iPXE would ask the same for ever.
        rule("ipxe-script", script, user_class=IPXE),
        rule("ipxe-bios", files.IPXE_BIOS, BIOS, loaders=["ipxe"]),
        rule("ipxe-x64", files.IPXE_UEFI, UEFI_X64, loaders=["ipxe"]),
        # What follows goes by the firmware alone.
        rule("etherboot", files.ETHERBOOT_NBI, vendor_class="Etherboot"),
        rule("bios", files.PXELINUX, BIOS),
        rule("uefi-x86", files.GRUB_LOADERS["i386-efi"], UEFI_X86),
        rule("uefi-x64", files.SHIM, UEFI_X64),
        rule("uefi-arm", files.GRUB_LOADERS["arm-efi"], UEFI_ARM),
        rule("uefi-arm64", files.GRUB_LOADERS["arm64-efi"], UEFI_ARM64),
    ]
    return [*rules, *(_http(address) if http else [])]


def loader_on(mode: str, loader: str) -> str:
    """What a slave's loader amounts to on a network of a mode.

    On one of mode `proxy` GRUB would ask the other DHCP server for its files, as that one gave the address; iPXE keeps
    to the server that its script names.
    """
    return "ipxe" if mode == "proxy" and loader == "auto" else loader


def _http(address: str) -> list[Rule]:
    """What firmware that fetches by HTTP is sent. Not shim: the signed GRUB behind it knows no HTTP."""
    return [
        rule(name, f"http://{address}/{file}", architectures, loaders=loaders, vendor_class=HTTP_CLIENT)
        for name, loaders, architectures, file in (
            ("http-ipxe-x64", ["ipxe"], HTTP_X64, files.IPXE_UEFI),
            ("http-x86", [], HTTP_X86, files.GRUB_LOADERS["i386-efi"]),
            ("http-x64", [], HTTP_X64, files.GRUB_LOADERS["x86_64-efi"]),
            ("http-arm64", [], HTTP_ARM64, files.GRUB_LOADERS["arm64-efi"]),
        )
    ]


def rule(
    name: str,
    boot_file: str,
    architectures: list[int] | None = None,
    *,
    loaders: list[str] | None = None,
    user_class: str = "",
    vendor_class: str = "",
) -> Rule:
    """One rule."""
    return {
        "name": name,
        "loaders": loaders or [],
        "architectures": architectures or [],
        "user_class": user_class,
        "vendor_class": vendor_class,
        "boot_file": boot_file,
    }
