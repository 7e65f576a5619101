# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All files that say what machines boot: path below the TFTP root to content."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import (
    grub_render,
    ipxe_render,
    loader_files,
    pxelinux_render,
)
from ansible_collections.diskless.netboot.plugins.module_utils.boot_entries import Machine, Page
from ansible_collections.diskless.netboot.plugins.module_utils.public_files import Found

# Where files of ours are looked for, parents first.
DIRECTORIES = (
    loader_files.PXELINUX_DIRECTORY,
    loader_files.GRUB_DIRECTORY,
    loader_files.GRUB_MACHINES,
    loader_files.IPXE_DIRECTORY,
    loader_files.IPXE_MACHINES,
)


def is_ours(found: Found) -> bool:
    """Say whether a file is one of these: the marker is its first line, behind ``#!ipxe``, or behind a page's end."""
    if found.content is None:
        return False
    marker = pxelinux_render.MARKER.encode()
    behind_page = pxelinux_render.END_OF_PAGE.encode() + marker + b"\n"
    return marker in found.content.split(b"\n", 2)[:2] or found.content.endswith(behind_page)


def files(machines: Iterable[Machine], page: Page) -> dict[str, bytes]:
    """Render the whole set."""
    result = {
        f"{loader_files.PXELINUX_DIRECTORY}/default": pxelinux_render.default(page),
        loader_files.GRUB_CONFIGURATION: grub_render.dispatcher(page),
        loader_files.IPXE_SCRIPT: ipxe_render.dispatcher(page),
    }
    for machine in machines:
        result.update(_machine(machine, page))
    return {path: text.encode("ascii") for path, text in result.items()}


def _machine(machine: Machine, page: Page) -> dict[str, str]:
    pxelinux = f"{loader_files.PXELINUX_DIRECTORY}/{loader_files.ip_name(machine.ip)}"
    help_file = f"{pxelinux}.help"
    kinds = (
        (
            loader_files.PXELINUX_DIRECTORY,
            loader_files.ip_name(machine.ip),
            "",
            pxelinux_render.machine(machine, page, help_file),
        ),
        (loader_files.GRUB_MACHINES, machine.ip, ".cfg", grub_render.machine(machine)),
        (loader_files.IPXE_MACHINES, machine.ip, ".ipxe", ipxe_render.machine(machine, page)),
    )
    result = {
        f"{directory}/{name}{ending}": text
        for directory, by_address, ending, text in kinds
        for name in (by_address, *map(loader_files.mac_name, machine.macs))
    }
    if machine.menu and machine.menu.help:
        result[help_file] = pxelinux_render.help_page(machine, machine.menu)
    return result
