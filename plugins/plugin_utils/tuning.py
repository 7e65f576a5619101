# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of roles that an admin may set for a master: checked as the roles would, but before the run begins.

`tftp_pxelinux_root` is checked in directories.py. Null is an error here: it reaches the role in its default's place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import SERIAL, TIMEOUT_LIMIT
from ansible_collections.diskless.netboot.plugins.plugin_utils import kea, names, nfs_settings
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import ALLOWED as ADDRESS_ALLOWED
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import address_fault
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    items,
    known_keys,
    mapping,
    matching,
    number,
    required,
)

Check: TypeAlias = Callable[[Place, Plain], object]

POLICY_KEYS = ("name", "architectures", "boot_file")
POLICIES_ALLOWED = "a list of dictionaries with name, architectures, boot_file"
POLICY_ALLOWED = "a dictionary with name, architectures, boot_file"
POLICY_NAME_ALLOWED = "lower-case letters, digits, '-' and '_', each name once"
BOOT_FILE_ALLOWED = "a file name of 1 to 127 bytes"
ARCHITECTURES_ALLOWED = "a list of numbers of DHCP option 93"
SERIAL_ALLOWED = "'port [baud [flow control]]' like '0 115200', or '' for none"
LINE_ALLOWED = "lines of text"
LEAST_NFS_LEASE, MOST_NFS_LEASE = nfs_settings.LEASE_LIMITS


def check(report: Report, master: str, variables: Mapping[str, Plain]) -> None:
    """Errors for what a master's roles could not use."""
    for name, test in CHECKS.items():
        if name in variables:
            test(Place(report, master, name), variables[name])


def _optional(place: Place, value: Plain, test: Callable[[str], str | None], allowed: str) -> None:
    """Text for which the role takes the empty string too."""
    if value != "":
        matching(place, value, test, allowed)


def _serial_fault(value: str) -> str | None:
    return None if SERIAL.fullmatch(value) else names.hidden_fault(value) or "is no serial line"


def _message(place: Place, value: Plain) -> None:
    for index, line in enumerate(items(place, value, f"a list of {LINE_ALLOWED}")):
        _optional(place.item(f"[{index}]"), line, names.hidden_fault, LINE_ALLOWED)


def _boot_policy(place: Place, value: Plain) -> None:
    """The shape here; what Kea makes of it, also of an item after those before it, in kea.py."""
    good: list[dict[str, object]] = []
    for index, item in enumerate(items(place, value, POLICIES_ALLOWED)):
        here = place.item(f"[{index}]")
        table = mapping(here, item, POLICY_ALLOWED)
        policy = _policy(here, table) if isinstance(item, dict) else None
        if policy is None:
            continue
        try:
            kea.client_classes([*good, policy])
        except ValueError as error:
            here.error(item, str(error).removeprefix(f"{place.variable}: "))
        else:
            good.append(policy)


def _policy(place: Place, value: dict[str, Plain]) -> dict[str, object] | None:
    known_keys(place, value, POLICY_KEYS)
    name = _text(place, value, "name", _name_fault, POLICY_NAME_ALLOWED)
    boot_file = _text(place, value, "boot_file", names.hidden_fault, BOOT_FILE_ALLOWED)
    here = place.item(".architectures")
    numbers = [
        number(here.item(f"[{index}]"), item, 0, 0xFFFF)
        for index, item in enumerate(items(here, given(value, "architectures", []), ARCHITECTURES_ALLOWED))
    ]
    if name is None or boot_file is None or None in numbers:
        return None
    return {"name": name, "architectures": numbers, "boot_file": boot_file}


def _name_fault(value: str) -> str | None:
    return None if kea.POLICY_NAME.fullmatch(value) else names.hidden_fault(value) or "is no name"


def _text(
    place: Place, value: dict[str, Plain], key: str, test: Callable[[str], str | None], allowed: str
) -> str | None:
    found = required(place, value, key, allowed)
    return None if found is None else matching(place.item(f".{key}"), found, test, allowed)


# A lease's time is a number of 32 bits (RFC 2132, 9.2); the timeout's limit is PXELINUX's, see pxelinux_render.py.
CHECKS: dict[str, Check] = {
    "dhcp_server_backend": partial(choice, accepted=["kea"]),
    "dhcp_server_boot_policy": _boot_policy,
    "dhcp_server_lease_seconds": partial(number, least=1, most=2**32 - 1),
    "nfs_server_backend": partial(choice, accepted=["auto", "kernel", "ganesha"]),
    "nfs_server_address": partial(_optional, test=address_fault, allowed=f"{ADDRESS_ALLOWED}, or '' for all"),
    "nfs_server_lease_seconds": partial(number, least=LEAST_NFS_LEASE, most=MOST_NFS_LEASE),
    "nfs_server_threads": partial(number, least=0, most=nfs_settings.THREADS_LIMIT),
    "tftp_pxelinux_serial": partial(_optional, test=_serial_fault, allowed=SERIAL_ALLOWED),
    "tftp_pxelinux_default_message": _message,
    "tftp_pxelinux_default_timeout": partial(number, least=0, most=TIMEOUT_LIMIT),
}
