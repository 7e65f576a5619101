# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What packages changed from one generation of an image to the next."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import generation_names, rootfs_made

SHOWN = 40
"""Lines at most for one generation: what a terminal holds."""


def _names(packages: Mapping[str, str], architecture: str) -> dict[str, str]:
    """Leave out the architecture where it is the image's own, or none."""
    ours = (f":{architecture}", ":all")
    return {name.rsplit(":", 1)[0] if name.endswith(ours) else name: version for name, version in packages.items()}


def news(before: Mapping[str, str], after: Mapping[str, str], architecture: str) -> list[str]:
    """Give a line for each package that came (``+``), went (``-``) or has another version, by name.

    :param before: ``name:architecture`` → version, as in ``image.json``.
    """
    old, new = _names(before, architecture), _names(after, architecture)
    lines = []
    for name in sorted({*old, *new}):
        if name not in old:
            lines.append(f"+{name} {new[name]}")
        elif name not in new:
            lines.append(f"-{name} {old[name]}")
        elif old[name] != new[name]:
            lines.append(f"{name} {old[name]} -> {new[name]}")
    return lines if len(lines) <= SHOWN else [*lines[: SHOWN - 1], f"and {len(lines) - SHOWN + 1} more"]


def _packages(path: str) -> dict[str, str] | None:
    with contextlib.suppress(OSError, ValueError), open(f"{path}/{rootfs_made.DEFINITION}", encoding="utf-8") as file:
        told = json.load(file)
        packages = told.get("packages") if isinstance(told, dict) else None
        return packages if isinstance(packages, dict) else None
    return None


def of(directory: str, image: Mapping[str, Any]) -> dict[str, list[str]]:
    """Tell what is new in an image's generation against the newest of the older ones that are there, by its label.

    Nothing where there is none before it, or where one of the two does not tell what packages it has.
    """
    folder = f"{directory}/images/{image['name']}"
    names = generation_names.ordered(os.listdir(folder))
    older = names[: names.index(image["generation"])][-1:]
    told = [_packages(f"{folder}/{name}") for name in [*older, image["generation"]]]
    if len(told) < 2 or told[0] is None or told[1] is None:
        return {}
    return {f"{image['name']}/{image['generation']}": news(told[0], told[1], image["architecture"])}
