"""What the role slave_kernel builds and publishes."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

IMAGE = "/srv/diskless/images/reading_room/g1"
PUBLISHED = "/srv/tftp/images/reading_room/g1"


@pytest.mark.parametrize("name", ["vmlinuz", "initrd.img"])
def test_what_is_published_is_what_was_built_and_readable(host: Host, name: str) -> None:
    published = host.file(f"{PUBLISHED}/{name}")
    assert published.mode == 0o644
    assert published.sha256sum == host.file(f"{IMAGE}/{name}").sha256sum


def test_directories_are_readable(host: Host) -> None:
    assert host.run("find /srv/tftp -type d -not -perm 0755").stdout == ""


def test_the_kernel_is_one_that_loaders_load(host: Host) -> None:
    """The boot protocol's signature (Documentation/arch/x86/boot.rst, HdrS at 0x202)."""
    assert host.check_output(f"dd if={PUBLISHED}/vmlinuz bs=1 skip=514 count=4 status=none") == "HdrS"


def test_the_initramfs_is_lean(host: Host) -> None:
    assert 500_000 < host.file(f"{PUBLISHED}/initrd.img").size < 12_000_000


def test_it_tells_what_it_is_made_of(host: Host) -> None:
    json.loads(host.file(f"{IMAGE}/initramfs.json").content_string)
