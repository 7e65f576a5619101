# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One slave's own variables: checked and normalised. What concerns several slaves is in unique.py."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping

from ansible_collections.diskless.netboot.plugins.plugin_utils import (
    boot_labels,
    cmdline,
    log_host,
    mac,
    names,
    node_files,
    pins,
    slave_checks,
    state_dirs,
    volume_sizes,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import ALLOWED, address
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS
from ansible_collections.diskless.netboot.plugins.plugin_utils.disks import disks
from ansible_collections.diskless.netboot.plugins.plugin_utils.menus import menu
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Master, Network, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import mounts
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import host_fault, in_pool, network_of
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import ROOTS
from ansible_collections.diskless.netboot.plugins.plugin_utils.services import units
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import (
    Plain,
    choice,
    given,
    matching,
    number,
    text,
)
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import LEAST, size
from ansible_collections.diskless.netboot.plugins.plugin_utils.swap import swap

PERSIST_SIZE = "4G"
# as many cards as a line of dnsmasq's holds, with room to spare
MOST_MACS = 16
# seconds; more would keep an hourly timer from its next time
MOST_TIMER_SPREAD = 3600


@dataclasses.dataclass(frozen=True)
class Context:
    """What the slaves are judged against.

    `master_names` holds also masters that have faults of their own, `master_addresses` (name → address) those of them
    whose address can be read. `private` holds the folders that no master may export. `hostvars` is for what may be
    secret (node_files.py).
    """

    report: Report
    directory: str
    private: list[str]
    networks: dict[str, Network]
    parsed: list[tuple[ipaddress.IPv4Network, str]]
    images: dict[str, Image]
    image_names: list[str]
    masters: dict[str, Master]
    master_names: list[str]
    master_addresses: dict[str, str]
    hostvars: Mapping[str, object]


def slave(context: Context, name: str, variables: Mapping[str, Plain]) -> tuple[dict[str, Plain], Slave | None]:
    """What is good of a slave's identity (`macs`, `ip`, `hostname`), and the whole slave where all of it is good."""

    def place(variable: str) -> Place:
        return Place(context.report, name, variable)

    good_name = matching(place("inventory_hostname"), name, names.name_fault, names.NAME_ALLOWED)
    hostname = _hostname(place("slave_hostname"), name, variables.get("slave_hostname"))
    macs = _macs(place("slave_mac"), variables.get("slave_mac"))
    ip, network = _ip(place("slave_ip"), context, variables.get("slave_ip"))
    image = _image(place("slave_image"), context, variables.get("slave_image"))
    root = choice(place("slave_root"), given(variables, "slave_root", ROOTS[0]), ROOTS)
    master = _master(place("slave_master"), context, network, variables.get("slave_master"))
    its_mounts = mounts(
        place("slave_mounts"),
        given(variables, "slave_mounts", []),
        context.directory,
        context.private,
        context.master_addresses.get(master or ""),
    )
    persist_size = size(
        place("slave_persist_size"), given(variables, "slave_persist_size", PERSIST_SIZE), LEAST["ext4"]
    )
    its_disks = disks(
        place("slave_disks"), given(variables, "slave_disks", []), [mount["path"] for mount in its_mounts]
    )
    spread = number(
        place("slave_timer_spread"), given(variables, "slave_timer_spread", cmdline.TIMER_SPREAD), 0, MOST_TIMER_SPREAD
    )
    found: Slave = {
        "name": name,
        "hostname": hostname or "",
        "macs": macs,
        "ip": ip or "",
        "network": network or "",
        "image": image or "",
        "root": root or "",
        "master": master or "",
        "cmdline": cmdline.arguments(place("slave_cmdline"), given(variables, "slave_cmdline", [])),
        "consoles": cmdline.consoles(place("slave_consoles"), given(variables, "slave_consoles", [*cmdline.CONSOLES])),
        "mounts": its_mounts,
        "services": units(place("slave_services"), given(variables, "slave_services", [])),
        "state_dirs": state_dirs.state_dirs(
            place("slave_state_dirs"),
            given(variables, "slave_state_dirs", []),
            [*(mount["path"] for mount in its_mounts), *(disk["path"] for disk in its_disks)],
        ),
        "timer_spread": cmdline.TIMER_SPREAD if spread is None else spread,
        "log_host": log_host.log_host(place("slave_log_host"), variables.get("slave_log_host")),
        "loader": choice(place("slave_loader"), given(variables, "slave_loader", LOADERS[0]), LOADERS) or LOADERS[0],
        "persist_size": persist_size or 0,
        "volume_size": volume_sizes.size_of(
            place("slave_volume_size"), variables.get("slave_volume_size"), volume_sizes.SLAVE
        ),
        "disks": its_disks,
        "swap": swap(place("slave_swap"), variables.get("slave_swap"), root, persist_size or 0),
        "menu": menu(
            place("slave_menu"),
            variables.get("slave_menu"),
            boot_labels.usual_title(hostname or "", image or ""),
            context.image_names,
            context.images,
        ),
        "key_types": node_files.key_types(place("slave_ssh_key_types"), variables.get("slave_ssh_key_types")),
        "generation": pins.pin(place("slave_generation"), variables.get("slave_generation")),
        "generations": {},
    }
    node_files.check(context.report, name, context.hostvars, slave_checks.covered(context.images, found))
    if found["image"] in context.images:
        slave_checks.check_root(place, found, context.images[found["image"]])
    identity: dict[str, Plain] = {"macs": [*macs], "ip": ip, "hostname": hostname}
    whole = good_name and hostname and macs and ip and network and image in context.images and root
    if not whole or master not in context.masters:
        return identity, None
    master_found = context.masters[found["master"]]
    booting: Slave = {**found, "generations": pins.as_long_as_any(context.images.values())}
    boot_labels.check_lengths(place(""), context.directory, context.images, master_found, booting)
    return identity, found


def _hostname(place: Place, name: str, value: Plain) -> str | None:
    short = name.partition(".")[0]
    return matching(place, short if value is None else value, names.label_fault, names.LABEL_ALLOWED)


def _macs(place: Place, value: Plain) -> list[str]:
    if value is None or value == []:
        place.missing(f"{mac.ALLOWED}, or a list of them")
        return []
    found: list[str] = []
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        here = place.item(f"[{index}]") if isinstance(value, list) else place
        canonical = _mac(here, item)
        if canonical in found:
            here.error(item, "is given twice", "each address once")
        elif canonical is not None:
            found.append(canonical)
    if len(found) > MOST_MACS:
        place.error(value, f"holds {len(found)} addresses", f"at most {MOST_MACS}")
    return found


def _mac(place: Place, value: Plain) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        string = mac.digits(value)
        if string is None:
            place.error(value, "is a number to Ansible, which has lost digits of the MAC", mac.QUOTED)
    else:
        string = text(place, value, mac.ALLOWED)
    if string is None:
        return None
    try:
        return mac.canonical(string)
    except ValueError as error:
        place.error(value, str(error), mac.ALLOWED)
        return None


def _ip(place: Place, context: Context, value: Plain) -> tuple[str | None, str | None]:
    """The address and the name of its network."""
    if value is None:
        place.missing(ALLOWED)
        return None, None
    ip = address(place, value)
    if ip is None:
        return None, None
    name = network_of(ip, context.parsed)
    if name is None:
        if context.networks:
            place.error(ip, "lies in no network", "an address of " + _cidrs(context))
        return ip, None
    network = context.networks[name]
    fault = host_fault(ip, ipaddress.IPv4Network(network["cidr"]))
    if ip == network["gateway"]:
        fault = f"is the gateway of network {name!r}"
    owner = next((master for master, its in context.master_addresses.items() if its == ip), None)
    if owner is not None:
        fault = f"is the address of master {owner!r}"
    if in_pool(ip, network["pool"]):
        fault = f"lies in the pool of network {name!r}, which is for machines that are not in the inventory"
    if fault:
        place.error(ip, fault, f"another address of {network['cidr']}")
    return ip, name


def _cidrs(context: Context) -> str:
    return " or ".join(network["cidr"] for network in context.networks.values())


def _image(place: Place, context: Context, value: Plain) -> str | None:
    if value is None:
        known = ", ".join(map(show_name, context.image_names))
        place.missing("a key of diskless_images" + (f": {known}" if known else ""))
        return None
    return choice(place, value, context.image_names) if context.image_names else None


def _master(place: Place, context: Context, network: str | None, value: Plain) -> str | None:
    known = context.master_names
    if value is None:
        if len(known) > 1:
            place.missing(f"one of {', '.join(map(show_name, known))}, as there are several masters")
        return known[0] if len(known) == 1 else None
    master = choice(place, value, known) if known else None
    there = context.masters[master]["network"] if master in context.masters else None
    if master and there and network and there != network:
        wrong = f"is on network {there!r}, the slave on {network!r}: that needs a DHCP relay and a router"
        place.warn(master, wrong, f"a master on network {network!r}")
    return master
