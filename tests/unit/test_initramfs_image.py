"""An initramfs made of a small image, and what is kept, mended and published."""

from __future__ import annotations

import gzip
import os
import pathlib
import shutil
import struct
import subprocess
from collections.abc import Iterable

import pytest
from ansible_collections.diskless.netboot.plugins.module_utils import (
    initramfs_drivers,
    initramfs_image,
    initramfs_modinfo,
    initramfs_source,
    initramfs_store,
)
from ansible_collections.diskless.netboot.plugins.modules import lean_initramfs
from elf_files import dynamic_elf
from programs import program

VERSION = "6.1.0-9-amd64"
SCRIPTS = {"/init": "#!/bin/sh\n", "/lib/say.sh": "x\n"}


def elf(*modinfo: str) -> bytes:
    """Give a small ELF64 file with a section .modinfo (elf(5))."""
    names = b"\0.modinfo\0.shstrtab\0"
    text = b"".join(item.encode() + b"\0" for item in modinfo)
    data_at, names_at = 64, 64 + len(text)
    table_at = names_at + len(names)
    head = (
        b"\x7fELF\x02\x01\x01"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, table_at, 0, 64, 0, 0, 64, 3, 2)
    )
    sections = [(0, 0, 0, 0), (1, 1, data_at, len(text)), (10, 3, names_at, len(names))]
    table = b"".join(
        struct.pack("<IIQQQQIIQQ", name, kind, 0, 0, at, size, 0, 0, 1, 0) for name, kind, at, size in sections
    )
    return head + text + names + table


@pytest.fixture
def image(tmp_path: pathlib.Path) -> pathlib.Path:
    """Give a generation with a tree that has a kernel with every required module and e1000e."""
    root = tmp_path / "images/room/gen/root"
    modules = root / "usr/lib/modules" / VERSION
    (modules / "kernel").mkdir(parents=True)
    names = [*initramfs_drivers.REQUIRED, "e1000e"]
    for name in names:
        (modules / f"kernel/{name}.ko").write_bytes(elf("license=GPL"))
    (modules / "kernel/e1000e.ko").write_bytes(elf("firmware=intel/a.fw", "firmware=intel/b.fw", "license=GPL"))
    (modules / "modules.dep").write_text("".join(f"kernel/{name}.ko:\n" for name in names))
    (root / "usr/lib/firmware/intel").mkdir(parents=True)
    (root / "usr/lib/firmware/intel/a.bin").write_bytes(b"firmware")
    (root / "usr/lib/firmware/intel/a.fw").symlink_to("a.bin")
    (root / "lib").symlink_to("usr/lib")
    (root / "boot").mkdir()
    (root / f"boot/vmlinuz-{VERSION}").write_bytes(b"kernel")
    (root / "usr/bin").mkdir()
    (root / "usr/bin/busybox").write_bytes(b"busybox")
    return root.parent


def converge(image: pathlib.Path, check: bool = False, **more: list[str]) -> dict[str, object]:
    options = {
        "directory": str(image), "drivers": ["e1000e"], "modules": [], "programs": [],
        "publish": str(image.parents[2] / "tftp/room/gen"), **more,
    }  # fmt: skip
    return lean_initramfs.bring_to_state(options, SCRIPTS, str(image.parents[2]), check)


def test_check_mode_writes_nothing_and_a_second_run_changes_nothing(image: pathlib.Path) -> None:
    assert converge(image, check=True)["changed"] is True
    assert sorted(os.listdir(image)) == ["root"]
    result = converge(image)
    assert result["changed"] is True
    assert result["firmware_lacking"] == ["intel/b.fw"]
    published = image.parents[2] / "tftp/room/gen"
    assert (published / "initrd.img").read_bytes() == (image / "initrd.img").read_bytes()
    assert [oct(path.stat().st_mode & 0o777) for path in (published, published / "vmlinuz")] == ["0o755", "0o644"]
    assert converge(image)["changed"] is False
    assert converge(image, check=True)["changed"] is False


