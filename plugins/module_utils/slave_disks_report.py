# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module slave_disks tells of its work. All but :func:`told` are pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import progress, slave_disks_plan, some_names
from ansible_collections.diskless.netboot.plugins.module_utils.slave_disks_plan import Found, Step

SHOWN = 10
"""Disks that a warning names."""
MANY = 10
"""From so many disks on it takes long."""


def told(steps: list[Step]) -> Iterator[Step]:
    """Give the steps one by one, and tell people how many of those that do something are done.

    :raises WorkAhead: as Teller.begin, before the first.
    """
    work = [step for step in steps if step.action not in (slave_disks_plan.LEAVE, slave_disks_plan.WAIT)]
    if len(work) >= MANY:
        progress.TELLER.begin()
    done = 0
    for step in steps:
        if step in work:
            progress.TELLER.tell("made", f"{done} of {len(work)} disks made, now {step.disk.label}")
            done += 1
        yield step


def labels(steps: list[Step], action: str) -> list[str]:
    """Give the disks with which one thing is done."""
    return [step.disk.label for step in steps if step.action == action]


def line(label: str, content: str, size: int, action: str) -> str:
    """Give a disk's line of the diff."""
    mended = ", the server's alone" if action == slave_disks_plan.OWN else ""
    return f"{label}: {content or 'unknown'}, {slave_disks_plan.shown(size)}{mended}\n"


def warnings(steps: list[Step], gone: Mapping[str, list[str]], unsure: str) -> list[str]:
    """Give what an administrator should know; ``unsure``: see :mod:`slave_disks_record`."""
    found = []
    if gone["kept"]:
        found.append(f"kept, though no slave has these disks any more: {some_names.some(gone['kept'], SHOWN)}")
    waiting = [*labels(steps, slave_disks_plan.WAIT), *gone["in_use"]]
    if waiting:
        found.append(f"left as they are, because {unsure or 'they are in use'}: {some_names.some(waiting, SHOWN)}")
    strange = [step.disk.label for step in steps if step.strange]
    if strange:
        found.append(
            "left as they are, though their slaves have overwritten what was made in them:"
            f" {some_names.some(strange, SHOWN)}; diskless_reset_slaves makes a 'persist' anew"
        )
    return found


def result(
    steps: list[Step], gone: Mapping[str, list[str]], left: list[str], found: Mapping[str, Found], *, recorded: bool
) -> dict[str, Any]:
    """Put the module's result together."""
    touched = [step for step in steps if step.action not in (slave_disks_plan.LEAVE, slave_disks_plan.WAIT)]
    before = [line(s.disk.label, s.found.content, s.found.size, "") for s in touched if s.found is not None]
    before += [line(label, found[label].content, found[label].size, "") for label in gone["removed"]]
    after = [line(s.disk.label, s.disk.filesystem, s.disk.size, s.action) for s in touched]
    return {
        "changed": bool(touched or gone["removed"] or left or recorded),
        **{
            action: labels(steps, action)
            for action in (slave_disks_plan.MAKE, slave_disks_plan.REMAKE, slave_disks_plan.GROW, slave_disks_plan.OWN)
        },
        "removed": [*gone["removed"], *left],
        "kept": gone["kept"],
        "in_use": [*labels(steps, slave_disks_plan.WAIT), *gone["in_use"]],
        "strange": [step.disk.label for step in steps if step.strange],
        "diff": {"before": "".join([*before, *(f"{name}\n" for name in left)]), "after": "".join(after)},
    }
