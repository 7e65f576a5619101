# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_services` and the `services` of images: units that are to run, and with `!` before them those that are not."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils import unit_names
from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, texts

ALLOWED = f"{names.UNIT_ALLOWED}; with {unit_names.NOT!r} before the name, it is not to run"


def units(place: Place, value: Plain) -> list[str]:
    """Full unit names in the order given, each once; those that are not to run begin with `!`."""
    found = texts(place, value, _fault, ALLOWED)
    wanted, unwanted = unit_names.split(found)
    for unit in wanted:
        if unit in unwanted:
            place.error(unit, f"is there with and without {unit_names.NOT!r}", "each unit once")
    complete = (f"{unit_names.NOT * unit.startswith(unit_names.NOT)}{_complete(unit)}" for unit in found)
    return list(dict.fromkeys(complete))


def _complete(unit: str) -> str:
    return unit_names.complete(unit.removeprefix(unit_names.NOT))


def _fault(value: str) -> str | None:
    return names.unit_fault(value.removeprefix(unit_names.NOT))
