# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`nbd_server_tls`: with which certificate a master's NBD server answers, and whom it could then not serve."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import block_devices, boot_labels, names
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, enumerated
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    boolean,
    known_keys,
    mapping,
    matching,
    required,
)

VARIABLE = "nbd_server_tls"
KEYS = ("certificate", "key", "authorities", "required")
FILES = KEYS[:3]
EXAMPLE = f"null, or a dictionary with {', '.join(KEYS)}"


def check(place: Place, value: Plain) -> None:
    """Errors for what the role could not use; null is no TLS."""
    if value is None:
        return
    table = mapping(place, value, EXAMPLE)
    if not isinstance(value, dict):
        return
    known_keys(place, table, KEYS)
    allowed = f"a file of the master: {names.PATH_ALLOWED}"
    for key in FILES:
        # Also the authorities: nbd-server takes no TLS client without a certificate.
        path = required(place, table, key, allowed)
        if path is not None:
            matching(place.item(f".{key}"), path, names.path_fault, allowed)
    if table.get("required") is not None:
        boolean(place.item(".required"), table["required"])


def check_clients(
    report: Report,
    images: Mapping[str, Image],
    slaves: Mapping[str, Slave],
    masters: Mapping[str, Mapping[str, Plain]],
) -> None:
    """An error at a master that takes nobody without TLS, and has slaves that attach devices.

    A slave would need a key before it has a root: it could only come by TFTP, where everybody can read it.
    """
    for master, variables in masters.items():
        tls = variables.get(VARIABLE)
        if not isinstance(tls, dict) or boolean(Place(Report(), master, VARIABLE), tls.get("required")) is not True:
            continue
        attaching = [
            name
            for name, slave in slaves.items()
            if slave["master"] == master
            and any(block_devices.attaches(images[image], slave, root) for image, root in boot_labels.served(slave))
        ]
        if attaching:
            wrong = (
                f"would shut out {enumerated(attaching)}: a slave has no key that TLS could use, "
                "as that would come by TFTP, where everybody can read it"
            )
            Place(report, master, f"{VARIABLE}.required").error(tls["required"], wrong, "false")
