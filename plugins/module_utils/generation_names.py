# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of generations, `bookworm-3f2a9c0d1e4b-20261122T053000Z`: made, read and put into order here alone."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import NamedTuple

TIME_FORMAT = "%Y%m%dT%H%M%SZ"
"""UTC, for strftime(3): the basic format of ISO 8601, whose texts sort as their times do."""
RELEASE = re.compile(r"[a-z][a-z0-9.]*")
"""What distributions call their releases: no hyphen, as it separates the parts."""
DIGEST = re.compile(r"[0-9a-f]{12}")
TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")


class Name(NamedTuple):
    """The parts of a name: the release for people, the digest of the definition, and when it was first wanted."""

    release: str
    digest: str
    time: str


def make(release: str, digest: str, time: str) -> str:
    """Give the name of a generation.

    :raises ValueError: for parts that would not be read again as the same.
    """
    text = f"{release}-{digest}-{time}"
    if parse(text) != (release, digest, time):
        raise ValueError(f"{text!r} is no name of a generation, such as 'bookworm-3f2a9c0d1e4b-20261122T053000Z'")
    return text


def parse(text: str) -> Name | None:
    """Give the parts of a name, or nothing where ``text`` is none."""
    parts = text.split("-")
    if len(parts) != len(Name._fields):
        return None
    name = Name(*parts)
    fits = RELEASE.fullmatch(name.release) and DIGEST.fullmatch(name.digest) and _is_time(name.time)
    return name if fits else None


def _is_time(text: str) -> bool:
    try:
        # strptime(3) alone would take other spellings, with fewer digits.
        return bool(TIME.fullmatch(text) and datetime.datetime.strptime(text, TIME_FORMAT))
    except ValueError:
        return False


def order(text: str) -> tuple[str, str]:
    """Give the key to sort names by, oldest first; of two with the same time the text decides.

    :raises ValueError: for what is no name.
    """
    name = parse(text)
    if name is None:
        raise ValueError(f"{text!r} is no name of a generation")
    return name.time, text


def ordered(texts: Iterable[str]) -> list[str]:
    """Give those that are names of generations, oldest first."""
    return sorted((text for text in texts if parse(text)), key=order)


def newest(texts: Iterable[str]) -> str | None:
    """Give the newest of those that are names of generations, or nothing where none is."""
    names = ordered(texts)
    return names[-1] if names else None
