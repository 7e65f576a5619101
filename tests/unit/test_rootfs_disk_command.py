"""The command lines that pack a tree for network block devices."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_disk_command as commands

NAME = "room/g1/root.ext4"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            commands.ext4("/t", "/f", 99, 7, NAME),
            "env E2FSPROGS_FAKE_TIME=7 mke2fs -q -F -t ext4 -b 4096 -I 256 -m 0 -N 99 "
            "-O none,64bit,dir_index,dir_nlink,ext_attr,extent,extra_isize,filetype,flex_bg,huge_file,large_file,"
            "metadata_csum,sparse_super "
            "-U 6f004e9a-65f7-5836-8a6d-353cda078e86 -E discard,hash_seed=91cc34af-790b-5e01-ab9b-8bf5570f53e0,"
            "root_owner=0:0 -d /t /f",
        ),
        (commands.set_times("/c", "/f", 7), "env E2FSPROGS_FAKE_TIME=7 debugfs -w -f /c /f"),
        (
            commands.erofs("/t", "/f", 7, NAME),
            "env SOURCE_DATE_EPOCH=7 mkfs.erofs --quiet -zlz4hc,3 -C16384 -U6f004e9a-65f7-5836-8a6d-353cda078e86 /f /t",
        ),
        (commands.btrfs("/f"), "mkfs.btrfs --quiet --data single --metadata single /f"),
        (commands.btrfs("/f", "/t"), "mkfs.btrfs --quiet --data single --metadata single --rootdir /t /f"),
    ],
)
def test_commands(command: list[str], expected: str) -> None:
    assert command == [*rootfs_command.LEASH, *expected.split(" ")]


def test_identities_are_always_the_same_and_each_its_own() -> None:
    words = [(NAME,), (NAME, "hash_seed"), ("room/g2/root.ext4",), ("room/g1/root.64M.ext4",)]
    assert len({commands.identity(*item) for item in words}) == len(words)
    assert commands.identity(NAME) == "6f004e9a-65f7-5836-8a6d-353cda078e86"


def test_the_times_of_the_root_and_of_all_that_is_in_it_are_set() -> None:
    assert commands.ext4_times(3, 7).splitlines() == [
        f"set_inode_field <{number}> {field} @7" for number in (2, 11, 12, 13) for field in ("atime", "ctime")
    ]


@pytest.mark.parametrize(
    ("failing", "code", "output", "done"),
    [
        ("", 0, "", ["mount", "unsquashfs", "sync", "btrfs", "umount"]),
        ("mount", 0, f"{commands.UNMOUNTABLE}\n", ["mount"]),
        ("unsquashfs", 1, "", ["mount", "unsquashfs"]),
        ("sync", 1, "", ["mount", "unsquashfs", "sync"]),
        ("btrfs", 1, "", ["mount", "unsquashfs", "sync", "btrfs"]),
    ],
)
def test_a_btrfs_is_filled_or_known_not_to_be(failing: str, code: int, output: str, done: list[str]) -> None:
    """Only a mount that fails is no failure; what fails later must not become an image."""
    script, *arguments = commands.fill("/f", "/m", "/s")[len(rootfs_command.LEASH) + 2 :]
    stubs = "mkdir() { :; }\n" + "".join(
        f'{name}() {{ echo "{name} $*" >&2; [ "{name}" != "{failing}" ]; }}\n'
        for name in ("mount", "unsquashfs", "sync", "btrfs", "umount")
    )
    ran = subprocess.run(["sh", "-c", stubs + script, *arguments], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (code, output)
    lines = [
        "mount -t btrfs -o loop,noatime,compress-force=zstd:3 /f /m",
        "unsquashfs -no-progress -quiet -xattrs -force -dest /m /s",
        "sync --file-system /m",
        "btrfs device stats --check /m",
        "umount /m",
    ]
    assert ran.stderr.splitlines() == lines[: len(done)]
