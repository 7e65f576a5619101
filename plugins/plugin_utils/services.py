# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_services` and the `services` of images: what is to run, and with `!` before it what is not."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import inits, unit_names
from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, texts

ALLOWED = f"{names.UNIT_ALLOWED}; with {unit_names.NOT!r} before the name, it is not to run"
# The second is OpenRC's own: what it names counts as started while others start (openrc(8)).
WANTED, UNWANTED = "diskless.services", "noinit"
OPENRC_ALLOWED = "services, without an ending or with .service"


def units(place: Place, value: Plain) -> list[str]:
    """Full unit names in the order given, each once; those that are not to run begin with `!`."""
    found = texts(place, value, _fault, ALLOWED)
    wanted, unwanted = unit_names.split(found)
    for unit in wanted:
        if unit in unwanted:
            place.error(unit, f"is there with and without {unit_names.NOT!r}", "each unit once")
    complete = (f"{unit_names.NOT * unit.startswith(unit_names.NOT)}{_complete(unit)}" for unit in found)
    return list(dict.fromkeys(complete))


def check(place: Place, found: Iterable[str], image: str, init: str) -> None:
    """An error for each unit that the `init` of an image cannot know."""
    for unit in found:
        if init == inits.OPENRC and not inits.is_service(unit):
            place.error(unit, f"is unknown to OpenRC, which is the init of image {image!r}", OPENRC_ALLOWED)


def check_cmdline(place: Place, words: Iterable[str], init: str) -> None:
    """An error for each argument that would stand in the place of one that is made here: OpenRC takes the last."""
    for word in words:
        if init == inits.OPENRC and word.partition("=")[0] in (WANTED, UNWANTED):
            place.error(word, "is what slave_services becomes where OpenRC is the init", "it there")


def arguments(found: Iterable[str], init: str) -> list[str]:
    """The kernel's arguments that have a slave start and not start what it shall."""
    wanted, unwanted = unit_names.split(found)
    if init == inits.OPENRC:
        named = {WANTED: inits.services(wanted), UNWANTED: inits.services(unwanted)}
        return [f"{name}={','.join(services)}" for name, services in named.items() if services]
    return [*(f"systemd.wants={unit}" for unit in wanted), *(f"systemd.mask={unit}" for unit in unwanted)]


def _complete(unit: str) -> str:
    return unit_names.complete(unit.removeprefix(unit_names.NOT))


def _fault(value: str) -> str | None:
    return names.unit_fault(value.removeprefix(unit_names.NOT))
