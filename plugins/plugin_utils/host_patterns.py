# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host patterns of Ansible: whether each part of one means something, which Ansible itself would only warn of."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping

from ansible.inventory.manager import split_host_pattern
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, text
from ansible_collections.diskless.netboot.plugins.plugin_utils.spelling import nearest

ALLOWED = "a pattern of hosts and groups of the inventory, such as 'reading_room:!pc03'"
# ansible.builtin's own, which --limit takes too: group[0], group[-1], group[0:2]
_SUBSCRIPT = re.compile(r"\[(?:-?[0-9]+|[0-9]+[:-][0-9]*)\]$")


def check(place: Place, value: Plain, names: Iterable[str]) -> None:
    """Errors for a value that is no pattern, and for parts of it that mean none of the names."""
    pattern = text(place, value, ALLOWED)
    known = sorted(names)
    for part in map(str, split_host_pattern(pattern)) if pattern else ():
        bare = part.lstrip("!&")
        fault = _fault(bare, known)
        if fault:
            place.error(part, fault, ALLOWED)


def _fault(part: str, names: list[str]) -> str | None:
    word = part if part.startswith("~") else _SUBSCRIPT.sub("", part)
    try:
        pattern = re.compile(word[1:] if word.startswith("~") else fnmatch.translate(word))
    except re.error:
        return "is no regular expression"
    if any(map(pattern.match, names)):
        return None
    near = nearest(word, names)
    return "matches no host or group" + (f", did you mean {show_name(near)}?" if near else "")


def names(hostvars: Iterable[object], groups: object) -> set[str]:
    """What a pattern may name: all hosts and all groups."""
    known = {str.__str__(host) for host in hostvars if isinstance(host, str)}
    table = groups if isinstance(groups, Mapping) else {}
    return known | {str.__str__(group) for group in table if isinstance(group, str)}
