# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preview of one slave is made of: the settled fleet, what its master has, and how its servers are set."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

from ansible_collections.diskless.netboot.plugins.plugin_utils.listing import Told
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet, Image, Master, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.settling import Record

# A longer line is shown a word a line in a difference, so that it is seen which one has changed.
LONG_LINE = 160
CONTEXT = 2


class State(TypedDict):
    """What the module generation_facts returns."""

    images: dict[str, list[Told]]
    boots: dict[str, dict[str, Record]]


class There(TypedDict):
    """What the module slave_facts returns."""

    boot_files: dict[str, str]
    dhcp: str | None
    nfs: list[dict[str, Any]]
    nbd: list[dict[str, Any]]
    tree: dict[str, Any]
    disks: dict[str, int]
    disks_recorded: list[str]
    state: dict[str, bool]
    node: dict[str, Any]


class Settings(TypedDict):
    """Variables of the roles tftp_pxelinux and dhcp_server that say how the slave's part is written.

    `dhcp_file`: the path of the server's configuration; `boot_policy_first`: `dhcp_server_boot_policy_first`.
    """

    boot_root: str
    serial: str
    dhcp_backend: str
    dhcp_file: str
    boot_policy_first: list[dict[str, Any]]
    lease_seconds: int


class View(NamedTuple):
    """All of it, of one slave; `fleet`: with all slaves of its master, `alone`: with this one and no other."""

    fleet: Fleet
    alone: Fleet
    slave: Slave
    image: Image
    master: Master
    state: State
    there: There
    settings: Settings


def view(fleet: Fleet, name: str, state: State, there: There, settings: Settings) -> View:
    """Put it together; ValueError for a slave that the fleet does not have."""
    slave = fleet["slaves"].get(name)
    if slave is None:
        raise ValueError(f"{name!r} is no slave of the fleet")
    alone: Fleet = {**fleet, "slaves": {name: slave}}
    return View(
        fleet, alone, slave, fleet["images"][slave["image"]], fleet["masters"][slave["master"]], state, there, settings
    )


def rows(table: Sequence[tuple[str, str]]) -> list[str]:
    """Lines of a title and what stands behind it; a title is not repeated."""
    width = max((len(title) for title, _text in table), default=0)
    shown = [("" if number and table[number - 1][0] == title else title) for number, (title, _text) in enumerate(table)]
    return [f"  {title.ljust(width)}  {text}".rstrip() for title, (_title, text) in zip(shown, table, strict=True)]


def difference(title: str, before: Sequence[str], after: Sequence[str]) -> list[str]:
    """A unified diff with `title` above it, nothing where there is no difference."""
    found = list(
        difflib.unified_diff(
            _split(before), _split(after), "on the master", "by this inventory", n=CONTEXT, lineterm=""
        )
    )
    # By line numbers of lines that were split nobody finds anything.
    lines = [line if not line.startswith("@@") else "@@" for line in found]
    return [f"  {title}", *(f"    {line}".rstrip() for line in lines)] if lines else []


def _split(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        words = line.split() if len(line) > LONG_LINE else [line.strip()]
        found += [f"{indent}{words[0]}", *(f"{indent}    {word}" for word in words[1:])]
    return found


def readable(text: str) -> list[str]:
    """The lines of a file, without what a loader's page of help has for the screen."""
    return "".join(one for one in text.expandtabs() if one.isprintable() or one == "\n").splitlines()


def told(values: Mapping[str, str]) -> str:
    """`router 192.168.1.254, domain library.example`: those that have a value."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value)