def test_check_mode_before_there_is_an_image(tmp_path: pathlib.Path) -> None:
    options = {
        "directory": str(tmp_path / "none"),
        "drivers": ["common"],
        "modules": [],
        "programs": [],
        "publish": None,
    }
    assert lean_initramfs.bring_to_state(options, SCRIPTS, str(tmp_path), check=True)["changed"] is True
    with pytest.raises(ValueError, match=r"^it has neither root/ nor root\.squashfs; the image is not there yet$"):
        lean_initramfs.bring_to_state(options, SCRIPTS, str(tmp_path), check=False)


def test_modules_and_programs_besides_the_drivers_are_carried(image: pathlib.Path) -> None:
    converge(image)
    before = gzip.decompress((image / "initrd.img").read_bytes())
    with (image / "root/usr/lib/modules" / VERSION / "modules.dep").open("a") as dep:
        dep.write("kernel/nbd.ko:\n")
    (image / "root/usr/lib/modules" / VERSION / "kernel/nbd.ko").write_bytes(elf())
    (image / "root/usr/bin/tool").write_bytes(dynamic_elf("libtool.so", interpreter="/lib/ld.so"))
    for name in ("libtool.so", "ld.so"):
        (image / "root/usr/lib" / name).write_bytes(dynamic_elf())
    result = converge(image, modules=["nbd"], programs=["usr/bin/tool"])
    assert (result["changed"], result["programs"]) == (True, ["usr/bin/tool"])
    assert result["libraries"] == ["lib/ld.so", "lib/libtool.so"]
    after = gzip.decompress((image / "initrd.img").read_bytes())
    for name in (f"lib/modules/{VERSION}/nbd.ko", "usr/bin/tool", "lib/libtool.so", "lib/ld.so"):
        assert (name.encode() in before, name.encode() in after) == (False, True)
    assert converge(image, modules=["nbd"], programs=["usr/bin/tool"])["changed"] is False
    # Who needs less of it boots by it too.
    assert converge(image)["changed"] is False
    with pytest.raises(ValueError, match=f"^kernel {VERSION}: this kernel has no module dm_snapshot, ext5$"):
        converge(image, modules=["dm-snapshot", "nbd", "ext5"])


