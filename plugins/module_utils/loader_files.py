# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names below the TFTP root that firmware and loaders ask for; DHCP, what is published and tests share them.

Sources of the names: pxelinux.txt of SYSLINUX 6 (``ldlinux.c32``, ``pxelinux.cfg/``), grub-mknetdir(1)
(``grub/<platform>/core.*``), shim's README (``grubx64.efi`` and ``mmx64.efi`` beside it), iPXE's documentation of
chainloading.
"""

from __future__ import annotations

import ipaddress

# BIOS. The one of SYSLINUX's two that loads by HTTP as well as by TFTP.
PXELINUX = "lpxelinux.0"
PXELINUX_DIRECTORY = "pxelinux.cfg"
PXELINUX_MENU = "menu.c32"
# What both load first, the menu, and what that needs.
PXELINUX_MODULES = ("ldlinux.c32", PXELINUX_MENU, "libutil.c32")

# UEFI x64 with or without Secure Boot; shim loads the other two from its own folder.
SHIM = "shimx64.efi"
SHIM_GRUB = "grubx64.efi"
SHIM_MOK_MANAGER = "mmx64.efi"

GRUB_DIRECTORY = "grub"
GRUB_CONFIGURATION = f"{GRUB_DIRECTORY}/grub.cfg"
GRUB_MACHINES = f"{GRUB_DIRECTORY}/machines"
# GRUB's platform to the loader that grub-mknetdir makes for it.
GRUB_LOADERS = {
    "i386-pc": f"{GRUB_DIRECTORY}/i386-pc/core.0",
    "i386-efi": f"{GRUB_DIRECTORY}/i386-efi/core.efi",
    "x86_64-efi": f"{GRUB_DIRECTORY}/x86_64-efi/core.efi",
    "arm-efi": f"{GRUB_DIRECTORY}/arm-efi/core.efi",
    "arm64-efi": f"{GRUB_DIRECTORY}/arm64-efi/core.efi",
}

IPXE_DIRECTORY = "ipxe"
IPXE_BIOS = f"{IPXE_DIRECTORY}/undionly.kpxe"
IPXE_UEFI = f"{IPXE_DIRECTORY}/snponly.efi"
# What every iPXE is told to run; it goes on with the machine's own script.
IPXE_SCRIPT = f"{IPXE_DIRECTORY}/boot.ipxe"
IPXE_MACHINES = f"{IPXE_DIRECTORY}/machines"

# iPXE in the formats that Etherboot's ROMs load; named by processor, as mkelf-linux's images were.
ETHERBOOT_ELF = "etherboot/ipxe_i386.elf"
ETHERBOOT_NBI = "etherboot/ipxe_i386.nbi"


def ip_name(address: str) -> str:
    """Give the name that PXELINUX makes of an IPv4 address: ``192.168.1.21`` is ``C0A80115``."""
    return f"{int(ipaddress.IPv4Address(address)):08X}"


def mac_name(mac: str) -> str:
    """Give the name that loaders make of a card, with ARP's number of Ethernet (RFC 1700) before it."""
    return f"01-{mac.replace(':', '-')}"
