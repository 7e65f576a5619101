"""DHCP clients that only ask, for tests of DHCP servers: they take part in the protocol and leave the network as it is.

`python -m tests.lab.dhcp_client INTERFACE` reads questions as JSON, one list of the fields of `Client`, and prints one
answer for each: what `understood` says, or null. One process asks them all, as scapy takes seconds to start.
"""

from __future__ import annotations

import dataclasses
import json
import select
import socket
import struct
import sys
import time
import typing

from scapy.config import conf
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, bind_layers

from tests.lab import network
from tests.lab.run import run

# What answers from the port of ProxyDHCP is; scapy knows the usual ports only.
bind_layers(UDP, BOOTP, sport=4011, dport=68)

_ATTEMPTS = 5
_WAIT_SECONDS = 1.0
_BROADCAST = 0x8000
# scapy's numbers of DHCP messages (RFC 2132, 9.6).
_OFFER, _ACK, NAK = 2, 5, 6
_REQUESTED = (1, 3, 6, 12, 15, 42)
_FILE_OPTIONS = (66, 67)
# iPXE's own, which scapy has no name for.
_IPXE_OPTIONS = 175
# packet(7); Python has no names for them.
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISCUOUS = 263, 1, 1


@dataclasses.dataclass(frozen=True)
class Client:
    """Who asks, and what it says of itself; `None` and the empty text leave an option out.

    `architecture`: option 93 (RFC 4578, 2.1). `vendor_class`: option 60. `user_class`: option 77, which iPXE sends
    without RFC 3004's length. `client_id`: option 61 in hexadecimal digits. `hostname`: option 12. `file_options`: does
    it ask for options 66 and 67. `lease`: does it take what is offered. `attempts`: how often it asks, once a second.
    `address`: it has this from one server and asks another one, who offers none, for its boot file (PXE 2.1, 2.2.1).
    `remembered`: it asks at once for this address, which it had before (RFC 2131, 3.2).
    """

    mac: str
    architecture: int | None = None
    vendor_class: str = ""
    user_class: str = ""
    client_id: str = ""
    hostname: str = ""
    file_options: bool = True
    lease: bool = True
    attempts: int = _ATTEMPTS
    address: str = ""
    remembered: str = ""


def pxe(mac: str, architecture: int = 0, **more: typing.Any) -> Client:
    """A PXE ROM; as PXE 2.1 (2.2.3) and the kin of UEFI have it, its client identifier is one of the machine's UUID."""
    name = "HTTPClient" if architecture in {15, 16, 18, 19} else "PXEClient"
    vendor_class = f"{name}:Arch:{architecture:05d}:UNDI:003016"
    return Client(mac, architecture, vendor_class, client_id=f"00{mac.replace(':', '') * 2}00112233", **more)


def message(client: Client, kind: str, *more: typing.Any) -> Packet:
    """A message of a client that has no address yet, to be answered by broadcast."""
    asked = [*_REQUESTED, *(_FILE_OPTIONS if client.file_options else ()), _IPXE_OPTIONS]
    options = [("message-type", kind), *more, ("param_req_list", asked)]
    if client.vendor_class:
        options.append(("vendor_class_id", client.vendor_class.encode()))
    if client.architecture is not None:
        options.append(("pxe_client_architecture", client.architecture.to_bytes(2, "big")))
    if client.user_class:
        options.append(("user_class", client.user_class.encode()))
    if client.client_id:
        options.append(("client_id", bytes.fromhex(client.client_id)))
    if client.hostname:
        options.append(("hostname", client.hostname.encode()))
    raw = bytes.fromhex(client.mac.replace(":", ""))
    return (
        Ether(src=client.mac, dst="ff:ff:ff:ff:ff:ff")
        / IP(src="0.0.0.0", dst="255.255.255.255")
        / UDP(sport=68, dport=67)
        / BOOTP(chaddr=raw, xid=int.from_bytes(raw[2:], "big"), flags=_BROADCAST)
        / DHCP(options=[*options, "end"])
    )


def proxy_request(client: Client, offer: Packet) -> Packet:
    """The request for a boot file to port 4011 of the server whose offer names none."""
    request = message(client, "request")
    request[Ether].dst = offer[Ether].src
    request[IP].src, request[IP].dst = client.address, offer[IP].src
    request[UDP].dport = 4011
    request[BOOTP].ciaddr = client.address
    return request


