# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role nbd_server of one master is told: the files that it exports, and the disks of its slaves."""

from __future__ import annotations

import ipaddress

from ansible_collections.diskless.netboot.plugins.plugin_utils import block_devices, boot_labels
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, slaves_of


def nbd_exports(fleet: Fleet, master: str) -> list[Record]:
    """`nbd_server_exports`: images read-only to all that have them as their root, each own device to its slave."""
    access: dict[str, str] = {}
    clients: dict[str, set[str]] = {}
    for slave in slaves_of(fleet, master):
        for name, root in boot_labels.served(slave):
            for device in block_devices.devices(fleet["images"][name], slave, root):
                access[device.export] = device.access
                clients.setdefault(device.export, set()).add(slave["ip"])
    return [
        {
            "name": export,
            "path": f"{fleet['directory']}/{export}",
            "clients": sorted(clients[export], key=ipaddress.IPv4Address),
            "access": access[export],
        }
        for export in sorted(access)
    ]


def disks(fleet: Fleet, master: str) -> list[Record]:
    """`nbd_server_disks`: the slaves' own devices, which the master makes."""
    return [
        {"slave": slave["name"], **disk._asdict()}
        for slave in slaves_of(fleet, master)
        for disk in block_devices.own_disks(fleet["images"][slave["image"]], slave, slave["root"])
    ]
