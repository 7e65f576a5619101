"""What an image is packed into for network block devices: the same content in every format, added to what is there."""

from __future__ import annotations

import pathlib
import re
import typing

import pytest
from testinfra.host import Host

from tests.lab import scenario

GENERATION = "bookworm-000000000001-20260101T000000Z"
IMAGE = f"/srv/diskless/images/reading_room/{GENERATION}"
DEFINITION = {
    "name": "reading_room",
    "generation": GENERATION,
    "release": "bookworm",
    "packages": ["openssh-server", "iputils-ping"],
    "tree": True,
}
CHECKS = {"erofs": "fsck.erofs %s", "btrfs": "btrfs check --check-data-csum %s"}
MADE = "Each image has its generation"


@pytest.fixture(scope="module")
def compare(host: Host) -> typing.Callable[[str], list[str]]:
    """Gives what differs between the generation's tree and a file of it, mounted read-only."""
    script = (pathlib.Path(__file__).parent / "compare_trees.py").read_text(encoding="utf-8")

    def differences(file: str) -> list[str]:
        done = host.run(
            "mkdir -p /run/compare && mount -o loop,ro %s /run/compare && python3 -c %s %s /run/compare; "
            "umount /run/compare",
            f"{IMAGE}/{file}",
            script,
            f"{IMAGE}/root",
        )
        *lines, last = str(done.stdout).splitlines()
        assert re.fullmatch(r"\d{4,} looked at", last), done.stderr
        return lines

    return differences


def test_the_image_has_what_is_easily_lost(host: Host) -> None:
    assert "cap_net_raw" in host.check_output("getcap %s", f"{IMAGE}/root/usr/bin/ping")
    assert host.check_output("find %s -links +1 -type f -print -quit", f"{IMAGE}/root")
    assert host.check_output("find %s -perm -4000 -print -quit", f"{IMAGE}/root")


def test_an_ext4_is_clean_and_sparse_and_needs_no_preparing(host: Host) -> None:
    file = f"{IMAGE}/root.ext4"
    host.run_expect([0], "e2fsck -fn %s", file)
    size, blocks = map(int, host.check_output("stat --format='%%s %%b' %s", file).split())
    assert size > (1 << 30) + blocks * 512
    told = host.check_output("dumpe2fs %s", file)
    assert "has_journal" not in told
    assert re.findall(r"^Group \d+: .*\[(?!.*ITABLE_ZEROED)", told, re.MULTILINE) == []


def test_an_ext4_holds_what_the_tree_holds(compare: typing.Callable[[str], list[str]]) -> None:
    assert compare("root.ext4") == []


@pytest.mark.parametrize(
    ("nbd", "file"),
    [({"format": "erofs"}, "root.erofs"), ({"format": "btrfs", "size": 2 << 30}, "root.2048M.btrfs")],
)
def test_another_format_is_added_and_changes_nothing_else(
    host: Host,
    tmp_path: pathlib.Path,
    compare: typing.Callable[[str], list[str]],
    nbd: dict[str, object],
    file: str,
) -> None:
    listing = "stat --format='%%n %%i %%s %%Y' %s/*"
    before = host.check_output(listing, IMAGE).splitlines()
    outcome = scenario.converge(tmp_path, slave_rootfs_images=[DEFINITION | {"nbd": nbd}])
    assert any(MADE in change for change in outcome.changes)
    after = host.check_output(listing, IMAGE).splitlines()
    assert [line.split()[0] for line in after if line not in before] == [f"{IMAGE}/{file}"]
    assert [line for line in before if line not in after] == []
    assert compare(file) == []
    host.run_expect([0], CHECKS[str(nbd["format"])], f"{IMAGE}/{file}")


def test_a_btrfs_is_compressed(host: Host) -> None:
    """Less than half of what its files hold."""
    tree = int(host.check_output("du -s --block-size=1 %s", f"{IMAGE}/root").split()[0])
    file = int(host.check_output("du -s --block-size=1 %s", f"{IMAGE}/root.2048M.btrfs").split()[0])
    assert file * 2 < tree


def test_a_size_that_is_too_small_is_refused_and_says_what_is_needed(host: Host, tmp_path: pathlib.Path) -> None:
    before = host.check_output("ls %s", IMAGE)
    nbd = {"format": "ext4", "size": 64 << 20}
    outcome = scenario.run(tmp_path, slave_rootfs_images=[DEFINITION | {"nbd": nbd}])
    assert outcome.failed
    text = rf"image reading_room/{GENERATION}: nbd\.size is 67108864 bytes \(64 MiB\), but as ext4 it needs at least"
    # Ansible breaks long lines.
    assert re.search(text, " ".join(scenario.log(tmp_path).read_text().split()))
    assert host.check_output("ls %s", IMAGE) == before