def understood(packet: Packet) -> dict[str, typing.Any]:
    """What a server says, in plain words: kind, address, next_server, file, and the options by scapy's names.

    A boot file may stand in BOOTP's field or in option 67, with a NUL at its end or without (RFC 2132, 9.5). iPXE's
    options are in hexadecimal digits.
    """
    options = {item[0]: list(item[1:]) for item in packet[DHCP].options if isinstance(item, tuple)}
    ipxe = [value.hex() for value in options.pop(_IPXE_OPTIONS, [])]
    file = options.pop("boot-file-name", [packet[BOOTP].file])[0]
    return {
        "kind": options.pop("message-type")[0],
        "address": packet[BOOTP].yiaddr,
        "next_server": packet[BOOTP].siaddr,
        "file": _plain(file),
        "options": {name: [_plain(value) for value in values] for name, values in options.items()},
        "ipxe": ipxe,
    }


def _plain(value: typing.Any) -> typing.Any:
    return value.rstrip(b"\0").decode("utf-8", "replace") if isinstance(value, bytes) else value


class Port:
    """A place on a LAN; sees all answers, whoever they are for."""

    def __init__(self, interface: str) -> None:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        self._socket.bind((interface, 0))
        index = socket.if_nametoindex(interface)
        membership = struct.pack("iHH8s", index, _PROMISCUOUS, 0, b"")
        self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, membership)

    def exchange(self, request: Packet, kinds: typing.Container[int], attempts: int) -> Packet | None:
        """Sends a request until somebody answers it by one of the kinds of message; nothing where nobody does."""
        for _attempt in range(attempts):
            self._socket.send(bytes(request))
            end = time.monotonic() + _WAIT_SECONDS
            while (left := end - time.monotonic()) > 0:
                if not select.select([self._socket], [], [], left)[0]:
                    break
                answer = Ether(self._socket.recv(2048))
                if (
                    DHCP in answer
                    and answer[BOOTP].op == 2
                    and answer[BOOTP].xid == request[BOOTP].xid
                    and _kind(answer) in kinds
                ):
                    return answer
        return None

    def ask(self, client: Client) -> dict[str, typing.Any] | None:
        """What a client is told at the end: the offer, or the answer to its request when it takes a lease."""
        if client.remembered:
            request = message(client, "request", ("requested_addr", client.remembered))
            answer = self.exchange(request, {_ACK, NAK}, client.attempts)
            return understood(answer) if answer is not None else None
        offer = self.exchange(message(client, "discover"), {_OFFER}, client.attempts)
        if offer is not None and client.address and not understood(offer)["file"]:
            offer = self.exchange(proxy_request(client, offer), {_ACK}, client.attempts)
        if offer is None or client.address or not client.lease:
            return understood(offer) if offer is not None else None
        server = next(item[1] for item in offer[DHCP].options if item[0] == "server_id")
        wanted = [("requested_addr", offer[BOOTP].yiaddr), ("server_id", server)]
        answer = self.exchange(message(client, "request", *wanted), {_ACK, NAK}, client.attempts)
        return understood(answer) if answer is not None else None


def _kind(packet: Packet) -> int:
    kind: int = next(item[1] for item in packet[DHCP].options if item[0] == "message-type")
    return kind


def ask_all(clients: typing.Sequence[Client], bridge: str = "br0") -> list[dict[str, typing.Any] | None]:
    """What each of the clients is told, one after the other, on a bridge of this lab. Raises LabError."""
    command = [sys.executable, "-m", "tests.lab.dhcp_client", bridge]
    questions = json.dumps([dataclasses.asdict(client) for client in clients])
    answers: list[dict[str, typing.Any] | None] = json.loads(run(network.inside(command), stdin=questions))
    return answers


def ask(mac: str, architecture: int = 0, bridge: str = "br0") -> dict[str, typing.Any] | None:
    """The offer that the PXE ROM of a machine gets; None when nobody offers. Raises LabError."""
    return ask_all([pxe(mac, architecture, lease=False)], bridge)[0]


def main(interface: str) -> None:
    """Asks what standard input says, and prints the answers."""
    # The answer to 255.255.255.255 comes from the server's own address.
    conf.checkIPaddr = False
    port = Port(interface)
    print(json.dumps([port.ask(Client(**fields)) for fields in json.load(sys.stdin)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
