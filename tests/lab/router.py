"""Advertises a router that routes nothing (RFC 4861) on one interface: `python -m tests.lab.router BRIDGE`.

QEMU's iPXE ROM waits 16 seconds for an IPv6 router before it goes on with IPv4. An advertisement of lifetime 0 and
without a prefix ends that wait and configures nobody: it says that this is no default router.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time

_ALL_NODES = "ff02::1"
_INTERVAL_SECONDS = 2.0


def advertisement() -> bytes:
    """An ICMPv6 router advertisement; the kernel fills in the checksum (RFC 3542, 3.1)."""
    kind, code, checksum, hop_limit, flags, lifetime, reachable, retransmit = 134, 0, 0, 64, 0, 0, 0, 0
    return struct.pack("!BBHBBHII", kind, code, checksum, hop_limit, flags, lifetime, reachable, retransmit)


def main(interface: str) -> None:
    """Sends for ever. Hosts drop advertisements whose hop limit is not 255 (RFC 4861, 6.1.2)."""
    index = socket.if_nametoindex(interface)
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as link:
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        while True:
            # The bridge has no link-local address before its first port is up; the next round comes.
            with contextlib.suppress(OSError):
                link.sendto(advertisement(), (_ALL_NODES, 0, 0, index))
            # A router advertises at intervals (RFC 4861, 6.2.4); who starts between two of them waits for the next.
            time.sleep(_INTERVAL_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1])
