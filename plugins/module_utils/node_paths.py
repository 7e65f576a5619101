# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files of a slave's own may lie. Paths are below the slave's root, without a `/` in front."""

from __future__ import annotations

import re

from ansible_collections.diskless.netboot.plugins.module_utils import tree_files

NOT_IN = ("/proc", "/sys", "/dev", "/run", "/tmp")  # noqa: S108 - a path of the slave, where nothing of a boot stays
"""What the slave's start mounts over."""
LINKS = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "lib32": "usr/lib32",
    "lib64": "usr/lib64",
    "libx32": "usr/libx32",
    "var/run": "run",
    "var/lock": "run/lock",
}
"""Links to directories in every image (https://wiki.debian.org/UsrMerge, hier(7)); a file must not take their place."""

MACHINE_ID = "etc/machine-id"
HOST_ID = "etc/hostid"
RANDOM_SEED = "var/lib/systemd/random-seed"
AUTHORIZED_KEYS = "root/.ssh/authorized_keys"
SSH = "etc/ssh"
INSTEAD = {
    MACHINE_ID: "the master makes it",
    HOST_ID: "the master makes it",
    RANDOM_SEED: "the master makes it",
    AUTHORIZED_KEYS: "slave_authorized_keys makes it",
}
"""Files that a slave has anyway, each with where it comes from."""

_HOST_KEY = re.compile(r"etc/ssh/ssh_host_[^/]*_key(?:\.pub)?")


def fault(path: str) -> str | None:
    """Say what is against a file of the inventory's at ``path``, which is normalised."""
    if path in INSTEAD:
        return f"is part of the slave's identity: {INSTEAD[path]}"
    inner = next((one for one in (*INSTEAD, f"{SSH}/ssh_host_rsa_key") if tree_files.lies_in(one, path)), None)
    if inner:
        return f"is a directory on the way to /{inner}"
    if _HOST_KEY.fullmatch(path):
        return "is part of the slave's identity: the master makes it, see slave_ssh_key_types"
    closed = next((folder for folder in NOT_IN if tree_files.lies_in(path, folder[1:])), None)
    if closed:
        return f"lies in {closed}, which is empty when the slave starts"
    link = next((link for link in LINKS if tree_files.lies_in(path, link)), None)
    return f"lies in /{link}, which is a link to /{LINKS[link]}" if link else None
