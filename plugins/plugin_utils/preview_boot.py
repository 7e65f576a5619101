# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slave's boot files as a run would write them, and which firmware is sent to which loader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries, boot_tree, loader_files
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, dhcp_policy, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import View

# What the module boot_files has for what an entry does not say.
LABEL: dict[str, Any] = {"local": False, "kernel": None, "initrd": None, "cmdline": []}
SHARED = (f"{loader_files.PXELINUX_DIRECTORY}/default", loader_files.GRUB_CONFIGURATION, loader_files.IPXE_SCRIPT)

_PXELINUX, _GRUB, _IPXE = (
    f"{folder}/" for folder in (loader_files.PXELINUX_DIRECTORY, loader_files.GRUB_MACHINES, loader_files.IPXE_MACHINES)
)
# Where the files are that each kind of `slave_loader` reads; a firmware that cannot run it does as with auto.
FOLDERS = {
    "auto": (_PXELINUX, _GRUB),
    "pxelinux": (_PXELINUX,),
    "grub": (_GRUB,),
    "ipxe": (_IPXE,),
    "etherboot": (_IPXE,),
}
FIRMWARES = (("BIOS", boot_policy.BIOS[0]), ("UEFI x64", boot_policy.UEFI_X64[0]))
IPXE = "iPXE"


def wanted(view: View) -> dict[str, str]:
    """Path below the TFTP root to content, of this slave's files alone."""
    (entry,) = projections.boot_entries(view.alone, view.master["name"])
    labels = [{**LABEL, **label} for label in cast(list[dict[str, Any]], entry["labels"])]
    machines = boot_entries.machines([{**entry, "labels": labels}])
    url = f"http://{view.master['ip']}" if view.master["http"] else ""
    # The rest of a page is for machines that nobody knows.
    page = boot_entries.page(view.settings["serial"], url, 0, [])
    return {
        path: content.decode("ascii") for path, content in boot_tree.files(machines, page).items() if path not in SHARED
    }


def loader(view: View) -> str:
    """What `slave_loader` amounts to on its network."""
    return boot_policy.loader_on(view.fleet["networks"][view.slave["network"]]["mode"], view.slave["loader"])


def is_read(view: View, path: str) -> bool:
    """Whether a file is one that the slave's loader reads."""
    return path.startswith(FOLDERS[loader(view)])


def sent(view: View) -> list[tuple[str, str]]:
    """Each kind of firmware, and the boot file that DHCP names to it and to an iPXE on it."""
    rules = [
        *dhcp_policy.check(view.settings["boot_policy_first"], dhcp_policy.FIRST_VARIABLE),
        *boot_policy.policy(view.master["ip"], http=view.master["http"]),
    ]
    asking = loader(view)
    firmware = [(name, _first(rules, asking, number, "")) for name, number in FIRMWARES]
    ipxe = [(f"{IPXE} on {name}", _first(rules, asking, number, IPXE)) for name, number in FIRMWARES]
    if len({file for _name, file in ipxe}) == 1:
        ipxe = [(IPXE, ipxe[0][1])]
    return [(name, file) for name, file in [*firmware, *ipxe] if file is not None]


def _first(rules: Iterable[boot_policy.Rule], its_loader: str, architecture: int, user_class: str) -> str | None:
    """The boot file of the first rule that matches a client; none where no rule does."""
    return next((rule["boot_file"] for rule in rules if _matches(rule, its_loader, architecture, user_class)), None)


def _matches(rule: boot_policy.Rule, its_loader: str, architecture: int, user_class: str) -> bool:
    # What firmware calls itself (PXE 2.1, section 2.2), and iPXE too. What follows is the version of the card's driver,
    # which nobody knows here.
    vendor_class = f"{dhcp_policy.PXE_CLIENT}:Arch:{architecture:05d}:UNDI:"
    return (
        (not rule["loaders"] or its_loader in rule["loaders"])
        and (not rule["architectures"] or architecture in rule["architectures"])
        # Each text begins with the empty one, which matches all clients.
        and user_class.startswith(rule["user_class"])
        and vendor_class.startswith(rule["vendor_class"])
    )
