"""What an inventory wants, by its own words, and what is made of it; both in the terms of read_*.py."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import block_devices
import read_dnsmasq
import read_grub
import read_ipxe
import read_isc
import read_pxelinux
import wanted_cmdline
from ansible_collections.diskless.netboot.plugins.filter.dnsmasq_config import dnsmasq_config
from ansible_collections.diskless.netboot.plugins.filter.isc_dhcpd_config import isc_dhcpd_config
from ansible_collections.diskless.netboot.plugins.filter.kea_dhcp4_config import kea_dhcp4_config
from ansible_collections.diskless.netboot.plugins.module_utils import boot_entries, boot_tree
from ansible_collections.diskless.netboot.plugins.plugin_utils import boot_policy, projections
from ansible_collections.diskless.netboot.plugins.plugin_utils.model import Fleet
from read_dhcp import Host, Network, Served
from read_dhcp import kea as read_kea
from read_loaders import VARIABLE, Choice, Screen

Hosts = dict[str, dict[str, Any]]
LEASE_SECONDS = 3600
HOOKS = "/usr/lib/x86_64-linux-gnu/kea/hooks"
SERIAL = "0 115200"
COMPUTED = ("name", "loaders", "architectures", "user_class", "vendor_class", "boot_file")


class Part(NamedTuple):
    """What one inventory gives the servers: their networks and rules, and the texts that GRUB reads."""

    hosts: Hosts
    subnets: list[dict[str, Any]]
    rules: list[Mapping[str, Any]]
    scripts: list[str]


def configurations(subnets: list[dict[str, Any]], rules: list[Mapping[str, Any]]) -> dict[str, str]:
    """The files of the three servers; those that cannot be a proxy leave such networks out."""
    own = [subnet for subnet in subnets if subnet["mode"] == "authoritative"]
    given = (["lo"], rules, LEASE_SECONDS)
    return {
        "kea": json.dumps(kea_dhcp4_config(own, *given, hooks=HOOKS)),
        "isc": isc_dhcpd_config(own, *given),
        "dnsmasq": dnsmasq_config(subnets, *given),
    }


READERS = {"kea": read_kea, "isc": read_isc.configuration, "dnsmasq": read_dnsmasq.configuration}


def part(hosts: Hosts, model: Fleet) -> Part:
    """What an inventory gives the servers, after asserting that the loaders' files say what it wants and no more."""
    (master,) = model["masters"]
    files = published(model, master, http=hosts[master]["tftp_pxelinux_http"])
    block_devices.check(hosts, model, master)
    for name in model["slaves"]:
        _check_slave(hosts, model, name, files)
    scripts = [text for path, text in files.items() if path.endswith(".cfg")]
    subnets: list[dict[str, Any]] = projections.subnets(model, master)
    return Part(hosts, subnets, hosts[master]["dhcp_server_boot_policy_first"], scripts)


def check_dhcp(parts: list[Part], *, computed: bool) -> dict[str, str]:
    """The servers' files for many inventories at once, after asserting that they say what those want.

    `computed`: with the rules that follow an admin's own. They are the same but for an address, and most of the files.
    """
    master = parts[0].hosts[_master(parts[0].hosts)]
    policy = boot_policy.policy(master["master_ip"], http=master["tftp_pxelinux_http"]) if computed else []
    rules: list[Mapping[str, Any]] = [*(rule for one in parts for rule in one.rules), *policy]
    made = configurations([subnet for one in parts for subnet in one.subnets], rules)
    for server, text in made.items():
        wanted = [served(one.hosts, rules, proxies=server == "dnsmasq") for one in parts]
        networks = tuple(network for one in wanted for network in one.networks)
        assert by_files(READERS[server](text)) == (networks, {host for one in wanted for host in by_files(one)[1]}), (
            server
        )
    return made


def by_files(configuration: Served) -> tuple[Any, ...]:
    """A configuration with each machine's boot files in place of its class, whose name is the server's own matter."""
    hosts = {(host.mac, host.ip, host.hostname, configuration.files[host.loader]) for host in configuration.hosts}
    return configuration.networks, hosts


def _master(hosts: Hosts) -> str:
    (master,) = [name for name, its in hosts.items() if "master_ip" in its]
    return master


def _network(hosts: Hosts) -> dict[str, Any]:
    (network,) = hosts[_master(hosts)]["diskless_networks"].values()
    found: dict[str, Any] = network
    return found


def served(hosts: Hosts, rules: list[Mapping[str, Any]], *, proxies: bool) -> Served:
    """What the inventory wants of a DHCP server."""
    network = _network(hosts)
    mode = network.get("mode") or "authoritative"
    if mode == "proxy" and not proxies:
        return Served((), frozenset(), {})
    told = (
        [(network["gateway"],) if network.get("gateway") else (), tuple(network.get("dns") or ())]
        if mode == "authoritative"
        else [(), ()]
    )
    more = [network.get("domain") or "", tuple(network.get("ntp") or ())] if mode == "authoritative" else ["", ()]
    pool = "-".join(network.get("pool") or ())
    machines = [its for its in hosts.values() if "slave_ip" in its]
    wanted = {
        Host(mac, its["slave_ip"], its["slave_hostname"], _loader(its, mode)) for its in machines for mac in cards(its)
    }
    files = {
        host.loader: tuple(
            rule["boot_file"] for rule in rules if not rule.get("loaders") or host.loader in rule["loaders"]
        )
        for host in wanted
    }
    server = hosts[_master(hosts)]["master_ip"]
    return Served((Network(network["cidr"], mode, server, *told, *more, pool),), frozenset(wanted), files)


