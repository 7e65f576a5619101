"""What the boot tests tell of kernels fetched by HTTP and by TFTP."""

from __future__ import annotations

import typing

import pytest

from tests.boot import fetches
from tests.lab import packets

KERNEL = packets.Transfer("/images/a/1/vmlinuz", "http", 10.0, 12.0, 8_000_000)
INITRAMFS = packets.Transfer("/images/a/1/initrd.img", "http", 12.5, 13.0, 2_000_000)
OTHER = packets.Transfer("lpxelinux.0", "tftp", 1.0, 2.0, 90_000)


def _traffic(*transfers: packets.Transfer) -> packets.Traffic:
    return packets.Traffic((), transfers=list(transfers))


def test_a_fetch_lasts_from_the_first_request_to_the_last_frame() -> None:
    assert fetches.of(_traffic(OTHER, KERNEL, INITRAMFS)) == {"service": "http", "seconds": 3.0, "bytes": 10_000_000}


@pytest.mark.parametrize(
    "transfers",
    [(), (KERNEL,), (KERNEL, KERNEL), (KERNEL, packets.Transfer("initrd.img", "tftp", 12.5, 13.0))],
)
def test_half_a_fetch_is_none(transfers: tuple[packets.Transfer, ...]) -> None:
    with pytest.raises(ValueError, match="kernel and initramfs by one service"):
        fetches.of(_traffic(*transfers))


def test_a_report_has_a_line_when_both_are_known() -> None:
    report: dict[str, typing.Any] = {}
    fetches.note(report, {"service": "http", "seconds": 3.0, "bytes": 10_000_000})
    assert fetches.line(report) == ""
    fetches.note(report, {"service": "tftp", "seconds": 15.0, "bytes": 10_400_000})
    assert report["tftp_to_http"] == 5.0
    assert fetches.line(report) == (
        "kernel and initramfs: HTTP 3.00 s, 10.0 MB; TFTP 15.00 s, 10.4 MB; TFTP takes 5.0 times as long"
    )
