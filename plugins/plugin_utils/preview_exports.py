# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a slave may mount or attach: by the master's records, and after a run."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.diskless.netboot.plugins.module_utils import nbd_rules, nfs_record, nfs_rules
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Exports
from ansible_collections.diskless.netboot.plugins.plugin_utils import nbd_projections, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.preview_parts import View


def recorded(view: View) -> list[str]:
    """What it may have now."""
    return _lines(*_recorded(view))


def wanted(view: View) -> tuple[list[str], list[str]]:
    """What it may have then, and which lines of it the inventory does not ask for: it may still run from these."""
    asked = _asked(view)
    lines = _lines(*_then(view, asked))
    return lines, sorted(set(lines) - set(_lines(*asked)))


def withdrawn(view: View) -> set[str]:
    """The paths that a run takes from it."""
    before, after = (
        {rule.path for exports in both for rule in exports} for both in (_recorded(view), _then(view, _asked(view)))
    )
    return before - after


def _asked(view: View) -> tuple[Exports, Exports]:
    name, directory = view.master["name"], view.fleet["directory"]
    return (
        nfs_rules.grouped(projections.exports(view.alone, name)),
        nbd_rules.grouped(nbd_projections.nbd_exports(view.alone, name), directory),
    )


def _then(view: View, asked: tuple[Exports, Exports]) -> tuple[Exports, Exports]:
    before = _recorded(view)
    present = [view.slave["ip"]]
    return (
        nfs_record.succeeding(asked[0], before[0], _exists(view.there["nfs"]), present),
        nfs_record.succeeding(asked[1], before[1], _exists(view.there["nbd"]), present),
    )


def _recorded(view: View) -> tuple[Exports, Exports]:
    return (
        nfs_rules.grouped(view.there["nfs"]),
        nbd_rules.grouped(view.there["nbd"], view.fleet["directory"]),
    )


def _exists(exports: Iterable[Mapping[str, Any]]) -> Callable[[str], bool]:
    there = {export["path"] for export in exports if export["exists"]}
    return there.__contains__


def _lines(nfs: Exports, nbd: Exports) -> list[str]:
    """`NFS rw /srv/diskless/own/pc07, private, for 192.168.1.27`."""
    return [
        f"{server} {rule.access} {rule.path}"
        + (", private" if rule.private else "")
        + (", all are nobody there" if rule.all_squash else ", root is nobody there" if rule.root_squash else "")
        + f", for {', '.join(sorted(clients, key=ipaddress.ip_address))}"
        for server, exports in (("NFS", nfs), ("NBD", nbd))
        for rule, clients in sorted(exports.items())
    ]
