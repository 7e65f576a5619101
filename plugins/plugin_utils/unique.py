# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no two slaves may have in common."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, enumerated
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain

# what is compared: the variable that it comes from, and what to do about equal ones
VARIABLES = {
    "macs": ("slave_mac", "a MAC of its own for each; the firmware shows it while it boots by network"),
    "ip": ("slave_ip", "an address of its own for each"),
    "hostname": ("slave_hostname", "a hostname of its own for each; set slave_hostname, or change the inventory name"),
}


def check(report: Report, identities: dict[str, dict[str, Plain]], masters: list[str]) -> None:
    """An error at each slave that shares a MAC, an address or (whatever its case, RFC 1123) a hostname with another.

    The hostnames of masters are taken too; their addresses are no concern of this function.
    """
    for key, (variable, allowed) in VARIABLES.items():
        owners: dict[str, list[str]] = {}
        for name, identity in identities.items():
            value = identity[key]
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str):
                    owners.setdefault(item.lower(), []).append(name)
        taken = {name.partition(".")[0].lower(): name for name in masters} if key == "hostname" else {}
        for shared, sharers in owners.items():
            everybody = [*([taken[shared]] if shared in taken else []), *sharers]
            if len(everybody) > 1:
                for name in sharers:
                    Place(report, name, variable).error(shared, f"is used by {enumerated(everybody)}", allowed)
