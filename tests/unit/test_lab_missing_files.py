"""What loaders asked for in vain is read from the servers' logs as these write it."""

from __future__ import annotations

import pytest

from tests.lab import missing_files

# Of a real in.tftpd (tftpd-hpa 5.2, --verbosity 2).
JOURNAL = """\
Nov 21 18:11:55 master01 in.tftpd[956]: RRQ from 192.168.1.21 filename lpxelinux.0
Nov 21 18:11:55 master01 in.tftpd[957]: RRQ from 192.168.1.21 filename pxelinux.cfg/01-52-54-00-00-00-15
Nov 21 18:11:55 master01 in.tftpd[958]: RRQ from 192.168.1.22 filename /menu.c32
Nov 21 18:11:55 master01 in.tftpd[957]: sending NAK (1, File not found) to 192.168.1.21
Nov 21 18:11:56 master01 in.tftpd[958]: sending NAK (2, Access violation) to 192.168.1.22
Nov 21 18:11:57 master01 in.tftpd[959]: RRQ from 192.168.1.21 filename lpxelinux.0
Nov 21 18:11:57 master01 in.tftpd[959]: tftp: client does not accept options
Nov 21 18:11:58 master01 in.tftpd[957]: RRQ from 192.168.1.21 filename ldlinux.c32
"""
# Of a real nginx 1.22.
LOG = """\
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "GET /ipxe/boot.ipxe HTTP/1.1" 200 400 "-" "iPXE"
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "GET /ipxe/machines/01-52-54-00-00-00-15.ipxe HTTP/1.1" 404 146 "-" "iPXE"
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "HEAD /images/a HTTP/1.1" 404 0 "-" "-"
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "POST /grub/grub.cfg HTTP/1.1" 403 146 "-" "curl/7.88.1"
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "GET /secret HTTP/1.1" 403 146 "-" "curl/7.88.1"
192.168.1.21 - - [21/Nov/2026:18:21:29 +0000] "" 400 0 "-" "-"
"""


def test_tftp() -> None:
    assert missing_files.by_tftp(JOURNAL) == ["pxelinux.cfg/01-52-54-00-00-00-15", "menu.c32"]


def test_http() -> None:
    assert missing_files.by_http(LOG) == ["ipxe/machines/01-52-54-00-00-00-15.ipxe", "images/a", "secret"]


@pytest.mark.parametrize(
    ("name", "known", "unknown"),
    [
        ("pxelinux.cfg/b8945908-d6a6-41a9-611d-74a6ab80b83d", True, True),
        ("pxelinux.cfg/01-52-54-00-00-00-15", True, True),
        ("pxelinux.cfg/C0A80115", False, True),
        ("pxelinux.cfg/C", False, True),
        ("pxelinux.cfg/default", False, False),
        ("grub/grub.cfg-01-52-54-00-00-00-15", True, True),
        ("grub/grub.cfg-C0A80", True, True),
        ("grub/grub.cfg", False, False),
        ("grub/x86_64-efi/command.lst", False, False),
        ("grub/machines/01-52-54-00-00-00-15.cfg", True, True),
        ("grub/machines/192.168.1.21.cfg", False, True),
        ("ipxe/machines/192.168.1.21.ipxe", False, True),
        ("revocations_sbat.efi", True, True),
        ("shim_certificate_0.efi", True, True),
        ("mmx64.efi", False, False),
        ("menu.c32", False, False),
    ],
)
def test_what_may_be_missing(name: str, known: bool, unknown: bool) -> None:
    assert (missing_files.unexpected([name]) == []) is known
    assert (missing_files.unexpected([name], unknown=True) == []) is unknown


def test_each_is_told_once() -> None:
    assert missing_files.unexpected(["b", "a", "b"]) == ["b", "a"]
