# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projections of the fleet: what each role of one master is told. All are pure and give plain types."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.diskless.netboot.plugins.module_utils import nfs_rules
from ansible_collections.diskless.netboot.plugins.module_utils.nfs_rules import Rule
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_labels, log_host, names, state_dirs
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy as policies
from ansible_collections.diskless.netboot.plugins.plugin_utils.cmdline import image_directory, tree_directory
from ansible_collections.diskless.netboot.plugins.plugin_utils.generation import booted
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet, Master, Menu, Network, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import NBD_ROOTS

Record = dict[str, object]


def slaves_of(fleet: Fleet, master: str) -> list[Slave]:
    """A master's slaves in the model's order; ValueError for a master that the fleet does not have."""
    if master not in fleet["masters"]:
        raise ValueError(
            f"{master!r} is no master of the fleet; allowed: {', '.join(fleet['masters']) or 'there is none'}"
        )
    return [slave for slave in fleet["slaves"].values() if slave["master"] == master]


def subnets(fleet: Fleet, master: str) -> list[Record]:
    """`dhcp_server_subnets`: the master's own network and those of its slaves.

    A network's pool goes to the first master on it alone, so that two servers never give out one address twice.
    `foreign_macs`: the interfaces on that network that another master serves, for this one to leave alone.
    """
    mine = slaves_of(fleet, master)
    wanted = {fleet["masters"][master]["network"], *(slave["network"] for slave in mine)}
    return [
        {
            "name": network["name"],
            "cidr": network["cidr"],
            "mode": network["mode"],
            "routers": [network["gateway"]] if network["gateway"] else [],
            "dns": network["dns"],
            "domain": network["domain"],
            "ntp": network["ntp"],
            "pool": network["pool"] if _pool_owner(fleet, network) == master else None,
            "next_server": fleet["masters"][master]["ip"],
            "reservations": [
                {
                    "hostname": slave["hostname"],
                    "macs": slave["macs"],
                    "ip": slave["ip"],
                    "loader": policies.loader_on(network["mode"], slave["loader"]),
                }
                for slave in mine
                if slave["network"] == network["name"]
            ],
            "foreign_macs": sorted(
                found
                for slave in fleet["slaves"].values()
                if slave["network"] == network["name"] and slave["master"] != master
                for found in slave["macs"]
            ),
        }
        for network in fleet["networks"].values()
        if network["name"] in wanted
    ]


def _pool_owner(fleet: Fleet, network: Network) -> str | None:
    on_it: Iterable[Master] = (found for found in fleet["masters"].values() if found["network"] == network["name"])
    return next((found["name"] for found in on_it), None)


def boot_policy(fleet: Fleet, master: str) -> list[Record]:
    """`dhcp_server_boot_policy`: the same for all slaves, which the rules tell apart by `loader` and firmware."""
    slaves_of(fleet, master)
    its = fleet["masters"][master]
    return [{**rule} for rule in policies.policy(its["ip"], http=its["http"])]


def boot_entries(fleet: Fleet, master: str) -> list[Record]:
    """`tftp_pxelinux_slaves`: one entry per slave.

    Where another DHCP server gives the addresses, the loader finds its files by the card's MAC: its address may not be
    the one of the inventory yet when it asks.
    """
    return [
        {
            "name": slave["name"],
            "ip": slave["ip"],
            "macs": slave["macs"] if fleet["networks"][slave["network"]]["mode"] == "proxy" else [],
            "title": boot_labels.title(slave),
            "menu": _menu(slave["menu"]),
            "labels": boot_labels.labels(fleet["directory"], fleet["images"], fleet["masters"][master], slave),
        }
        for slave in slaves_of(fleet, master)
    ]


def _menu(menu: Menu | None) -> Record | None:
    """What a menu says beside its title and its labels."""
    return None if menu is None else {key: menu[key] for key in ("default", "timeout", "help", "edit")}


