# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run can be asked for with `-e`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import host_patterns, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.reading import common
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    boolean,
    choice,
    items,
    matching,
    text,
)

YES_OR_NO = ("diskless_prune_trees", "diskless_prune_disks", "diskless_prune_state", "diskless_list")
RESET = "diskless_reset_slaves"
RESET_ALLOWED = "names of slaves whose slave_root is persist"
SLAVES = "diskless_slaves"
REBUILD = "diskless_rebuild"
SSH_DIRECTORY = "diskless_ssh_directory"
SSH_DIRECTORY_ALLOWED = "a folder where Ansible runs, or nothing ('') for no files there"


def check(
    report: Report,
    hosts: Mapping[str, Mapping[str, Plain]],
    slaves: Mapping[str, Slave],
    images: Mapping[str, Image],
    known: Iterable[str],
) -> None:
    """Errors for what cannot be done; a warning that tells what will be lost.

    `hosts`: the variables of each host; `known`: the names of all hosts and groups.
    """
    for variable in YES_OR_NO:
        wanted = common(report, hosts, variable)
        if wanted is not None:
            boolean(Place(report, "all", variable), wanted)
    _check_reset(report, common(report, hosts, RESET), slaves)
    chosen = common(report, hosts, SLAVES)
    if chosen is not None:
        host_patterns.check(Place(report, "all", SLAVES), chosen, known)
    _check_rebuild(Place(report, "all", REBUILD), common(report, hosts, REBUILD), images)
    folder = common(report, hosts, SSH_DIRECTORY)
    if folder not in (None, ""):
        matching(Place(report, "all", SSH_DIRECTORY), folder, names.hidden_fault, SSH_DIRECTORY_ALLOWED)


def _check_rebuild(place: Place, value: Plain, images: Mapping[str, Image]) -> None:
    listed = [] if value is None else items(place, value, f"a list of names of images: {', '.join(images)}")
    for index, item in enumerate(listed):
        choice(place.item(f"[{index}]"), item, images)


def _check_reset(report: Report, value: Plain, slaves: Mapping[str, Slave]) -> None:
    place = Place(report, "all", RESET)
    having = [name for name, slave in slaves.items() if slave["root"] == "persist"]
    known = f": {', '.join(map(show_name, having))}" if having else ", and there is none"
    listed = [] if value is None else items(place, value, f"a list of {RESET_ALLOWED}{known}")
    for index, item in enumerate(listed):
        here = place.item(f"[{index}]")
        name = text(here, item, f"{RESET_ALLOWED}{known}")
        if name is not None and name not in having:
            wrong = f"has the root {slaves[name]['root']}, and no disk persist" if name in slaves else "is no slave"
            here.error(name, wrong, f"{RESET_ALLOWED}{known}")
        elif name is not None:
            here.warn(name, "all that this slave has written to its root is given up; its slave_disks are kept")
