# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of the files that PXELINUX asks for below pxelinux.cfg/ (the Syslinux wiki, page PXELINUX)."""

from __future__ import annotations

import uuid as uuids

from ansible_collections.diskless.netboot.plugins.module_utils import loader_files
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.mac import canonical


def ip_name(ip: str) -> str:
    """`192.168.1.21` → `C0A80115`; ValueError for what is no IPv4 address."""
    fault = address_fault(ip)
    if fault:
        raise ValueError(f"{ip!r} {fault}")
    return loader_files.ip_name(ip)


def mac_name(mac: str) -> str:
    """`00:40:63:c2:ca:c9` → `01-00-40-63-c2-ca-c9`; ValueError for what is no interface's MAC."""
    try:
        found = canonical(mac)
    except ValueError as error:
        raise ValueError(f"{mac!r} {error}") from error
    return loader_files.mac_name(found)


def search_order(ip: str, mac: str | None = None, uuid: str | None = None) -> list[str]:
    """UUID and MAC where they are known, the address' eight hex prefixes, the longest first, and `default`."""
    names = []
    if uuid is not None:
        try:
            names.append(str(uuids.UUID(uuid)))
        except ValueError:
            raise ValueError(f"{uuid!r} is no UUID") from None
    if mac is not None:
        names.append(mac_name(mac))
    name = ip_name(ip)
    return [*names, *(name[:length] for length in range(8, 0, -1)), "default"]
