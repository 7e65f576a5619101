"""Whole inventories made of odd values, from a source of chance: good ones, and ones with something hostile in them.

What is good is written here once more, from the documentation, and not read from the code that checks it.
"""

from __future__ import annotations

import ipaddress
import re
import string
from random import Random
from typing import Any

import odd_devices

LETTERS = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
# docs/inventory.md, "slave_menu": of titles and lines of help
PLAIN = LETTERS + ".,:!?()/+=@*'_-"
# docs/inventory.md, "slave_cmdline": without ' \ " and blanks
ARGUMENT = LETTERS + ".,:!?()/+=@*_-%#;&|<>{}[]^~`$"
# option 60, option 77, boot files: ASCII without quotes and backslashes
ASCII = "".join(map(chr, range(32, 127))).replace('"', "").replace("\\", "")
LOADERS = ["auto", "pxelinux", "grub", "ipxe", "etherboot"]
# words that mean something to one of the programs
HOSTNAMES = ["infinite", "ignore", "12h", "0", "host", "range", "x" * 63, "a-b", "DEFAULT", "7d", "true", "null"]
NAMES = ["0", "a.b-c_d", "i" * 62, "all-of_it.", "Default", "x-", "local"]
WORDS = ["quiet", "-x", "a=-", "{}", "%d", "[a]", "x=;", "a#b", "p=$1", "a=||b", "&", "$", "!", "a,b", 'a="x"', '"x"']

# What one of the files gives a meaning, or what has none in it at all.
HOSTILE = [
    *('"', "'", "\n", "\r", "{", "}", "#", ";", "%", "\\", "$", "${x}", "`x`", "$(x)", "||", "&&", " ", "  ", "\t"),
    *(
        "\0",
        "\x0c",
        "\x1a",
        "\x1b[2J",
        "\u2028",
        "\x85",
        "é",
        "\U0001f600",
        "../",
        "/",
        ",",
        "=",
        ":",
        "<",
        "|",
        "--",
        "-",
    ),
    *(
        "\nAPPEND init=/bin/sh",
        "' init=/bin/sh '",
        '" init=/bin/sh "',
        "\n}",
        '"; filename "x',
        ",infinite",
        "^",
        " ; x",
    ),
    *(
        "\ndhcp-host=x",
        "} menuentry x {",
        "\nLABEL x",
        "|| shell",
        " && shell",
        "initrd=/x",
        "{{ x }}",
        "{% x %}",
        "{#",
    ),
]


def _inert(text: str) -> str:
    """The text without what iPXE or Ansible would take for a variable or a template."""
    return re.sub(r"\{(?=[{%#])", "(", text).replace("${", "$(")


