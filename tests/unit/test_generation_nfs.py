"""What NFS servers tell of their clients."""

from __future__ import annotations

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import generation_nfs as nfs

# As Linux prints them (fs/nfsd/nfs4state.c): 5.3 without file names, 6.1 and 6.12 with them.
LINUX_5_3 = r"""
- 0x020000006a5fdc5c4ad09d9e01000000: { type: open, access: rw, deny: --, superblock: "fd:10:13649", owner: "open id:\x00\x00\x00&\x00\x00\x00\x00\x00\x00\x0046" }
- 0x010000006a5fdc5c4ad09d9e04000000: { type: deleg, access: r, superblock: "fd:10:13650" }
- 0x010000006a5fdc5c4ad09d9e06000000: { type: lock, superblock: "fd:10:13649", owner: "lock id:\x00\x00\x00&\x00\x00" }
"""  # noqa: E501 - as they are
LINUX_6_1 = r"""
- 0x0000000183a5d36200000002: { type: open, access: r-, deny: --, superblock: "08:01:262160", filename: "bookworm-0/root.squashfs", owner: "open id:\x00\x00\x00&" }
- 0x0000000183a5d36200000003: { type: layout, superblock: "103:02:-5", filename: "a \"superblock: \\"00:00:7" }
"""  # noqa: E501 - as they are
LINUX_6_12 = r"""
- 0x01000000f58f0b5d2898a19801000000: { type: open, access: r-, deny: --, closed, owner: "open id:\x00" }
- 0x01000000f58f0b5d2898a19802000000: { type: open, access: r-, deny: --, owner: "open id:\x00", admin-revoked }
- 0x01000000f58f0b5d2898a19803000000: { type: deleg, access: r, superblock: "00:2a:257", filename: "bin/su", admin-revoked }
"""  # noqa: E501 - as they are


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param("", set(), id="a client without state"),
        pytest.param(LINUX_5_3, {("253:16", 13649), ("253:16", 13650)}, id="Linux 5.3"),
        pytest.param(LINUX_6_1, {("8:1", 262160), ("259:2", (1 << 64) - 5)}, id="Linux 6.1"),
        pytest.param(LINUX_6_12, {("0:42", 257)}, id="Linux 6.12"),
    ],
)
def test_what_clients_have_open(states: str, expected: set[tuple[str, int]]) -> None:
    assert nfs.opened(states) == expected


INFO = """clientid: 0x98a198285d0b8ff5
address: "{}"
status: confirmed
seconds from last renew: 11
name: "Linux NFSv4.2 pc01"
minor version: 2
Implementation domain: "kernel.org"
Implementation name: "Linux 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64"
Implementation time: [0, 0]
callback state: UP
callback address: 192.168.1.21:0
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("192.168.1.21:935", "192.168.1.21"), ("[2001:db8::21]:790", "2001:db8::21")],
)
def test_who_a_client_is(text: str, expected: str) -> None:
    assert nfs.address(INFO.format(text)) == expected
    assert nfs.address("clientid: 0x1\n") == ""


@pytest.mark.parametrize(
    ("versions", "expected"),
    [("-2 +3 +4 +4.1 +4.2\n", True), ("+3 +4 -4.0 +4.1 +4.2\n", True), ("-2 -3 +4 +4.1 +4.2\n", False), ("", False)],
)
def test_whether_version_3_is_served(versions: str, *, expected: bool) -> None:
    assert nfs.speaks_version_3(versions) is expected


def test_what_is_mounted_by_version_3() -> None:
    rmtab = (
        "192.168.1.21:/srv/diskless/images/a/g1:0x00000001\n"
        "192.168.1.22:/srv/diskless/images/a/g1:0x0000000a\n"
        "2001:db8::21:/srv/home of all:0x00000001\n"
        "pc23.example.org:/srv/a:b:0x00000001\n"
        "nonsense\n"
    )
    assert nfs.mounted(rmtab) == {
        "/srv/diskless/images/a/g1": {"192.168.1.21", "192.168.1.22"},
        "/srv/home of all": {"2001:db8::21"},
        "/srv/a:b": {"pc23.example.org"},
    }


KINDS = ("NFSv3", "MNT", "NMLv4", "RQUOTA", "NFSv40", "NFSv41", "NFSv42", "9P")


def export(number: int, path: str, *used: str) -> str:
    """An export in the reply of Ganesha 4.3, as dbus-send prints it."""
    kinds = "".join(
        f'            struct {{\n               string "{kind}"\n'
        f"               boolean {'true' if kind in used else 'false'}\n            }}\n"
        for kind in KINDS
    )
    return (
        f'      struct {{\n         uint16 {number}\n         string "{path}"\n         struct {{\n{kinds}         }}\n'
        "         struct {\n            uint64 1795326565\n            uint64 564022249\n         }\n      }\n"
    )


def reply(*exports: str) -> str:
    """The reply of Ganesha 4.3 to ShowExports."""
    return (
        "method return time=1795326570.646337 sender=:1.6 -> destination=:1.13 serial=73 reply_serial=2\n"
        "   struct {\n      uint64 1795326506\n      uint64 168213757\n   }\n   array [\n" + "".join(exports) + "   ]\n"
    )


def test_what_clients_of_version_3_have_used_of_ganesha() -> None:
    told = reply(
        export(39094, "/srv/g1", "NFSv40", "NFSv42"),
        export(30372, "/srv/g2", "NFSv3"),
        export(7, "/srv/g3", "MNT", "NFSv3", "NFSv41"),
        export(0, "/", "NFSv3"),
    )
    assert nfs.exported_to_version_3(told) == {"/srv/g2", "/srv/g3"}
    assert nfs.exported_to_version_3(reply()) == set()
