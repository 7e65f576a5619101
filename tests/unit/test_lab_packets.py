"""What the virtual library understands of the wire; the frames are made by scapy."""

from __future__ import annotations

import struct

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from tests.lab import packets

SLAVE = "00:40:63:c2:ca:c9"
MASTER = "02:00:00:00:00:01"


def _dhcp(kind: str, mac: str = SLAVE) -> Packet:
    reply = kind in {"offer", "ack"}
    ports = (67, 68) if reply else (68, 67)
    return (
        Ether(src=MASTER if reply else mac, dst=mac if reply else "ff:ff:ff:ff:ff:ff")
        / IP(src="192.168.1.1", dst="192.168.1.21")
        / UDP(sport=ports[0], dport=ports[1])
        / BOOTP(op=2 if reply else 1, chaddr=bytes.fromhex(mac.replace(":", "")))
        / DHCP(options=["pad", ("lease_time", 1), ("message-type", kind), "end"])
    )


def _request(path: str, port: int = 2000) -> Packet:
    return (
        Ether(src=SLAVE, dst=MASTER)
        / IP(src="192.168.1.21", dst="192.168.1.1")
        / UDP(sport=port, dport=69)
        / Raw(b"\x00\x01" + path.encode() + b"\x00octet\x00")
    )


def _tcp(source: int, target: int, payload: bytes, *, to_slave: bool) -> Packet:
    source_mac, target_mac = (MASTER, SLAVE) if to_slave else (SLAVE, MASTER)
    return (
        Ether(src=source_mac, dst=target_mac)
        / IP(src="10.0.0.1", dst="10.0.0.2")
        / TCP(sport=source, dport=target)
        / Raw(payload)
    )


def _seen(*frames: Packet) -> packets.Traffic:
    """What is known after frames at times 1, 2, 3, ..."""
    traffic = packets.Traffic((SLAVE,))
    for time, frame in enumerate(frames, start=1):
        data = bytes(frame)
        packets.note(traffic, float(time), len(data), data)
    return traffic


KERNEL = [_request("grub/grub.cfg"), _dhcp("discover")]
STARTED = {"loader": 1.0, "kernel": 2.0}


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([_dhcp("discover"), _dhcp("offer"), _dhcp("request"), _dhcp("ack")], {"dhcp": 4.0}),
        ([_dhcp("ack", "00:40:63:00:00:99")], {}),
        ([_request("lpxelinux.0"), _request("pxelinux.cfg/C0A80115")], {"loader": 2.0}),
        ([_request("grub/grub.cfg")], {"loader": 1.0}),
        ([_request("shimx64.efi"), _request("/grub/machines/192.168.1.21.cfg")], {"loader": 2.0}),
        ([_tcp(4000, 80, b"GET /boot/pc01.ipxe HTTP/1.1\r\n", to_slave=False)], {"loader": 1.0}),
        # The firmware asks before the loader, the kernel's initramfs after it.
        ([_dhcp("discover"), _request("pxelinux.cfg/default"), _dhcp("discover")], {"loader": 2.0, "kernel": 3.0}),
        (
            [*KERNEL, _tcp(2049, 700, b"", to_slave=True), _tcp(2049, 700, b"x", to_slave=True)],
            {**STARTED, "root": 4.0},
        ),
        ([*KERNEL, _tcp(10809, 700, b"x", to_slave=True)], {**STARTED, "root": 3.0}),
        # What a server still sends to the machine of an earlier boot.
        ([_request("grub/grub.cfg"), _tcp(2049, 700, b"x", to_slave=True)], {"loader": 1.0}),
        ([_tcp(2049, 700, b"x", to_slave=False)], {}),
        ([Ether(dst=SLAVE) / ARP()], {}),
        ([Raw(b"short")], {}),
    ],
)
def test_milestones_on_the_wire(frames: list[Packet], expected: dict[str, float]) -> None:
    assert _seen(*frames).times == expected


def test_bytes_are_counted_by_service_and_only_towards_the_slave() -> None:
    data = Ether(src=MASTER, dst=SLAVE) / IP() / UDP(sport=50000, dport=2000) / Raw(b"d" * 100)
    web = _tcp(80, 4000, b"w" * 50, to_slave=True)
    traffic = _seen(_request("vmlinuz"), data, data, web, _tcp(80, 4000, b"w", to_slave=False))
    assert traffic.received == {"tftp": 2 * len(data), "http": len(web), "nfs": 0, "nbd": 0}
    assert traffic.asked == ["vmlinuz"]


def test_a_transfer_lasts_from_the_request_to_its_last_frame() -> None:
    kernel = [
        Ether(src=MASTER, dst=SLAVE) / IP() / UDP(sport=50000, dport=2000) / Raw(b"k" * 100) for _block in range(2)
    ]
    script = _tcp(80, 4000, b"#!ipxe", to_slave=True)
    traffic = _seen(
        _request("vmlinuz"), _tcp(4000, 80, b"GET /a.ipxe HTTP/1.1\r\n", to_slave=False), kernel[0], script, kernel[1]
    )
    assert traffic.transfers == [
        packets.Transfer("vmlinuz", "tftp", 1.0, 5.0, 2 * len(kernel[0])),
        packets.Transfer("/a.ipxe", "http", 2.0, 4.0, len(script)),
    ]


def test_a_port_that_is_used_again_is_another_transfer() -> None:
    data = Ether(src=MASTER, dst=SLAVE) / IP() / UDP(sport=50000, dport=2000) / Raw(b"d")
    traffic = _seen(_request("vmlinuz"), data, _request("initrd.img"), data, data)
    assert [(one.path, one.received) for one in traffic.transfers] == [
        ("vmlinuz", len(data)),
        ("initrd.img", 2 * len(data)),
    ]


def test_a_request_that_is_repeated_is_one_transfer() -> None:
    """The server was busy when the first one came."""
    data = Ether(src=MASTER, dst=SLAVE) / IP() / UDP(sport=3000, dport=2000) / Raw(b"\x00\x03")
    asked = [_request("ipxe.elf"), _request("ipxe.elf"), data, _request("ipxe.elf")]
    assert _seen(*asked).asked == ["ipxe.elf", "ipxe.elf"]
    assert _seen(_request("a"), _request("b")).asked == ["a", "b"]


def test_a_later_fragment_says_nothing() -> None:
    frame = Ether(src=MASTER, dst=SLAVE) / IP(frag=10, proto=6) / Raw(b"\x08\x01" * 20)
    assert _seen(frame).received["nfs"] == 0


def test_records_stop_at_one_that_is_not_whole_yet() -> None:
    whole = struct.pack("<IIII", 10, 500000, 4, 60) + b"abcd"
    found, consumed = packets.records(whole + whole[:18])
    assert found == [(10.5, 60, b"abcd")]
    assert consumed == len(whole)
