# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no two slaves may have in common."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain

VARIABLES = {"macs": "slave_mac", "ip": "slave_ip", "hostname": "slave_hostname"}


def check(report: Report, identities: dict[str, dict[str, Plain]]) -> None:
    """An error at each slave that shares a MAC, an address or (whatever its case, RFC 1123) a hostname with another."""
    for key, variable in VARIABLES.items():
        owners: dict[str, list[str]] = {}
        for name, identity in identities.items():
            value = identity[key]
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str):
                    owners.setdefault(item.lower(), []).append(name)
        for shared, sharers in owners.items():
            if len(sharers) > 1:
                for name in sharers:
                    place = Place(report, name, variable)
                    place.error(shared, f"is used by {len(sharers)} slaves", "each value once")
