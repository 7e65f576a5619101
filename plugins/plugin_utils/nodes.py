# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each slave of a master is given of its own: the model's part of it, and what no model holds."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import node_files, slave_checks
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Report, lines
from ansible_collections.diskless.netboot.plugins.plugin_utils.projections import Record, slaves_of


def nodes(hostvars: Mapping[str, object], fleet: Fleet, master: str) -> list[Record]:
    """The value of `slave_nodes_slaves`, which holds secrets.

    ValueError for a master that is not in the fleet, and for what the fleet's model would have had as an error.
    """
    report = Report()
    found: list[Record] = []
    for slave in slaves_of(fleet, master):
        # The fleet's model knows what the image as defined shares; the generation that the slave boots may share more.
        as_booted = slave_checks.as_booted(slave, fleet["images"][slave["image"]])
        own = node_files.node(report, slave["name"], hostvars, slave_checks.covered_by_image(slave, as_booted))
        found.append(
            {
                "name": slave["name"],
                "hostname": slave["hostname"],
                "ip": slave["ip"],
                "key_types": slave["key_types"],
                "files": [{key: value for key, value in file.items() if value is not None} for file in own["files"]],
                "authorized_keys": own["authorized_keys"],
                "password_hash": own["password_hash"],
            }
        )
    if report.errors:
        raise ValueError("; ".join(lines(report.errors)))
    return found
