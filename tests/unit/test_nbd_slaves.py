"""What the boot tests take for a failed request in a kernel's log, and what not."""

from __future__ import annotations

import pytest

from tests.boot import nbd_slaves


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("blk_update_request: I/O error, dev nbd1, sector 8 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2", True),
        ("Buffer I/O error on dev nbd1, logical block 1, lost async page write", True),
        ("EXT4-fs error (device nbd1): ext4_find_entry:1463: inode #2: comm ls: reading directory lblock 0", True),
        ("EXT4-fs (nbd1): Remounting filesystem read-only", True),
        ("SQUASHFS error: Failed to read block 0x1234: -5", True),
        ("erofs: (device nbd0): z_erofs_readahead: readahead error at page 1 @ nid 2", True),
        ("BTRFS error (device nbd0): bdev /dev/nbd0 errs: wr 0, rd 1, flush 0, corrupt 0, gen 0", True),
        ("device-mapper: snapshots: Invalidating snapshot: Error reading/writing.", True),
        ("block nbd0: Receive control failed (result -32)", False),
        ("block nbd0: reconnected socket", False),
        ("EXT4-fs (nbd1): mounted filesystem with ordered data mode. Quota mode: none.", False),
        ("erofs: (device nbd0): mounted with root inode @ nid 36.", False),
    ],
)
def test_what_counts_as_a_failed_request(line: str, *, bad: bool) -> None:
    assert bool(nbd_slaves.failed_requests(f"[    1.0] something\n{line}\n")) is bad
