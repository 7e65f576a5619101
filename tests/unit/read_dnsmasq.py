"""Reads a file for `dnsmasq --conf-file` as dnsmasq does (dnsmasq(8); option.c)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from read_dhcp import Host, Network, Served

ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
CARD = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
# What it takes for a lease's time and not for a name.
TIME = re.compile(r"\d+[wdhms]?|infinite", re.IGNORECASE)

ANY = ""


def configuration(text: str) -> Served:
    """A file for `--conf-file`."""
    options: list[tuple[str, list[str]]] = []
    for line in text.split("\n"):
        words = _words(line)
        if words:
            key, _equals, first = words[0].partition("=")
            options.append((key, [first, *words[1:]]))
    nets = _networks(options)
    names = {
        values[0].removeprefix("tag:"): values[2]
        for key, values in options
        if key == "dhcp-option" and values[1] == "12"
    }
    hosts = {host for key, values in options if key == "dhcp-host" for host in _hosts(values, names)}
    boots = [values for key, values in options if key == "dhcp-boot" and values[0] == "tag:net-0" and len(values) == 5]
    reached = _reached(values for key, values in options if key == "tag-if")
    files = {
        loader: tuple(file for _net, tag, file, _name, _server in boots if reached.get(tag[4:], set()) & {loader, ANY})
        for loader in {host.loader for host in hosts}
    }
    return Served(tuple(nets), frozenset(hosts), files)


def _words(line: str) -> list[str]:
    """The parts between commas; in double quotes commas and number signs are text (option.c, read_file())."""
    segments = line.split('"')
    if len(segments) % 2 == 0:
        raise ValueError(f"dnsmasq waits for the end of a text: {line!r}")
    words = [""]
    for number, segment in enumerate(segments):
        outside = number % 2 == 0
        comment = re.search(r"(?:^|\s)#", segment) if outside else None
        first, *others = (segment[: comment.start()] if comment else segment).split(",") if outside else [segment]
        words[-1] += first
        words += others
        if comment:
            break
    return [word.strip() for word in words] if words != [""] else []


def _networks(options: list[tuple[str, list[str]]]) -> list[Network]:
    of_tags: dict[str, list[tuple[str, list[str]]]] = {}
    for key, values in options:
        for tag in re.findall(r"(?:set|tag):(net-\d+)", ",".join(values)):
            of_tags.setdefault(tag, []).append((key, values))
    return [_network(its) for its in of_tags.values()]


def _network(options: list[tuple[str, list[str]]]) -> Network:
    """A network from all that is said of its tag."""
    ranges = [values for key, values in options if key == "dhcp-range"]
    (main,) = [values for values in ranges if {"static", "proxy"} & set(values)]
    address = next(value for value in main if ADDRESS.fullmatch(value))
    mask = next(value for value in main if value.startswith("255."))
    told = {
        values[1].removeprefix("option:"): tuple(values[2:])
        for key, values in options
        if key.startswith("dhcp-option") and values[1].startswith("option:")
    }
    (server,) = {values[-1] for key, values in options if key == "dhcp-boot"}
    return Network(
        str(ipaddress.IPv4Network(f"{address}/{mask}")),
        "proxy" if "proxy" in main else "authoritative",
        server,
        told.get("router", ()),
        told.get("dns-server", ()),
        "".join(told.get("domain-name", ())),
        told.get("ntp-server", ()),
        "".join("-".join(values[2:4]) for values in ranges if values != main),
    )


def _hosts(values: list[str], names: dict[str, str]) -> list[Host]:
    tags = [value.removeprefix("set:") for value in values if value.startswith("set:")]
    if "foreign" in tags:
        return []
    cards = [value for value in values if CARD.fullmatch(value)]
    (ip,) = [value for value in values if ADDRESS.fullmatch(value)]
    words = [value for value in values if value not in (*cards, ip) and not value.startswith("set:")]
    if any(TIME.fullmatch(word) or word.lower() == "ignore" or ":" in word for word in words):
        raise ValueError(f"dnsmasq takes one of {words} for a time or a word of its own")
    words += [names[tag] for tag in tags if tag in names]
    (hostname,) = words
    loader = next((tag.removeprefix("loader-") for tag in tags if tag.startswith("loader-")), "auto")
    return [Host(card, ip, hostname, loader) for card in cards]


def _reached(chain: Iterable[list[str]]) -> dict[str, set[str]]:
    """Tag to the loaders whose machines can get it."""
    found: dict[str, set[str]] = {}
    for first, *values in chain:
        loaders = [value.removeprefix("tag:loader-") for value in values if value.startswith("tag:loader-")]
        found.setdefault(first.removeprefix("set:"), set()).update(loaders or [ANY])
    return found
