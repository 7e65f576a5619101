# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`slave_log_host`: where a slave sends its log; its own memory has it in any case."""

from __future__ import annotations

from ansible_collections.diskless.netboot.plugins.module_utils import inits
from ansible_collections.diskless.netboot.plugins.plugin_utils import names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, matching

# The word for the slave's own master.
MASTER = "master"
ALLOWED = f"'{MASTER}', or the name or address of a machine that runs systemd-journal-remote"
PACKAGE = "systemd-journal-remote"


def log_host(place: Place, value: Plain) -> str:
    """`master`, another machine's name or address, or "" for none."""
    return "" if value is None else matching(place, value, names.domain_fault, ALLOWED) or ""


def check(place: Place, slave: Slave, image: Image) -> None:
    """An error where the image cannot send."""
    if slave["log_host"] and image["init"] != inits.SYSTEMD:
        wrong = f"is sent the log by systemd, and the init of image {image['name']!r} is {image['init']}"
        place.error(slave["log_host"], wrong, f"an image with init {inits.SYSTEMD}")
    elif slave["log_host"] and PACKAGE not in image["packages"]:
        wrong = f"is sent the log by the package {PACKAGE}, which image {image['name']!r} has not"
        place.error(slave["log_host"], wrong, f"an image with {PACKAGE} among its packages")


def argument(master_ip: str, slave: Slave, init: str) -> list[str]:
    """The kernel's argument that tells a slave of it."""
    if not slave["log_host"] or init != inits.SYSTEMD:
        return []
    return [f"diskless.log={master_ip if slave['log_host'] == MASTER else slave['log_host']}"]
