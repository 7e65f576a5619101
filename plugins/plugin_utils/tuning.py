# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of roles that an admin may set for a master: checked as the roles would, but before the run begins.

`tftp_pxelinux_root` is checked in directories.py, `tftp_pxelinux_http` in masters.py. Null is an error here, as it
reaches the role in its default's place; it is the default of `nbd_server_tls` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from ansible_collections.diskless.netboot.plugins.module_utils.boot_words import (
    LINE_ALLOWED,
    SERIAL,
    TIMEOUT_LIMIT,
    line_fault,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_rules, names, nbd_tls, nfs_settings
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import ALLOWED as ADDRESS_ALLOWED
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.dnsmasq import SHORTEST_LEASE_SECONDS
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    boolean,
    choice,
    items,
    matching,
    number,
)

Check: TypeAlias = Callable[[Place, Plain], object]

BACKENDS = ("kea", "isc", "dnsmasq")
LEASE_VARIABLE = "dhcp_server_lease_seconds"
SERIAL_ALLOWED = "'port [baud [flow control]]' like '0 115200', or '' for none"
LEAST_NFS_LEASE, MOST_NFS_LEASE = nfs_settings.LEASE_LIMITS


def check(report: Report, master: str, variables: Mapping[str, Plain]) -> None:
    """Errors for what a master's roles could not use."""
    found = {
        name: test(Place(report, master, name), variables[name]) for name, test in CHECKS.items() if name in variables
    }
    lease = found.get(LEASE_VARIABLE)
    if found.get("dhcp_server_backend") == "dnsmasq" and isinstance(lease, int) and lease < SHORTEST_LEASE_SECONDS:
        wrong = "is shorter than the shortest lease of dnsmasq"
        Place(report, master, LEASE_VARIABLE).error(lease, wrong, f"at least {SHORTEST_LEASE_SECONDS}")


def _optional(place: Place, value: Plain, test: Callable[[str], str | None], allowed: str) -> None:
    """Text for which the role takes the empty string too."""
    if value != "":
        matching(place, value, test, allowed)


def _serial_fault(value: str) -> str | None:
    return None if SERIAL.fullmatch(value) else names.hidden_fault(value) or "is no serial line"


def _message(place: Place, value: Plain) -> None:
    for index, line in enumerate(items(place, value, "a list of lines of text")):
        _optional(place.item(f"[{index}]"), line, line_fault, LINE_ALLOWED)


# A lease's time is a number of 32 bits (RFC 2132, 9.2); the timeout's limit is PXELINUX's, see boot_words.py.
CHECKS: dict[str, Check] = {
    "dhcp_server_backend": partial(choice, accepted=BACKENDS),
    "dhcp_server_boot_policy_first": boot_rules.check,
    LEASE_VARIABLE: partial(number, least=1, most=2**32 - 1),
    "nfs_server_backend": partial(choice, accepted=["auto", "kernel", "ganesha"]),
    "nfs_server_address": partial(_optional, test=address_fault, allowed=f"{ADDRESS_ALLOWED}, or '' for all"),
    "nfs_server_lease_seconds": partial(number, least=LEAST_NFS_LEASE, most=MOST_NFS_LEASE),
    "nfs_server_threads": partial(number, least=0, most=nfs_settings.THREADS_LIMIT),
    "nbd_server_address": partial(_optional, test=address_fault, allowed=f"{ADDRESS_ALLOWED}, or '' for all"),
    "nbd_server_list": boolean,
    "nbd_server_restart": partial(choice, accepted=["never", "now"]),
    nbd_tls.VARIABLE: nbd_tls.check,
    "log_server_keep_days": partial(number, least=1, most=3650),
    "tftp_pxelinux_serial": partial(_optional, test=_serial_fault, allowed=SERIAL_ALLOWED),
    "tftp_pxelinux_default_message": _message,
    "tftp_pxelinux_default_timeout": partial(number, least=0, most=TIMEOUT_LIMIT),
}