class Odd:
    """Odd values; `number` keeps the networks, cards and rules of many inventories apart."""

    def __init__(self, chance: Random, number: int) -> None:
        self.chance = chance
        self.number = number

    def text(self, characters: str, least: int, most: int) -> str:
        return "".join(self.chance.choices(characters, k=self.chance.randint(least, most)))

    def hostname(self) -> str:
        if self.chance.random() < 0.3:
            return self.chance.choice(HOSTNAMES)
        text = self.chance.choice(LETTERS) + self.text(LETTERS + "-", 0, 20) + self.chance.choice(LETTERS)
        return text.replace("--", "-x") if text[2:4] == "--" else text

    def name(self) -> str:
        if self.chance.random() < 0.3:
            return self.chance.choice(NAMES)
        return self.chance.choice(LETTERS) + self.text(LETTERS + "_-", 0, 12) + self.chance.choice(["", ".", "."])

    def names(self, count: int) -> list[str]:
        """Different whatever the case of their letters."""
        found: dict[str, str] = {}
        while len(found) < count:
            one = self.name()
            found[one.lower()] = one
        return list(found.values())

    def card(self, slave: int, card: int) -> str:
        """A MAC, in one of the usual notations."""
        digits = f"02{self.number:06x}{slave:02x}{card:02x}"
        pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
        forms = [":".join(pairs), "-".join(pairs), ".".join(digits[at : at + 4] for at in range(0, 12, 4)), digits]
        form = self.chance.choice(forms)
        return form.upper() if self.chance.random() < 0.3 else form

    def line(self, most: int) -> str:
        """Plain text with single spaces."""
        return " ".join(self.text(PLAIN, 1, 12) for _index in range(self.chance.randint(1, most)))

    def argument(self) -> str:
        if self.chance.random() < 0.4:
            return self.chance.choice(WORDS)
        quoted = self.chance.random()
        value = self.text(ARGUMENT, 1, 14)
        if quoted < 0.3:
            inside = " ".join(f"{self.chance.choice(LETTERS)}{self.text(ARGUMENT, 0, 5)}" for _index in range(2))
            return _inert(f'{self.text(LOWER, 1, 5)}="{inside}"')
        return _inert(f"{self.text(LOWER, 1, 8)}={value}" if quoted < 0.7 else f"{self.chance.choice(LETTERS)}{value}")

    def cmdline(self, most: int) -> list[str] | str:
        found = [self.argument() for _index in range(self.chance.randint(0, most))]
        return " ".join(found) if self.chance.random() < 0.3 else found

    def menu(self, images: list[str]) -> dict[str, Any]:
        count = self.chance.randint(1, 3)
        names = list(
            dict.fromkeys(self.chance.choice(LOWER) + self.text(LOWER + "-", 0, 10) for _index in range(count))
        )
        labels: list[dict[str, Any]] = []
        for name in names:
            label: dict[str, Any] = {"name": name}
            if self.chance.random() < 0.7:
                label["title"] = self.line(4)
            kind = self.chance.random()
            if kind < 0.2:
                label["local"] = True
            elif kind < 0.5:
                label["image"] = self.chance.choice(images)
            if kind > 0.3:
                label["cmdline"] = self.cmdline(2)
            labels.append(label)
        menu: dict[str, Any] = {"labels": labels}
        if self.chance.random() < 0.6:
            menu |= {"title": self.line(5), "timeout": self.chance.choice([0, 1, 30, 3599])}
        if self.chance.random() < 0.5:
            menu |= {"default": self.chance.choice(names), "edit": self.chance.random() < 0.5}
        if self.chance.random() < 0.5:
            menu["help"] = [self.line(5)[:70].rstrip() for _index in range(self.chance.randint(1, 4))] + [""]
        return menu

    def rules(self) -> list[dict[str, Any]]:
        count = self.chance.choice([*[0] * 20, 1, 2])
        classes = ["", _inert(self.text(ASCII, 4, 20)), "HTTPClient"]
        return [
            {
                "name": f"{self.chance.choice(LOWER)}{self.text(LOWER + '-_', 0, 8)}-{self.number}-{one}",
                "loaders": self.chance.sample(LOADERS, self.chance.randint(0, 2)),
                "architectures": self.chance.sample([0, 6, 7, 9, 11, 16, 93, 65535], self.chance.randint(0, 2)),
                "user_class": self.chance.choice(classes),
                "vendor_class": self.chance.choice(classes),
                "boot_file": f"x{_inert(self.text(ASCII, 1, 30))}.x",
            }
            for one in range(count)
        ]

    def network(self) -> tuple[str, dict[str, Any]]:
        """A network that no other inventory has, and its name."""
        base = ipaddress.IPv4Address("10.0.0.0") + 256 * self.number
        found: dict[str, Any] = {"cidr": f"{base}/24"}
        if self.chance.random() < 0.6:
            labels = [self.hostname() for _index in range(self.chance.randint(1, 3))]
            found |= {"gateway": str(base + 254), "domain": ".".join(labels)}
        if self.chance.random() < 0.6:
            found |= {"dns": [str(base + 253), "9.9.9.9"], "ntp": [str(base + 252)]}
        if self.chance.random() < 0.2:
            found["mode"] = "proxy"
        elif self.chance.random() < 0.2:
            found["pool"] = [str(base + 100), str(base + 150)]
        return self.name(), found

    def slave(self, index: int, images: dict[str, Any], base: str) -> dict[str, Any]:
        cards = [self.card(index, card) for card in range(self.chance.choice([1, 1, 1, 2, 3]))]
        image = self.chance.choice(list(images))
        root = odd_devices.root(self.chance, images[image])
        found: dict[str, Any] = {
            "slave_mac": cards[0] if len(cards) == 1 else cards,
            "slave_ip": f"{base}{2 + index}",
            "slave_image": image,
            "slave_root": root,
            "slave_cmdline": self.cmdline(4),
            **odd_devices.devices(self.chance, root),
        }
        if self.chance.random() < 0.7:
            found["slave_loader"] = self.chance.choice(LOADERS)
        if self.chance.random() < 0.4:
            found["slave_menu"] = self.menu(list(images))
        if self.chance.random() < 0.3:
            found["slave_consoles"] = self.chance.choice([[], ["tty0"], ["uart8250,io,0x3f8,9600n8", "ttyS1"]])
            found["slave_services"] = self.chance.choice([[], ["ssh"], ["a@b:c.timer", "x.service"]])
        if self.chance.random() < 0.3:
            opts = self.chance.choice(["ro", "rw,x=%d", "context=a:b:c@d,sec=sys", "size=50%"])
            found["slave_mounts"] = [{"path": "/data/a+b", "src": "master:/data/x@y", "opts": opts}]
        return found

    def inventory(self) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
        """Host variables and groups of one master with up to four slaves."""
        images = {name: odd_devices.image(self.chance) for name in self.names(self.chance.choice([1, 1, 2, 3]))}
        name, network = self.network()
        base = network["cidr"].rpartition(".")[0] + "."
        count = self.chance.choice([1, 1, 1, 1, 2, 3])
        hosts = [f"{number}{one}" for number, one in enumerate(self.names(count + 1))]
        everywhere = {"diskless_networks": {name: network}, "diskless_images": images}
        variables: dict[str, dict[str, Any]] = {
            hosts[0]: {
                "master_ip": f"{base}1",
                "master_interface": "lo",
                "tftp_pxelinux_http": self.chance.random() < 0.8,
                "dhcp_server_boot_policy_first": self.rules(),
                "dhcp_server_backend": "dnsmasq"
                if "mode" in network
                else self.chance.choice(["kea", "isc", "dnsmasq"]),
            }
        }
        hostnames: set[str] = {hosts[0].partition(".")[0].lower()}
        for index, host in enumerate(hosts[1:]):
            hostname = self.hostname()
            while hostname.lower() in hostnames:
                hostname = self.hostname()
            hostnames.add(hostname.lower())
            variables[host] = {**self.slave(index, images, base), "slave_hostname": hostname}
            if "mode" in network and variables[host].get("slave_loader") == "grub":
                variables[host]["slave_loader"] = "ipxe"
        groups = {"all": hosts, "masters": hosts[:1], "slaves": hosts[1:]}
        return {host: {**everywhere, **its} for host, its in variables.items()}, groups

    def spoilt(self, text: str) -> str:
        """The text with something hostile in it, or in its place."""
        what = "".join(self.chance.choices(HOSTILE, k=self.chance.choice([1, 1, 2])))
        at = self.chance.randint(0, len(text))
        return self.chance.choice([text[:at] + what + text[at:], what, text + what])

    def spoil(self, hosts: dict[str, dict[str, Any]]) -> None:
        """Puts something hostile into one text of the inventory, wherever it is; names of hosts stay."""
        networks = hosts[next(iter(hosts))]["diskless_networks"]
        images = hosts[next(iter(hosts))]["diskless_images"]
        where = self.chance.random()
        if where < 0.1:
            name, network = networks.popitem()
            networks[self.spoilt(name)] = network
        elif where < 0.2:
            self._spoil_inside(next(iter(networks.values())))
        elif where < 0.3:
            old = self.chance.choice(list(images))
            new = self.spoilt(old)
            images[new] = images.pop(old)
            for its in hosts.values():
                its.update({"slave_image": new} if its.get("slave_image") == old else {})
        else:
            own = ("diskless_networks", "diskless_images")
            its = self.chance.choice(list(hosts.values()))
            key = self.chance.choice([key for key in its if key not in own])
            holder: dict[str, Any] = {key: its[key]}
            self._spoil_inside(holder)
            its[key] = holder[key]

    def _spoil_inside(self, value: Any) -> None:
        """Spoils one text somewhere inside of a list or dictionary; what is no text becomes one."""
        key = self.chance.choice(list(value) if isinstance(value, dict) else range(len(value)))
        if isinstance(value[key], (dict, list)) and value[key]:
            self._spoil_inside(value[key])
        else:
            value[key] = self.spoilt(str(value[key]) if value[key] else "")
