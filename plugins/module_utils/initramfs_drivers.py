# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kernel modules a lean initramfs carries: always these, and the network drivers that an image asks for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils.kernel_modules import Index, canonical, missing

REQUIRED = (
    *("nfsv4", "nfsv3", "sunrpc"),  # the root, and the fall-back to the older protocol
    *("squashfs", "loop", "overlay"),  # the shared image as one file, and the slave's own layer over it
    *("af_packet", "unix"),  # udhcpc's socket, and systemd's
)
"""A kernel without one of these cannot boot a slave."""

USUAL = (
    *("xhci_pci", "ehci_pci", "ohci_pci", "uhci_hcd"),  # USB
    *("usbhid", "hid_generic"),  # a keyboard, so that Ctrl-Alt-Del works for whoever stands before a slave that waits
)
"""Taken where the kernel has them."""

COMMON = (
    *("e100", "e1000", "e1000e", "igb", "igc", "ixgbe"),  # Intel
    *("r8169", "8139cp", "8139too"),  # Realtek
    *("tg3", "bnx2"),  # Broadcom
    *("atlantic", "atl1", "atl1c", "atl1e", "alx"),  # Aquantia, Atheros, Killer
    *("sky2", "skge"),  # Marvell
    *("forcedeth", "via_rhine", "via_velocity", "sis900", "pcnet32", "tulip", "3c59x", "jme"),  # older PCs
    *("virtio_net", "virtio_pci", "virtio_mmio"),  # QEMU, KVM
    *("vmxnet3", "hv_netvsc", "xen_netfront", "ena"),  # VMware, Hyper-V, Xen, Amazon
    *("r8152", "r8153_ecm", "ax88179_178a", "asix", "cdc_ether", "cdc_ncm", "smsc75xx", "smsc95xx"),  # on USB
    *("realtek", "broadcom", "marvell", "smsc", "ax88796b"),  # the transceivers that those cards carry
)
"""The cards of common PCs, docks and virtual machines."""

ALL_DIRECTORIES = ("kernel/drivers/net/ethernet/", "kernel/drivers/net/phy/", "kernel/drivers/net/usb/")
"""Below these the group ``all`` takes every module, besides :data:`COMMON`."""

GROUPS = ("common", "all")


@dataclass(frozen=True)
class Choice:
    """``modules``: the canonical names to carry; ``absent``: members of a group that this kernel does not have."""

    modules: tuple[str, ...]
    absent: tuple[str, ...]


def choose(index: Index, drivers: Iterable[str], modules: Iterable[str] = ()) -> Choice:
    """Turn what an image asks for (names of modules, ``common``, ``all``) into the modules to carry.

    A group is what is usual, so a smaller kernel (Debian's for clouds) may lack members; a module that is
    named must be there, and so must ``modules``, which are no drivers of cards.

    :raises ValueError: for required or named modules that this kernel lacks, all of them at once.
    """
    asked = list(drivers)
    named = [*(canonical(name) for name in asked if name not in GROUPS), *map(canonical, modules)]
    lost = missing(index, [*REQUIRED, *named])
    if lost:
        raise ValueError(f"this kernel has no module {', '.join(lost)}")
    usual: list[str] = [*USUAL]
    if any(group in asked for group in GROUPS):
        usual += COMMON
    if "all" in asked:
        usual += [name for name, path in index.paths.items() if path.startswith(ALL_DIRECTORIES)]
    absent = missing(index, usual)
    present = {canonical(name) for name in usual} - set(absent)
    return Choice(tuple(sorted({*REQUIRED, *named, *present})), tuple(sorted(set(absent))))
