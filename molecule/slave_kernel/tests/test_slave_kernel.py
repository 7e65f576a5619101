"""What the role slave_kernel builds and publishes."""

from __future__ import annotations

import gzip
import json
import posixpath

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
    found = host.check_output("find /srv/tftp -type d -printf '%m %p\\n'").splitlines()
    paths = [PUBLISHED]
    while paths[-1] != "/srv/tftp":
        paths.append(posixpath.dirname(paths[-1]))
    assert sorted(found) == sorted(f"755 {path}" for path in paths)


def test_the_kernel_is_one_that_loaders_load(host: Host) -> None:
    """The boot protocol's signature (Documentation/arch/x86/boot.rst, HdrS at 0x202)."""
    assert host.check_output(f"dd if={PUBLISHED}/vmlinuz bs=1 skip=514 count=4 status=none") == "HdrS"


def test_the_initramfs_is_lean(host: Host) -> None:
    assert 500_000 < host.file(f"{PUBLISHED}/initrd.img").size < 12_000_000


def test_it_tells_what_it_is_made_of(host: Host) -> None:
    """The record is of these two files, and of the kernel whose modules the image holds."""
    record = json.loads(host.file(f"{IMAGE}/initramfs.json").content_string)
    for name in ("vmlinuz", "initrd.img"):
        file = host.file(f"{IMAGE}/{name}")
        assert record["files"][name] == {"bytes": file.size, "sha256": file.sha256sum}
    image = json.loads(host.file(f"{IMAGE}/image.json").content_string)
    assert record["kernel"] == image["kernel"]
    assert {"nfsv4", "nfsv3", "squashfs", "loop", "overlay", "e1000e", "virtio_net"} <= set(record["modules"])


def names(archive: bytes) -> set[str]:
    """The names in an archive of the kind newc (cpio(5)): a header of 110 bytes, name and content padded to 4."""
    found = set()
    at = 0
    while archive[at : at + 6] == b"070701":
        fields = [int(archive[at + 6 + 8 * number : at + 14 + 8 * number], 16) for number in range(13)]
        size, name_size = fields[6], fields[11]
        found.add(archive[at + 110 : at + 110 + name_size - 1].decode())
        at = (at + 110 + name_size + 3) // 4 * 4
        at = (at + size + 3) // 4 * 4
    return found


def test_the_initramfs_holds_what_it_tells(host: Host) -> None:
    record = json.loads(host.file(f"{IMAGE}/initramfs.json").content_string)
    members = names(gzip.decompress(host.file(f"{PUBLISHED}/initrd.img").content))
    assert {"init", "bin/busybox", "lib/step.sh", "steps/50-nfs", "TRAILER!!!"} <= members
    folder = f"lib/modules/{record['kernel']}"
    modules = {posixpath.basename(name) for name in members if posixpath.dirname(name) == folder}
    assert modules == {"modules.dep", "modules.alias", *(f"{name}.ko" for name in record["modules"])}
