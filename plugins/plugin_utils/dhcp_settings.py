# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role `dhcp_server`, checked once for all its servers, and handed to the one that is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ansible.errors import AnsibleFilterError
from ansible_collections.diskless.netboot.plugins.plugin_utils import dhcp_policy, dhcp_subnets
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import Rule

T = TypeVar("T")

# Option 51 is a number of 32 bits (RFC 2132, 9.2).
LONGEST_LEASE_SECONDS = 2**32 - 1


class Settings(NamedTuple):
    """What a server is told. Nothing in it needs an escape in any of their files but that texts may need quotes."""

    interfaces: list[str]
    subnets: list[dhcp_subnets.Subnet]
    rules: list[Rule]
    lease_seconds: int


def settings(
    subnets: Sequence[Mapping[str, Any]],
    interfaces: Sequence[str],
    boot_policy: Sequence[Mapping[str, Any]],
    lease_seconds: int,
    boot_policy_first: Sequence[Mapping[str, Any]] = (),
    *,
    proxy: bool = False,
) -> Settings:
    """Check the role's variables; ``proxy``: can the server be one.

    :raises ValueError: for what no server, or not this one, could be told.
    """
    if not 1 <= lease_seconds <= LONGEST_LEASE_SECONDS:
        raise ValueError(f"dhcp_server_lease_seconds: {lease_seconds} is not between 1 and {LONGEST_LEASE_SECONDS}")
    return Settings(
        interfaces=dhcp_subnets.interfaces(interfaces),
        subnets=dhcp_subnets.subnets(subnets, proxy=proxy),
        rules=[
            *dhcp_policy.check(boot_policy_first, dhcp_policy.FIRST_VARIABLE),
            *dhcp_policy.check(boot_policy),
        ],
        lease_seconds=lease_seconds,
    )


def rendered(name: str, subnets: object, render: Callable[[], T]) -> T:
    """Give what ``render`` gives for a filter, or an error that names the filter."""
    if isinstance(subnets, str) or not isinstance(subnets, Sequence):
        raise AnsibleFilterError(f"{name}: a list of networks is needed, not {type(subnets).__name__}")
    try:
        return render()
    except KeyError as error:
        raise AnsibleFilterError(f"{name}: {error} is missing") from error
    except ValueError as error:
        raise AnsibleFilterError(f"{name}: {error}") from error
