# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One slave's own variables: checked and normalised. What concerns several slaves is in unique.py."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping

from ansible_collections.diskless.netboot.plugins.module_utils.disk_files import WRITABLE
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_labels, cmdline, mac, names, node_files, pins
from ansible_collections.diskless.netboot.plugins.plugin_utils.addresses import ALLOWED, address
from ansible_collections.diskless.netboot.plugins.plugin_utils.boot_policy import LOADERS
from ansible_collections.diskless.netboot.plugins.plugin_utils.disks import disks
from ansible_collections.diskless.netboot.plugins.plugin_utils.images import units
from ansible_collections.diskless.netboot.plugins.plugin_utils.menus import menu
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Image, Master, Network, Slave
from ansible_collections.diskless.netboot.plugins.plugin_utils.mounts import check_shared, mounts
from ansible_collections.diskless.netboot.plugins.plugin_utils.networks import host_fault, in_pool, network_of
from ansible_collections.diskless.netboot.plugins.plugin_utils.problems import Place, Report, show_name
from ansible_collections.diskless.netboot.plugins.plugin_utils.roots import ROOTS
from ansible_collections.diskless.netboot.plugins.plugin_utils.shapes import Plain, choice, given, matching, text
from ansible_collections.diskless.netboot.plugins.plugin_utils.sizes import LEAST, MOST, shown, size
from ansible_collections.diskless.netboot.plugins.plugin_utils.swap import swap

PERSIST_SIZE = "4G"
# as many cards as a line of dnsmasq's holds, with room to spare
MOST_MACS = 16


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
        "loader": choice(place("slave_loader"), given(variables, "slave_loader", LOADERS[0]), LOADERS) or LOADERS[0],
        "persist_size": persist_size or 0,
        "disks": disks(
            place("slave_disks"), given(variables, "slave_disks", []), [mount["path"] for mount in its_mounts]
        ),
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
    node_files.check(context.report, name, context.hostvars, _covered(context, found))
    if found["image"] in context.images:
        _check_root(place, found, context.images[found["image"]])
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


def _covered(context: Context, found: Slave) -> dict[str, str]:
    """The directories of a slave in which a file of its own could not be put or not be seen, each with the reason."""
    image = context.images.get(found["image"])
    shared = image["shared"] if image and found["root"] == "nfs_tree" else []
    return {
        **dict.fromkeys(shared, f"image {found['image']!r} shares it read-only"),
        **{mount["path"]: "slave_mounts has it" for mount in found["mounts"]},
        **{disk["path"]: "slave_disks has it" for disk in found["disks"]},
    }


def _check_root(place: Callable[[str], Place], found: Slave, image: Image) -> None:
    """What a slave's root asks of its image, and of what is mounted into it."""
    if found["root"] == "nfs_tree":
        check_shared(place("slave_mounts"), (mount["path"] for mount in found["mounts"]), image)
        check_shared(place("slave_disks"), (disk["path"] for disk in found["disks"]), image)
    packed, its_size = image["nbd"]["format"], image["nbd"]["size"]
    here, what = place("slave_root"), "writes to the image's own file system, and"
    if found["root"] != "nbd_cow":
        return
    if packed not in WRITABLE:
        wrong = f"{what} image {image['name']!r} has nbd.format {packed}"
        here.error("nbd_cow", wrong, f"an image with nbd.format {' or '.join(WRITABLE)}, or nbd_overlay")
    elif its_size is None:
        # Its scratch disk has room for all of that: without a size, a slave could fill its master's disk.
        wrong = f"{what} diskless_images.{image['name']}.nbd.size does not say how large that is"
        here.error(
            "nbd_cow", wrong, f"an image with nbd.size, from {shown(LEAST[packed])} to {shown(MOST)}, or nbd_overlay"
        )
