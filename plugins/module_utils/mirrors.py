# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be an image's mirror, by one rule for the inventory's validation and for the build on the master."""

from __future__ import annotations

import re

ALLOWED = (
    "a Debian mirror's address (http://..., https://..., or copy:///... for a folder of the master), "
    "or a one-line `deb` entry with one (sources.list(5))"
)

_WEB = r"https?://[A-Za-z0-9._:\[\]-]+(?:/[A-Za-z0-9._~/+-]*)?"
_PATH = r"/[A-Za-z0-9._~+-][A-Za-z0-9._~/+-]*"
_OPTIONS = r"(?:\[[A-Za-z0-9=,+._:/ -]+\] )?"
# mmdebstrap(1) takes for an address only what has "://"; behind "deb" apt reads it, which takes "copy:/" too.
_MIRROR = re.compile(rf"(?:{_WEB}|copy://{_PATH})|deb {_OPTIONS}(?:{_WEB}|copy:(?://)?{_PATH})(?: [A-Za-z0-9._/-]+)+")


def fault(mirror: str) -> str | None:
    """Say what is wrong with a mirror, or nothing. Line breaks and the like are no part of what is allowed."""
    if _MIRROR.fullmatch(mirror):
        return None
    # With "file:" apt takes packages from where they lie, and there the build in its root does not reach them.
    better = re.sub(r"\b(?:file|copy):/*", "copy:///", mirror, count=1)
    if _MIRROR.fullmatch(better):
        return f"cannot be read while an image is built, write {better!r}"
    return "is no mirror's address"
