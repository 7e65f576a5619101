"""Reads `dhcpd.conf` as ISC's dhcpd does (dhcpd.conf(5))."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from read_dhcp import Host, Network, Served, several

# A statement of dhcpd.conf: its words, and the statements in its braces, or None where it has none.
Statement = tuple[list[str], "list[Statement] | None"]
_TOKEN = re.compile(r'\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|[{};,()]|[^\s"{};,()#]+')


def configuration(text: str) -> Served:
    """`dhcpd.conf`."""
    tokens: list[str] = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"dhcpd waits for the end of a text in {text!r}")
    statements = _statements(token for token in tokens if not token.isspace() and not token.startswith("#"))
    networks, hosts, files = [], set(), {}
    for words, inner in statements:
        if words[0] == "subnet":
            networks.append(_isc_network(words, inner or []))
        elif words[0] == "group":
            of_group = _isc_files(inner or [])
            loader = f"group of {of_group}"
            files[loader] = of_group
            hosts |= {_isc_host(its or [], loader) for kind, its in inner or [] if kind[0] == "host"}
    return Served(tuple(networks), frozenset(hosts), files)


def _statements(tokens: Iterator[str]) -> list[Statement]:
    found: list[Statement] = []
    words: list[str] = []
    for token in tokens:
        if token == ";":
            found.append((words, None))
            words = []
        elif token == "{":
            found.append((words, _statements(tokens)))
            words = []
        elif token == "}":
            break
        else:
            words.append(token)
    if words:
        raise ValueError(f"dhcpd waits for the end of {words}")
    return found


def _told(statements: list[Statement]) -> dict[str, str]:
    """Name of a parameter or option to its value, without quotes."""
    found = {}
    for words, inner in statements:
        size = 2 if words[0] in ("option", "hardware") else 1
        if inner is None:
            found[" ".join(words[:size])] = "".join(words[size:]).strip('"')
    return found


def _isc_network(words: list[str], inner: list[Statement]) -> Network:
    told = _told(inner)
    pools = [told_inside["range"] for kind, its in inner if kind == ["pool"] for told_inside in [_ranges(its or [])]]
    return Network(
        str(ipaddress.IPv4Network(f"{words[1]}/{words[3]}")),
        "authoritative",
        told["next-server"],
        several(told.get("option routers", "")),
        several(told.get("option domain-name-servers", "")),
        told.get("option domain-name", ""),
        several(told.get("option ntp-servers", "")),
        "".join(pools),
    )


def _ranges(inner: list[Statement]) -> dict[str, str]:
    return {words[0]: "-".join(words[1:]) for words, _inner in inner if words[0] == "range"}


def _isc_files(inner: list[Statement]) -> tuple[str, ...]:
    return tuple(
        words[1].strip('"')
        for kind, its in inner
        if kind[0] in ("if", "elsif")
        for words, _inner in its or []
        if words[0] == "filename"
    )


def _isc_host(inner: list[Statement], loader: str) -> Host:
    told = _told(inner)
    if set(told) != {"hardware ethernet", "fixed-address", "option host-name"}:
        raise ValueError(f"dhcpd tells a machine {told}")
    return Host(told["hardware ethernet"], told["fixed-address"], told["option host-name"], loader)
