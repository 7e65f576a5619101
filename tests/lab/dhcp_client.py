"""A DHCP client that only asks: `python -m tests.lab.dhcp_client INTERFACE MAC ARCHITECTURE` prints the offer as JSON.

For tests of DHCP servers, inside the LANs' namespace. ARCHITECTURE is the number of option 93 (RFC 4578, 2.1). Prints
`null` when nobody offers anything within five seconds.
"""

from __future__ import annotations

import json
import sys
import typing

from scapy.config import conf
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet
from scapy.sendrecv import srp1

from tests.lab import network
from tests.lab.run import run

_ATTEMPTS = 5
_BROADCAST = 0x8000


def discover(mac: str, architecture: int) -> Packet:
    """A DHCPDISCOVER as a PXE ROM sends it, to be answered by broadcast."""
    return (
        Ether(src=mac, dst="ff:ff:ff:ff:ff:ff")
        / IP(src="0.0.0.0", dst="255.255.255.255")
        / UDP(sport=68, dport=67)
        / BOOTP(chaddr=bytes.fromhex(mac.replace(":", "")), xid=int(mac.replace(":", "")[-8:], 16), flags=_BROADCAST)
        / DHCP(
            options=[
                ("message-type", "discover"),
                ("vendor_class_id", f"PXEClient:Arch:{architecture:05d}:UNDI:002001".encode()),
                ("pxe_client_architecture", architecture.to_bytes(2, "big")),
                ("param_req_list", [1, 3, 6, 12, 15, 42, 66, 67]),
                "end",
            ]
        )
    )


def understood(packet: Packet) -> dict[str, typing.Any]:
    """What an offer says, in plain words: address, next_server, file, and the options by scapy's names."""
    options = {
        item[0]: [_plain(value) for value in item[1:]] for item in packet[DHCP].options if isinstance(item, tuple)
    }
    return {
        "address": packet[BOOTP].yiaddr,
        "next_server": packet[BOOTP].siaddr,
        "file": packet[BOOTP].file.rstrip(b"\0").decode(),
        "options": options,
    }


def _plain(value: typing.Any) -> typing.Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def ask(mac: str, architecture: int = 0, bridge: str = "br0") -> dict[str, typing.Any] | None:
    """The offer that a machine with `mac` gets on a bridge of this lab; None when nobody offers. Raises LabError."""
    command = [sys.executable, "-m", "tests.lab.dhcp_client", bridge, mac, str(architecture)]
    answer: dict[str, typing.Any] | None = json.loads(run(network.inside(command)))
    return answer


def main(interface: str, mac: str, architecture: str) -> None:
    """Asks as often as a ROM would and prints the first offer."""
    # The answer to 255.255.255.255 comes from the server's own address.
    conf.checkIPaddr = False
    request = discover(mac, int(architecture))
    answer = srp1(request, iface=interface, timeout=1, retry=-_ATTEMPTS, verbose=False)
    print(json.dumps(understood(answer) if answer is not None else None))


if __name__ == "__main__":
    main(*sys.argv[1:])
