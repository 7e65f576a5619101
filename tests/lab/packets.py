"""Reads what tcpdump wrote on a slave's port: when it was answered, what it asked for, how many bytes it got. Pure.

Formats: pcap savefile (pcap-savefile(5)), Ethernet II, IPv4 (RFC 791), UDP (RFC 768), TCP (RFC 9293), DHCP (RFC 2131,
2132), TFTP (RFC 1350).
"""

from __future__ import annotations

import dataclasses
import re
import struct

FILE_HEADER_BYTES = 24
_RECORD = struct.Struct("<IIII")
_PORTS = {80: "http", 2049: "nfs", 10809: "nbd"}
_ROOT_PORTS = (2049, 10809)
_CONFIGURATIONS = re.compile(r"pxelinux\.cfg/|grub\.cfg|grub/machines/|\.ipxe")
SERVICES = ("tftp", "http", "nfs", "nbd")

_UDP, _TCP = 17, 6
_DHCP_ACK = 5


@dataclasses.dataclass
class Transfer:
    """A file that the slave asked for: when it did, when the last frame came (seconds since the epoch), and how many
    bytes the frames had."""

    path: str
    service: str
    begun: float
    ended: float
    received: int = 0


@dataclasses.dataclass
class Traffic:
    """What is known so far of one slave: milestones in seconds since the epoch, bytes of frames sent to it, and the
    files that it asked for by TFTP and HTTP."""

    macs: tuple[str, ...]
    times: dict[str, float] = dataclasses.field(default_factory=dict)
    received: dict[str, int] = dataclasses.field(default_factory=lambda: dict.fromkeys(SERVICES, 0))
    transfers: list[Transfer] = dataclasses.field(default_factory=list)
    # The last transfer of each port of the slave's, by service.
    ports: dict[tuple[str, int], Transfer] = dataclasses.field(default_factory=dict)

    @property
    def asked(self) -> list[str]:
        """The names of the files, in order."""
        return [transfer.path for transfer in self.transfers]


@dataclasses.dataclass(frozen=True)
class _Segment:
    """A TCP segment or UDP datagram: `length` of its frame, `whole` its own on the wire, `transport` what of it was
    captured, header included."""

    time: float
    length: int
    to_slave: bool
    ports: tuple[int, int]
    transport: bytes
    whole: int


def records(data: bytes) -> tuple[list[tuple[float, int, bytes]], int]:
    """(time, length on the wire, captured bytes) of each whole record in `data`, and how many bytes those took.

    `data` begins at a record; little-endian and microseconds, as tcpdump writes them on the machines of the lab.
    """
    found = []
    position = 0
    while position + _RECORD.size <= len(data):
        seconds, micros, captured, length = _RECORD.unpack_from(data, position)
        end = position + _RECORD.size + captured
        if end > len(data):
            break
        found.append((seconds + micros / 1e6, length, data[position + _RECORD.size : end]))
        position = end
    return found, position


def note(traffic: Traffic, time: float, length: int, frame: bytes) -> None:
    """Adds one frame to what is known. Frames of other protocols, or cut too short, say nothing."""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return
    header = (frame[14] & 0x0F) * 4
    transport = frame[14 + header :]
    is_later_fragment = int.from_bytes(frame[20:22], "big") & 0x1FFF
    if len(transport) < 8 or is_later_fragment:
        return
    segment = _Segment(
        time=time,
        length=length,
        to_slave=_mac(frame[0:6]) in traffic.macs,
        ports=struct.unpack_from("!HH", transport),
        transport=transport,
        whole=int.from_bytes(frame[16:18], "big") - header,
    )
    if frame[23] == _UDP:
        _note_udp(traffic, segment)
    elif frame[23] == _TCP and len(transport) >= 20:
        _note_tcp(traffic, segment)


def _note_udp(traffic: Traffic, segment: _Segment) -> None:
    source, target = segment.ports
    payload = segment.transport[8:]
    if {source, target} == {67, 68}:
        _note_dhcp(traffic, segment.time, payload)
    elif target == 69:
        _note_tftp(traffic, segment, payload)
    elif segment.to_slave and ("tftp", target) in traffic.ports:
        _note_arrival(traffic, segment, "tftp")


def _note_tcp(traffic: Traffic, segment: _Segment) -> None:
    source, target = segment.ports
    data_at = (segment.transport[12] >> 4) * 4
    if segment.to_slave and source in _PORTS:
        _note_arrival(traffic, segment, _PORTS[source])
        # The handshake carries no data. Before the kernel has an address comes what was for an earlier boot.
        if source in _ROOT_PORTS and segment.whole > data_at and "kernel" in traffic.times:
            traffic.times.setdefault("root", segment.time)
    elif target == 80:
        _note_request(traffic, segment, "http", _http_path(segment.transport[data_at:]))


def _note_dhcp(traffic: Traffic, time: float, payload: bytes) -> None:
    """The firmware's lease; and a kernel that asks once more, after the loader, also where it is quiet otherwise."""
    if payload[:1] == b"\x02" and _acknowledged(payload) in traffic.macs:
        traffic.times.setdefault("dhcp", time)
    elif payload[:1] == b"\x01" and _mac(payload[28:34]) in traffic.macs and "loader" in traffic.times:
        traffic.times.setdefault("kernel", time)


def _note_tftp(traffic: Traffic, segment: _Segment, payload: bytes) -> None:
    """A read request. The server answers from a port of its own: the slave's port names the transfer (RFC 1350, 4).

    From the same one it asks again when no answer comes in time (2).
    """
    if payload[:2] != b"\x00\x01":
        return
    path = payload[2:].split(b"\x00")[0]
    before = traffic.ports.get(("tftp", segment.ports[0]))
    if before is None or before.received or before.path.encode() != path:
        _note_request(traffic, segment, "tftp", path)


def _note_request(traffic: Traffic, segment: _Segment, service: str, path: bytes | None) -> None:
    if path is None:
        return
    transfer = Transfer(path.decode("utf-8", "replace"), service, segment.time, segment.time)
    traffic.transfers.append(transfer)
    traffic.ports[service, segment.ports[0]] = transfer
    if _CONFIGURATIONS.search(transfer.path):
        traffic.times.setdefault("loader", segment.time)


def _note_arrival(traffic: Traffic, segment: _Segment, service: str) -> None:
    traffic.received[service] += segment.length
    transfer = traffic.ports.get((service, segment.ports[1]))
    if transfer is not None:
        transfer.ended = segment.time
        transfer.received += segment.length


def _http_path(payload: bytes) -> bytes | None:
    match = re.match(rb"(?:GET|HEAD) (\S+)", payload)
    return match[1] if match else None


def _acknowledged(payload: bytes) -> str | None:
    """The hardware address that a DHCPACK is for; None when it is something else."""
    if len(payload) < 241 or payload[0] != 2 or payload[236:240] != b"\x63\x82\x53\x63":
        return None
    options = payload[240:]
    while len(options) >= 2 and options[0] != 255:
        if options[0] == 0:
            options = options[1:]
            continue
        code, size = options[0], options[1]
        if code == 53 and len(options) >= 3:
            return _mac(payload[28:34]) if options[2] == _DHCP_ACK else None
        options = options[2 + size :]
    return None


def _mac(data: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in data)
