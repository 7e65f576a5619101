# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a master keeps what it serves: `diskless_directory` and the boot files, and what of it nobody may export."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, matching

DIRECTORY = "/srv/diskless"
ROOTS = ("/srv", "/var/lib", "/home", "/mnt", "/media", "/data", "/opt")
ALLOWED = f"a path in {', '.join(ROOTS)}: {names.PATH_ALLOWED}"
# the variable is the role's, the value its default
BOOT_FILES_VARIABLE = "tftp_pxelinux_root"
BOOT_FILES = "/srv/tftp"
PRIVATE = ("images", "trees", "disks", "nodes", "own", "state", "volumes")


def data(report: Report, value: Plain) -> str:
    """`diskless_directory`, or its default where it is not set or not good."""
    place = Place(report, "all", "diskless_directory")
    found = DIRECTORY if value is None else matching(place, value, _fault, ALLOWED)
    return found or DIRECTORY


def private(report: Report, directory: str, masters: Mapping[str, Mapping[str, Plain]]) -> list[str]:
    """What no master may export: parts of `diskless_directory`, and the boot files wherever a master has them.

    Who writes to the boot files chooses what every slave boots.
    """
    roots = [boot_files(Place(report, name, BOOT_FILES_VARIABLE), its, directory) for name, its in masters.items()]
    folders = [*(f"{directory}/{name}" for name in PRIVATE), BOOT_FILES, *(root for root in roots if root)]
    return list(dict.fromkeys(folders))


def boot_files(place: Place, variables: Mapping[str, Plain], directory: str) -> str | None:
    """A master's `tftp_pxelinux_root`: TFTP shows all of it to everybody on the network, so it is a folder apart."""
    path = matching(place, variables.get(BOOT_FILES_VARIABLE, BOOT_FILES), _fault, ALLOWED)
    if path is not None and names.nested(path, directory):
        wrong = "lies in" if names.lies_in(path, directory) else "holds"
        place.error(path, f"{wrong} diskless_directory, but everybody can read it", f"a path outside {directory}")
        return None
    return path


def _fault(value: str) -> str | None:
    fault = names.path_fault(value)
    if fault is None and (value in ROOTS or not any(names.lies_in(value, root) for root in ROOTS)):
        return "is no place for what is served"
    return fault
