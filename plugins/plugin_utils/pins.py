# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_generation`: the generation that a slave boots whatever becomes of its image; and how long such names are."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names, inits
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import DIGITS
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import RELEASES
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Booted, Image
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, matching

ALLOWED = (
    "the name of a generation, such as 'bookworm-3f2a9c0d1e4b-20261122T053000Z'; "
    "playbooks/images.yml -e diskless_list=true shows those that are there"
)


def pin(place: Place, value: Plain) -> str | None:
    """The generation that a slave shall boot of its own image; None where its master's record decides."""
    return None if value is None else matching(place, value, _fault, ALLOWED)


def _fault(value: str) -> str | None:
    return None if generation_names.parse(value) else "is no name of a generation"


def as_long_as_any(images: Iterable[Image]) -> dict[str, Booted]:
    """What a slave might boot of each image, under names that are as long as names can be.

    A slave that is taken back may get one of another release than its image has now, or of another init: systemd takes
    more words.
    """
    longest = generation_names.make(max(RELEASES, key=len), "0" * DIGITS, "20000101T000000Z")
    return {
        image["name"]: {"name": longest, "held": False, "shared": image["shared"], "init": inits.SYSTEMD}
        for image in images
    }