def test_what_machines_go_back_to_stays_as_it_was_made(image: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drivers and scripts of now are for the next generation; this one's kernel may not even have such a driver."""
    made = converge(image)
    before = (image / "initrd.img").read_bytes()
    subprocess.run([program("mksquashfs", "squashfs-tools"), image / "root", image / "root.squashfs"], check=True)
    assert converge(image)["changed"] is True
    assert (image / "initrd.img").read_bytes() == before

    shutil.rmtree(image / "root")
    monkeypatch.setitem(SCRIPTS, "/init", "another")
    assert converge(image, drivers=["e1000f"])["changed"] is False
    assert (image / "initrd.img").read_bytes() == before

    # Unless it would not even understand what it is told by now.
    monkeypatch.setattr(initramfs_store, "LANGUAGE", initramfs_store.LANGUAGE + 1)
    assert converge(image, drivers=["e1000f"])["changed"] is True
    assert (image / "initrd.img").read_bytes() != before
    assert converge(image, drivers=["e1000f"])["changed"] is False

    # A slave with another kind of root joins: its modules come in, the rest is as it was.
    added = converge(image, drivers=["e1000f"], modules=["loop"])
    assert (added["changed"], added["modules"]) == (True, made["modules"])
    assert converge(image, drivers=["e1000f"])["changed"] is False


def test_what_a_killed_run_has_left_goes(image: pathlib.Path) -> None:
    published = image.parents[2] / "tftp/room/gen"
    published.mkdir(parents=True)
    for folder, name in ((image, "initrd.img"), (image, "initramfs.json"), (published, "vmlinuz")):
        (folder / f".{name}.0123456789ab").write_bytes(b"half")
    converge(image)
    assert sorted(os.listdir(image)) == ["initramfs.json", "initrd.img", "root", "vmlinuz"]
    assert sorted(os.listdir(published)) == ["initrd.img", "vmlinuz"]


@pytest.mark.parametrize("damaged", ["gen/initrd.img", "gen/vmlinuz", "gen/initramfs.json", "tftp/initrd.img"])
def test_what_is_damaged_is_mended(image: pathlib.Path, damaged: str) -> None:
    converge(image)
    before = (image / "initrd.img").read_bytes()
    folder = image if damaged.startswith("gen") else image.parents[2] / "tftp/room/gen"
    (folder / damaged.split("/")[1]).write_bytes(b"x")
    assert converge(image)["changed"] is True
    assert (image / "initrd.img").read_bytes() == before
    assert converge(image)["changed"] is False


def test_the_squashfs_file_gives_the_same_bytes_as_the_tree(image: pathlib.Path) -> None:
    converge(image)
    before = (image / "initrd.img").read_bytes()
    command = [
        program("mksquashfs", "squashfs-tools"),
        str(image / "root"),
        str(image / "root.squashfs"),
        "-quiet",
        "-no-progress",
    ]
    subprocess.run(command, check=True)
    shutil.rmtree(image / "root")
    assert converge(image)["changed"] is True
    assert (image / "initrd.img").read_bytes() == before


def test_what_the_archive_holds(image: pathlib.Path) -> None:
    parts = initramfs_image.gather(str(image / "root"), lambda _paths: None, ["e1000e"])
    data = gzip.decompress(initramfs_image.image(parts, SCRIPTS))
    for name in ("init", "bin/sh", "dev/console", f"lib/modules/{VERSION}/e1000e.ko", "lib/firmware/intel/a.fw"):
        assert name.encode() + b"\0" in data
    assert initramfs_image.image(parts, SCRIPTS) == initramfs_image.image(parts, SCRIPTS)


@pytest.mark.parametrize(
    ("path", "content", "error"),
    [
        ("usr/bin/busybox", None, "the image has no busybox; add the package busybox-static to it"),
        (
            "usr/bin/busybox",
            b"\x7fELF /lib64/ld-linux-x86-64.so.2",
            "the image's /usr/bin/busybox is not static; use the package busybox-static in place of busybox",
        ),
        (f"boot/vmlinuz-{VERSION}", None, f"the image has modules of kernel {VERSION}, but no /boot/vmlinuz-{VERSION}"),
        (
            f"usr/lib/modules/{VERSION}/modules.dep",
            None,
            "the image has no kernel modules; its kernel's package is not installed",
        ),
        (
            f"usr/lib/modules/{VERSION}/kernel/e1000e.ko",
            None,
            f"/usr/lib/modules/{VERSION}/kernel/e1000e.ko is missing, although modules.dep names it",
        ),
        (
            f"usr/lib/modules/{VERSION}/kernel/e1000e.ko",
            b"text",
            f"/usr/lib/modules/{VERSION}/kernel/e1000e.ko: it is no ELF file",
        ),
        (
            f"usr/lib/modules/{VERSION}/modules.dep",
            b"kernel/loop.ko:\n",
            f"kernel {VERSION}: this kernel has no module "
            "nfsv4, nfsv3, sunrpc, squashfs, overlay, af_packet, unix, e1000e",
        ),
    ],
)
def test_what_an_image_lacks_is_named(image: pathlib.Path, path: str, content: bytes | None, error: str) -> None:
    place = image / "root" / path
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared whole
        converge(image)
    assert str(caught.value) == error


def test_links_do_not_leave_the_image(tmp_path: pathlib.Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("master's")
    (root / "secret").write_text("image's")
    for name, target in (("up", "../secret"), ("absolute", "/secret"), ("circle", "circle")):
        (root / name).symlink_to(target)
    read = [initramfs_source.read(str(root), name) for name in ("up", "absolute", "../secret", "circle", "none")]
    assert read == [b"image's", b"image's", b"image's", None, None]


def test_a_kernel_may_lie_beside_its_modules(image: pathlib.Path) -> None:
    modules = image / "root/usr/lib/modules" / VERSION
    (image / f"root/boot/vmlinuz-{VERSION}").rename(modules / "vmlinuz")
    kernel = initramfs_source.kernel_of(str(image / "root"))
    assert kernel == (VERSION, f"usr/lib/modules/{VERSION}", b"kernel")


def test_of_two_kernels_none_is_taken(image: pathlib.Path) -> None:
    modules = image / "root/usr/lib/modules"
    (modules / "6.1.0-8-amd64").mkdir()  # what is left of a package that was removed
    assert initramfs_source.kernel_of(str(image / "root")).version == VERSION
    shutil.copytree(modules / VERSION, modules / "6.1.0-10-amd64")
    text = f"^the image must hold one kernel, and has modules of 6.1.0-10-amd64, {VERSION}$"
    with pytest.raises(ValueError, match=text):
        converge(image)


@pytest.mark.parametrize("squashed", [False, True])
def test_firmware_is_found_wherever_its_links_lead(image: pathlib.Path, squashed: bool) -> None:
    root = image / "root"
    firmware = root / "usr/lib/firmware"
    names = ["plain.fw", "packed.fw", "zstd.fw", "link.fw", "far.fw", "folder/a.fw", "lost.fw", "circle.fw"]
    module = elf(*(f"firmware={name}" for name in names))
    (root / f"usr/lib/modules/{VERSION}/kernel/e1000e.ko").write_bytes(module)
    (root / "opt/blobs").mkdir(parents=True)
    (root / "opt/blobs/far.bin").write_bytes(b"far")
    (firmware / "real").mkdir()
    (firmware / "real/a.fw").write_bytes(b"a")
    for name in ("plain.fw", "packed.fw.xz", "zstd.fw.zst", "target.bin", "unwanted.bin"):
        (firmware / name).write_bytes(name.encode())
    links = {
        "link.fw": "first.link", "first.link": "target.bin", "far.fw": "../../../opt/near.bin", "folder": "real",
        "lost.fw": "nowhere.bin", "circle.fw": "circle.fw",
    }  # fmt: skip
    for name, target in links.items():
        (firmware / name).symlink_to(target)
    (root / "opt/near.bin").symlink_to("/opt/blobs/far.bin")
    if squashed:
        command = [
            program("mksquashfs", "squashfs-tools"),
            str(root),
            str(image / "root.squashfs"),
            "-quiet",
            "-no-progress",
        ]
        subprocess.run(command, check=True)
        shutil.rmtree(root)
    taken: list[str] = []

    def fetch(patterns: Iterable[str]) -> None:
        wanted = list(patterns)
        taken.extend(wanted)
        if squashed:
            initramfs_source.unsquash(str(image / "root.squashfs"), str(root), wanted)

    parts = initramfs_image.gather(str(root), fetch, ["e1000e"])
    assert parts.firmware == {
        "plain.fw": b"plain.fw", "packed.fw.xz": b"packed.fw.xz", "zstd.fw.zst": b"zstd.fw.zst",
        "link.fw": b"target.bin", "far.fw": b"far", "folder/a.fw": b"a",
    }  # fmt: skip
    assert parts.lacking == ("circle.fw", "lost.fw")
    assert "usr/lib/firmware" not in taken
    assert (firmware / "unwanted.bin").exists() is not squashed


def test_modinfo() -> None:
    module = elf("firmware=a", "depends=b,c", "firmware=d")
    assert initramfs_modinfo.values(module, "firmware") == ["a", "d"]
    assert initramfs_modinfo.unpacked(gzip.compress(module)) == module
    damaged = gzip.compress(module)[:10] + b"\xff" * 20  # a block of a type that RFC 1951 reserves
    with pytest.raises(ValueError, match=r"^it cannot be unpacked: Error -3 while decompressing data"):
        initramfs_modinfo.unpacked(damaged)
    with pytest.raises(ValueError, match=r"^its ELF headers are damaged"):
        initramfs_modinfo.values(module[:90], "firmware")