def _loader(slave: Mapping[str, Any], mode: str) -> str:
    loader: str = slave.get("slave_loader") or "auto"
    return "ipxe" if (mode, loader) == ("proxy", "auto") else loader


def cards(slave: Mapping[str, Any]) -> list[str]:
    """The MACs, written with colons and in lower case."""
    given = slave["slave_mac"]
    digits = [re.sub("[^0-9a-f]", "", str(mac).lower()) for mac in (given if isinstance(given, list) else [given])]
    return [":".join(mac[at : at + 2] for at in range(0, 12, 2)) for mac in digits]


def published(model: Fleet, master: str, *, http: bool) -> dict[str, str]:
    """The boot files of a master's slaves, as the role has the module boot_files write them."""
    unset: dict[str, Any] = {"kernel": None, "initrd": None, "cmdline": [], "local": False}
    entries: Any = projections.boot_entries(model, master)
    for entry in entries:
        entry["labels"] = [{**unset, **label} for label in entry["labels"]]
    url = f"http://{model['masters'][master]['ip']}" if http else ""
    page = boot_entries.page(SERIAL, url, 30, ["This machine is not known."])
    files = boot_tree.files(boot_entries.machines(entries), page)
    return {path: content.decode("ascii") for path, content in files.items()}


def _check_slave(hosts: Hosts, model: Fleet, name: str, files: dict[str, str]) -> None:
    slave = hosts[name]
    ip = slave["slave_ip"]
    number = "".join(f"{int(part):02X}" for part in ip.split("."))
    site = f"http://{hosts[_master(hosts)]['master_ip']}" if hosts[_master(hosts)]["tftp_pxelinux_http"] else ""
    texts = {
        "pxelinux": files[f"pxelinux.cfg/{number}"],
        "grub": files[f"grub/machines/{ip}.cfg"],
        "ipxe": files[f"ipxe/machines/{ip}.ipxe"],
    }
    screens = {
        "pxelinux": (read_pxelinux.screen(texts["pxelinux"], files.get(f"pxelinux.cfg/{number}.help")), site),
        "grub": (read_grub.screen(texts["grub"]), VARIABLE),
        "ipxe": (read_ipxe.screen(texts["ipxe"]), site),
    }
    wanted = screen(hosts, model, name)
    for loader, (found, before) in screens.items():
        # SYSLINUX needs no slash before a name
        start = f"{before}/" if before or loader != "pxelinux" else ""
        assert _without(found, start, menu=bool(slave.get("slave_menu")), shown=len(wanted.shown)) == wanted, loader
    if _network(hosts).get("mode") == "proxy":
        for mac in cards(slave):
            card = f"01-{mac.replace(':', '-')}"
            copies = [f"pxelinux.cfg/{card}", f"grub/machines/{card}.cfg", f"ipxe/machines/{card}.ipxe"]
            assert [files[path] for path in copies] == list(texts.values())


def _without(found: Screen, start: str, *, menu: bool, shown: int) -> Screen:
    """The screen without the address before files, and without what a loader says of its own accord."""
    choices = []
    for choice in found.choices:
        for path in (choice.kernel, choice.initrd):
            assert not path or path.startswith(start), path
        paths = {"kernel": choice.kernel.removeprefix(start), "initrd": choice.initrd.removeprefix(start)}
        choices.append(choice._replace(**paths, **({} if menu else {"name": "", "title": ""})))
    return found._replace(choices=tuple(choices), shown=found.shown[:shown])


def screen(hosts: Hosts, model: Fleet, name: str) -> Screen:
    """What the inventory wants a slave to show and to start."""
    slave = hosts[name]
    usual = f"{slave['slave_hostname']}, {slave['slave_image']}"
    menu = slave.get("slave_menu")
    if not menu:
        only = _choice(hosts, model, name, {"name": "", "title": ""})
        return Screen(None, None, (usual,), (only,))
    labels = menu["labels"]
    timeout = menu.get("timeout")
    lines = menu.get("help") or []
    return Screen(
        menu.get("default") or labels[0]["name"],
        5 if timeout is None else int(timeout),
        ((menu.get("title") or usual), *lines) if lines else (),
        tuple(_choice(hosts, model, name, label) for label in labels),
    )


def _choice(hosts: Hosts, model: Fleet, name: str, label: dict[str, Any]) -> Choice:
    title = label["name"] if label.get("title") is None else label["title"]
    if label.get("local"):
        return Choice(label["name"], title, "", "", ())
    image = label.get("image") or hosts[name]["slave_image"]
    folder = f"images/{image}/{model['slaves'][name]['generations'][image]['name']}"
    arguments = tuple(wanted_cmdline.arguments(hosts[name], name, hosts[_master(hosts)], folder, label))
    return Choice(label["name"], title, f"{folder}/vmlinuz", f"{folder}/initrd.img", arguments)
