# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that an image can have as its first process, and what each calls the services that it starts."""

from __future__ import annotations

from collections.abc import Iterable

SYSTEMD = "systemd"
OPENRC = "openrc"
INITS = (SYSTEMD, OPENRC)

_SERVICE = ".service"


def is_service(unit: str) -> bool:
    """Say whether a unit's complete name is one that OpenRC could know: that has services alone (openrc(8))."""
    return unit.endswith(_SERVICE)


def services(units: Iterable[str]) -> list[str]:
    """Give the names that OpenRC has for ``units``, without those that it cannot know."""
    return [unit.removesuffix(_SERVICE) for unit in units if is_service(unit)]
