# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a DHCP server's configuration concerns one slave: all of it but the other machines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import slave_survey
from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    dhcp_settings,
    dnsmasq,
    isc_dhcp,
    kea,
    projections,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import View, readable

# Lines that are about one machine.
_MACHINE = re.compile(r"\s*(?:host card-|subclass |dhcp-host=|dhcp-option=tag:host-)")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def wanted(view: View) -> str:
    """The whole configuration that a run would write, but for where Kea's libraries are."""
    backend = view.settings["dhcp_backend"]
    given = dhcp_settings.settings(
        projections.subnets(view.fleet, view.master["name"]),
        [view.master["interface"]],
        projections.boot_policy(view.fleet, view.master["name"]),
        view.settings["lease_seconds"],
        view.settings["boot_policy_first"],
        proxy=backend == "dnsmasq",
    )
    if backend == "kea":
        return json.dumps(kea.configuration(given, ""))
    return dnsmasq.configuration(given) if backend == "dnsmasq" else isc_dhcp.configuration(given)


def concerning(view: View, text: str) -> list[str]:
    """The lines of a configuration that are not about another machine; none of one that is not ours."""
    if not slave_survey.is_of_role(text):
        return []
    if view.settings["dhcp_backend"] == "kea":
        return _of_kea(view, text)
    return _of_lines(view, readable(text))


def _of_kea(view: View, text: str) -> list[str]:
    its = _is_its(view)
    network = view.fleet["networks"][view.slave["network"]]["cidr"]
    try:
        server: dict[str, Any] = json.loads(text)["Dhcp4"]
        subnets = [
            {**subnet, "reservations": [one for one in subnet["reservations"] if its(json.dumps(one))]}
            for subnet in server["subnet4"]
        ]
        foreign = [one for one in server["reservations"] if its(json.dumps(one))]
    except (ValueError, LookupError, TypeError):
        # Somebody has edited what was ours.
        return []
    shown = {
        # Where its libraries are is known on the master alone.
        **{key: value for key, value in server.items() if key != "hooks-libraries"},
        "reservations": foreign,
        "subnet4": [subnet for subnet in subnets if subnet["reservations"] or subnet["subnet"] == network],
    }
    return json.dumps(shown, indent=2).splitlines()


def _of_lines(view: View, lines: list[str]) -> list[str]:
    its = _is_its(view)
    # By the cards that its own lines name it is also known where a line names nothing else.
    cards = {card for line in lines if _MACHINE.match(line) and its(line) for card in _MAC.findall(line)}
    cards |= {*view.slave["macs"]}
    cards |= {card.replace(":", "") for card in cards}
    return [line for line in lines if not _MACHINE.match(line) or its(line) or any(card in line for card in cards)]


def _is_its(view: View) -> Callable[[str], bool]:
    """Whether a text names the slave, as it is in the inventory: by a card, its address or its name."""
    words = [*view.slave["macs"], view.slave["ip"], view.slave["hostname"]]
    pattern = re.compile("|".join(rf"(?<![\w.:-]){re.escape(word)}(?![\w:-]|\.\w)" for word in words))
    return lambda text: pattern.search(text) is not None


def options(network: Mapping[str, Any]) -> dict[str, str]:
    """What a slave is told besides its address, in words."""
    return {
        "router": network["gateway"] or "",
        "name servers": ", ".join(network["dns"]),
        "domain": network["domain"] or "",
        "time servers": ", ".join(network["ntp"]),
    }
