# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generation of which image each slave boots next, and which ones it has had: the master's record of it."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names, private_file, tree_files

Boots = dict[str, dict[str, dict[str, Any]]]
"""Slave, image, then ``generation``, ``held`` (it stays though there are newer ones), ``before``, oldest first, and
``served``: what the last run that came to its end has the servers give the slave; none where no run has."""


def path(directory: str) -> str:
    """Give the path of the record below ``diskless_directory``."""
    return f"{directory}/state/boots.json"


def read(directory: str) -> Boots | None:
    """Read the record; nothing where there is none yet.

    :raises ValueError: for what is no such record, naming the file.
    """
    held = private_file.read(path(directory))
    if held is None:
        return None
    try:
        return parse(held.decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path(directory)}: {error}") from None


def parse(text: str) -> Boots:
    """Read what :func:`render` has written.

    :raises ValueError: for anything else.
    """
    try:
        data = json.loads(text)
        boots = {
            tree_files.check_name(slave, "slave"): {
                tree_files.check_name(image, "image"): {
                    "generation": checked(slave, image, record["generation"]),
                    "held": record["held"] is True,
                    "before": [checked(slave, image, name) for name in record["before"]],
                    "served": record["served"] and checked(slave, image, record["served"]),
                }
                for image, record in images.items()
            }
            for slave, images in data.items()
        }
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"is no record of what slaves boot: {error!r}") from None
    except ValueError as error:
        raise ValueError(f"is no record of what slaves boot: {error}") from None
    return boots


def checked(slave: str, image: str, generation: object) -> str:
    """Give the name of a generation back.

    :raises ValueError: for what is none.
    """
    if not isinstance(generation, str) or generation_names.parse(generation) is None:
        raise ValueError(f"{slave}: {image}: {generation!r} is no name of a generation")
    return generation


def render(boots: Boots) -> str:
    """Give the record's file."""
    return json.dumps(boots, indent=1, sort_keys=True) + "\n"


def succeeding(
    wanted: Mapping[str, Mapping[str, Mapping[str, Any]]], recorded: Boots, exists: Callable[[str, str], bool]
) -> Boots:
    """Give the record that follows when slaves boot what is ``wanted``: slave, image, ``generation`` and ``held``.

    The generation that another takes the place of goes to the end of ``before``; what is there once stays once, at its
    last place. ``exists``: is that generation of that image still on the disk; those that are not leave ``before``.
    Slaves and images that are not wanted stay: the servers still give them what is recorded, until :func:`served`.

    :raises ValueError: for a name that would lead elsewhere.
    """
    after: Boots = {slave: dict(images) for slave, images in recorded.items()}
    for slave, images in wanted.items():
        mine = after.setdefault(tree_files.check_name(slave, "slave"), {})
        for image, one in images.items():
            mine[tree_files.check_name(image, f"{slave}: image")] = _following(
                checked(slave, image, one["generation"]),
                bool(one["held"]),
                recorded.get(slave, {}).get(image),
                functools.partial(exists, image),
            )
    return after


def served(wanted: Mapping[str, Mapping[str, object]], following: Boots) -> Boots:
    """Give the record when the servers give the slaves what is ``wanted``, and nothing else any more."""
    return {
        slave: {image: {**following[slave][image], "served": following[slave][image]["generation"]} for image in images}
        for slave, images in wanted.items()
    }


def _following(
    generation: str, held: bool, recorded: Mapping[str, Any] | None, exists: Callable[[str], bool]
) -> dict[str, Any]:
    had = [*recorded["before"], recorded["generation"]] if recorded is not None else []
    # A name's last place counts: it says when the slave last had it.
    latest = {name: place for place, name in enumerate(had)}
    before = [name for place, name in enumerate(had) if latest[name] == place and name != generation and exists(name)]
    served = recorded["served"] if recorded is not None else None
    return {"generation": generation, "held": held, "before": before, "served": served}


def named(boots: Boots) -> dict[str, str]:
    """Give the generations that slaves need, as ``image/generation``, and why.

    The one that a slave boots next, the one that a run which died left it with, and the one it had before, from which
    it may still be running. Of a slave that runs have died for, all that it had since one came to its end: each of them
    may be what its boot file names.
    """
    needed: dict[str, str] = {}
    for slave, images in sorted(boots.items()):
        for image, record in images.items():
            needed.setdefault(f"{image}/{record['generation']}", f"{slave} boots it next")
    for slave, images in sorted(boots.items()):
        for image, record in images.items():
            if record["served"]:
                needed.setdefault(f"{image}/{record['served']}", f"{slave} boots it until a run comes to its end")
    for slave, images in sorted(boots.items()):
        for image, record in images.items():
            for generation in _had(record):
                needed.setdefault(f"{image}/{generation}", f"{slave} had it before its present one")
    return needed


def _had(record: Mapping[str, Any]) -> list[str]:
    before: list[str] = record["before"]
    if record["served"] == record["generation"]:
        return before[-1:]
    return before[before.index(record["served"]) :] if record["served"] in before else before
