# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to happen in ``pxelinux.cfg`` so that it holds exactly the wanted files, besides those of others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.diskless.netboot.plugins.module_utils import atomic_file
from ansible_collections.diskless.netboot.plugins.module_utils.pxelinux_render import MARKER

FILE_MODE = 0o644
DIRECTORY_MODE = 0o755


@dataclass(frozen=True)
class Found:
    """A name in the directory; ``content`` is nothing where it is no regular file."""

    content: bytes | None
    mode: int

    @property
    def is_ours(self) -> bool:
        """Say whether the module wrote it."""
        return self.content is not None and self.content.split(b"\n", 1)[0] == MARKER.encode()


@dataclass(frozen=True)
class Plan:
    """``write``: name to content; ``remove``: names. Both in order, so that results read the same each time."""

    write: dict[str, bytes]
    remove: tuple[str, ...]


def observe(dir_fd: int) -> dict[str, Found]:
    """Read the whole directory."""
    result = {}
    for name in os.listdir(dir_fd):
        held = atomic_file.read_file(name, dir_fd)
        result[name] = Found(*held) if held else Found(None, 0)
    return result


def make(wanted: Mapping[str, bytes], found: Mapping[str, Found]) -> Plan:
    """Compare.

    :raises ValueError: where a wanted name is taken by a file that another wrote.
    """
    foreign = sorted(name for name in wanted if name in found and not found[name].is_ours)
    if foreign:
        raise ValueError(
            f"not ours, so not overwritten: {', '.join(foreign)}; move it away or take the machine out of the inventory"
        )
    write = {
        name: content
        for name, content in sorted(wanted.items())
        if name not in found or (found[name].content, found[name].mode) != (content, FILE_MODE)
    }
    remove = tuple(sorted(name for name, one in found.items() if one.is_ours and name not in wanted))
    return Plan(write, remove)


def apply(plan: Plan, dir_fd: int) -> None:
    """Write first, then remove: a machine whose address moves is at no time without a file."""
    for name, content in plan.write.items():
        atomic_file.write_file(name, content, FILE_MODE, dir_fd)
    for name in plan.remove:
        os.unlink(name, dir_fd=dir_fd)


def diff(plan: Plan, found: Mapping[str, Found], path: str) -> list[dict[str, str]]:
    """Give Ansible's ``diff``, one item a changed file."""
    result = []
    for name in sorted([*plan.write, *plan.remove]):
        before = found[name].content if name in found else None
        result.append(
            {
                "before_header": f"{path}/{name}",
                "after_header": f"{path}/{name}",
                "before": (before or b"").decode("utf-8", "replace"),
                "after": plan.write.get(name, b"").decode("utf-8"),
            }
        )
    return result
