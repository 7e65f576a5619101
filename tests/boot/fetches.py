"""How long kernel and initramfs took to come, as a slave's port of the LAN saw it. Pure."""

from __future__ import annotations

import typing

from tests.lab import packets


class Fetch(typing.TypedDict):
    """Kernel and initramfs together: the service, seconds from the first request to the last frame, bytes of frames."""

    service: str
    seconds: float
    bytes: int


def of(traffic: packets.Traffic) -> Fetch:
    """What a slave fetched. Raises ValueError when it is not both, or not by one service."""
    found = [one for one in traffic.transfers if one.path.endswith(("/vmlinuz", "/initrd.img"))]
    services = {one.service for one in found}
    if len({one.path for one in found}) != 2 or len(services) != 1:
        raise ValueError(f"kernel and initramfs by one service: {found}")
    return {
        "service": services.pop(),
        "seconds": round(max(one.ended for one in found) - min(one.begun for one in found), 3),
        "bytes": sum(one.received for one in found),
    }


def note(report: dict[str, typing.Any], fetch: Fetch) -> None:
    """Adds a fetch to a report: `fetches` by service, and how much longer TFTP takes once both are known."""
    known = report.setdefault("fetches", {})
    known[fetch["service"]] = fetch
    if "http" in known and "tftp" in known:
        report["tftp_to_http"] = round(known["tftp"]["seconds"] / known["http"]["seconds"], 2)


def line(report: dict[str, typing.Any]) -> str:
    """The two in a line for people; empty where one is missing."""
    if "tftp_to_http" not in report:
        return ""
    http, tftp = report["fetches"]["http"], report["fetches"]["tftp"]
    return (
        f"kernel and initramfs: HTTP {http['seconds']:.2f} s, {http['bytes'] / 1e6:.1f} MB; "
        f"TFTP {tftp['seconds']:.2f} s, {tftp['bytes'] / 1e6:.1f} MB; "
        f"TFTP takes {report['tftp_to_http']:.1f} times as long"
    )
