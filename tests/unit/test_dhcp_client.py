"""The lab's DHCP client: what it sends, and how it reads answers."""

from __future__ import annotations

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from tests.lab import dhcp_client
from tests.lab.dhcp_client import Client, pxe

MAC = "00:40:63:c2:ca:c9"


def options(client: Client) -> dict[str, object]:
    """The options of the client's first message."""
    found = dhcp_client.message(client, "discover")[DHCP].options
    return {item[0]: item[1] for item in found if isinstance(item, tuple)}


def test_a_rom_says_what_it_is() -> None:
    assert dhcp_client.message(pxe(MAC, 7), "discover")[BOOTP].chaddr[:6] == bytes.fromhex("004063c2cac9")
    assert options(pxe(MAC, 7, user_class="iPXE")) == {
        "message-type": "discover",
        "param_req_list": [1, 3, 6, 12, 15, 42, 66, 67, 175],
        "vendor_class_id": b"PXEClient:Arch:00007:UNDI:003016",
        "pxe_client_architecture": b"\x00\x07",
        "user_class": b"iPXE",
        "client_id": bytes.fromhex("00004063c2cac9004063c2cac900112233"),
    }
    assert options(pxe(MAC, 16))["vendor_class_id"] == b"HTTPClient:Arch:00016:UNDI:003016"


def test_a_client_that_says_nothing() -> None:
    assert options(Client(MAC, file_options=False)) == {
        "message-type": "discover",
        "param_req_list": [1, 3, 6, 12, 15, 42, 175],
    }


def test_an_answer_is_understood_wherever_the_file_stands() -> None:
    said = [("message-type", 2), ("hostname", b"pc01"), ("router", "192.168.1.254"), (175, b"\xb0\x01\x01")]
    in_field = BOOTP(op=2, yiaddr="192.168.1.21", siaddr="192.168.1.1", file=b"lpxelinux.0\0\0")
    in_option = BOOTP(op=2, yiaddr="192.168.1.21", siaddr="192.168.1.1")
    answers = [
        in_field / DHCP(options=[*said, "end"]),
        in_option / DHCP(options=[*said, ("boot-file-name", b"lpxelinux.0\0"), "end"]),
    ]
    for answer in answers:
        assert dhcp_client.understood(answer) == {
            "kind": 2,
            "address": "192.168.1.21",
            "next_server": "192.168.1.1",
            "file": "lpxelinux.0",
            "options": {"hostname": ["pc01"], "router": ["192.168.1.254"]},
            "ipxe": ["b00101"],
        }


def test_the_other_server_is_asked_at_its_own_port() -> None:
    client = pxe(MAC, 7, address="192.168.1.150")
    offer = Ether(src="52:54:00:00:00:01") / IP(src="192.168.1.1") / UDP() / BOOTP(op=2) / DHCP(options=["end"])
    request = dhcp_client.proxy_request(client, offer)
    assert (request[Ether].dst, request[IP].src, request[IP].dst) == (
        "52:54:00:00:00:01",
        "192.168.1.150",
        "192.168.1.1",
    )
    assert (request[UDP].dport, request[BOOTP].ciaddr) == (4011, "192.168.1.150")