def exports(fleet: Fleet, master: str) -> list[Record]:
    """`nfs_server_exports`: generations read-only, each slave's own tree and state for it alone, and its slave_mounts.

    Trees need root_squash off, as the slave's own root reads and writes them, and so does what it keeps, which is
    private; what slaves mount further has it on. Of an image that is one file, for everybody to read, nobody's rights
    are enough: whoever makes up a file handle has no more.
    """
    wanted: dict[Rule, set[str]] = {}
    for slave in slaves_of(fleet, master):
        for path, in_one_file in _generations(fleet, slave).items():
            wanted.setdefault(Rule(path, "ro", root_squash=False, all_squash=in_one_file), set()).add(slave["ip"])
        if slave["root"] == "nfs_tree":
            tree = tree_directory(fleet["directory"], slave)
            wanted.setdefault(Rule(tree, "rw", root_squash=False), set()).add(slave["ip"])
        if slave["state_dirs"]:
            own = state_dirs.directory_of(fleet["directory"], slave)
            wanted.setdefault(Rule(own, "rw", root_squash=False, private=True), set()).add(slave["ip"])
        for path, access in _mounted(slave).items():
            wanted.setdefault(Rule(path, access, root_squash=True), set()).add(slave["ip"])
    return nfs_rules.listed({rule: frozenset(clients) for rule, clients in wanted.items()})


def states(fleet: Fleet, master: str) -> list[Record]:
    """`slave_state_slaves`: those that keep something of their own on the master."""
    return [{"name": slave["name"]} for slave in slaves_of(fleet, master) if slave["state_dirs"]]


def volumes(fleet: Fleet, master: str) -> list[Record]:
    """`slave_volumes_volumes`: trees, slaves' own state and what they mount further, with what each is to have.

    And what is each slave's own, which is exported to nobody: who reads images, beside it otherwise, must not reach it.
    What lies elsewhere than in `diskless_directory`, or in another share, is an administrator's to make; and so are the
    images, where slaves read one as root, as a directory.
    """
    found: dict[str, int] = {}
    shares: dict[str, None] = {}
    for slave in slaves_of(fleet, master):
        found[f"{fleet['directory']}/nodes"] = fleet["share_size"]
        if slave["root"] == "nfs_tree":
            found[tree_directory(fleet["directory"], slave)] = slave["volume_size"]
        if slave["state_dirs"]:
            found[state_dirs.directory_of(fleet["directory"], slave)] = slave["volume_size"]
        if not all(_generations(fleet, slave).values()):
            found[f"{fleet['directory']}/images"] = 0
        shares.update(dict.fromkeys(mount["export"] for mount in slave["mounts"] if mount["export"] is not None))
    for path in shares:
        apart = names.lies_in(path, fleet["directory"]) and not any(
            path != other and names.lies_in(path, other) for other in shares
        )
        found[path] = fleet["share_size"] if apart else 0
    return [{"path": path, "size": bytes_} for path, bytes_ in sorted(found.items())]


def log_clients(fleet: Fleet, master: str) -> list[Record]:
    """`log_server_clients`: those that send their log to the master."""
    return [
        {"name": slave["name"], "ip": slave["ip"]}
        for slave in slaves_of(fleet, master)
        if slave["log_host"] == log_host.MASTER
    ]


def _generations(fleet: Fleet, slave: Slave) -> dict[str, bool]:
    """The directories of those images that a slave has as its root by NFS, or shares parts of.

    Each with whether all that it reads there is the one file.
    """
    found: dict[str, bool] = {}
    for image, root in boot_labels.served(slave):
        if root not in NBD_ROOTS and (root != "nfs_tree" or booted(slave, image)["shared"]):
            path = image_directory(fleet["directory"], image, slave)
            in_one_file = root == "nfs_tree" or fleet["images"][image]["format"] == "squashfs"
            found[path] = in_one_file and found.get(path, True)
    return found


def _mounted(slave: Slave) -> dict[str, str]:
    """The master's directories that a slave mounts; one that it mounts both ways is read-write."""
    found: dict[str, str] = {}
    for mount in slave["mounts"]:
        if mount["export"] is not None:
            read_only = "ro" in mount["opts"].split(",") and found.get(mount["export"]) != "rw"
            found[mount["export"]] = "ro" if read_only else "rw"
    return found
