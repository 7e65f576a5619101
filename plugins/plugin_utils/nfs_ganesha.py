# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports as nfs-ganesha wants them (ganesha-export-config(8))."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules


def render(exports: nfs_rules.Exports, ids: Mapping[str, int]) -> str:
    """Render the file of exports; ``ids`` holds the Export_Id of each path.

    :raises KeyError: for a path without one.
    """
    blocks = ["# Written by the Ansible role diskless.netboot.nfs_server; changes here are lost.\n"]
    for path, items in itertools.groupby(nfs_rules.listed(exports), key=lambda item: item["path"]):
        clients = "".join(client_block(item) for item in items)
        blocks.append(
            "EXPORT {\n"
            f"    Export_Id = {ids[path]};\n"
            f'    Path = "{path}";\n'
            f'    Pseudo = "{path}";\n'
            "    Access_Type = NONE;\n"
            "    Protocols = 3, 4;\n"
            "    Transports = TCP, UDP;\n"
            "    SecType = sys;\n"
            # As the kernel's server does it by default: on a client only root has such a port, and says who asks.
            "    PrivilegedPort = true;\n"
            f"{clients}"
            "    FSAL { Name = VFS; }\n"
            "}\n"
        )
    return "\n".join(blocks)


def client_block(item: Mapping[str, Any]) -> str:
    """Render the CLIENT block of one item of the list."""
    squash = "All_Squash" if item["all_squash"] else "Root_Squash" if item["root_squash"] else "No_Root_Squash"
    return (
        "    CLIENT {\n"
        f"        Clients = {', '.join(item['clients'])};\n"
        f"        Access_Type = {item['access'].upper()};\n"
        f"        Squash = {squash};\n"
        "    }\n"
    )
