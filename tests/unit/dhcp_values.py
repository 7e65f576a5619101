"""What the tests of the DHCP servers' files start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_settings

PC01 = {"hostname": "pc01", "macs": ["52:54:00:00:00:01"], "ip": "192.168.1.21"}
PC02 = {"hostname": "pc02", "macs": ["52:54:00:00:00:02", "52:54:00:00:01:02"], "ip": "192.168.1.22", "loader": "grub"}
BARE: dict[str, Any] = {"name": "lan", "cidr": "192.168.1.0/24", "next_server": "192.168.1.1"}
FULL: dict[str, Any] = {
    **BARE,
    "routers": ["192.168.1.254"],
    "dns": ["192.168.1.254", "192.168.1.253"],
    "domain": "library.example",
    "ntp": ["192.168.1.253"],
    "pool": ["192.168.1.200", "192.168.1.209"],
    "reservations": [PC01, PC02],
    "foreign_macs": ["52:54:00:00:00:31"],
}
# Every character that an ASCII text may hold, but for the two that none may; the space is not at an end.
PRINTABLE = "".join(chr(code) for code in [33, 32, *range(34, 127)] if chr(code) not in '"\\')


def settings(
    subnets: Sequence[dict[str, Any]] = (FULL,),
    rules: Sequence[dict[str, Any]] = (),
    *,
    first: Sequence[dict[str, Any]] = (),
    lease_seconds: int = 3600,
) -> dhcp_settings.Settings:
    """The checked variables of the role, for an interface that every machine has."""
    return dhcp_settings.settings(list(subnets), ["lo"], list(rules), lease_seconds, list(first), proxy=True)


def rule(name: str, boot_file: str = "x.0", **more: Any) -> dict[str, Any]:
    """A rule of the boot policy, for all clients but for what `more` says."""
    return {"name": name, "boot_file": boot_file, **more}
