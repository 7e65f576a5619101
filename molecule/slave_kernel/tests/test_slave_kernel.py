"""What the role slave_kernel builds and publishes."""

from __future__ import annotations

import gzip
import json
import posixpath
from collections.abc import Iterator

import pytest
from testinfra.host import Host

IMAGE = "/srv/diskless/images/reading_room/bookworm-000000000001-20260101T000000Z"
PUBLISHED = "/srv/tftp/images/reading_room/bookworm-000000000001-20260101T000000Z"


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
    assert {"init", "bin/busybox", "lib/step.sh", "steps/55-nbd", "TRAILER!!!"} <= members
    folder = f"lib/modules/{record['kernel']}"
    assert {*record["programs"], *record["libraries"]} <= members
    modules = {posixpath.basename(name) for name in members if posixpath.dirname(name) == folder}
    assert modules == {"modules.dep", "modules.alias", *(f"{name}.ko" for name in record["modules"])}


@pytest.fixture(name="unpacked", scope="module")
def _unpacked(host: Host) -> Iterator[str]:
    """The initramfs as the kernel unpacks it, by the image's own busybox."""
    place = host.check_output("mktemp -d")
    busybox = "usr/bin/busybox"
    host.check_output(f"unsquashfs -quiet -no-progress -dest {place}/image {IMAGE}/root.squashfs {busybox}")
    unpack = f"zcat {PUBLISHED}/initrd.img | {place}/image/{busybox} cpio -id"
    # Perl opens /dev/null before anything else.
    host.check_output(f"mkdir {place}/initramfs && cd {place}/initramfs && {unpack} && touch dev/null")
    yield f"{place}/initramfs"
    host.check_output(f"rm -r {place}")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ('/usr/bin/perl -e \'print 6 * 7, crypt "a", "bc"\'', "42bcshMw5X24ayQ"),
        ("/usr/sbin/dmsetup help", "version"),
        ("/usr/bin/perl /bin/nbd-attach x y z", "use: nbd-attach DEVICE SERVER PORT EXPORT ro|rw"),
        ("/bin/sh -c '. /lib/check.sh; is_nbd /dev/nbd3 && echo it is'", "it is"),
    ],
)
def test_its_programs_run_in_it(host: Host, unpacked: str, command: str, said: str) -> None:
    """Nothing but what is in the initramfs is there: a library that were lacking would end it."""
    done = host.run(f"env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot {unpacked} {command}")
    assert said in done.stdout + done.stderr


def test_soft_dependencies_are_carried(host: Host) -> None:
    """The journal of an ext4 root needs a checksum that only its module's soft dependency names."""
    record = json.loads(host.file(f"{IMAGE}/initramfs.json").content_string)
    assert {"nbd", "dm_snapshot", "ext4", "jbd2", "crc32c_generic"} <= set(record["modules"])
