# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""known_hosts and ssh_config for the whole fleet, so that the first login to a slave asks nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet, Slave

KNOWN_HOSTS = "known_hosts"
SSH_CONFIG = "ssh_config"
FILES = (KNOWN_HOSTS, SSH_CONFIG)
HEADER = "# Made by diskless.netboot: each run of site.yml writes it anew."

# sshd(8), SSH_KNOWN_HOSTS FILE FORMAT
_KEY = re.compile(r"[a-z0-9-]+ [A-Za-z0-9+/]+={0,2}")
# what ssh_config(5) would read otherwise, in a quoted argument
_UNUSABLE = re.compile(r"[\"\\%$\x00-\x1f]")


def fault(directory: str, before: Mapping[str, str]) -> str | None:
    """Why the files cannot be what is in a folder: its path, or a file of somebody else's that was there."""
    if not directory.startswith("/") or _UNUSABLE.search(directory):
        return f"{directory!r}: no absolute path that ssh_config(5) can hold"
    for name in FILES:
        text = before.get(name, "")
        if text.strip() and not text.startswith(HEADER):
            other = "move it away, or name another folder in diskless_ssh_directory"
            return f"{directory}/{name} was not made by a run; {other}"
    return None


def ssh_files(
    fleet: Fleet, public_keys: Mapping[str, list[str]], before: Mapping[str, str], directory: str
) -> dict[str, str]:
    """The text of both files. `directory`: the absolute path of the folder that they are for.

    ValueError for a file that was there and is not ours, a key that is none, and a folder that ssh cannot be told.
    """
    if problem := fault(directory, before):
        raise ValueError(problem)
    keys = _keys(fleet, public_keys, before.get(KNOWN_HOSTS, ""))
    having = [slave for slave in fleet["slaves"].values() if keys[slave["name"]]]
    lines = [f"{','.join(_names(fleet, slave))} {key}" for slave in having for key in keys[slave["name"]]]
    blocks = ["\n".join(_block(fleet, slave, f"{directory}/{KNOWN_HOSTS}")) for slave in having]
    return {
        KNOWN_HOSTS: "\n".join([HEADER, *lines, ""]),
        SSH_CONFIG: "\n\n".join([HEADER, *blocks]) + "\n",
    }


def _keys(fleet: Fleet, public_keys: Mapping[str, list[str]], before: str) -> dict[str, list[str]]:
    """The keys of each slave of the fleet: those that are told, or that it had before."""
    had: dict[str, list[str]] = {}
    for line in before.splitlines():
        names, _space, key = line.partition(" ")
        if _KEY.fullmatch(key):
            had.setdefault(names.partition(",")[0], []).append(key)
    for name, told in public_keys.items():
        if not all(_KEY.fullmatch(key) for key in told):
            raise ValueError(f"{name}: what is told as its public key is none")
    return {name: list(public_keys.get(name) or had.get(name, [])) for name in fleet["slaves"]}


def _names(fleet: Fleet, slave: Slave) -> list[str]:
    """What a slave is called, each once: its name in the inventory first, by which its line is found again."""
    domain = fleet["networks"][slave["network"]]["domain"] if slave["network"] in fleet["networks"] else None
    full = [f"{slave['hostname']}.{domain}"] if domain else []
    found = [slave["name"], slave["hostname"], *full, slave["ip"]]
    # an alias must not be another slave's name
    return list(dict.fromkeys(name for name in found if name == slave["name"] or name not in fleet["slaves"]))


def _block(fleet: Fleet, slave: Slave, known_hosts: str) -> list[str]:
    return [
        f"Host {' '.join(_names(fleet, slave))}",
        f"    HostName {slave['ip']}",
        # the key is looked for by this name: an address may have been another slave's
        f"    HostKeyAlias {slave['name']}",
        "    User root",
        f'    UserKnownHostsFile "{known_hosts}"',
        "    GlobalKnownHostsFile none",
        "    StrictHostKeyChecking yes",
    ]
