# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A slave's boot files as a run would write them, and which firmware is sent to which loader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries, boot_tree, loader_files
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, projections
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
FIRMWARES = (("BIOS", boot_policy.BIOS[0], ""), ("UEFI x64", boot_policy.UEFI_X64[0], ""), ("iPXE", None, "iPXE"))


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
    """Each kind of firmware, and the boot file that DHCP names to it; by the first rule that matches."""
    rules: list[Mapping[str, Any]] = [
        *view.settings["boot_policy_first"],
        *boot_policy.policy(view.master["ip"], http=view.master["http"]),
    ]
    found = []
    for name, architecture, user_class in FIRMWARES:
        rule = next((one for one in rules if _matches(one, loader(view), architecture, user_class)), None)
        if rule is not None:
            found.append((name, str(rule["boot_file"])))
    return found


def _matches(rule: Mapping[str, Any], its_loader: str, architecture: int | None, user_class: str) -> bool:
    architectures, loaders = rule.get("architectures"), rule.get("loaders")
    return (
        (not loaders or its_loader in loaders)
        and (not architectures or architecture is None or architecture in architectures)
        and (rule.get("user_class") or "") == user_class
        and not rule.get("vendor_class")
    )
