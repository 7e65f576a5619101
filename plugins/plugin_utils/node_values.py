# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads variables that may hold secrets: what cannot be read is an error that shows nothing of it.

Unlike what shapes.plain reads, a text may hold `{{`, `{%` and `{#`: a shell script has `${#list}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Report
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Undefined

# what such a reason may tell; anything else could quote the value
_HARMLESS = re.compile(r"'[A-Za-z_][A-Za-z0-9_.]*' is undefined|No (?:filter|test) named '[A-Za-z0-9_.]+'")


def read(report: Report, host: str, hostvars: Mapping[str, object], is_wanted: Callable[[str], bool]) -> dict[str, Any]:
    """The wanted variables of a host in plain types; an error for each that cannot be templated or decrypted."""
    try:
        found = hostvars[host]
    except Exception:  # reading.variables has told what is wrong
        return {}
    if not isinstance(found, Mapping):
        return {}
    values: dict[str, Any] = {}
    for name in sorted(str(key) for key in found if is_wanted(str(key))):
        try:
            values[name] = plain(found[name])
        except Exception as error:  # a template can raise anything
            report.error(
                host, f"{name}: cannot be templated: {reason(error)}; `ansible -m debug -a var={name}` shows more"
            )
    return values


def plain(value: object) -> object:
    """The value in plain types, decrypted, without what Ansible tags it with.

    UndefinedError for what a template could not make.
    """
    if isinstance(value, Undefined):
        raise UndefinedError(str(value))  # a strict one raises by itself
    if getattr(value, "__ENCRYPTED__", False):  # ansible-core before 2.19 decrypts when it is asked for the text
        return str(value)
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    return value


def reason(error: Exception) -> str:
    """What can be told of an error without quoting a value: what is missing or else the error's type, and the line."""
    found = _HARMLESS.search(f"{error} {error.__cause__}")
    line = getattr(error.__cause__, "lineno", None)
    return (found[0] if found else type(error).__name__) + (f", line {line}" if isinstance(line, int) else "")
