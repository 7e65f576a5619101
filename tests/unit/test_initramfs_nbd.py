"""The steps of the initramfs where the root, or a disk, is a network block device."""

from __future__ import annotations

import os
import pathlib

import pytest
from initramfs_machine import Machine

SERVER = "192.168.1.1"
IMAGE = "images/room/g1/root.squashfs"
OVERLAY = f"diskless.nbd=0,{SERVER},{IMAGE},ro root=/dev/nbd0 rootfstype=squashfs ro"
PERSIST = (
    f"diskless.nbd=0,{SERVER},{IMAGE},ro diskless.nbd=1,{SERVER},disks/pc01/persist,rw "
    "root=/dev/nbd0 rootfstype=squashfs ro diskless.upper=/dev/nbd1"
)
COW = (
    f"diskless.nbd=0,{SERVER},images/room/g1/root.ext4,ro diskless.nbd=1,{SERVER},disks/pc01/scratch,rw "
    "root=/dev/nbd0 rootfstype=ext4 rw diskless.cow=/dev/nbd1"
)
BOOT_FILE = "On the master: the boot file of this computer, below pxelinux.cfg/."


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    machine.write("run/diskless/lease", "address=192.168.1.21\nprefix=24\nrouter=192.168.1.254\n")
    machine.program("bin/nbd-attach", f'echo "nbd-attach $*" >> {machine.root}/calls')
    machine.write("bin/busybox", "busybox")
    return machine


def test_every_device_is_attached_once(machine: Machine) -> None:
    assert machine.run("steps/55-nbd", PERSIST)
    attached = [f"nbd-attach 0 {SERVER} 10809 {IMAGE} ro", f"nbd-attach 1 {SERVER} 10809 disks/pc01/persist rw"]
    assert machine.calls() == attached
    told = f"from {SERVER}: /dev/nbd0 is {IMAGE} (ro), /dev/nbd1 is disks/pc01/persist (rw)"
    assert machine.read("tmp/result") == told
    machine.write("sys/block/nbd0/pid", "77")
    assert machine.run("steps/55-nbd", PERSIST)
    assert machine.calls() == [*attached, attached[1]]


def test_what_detaches_them_at_shutdown_is_in_memory(machine: Machine) -> None:
    assert machine.run("steps/55-nbd", OVERLAY)
    assert (machine.root / "run/initramfs/shutdown").stat().st_mode & 0o777 == 0o755
    assert machine.read("run/initramfs/bin/sh") == "busybox"


@pytest.mark.parametrize(
    "item",
    [
        "", "0", f"0,{SERVER}", f"0,{SERVER},a", f"16,{SERVER},a,ro", f"x,{SERVER},a,ro", f"00,{SERVER},a,ro",
        "0,example,a,ro", f"0,{SERVER},,ro", f"0,{SERVER},../a,ro", f"0,{SERVER},a$(id),ro", f"0,{SERVER},a,rx",
        f"0,{SERVER},a,b,ro", f"0,{SERVER},a,",
    ],
)  # fmt: skip
def test_what_names_no_device_is_told_of(machine: Machine, item: str) -> None:
    assert not machine.run("steps/55-nbd", f"diskless.nbd={item}")
    told = f"diskless.nbd={item} on the kernel's command line is no <n>,<server>,<export>,ro|rw."
    assert (machine.read("tmp/problem"), machine.read("tmp/check")) == (told, BOOT_FILE)
    assert machine.calls() == []


@pytest.mark.parametrize(
    ("said", "problem", "check"),
    [
        (
            "no connection: Connection refused",
            f"The computer {SERVER} answers, but no NBD server runs on it (TCP port 10809: connection refused).",
            f"On {SERVER}: systemctl status nbd-server.",
        ),
        (
            "no connection: no answer in 10 s",
            f"The NBD server {SERVER} cannot be reached from 192.168.1.21/24 (TCP port 10809: no answer in 10 s).",
            f"Is {SERVER} switched on? Is its address right (master_ip)? Does a firewall block TCP port 10809? "
            "Is the router of this network right: 192.168.1.254?",
        ),
        (
            f"it has no export {IMAGE}",
            f"The NBD server {SERVER} has no export {IMAGE}.",
            f"On {SERVER}: is there a file {IMAGE} in diskless_directory, and a section of that name below "
            "/etc/nbd-server? Run site.yml again: it makes what is missing, and has the server read it.",
        ),
        (
            f"it denies access to {IMAGE}",
            f"The NBD server {SERVER} does not give {IMAGE} to 192.168.1.21: it denies access to {IMAGE}.",
            f"On {SERVER}: is 192.168.1.21, this computer's address, among those of that export below /etc/nbd-server? "
            "journalctl -u nbd-server tells why.",
        ),
        (
            "it wants TLS, which nbd-attach does not have",
            f"The NBD server {SERVER} does not give {IMAGE}: it wants TLS, which nbd-attach does not have.",
            f"On {SERVER}: journalctl -u nbd-server, and the file itself.",
        ),
        (
            "it gives no answer in 10 s",
            f"The NBD server {SERVER} does not give {IMAGE}: it gives no answer in 10 s.",
            f"On {SERVER}: journalctl -u nbd-server, and the file itself.",
        ),
        (
            "it refuses (error 3): connection refused",
            f"The NBD server {SERVER} does not give {IMAGE}: it refuses (error 3): connection refused.",
            f"On {SERVER}: journalctl -u nbd-server, and the file itself.",
        ),
        *(
            (
                said,
                f"/dev/nbd0 cannot be made: {said}.",
                "The kernel's messages above. On the master: run site.yml again, so that the initramfs has what it "
                "needs; then restart this computer (Ctrl-Alt-Del).",
            )
            for said in (
                "the kernel's module nbd is not loaded",
                "the kernel does not tell of nbd: Operation not permitted",
                "the kernel refuses: Invalid argument",
                "/dev/nbd0 is attached already",
                "no netlink: Protocol not supported",
                "no netlink events: Invalid argument",
                "no socket: Cannot allocate memory",
                "no second process: Cannot allocate memory",
                "'999' is no number of a device",
                "Can't locate /lib/netlink.pl at /bin/nbd-attach line 12",
            )
        ),
    ],
)
def test_a_device_that_cannot_be_attached_is_told_of(machine: Machine, said: str, problem: str, check: str) -> None:
    machine.program("bin/nbd-attach", f'echo "{said}" >&2; exit 1')
    assert not machine.run("steps/55-nbd", OVERLAY)
    assert (machine.read("tmp/problem"), machine.read("tmp/check")) == (problem, check)


def steps(machine: Machine, cmdline: str) -> list[str]:
    """Run what makes a root of attached devices, and give the last words of each."""
    told = []
    for step in ("40-server", "50-nfs", "60-image", "62-disk", "64-root"):
        (machine.root / "tmp/result").unlink(missing_ok=True)
        assert machine.run(f"steps/{step}", cmdline), machine.read("tmp/problem")
        told.append(machine.read("tmp/result"))
    return [text for text in told if text]


def overlay(more: str = "") -> str:
    layers = "lowerdir=/run/initramfs/lower,upperdir=/run/initramfs/rw/upper,workdir=/run/initramfs/rw/work"
    return f"mount -t overlay -o {layers}{more} overlay /sysroot"


def test_an_image_with_an_overlay_in_memory(machine: Machine) -> None:
    assert steps(machine, OVERLAY) == [
        f"image: {IMAGE} (squashfs on /dev/nbd0)",
        "root: the image with an overlay (memory)",
    ]
    assert machine.calls() == [
        "mount -t squashfs -o ro /dev/nbd0 /run/initramfs/lower",
        "mount -t tmpfs -o mode=0755 overlay /run/initramfs/rw",
        overlay(),
    ]


def test_an_image_with_the_computers_own_disk_over_it(machine: Machine) -> None:
    assert steps(machine, PERSIST)[1:] == [
        "disk: disks/pc01/persist (ext4 on /dev/nbd1)",
        "root: the image with an overlay (/dev/nbd1)",
    ]
    assert machine.calls() == [
        "mount -t squashfs -o ro /dev/nbd0 /run/initramfs/lower",
        "mount -t ext4 -o noatime /dev/nbd1 /run/initramfs/rw",
        overlay(",index=off,metacopy=off,redirect_dir=off"),
    ]
    assert machine.read("run/initramfs/rw/generation") == "room/g1"
    assert machine.read("dev/kmsg") == ""


def test_another_image_below_the_same_disk_is_told_of(machine: Machine) -> None:
    steps(machine, PERSIST)
    steps(machine, PERSIST.replace("/g1/", "/g2/"))
    assert machine.read("run/initramfs/rw/generation") == "room/g2"
    told = "what is on disks/pc01/persist was written over room/g1, and now lies over room/g2"
    assert machine.read("dev/kmsg") == f"<6>diskless: {told}"


@pytest.mark.parametrize(("type_", "options"), [("ext4", "rw,noatime"), ("btrfs", "rw,noatime,compress=zstd")])
def test_a_root_whose_changed_blocks_go_elsewhere(machine: Machine, type_: str, options: str) -> None:
    machine.write("sys/block/nbd0/size", "3145728\n")
    told = steps(machine, COW.replace("ext4", type_))
    assert told == [f"root: images/room/g1/root.{type_} ({type_}), changed blocks on /dev/nbd1 until the next start"]
    assert machine.calls() == [
        "blkdiscard /dev/nbd1",
        "dmsetup create root --table 0 3145728 snapshot /dev/nbd0 /dev/nbd1 N 8",
        f"mount -t {type_} -o {options} /dev/mapper/root /sysroot",
    ]


@pytest.mark.parametrize(
    ("step", "cmdline", "problem"),
    [
        (
            "60-image",
            OVERLAY.replace("rootfstype=squashfs", "rootfstype=vfat"),
            "The kernel's command line has no usable rootfstype=; it says 'vfat'.",
        ),
        (
            "62-disk",
            PERSIST.replace("upper=/dev/nbd1", "upper=/dev/nbd0"),
            "The kernel's command line has no usable diskless.upper=/dev/nbd<n>; it says '/dev/nbd0'.",
        ),
        (
            "64-root",
            COW.replace("cow=/dev/nbd1", "cow=/dev/sda"),
            "The kernel's command line has no usable diskless.cow=/dev/nbd<n>; it says '/dev/sda'.",
        ),
    ],
)
def test_a_command_line_without_its_device_is_told_of(machine: Machine, step: str, cmdline: str, problem: str) -> None:
    assert not machine.run(f"steps/{step}", cmdline)
    assert (machine.read("tmp/problem"), machine.read("tmp/check")) == (problem, BOOT_FILE)
    assert machine.calls() == []


@pytest.mark.parametrize(
    ("step", "cmdline", "problem"),
    [
        (
            "60-image",
            OVERLAY,
            f"The image {IMAGE} (squashfs on /dev/nbd0) cannot be mounted: Invalid argument.",
        ),
        (
            "62-disk",
            PERSIST,
            "This computer's own disk disks/pc01/persist (/dev/nbd1, ext4) cannot be mounted: Invalid argument.",
        ),
        (
            "64-root",
            COW,
            "The image images/room/g1/root.ext4 (ext4 on /dev/nbd0) cannot be mounted: Invalid argument.",
        ),
    ],
)
def test_a_device_that_cannot_be_mounted_is_told_of(machine: Machine, step: str, cmdline: str, problem: str) -> None:
    machine.write("sys/block/nbd0/size", "3145728\n")
    machine.program("mount", 'echo "mount: mounting x on y failed: Invalid argument" >&2; exit 1')
    assert not machine.run(f"steps/{step}", cmdline)
    assert machine.read("tmp/problem") == problem
    if problem.startswith("The image"):
        assert machine.read("tmp/check") == (
            "The kernel's messages above. On the master: give the image another revision and run site.yml; then "
            "restart this computer (Ctrl-Alt-Del)."
        )


@pytest.mark.parametrize(
    ("item", "fstab", "left"),
    [
        ("", "", ""),
        ("diskless.swap=/dev/nbd1", "/dev/nbd1 none swap sw,nofail,discard=once 0 0", ""),
        ("diskless.swap=zram", "", "zram"),
        ("diskless.swap=zram,1073741824", "", "zram 1073741824"),
        ("diskless.swap=file,536870912", "", "file 536870912"),
        ("diskless.swap=file", "", ""),
        ("diskless.swap=/dev/sda", "", ""),
        ("diskless.swap=zram,1g", "", ""),
        ("diskless.swap=zram,1,2", "", ""),
        ("diskless.swap=file,", "", ""),
    ],
)
def test_swap_is_left_to_the_system(machine: Machine, item: str, fstab: str, left: str) -> None:
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("sys/class/net/eth0/address", "52:54:00:00:00:01\n")
    assert machine.run("steps/80-handover", f"{OVERLAY} {item}")
    assert (machine.read("run/diskless/fstab"), machine.read("run/diskless/swap")) == (fstab, left)
    assert ("left out" in machine.read("dev/kmsg")) is (bool(item) and not fstab and not left)


@pytest.mark.parametrize(
    ("cmdline", "written"),
    [(OVERLAY, True), (PERSIST, True), (COW, True), (f"nfsroot={SERVER}:/srv/diskless/trees/pc01 rw", False)],
)
def test_its_name_stands_in_hosts_except_in_a_tree_of_its_own(machine: Machine, cmdline: str, written: bool) -> None:
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("run/diskless/lease", "hostname=pc01\ndomain=library.example\n")
    machine.write("sys/class/net/eth0/address", "52:54:00:00:00:01\n")
    machine.write("sysroot/etc/hosts", "127.0.0.1 localhost\n")
    lines = ["127.0.0.1 localhost", "127.0.1.1 pc01.library.example pc01"][: 2 if written else 1]
    for _boot in range(2):  # what was written stays, where there is a disk
        assert machine.run("steps/80-handover", cmdline)
        assert machine.read("sysroot/etc/hosts").splitlines() == lines


@pytest.mark.parametrize("word", ["systemd.hostname", "hostname"])
def test_its_name_is_the_inventorys_whatever_dhcp_says(machine: Machine, word: str) -> None:
    """On a network of mode proxy another server answers, which does not know it."""
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("run/diskless/lease", "hostname=visitor\ndomain=\n")
    machine.write("sysroot/etc/hosts", "127.0.0.1 localhost\n")
    machine.write("sys/class/net/eth0/address", "52:54:00:00:00:01\n")
    assert machine.run("steps/80-handover", f"{OVERLAY} {word}=pc01")
    assert machine.read("sysroot/etc/hosts").splitlines()[-1] == "127.0.1.1 pc01"
    assert machine.read("tmp/result") == "starting /sbin/init as pc01"


@pytest.mark.parametrize(
    ("init", "built", "clock"), [("systemd", 2000, []), ("openrc", 2000, ["date -s @2000"]), ("openrc", 999, [])]
)
def test_what_systemd_sees_to_itself_is_done_for_another_init(
    machine: Machine, init: str, built: int, clock: list[str]
) -> None:
    """The machine's clock says 1000."""
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("sys/class/net/eth0/address", "52:54:00:00:00:01\n")
    machine.init(init)
    machine.write("proc/4711/cmdline", "@nbd-attach /dev/nbd0")
    machine.write("proc/4712/cmdline", "sh")
    machine.write("sysroot/usr/lib/clock-epoch", "")
    os.utime(machine.root / "sysroot/usr/lib/clock-epoch", (built, built))
    assert machine.run("steps/80-handover", PERSIST)
    assert [call for call in machine.calls() if call.startswith("date")] == clock
    # What attaches the root's device is spared when sysvinit ends all processes.
    assert machine.read("run/sendsigs.omit.d/diskless") == ("" if init == "systemd" else "4711")
    assert (machine.root / "run/systemd/system/diskless-growfs.service").exists() == (init == "systemd")


@pytest.mark.parametrize(("cmdline", "grows"), [(PERSIST, True), (OVERLAY, False), (COW, False)])
def test_its_disk_grows_with_the_one_on_the_master(machine: Machine, cmdline: str, grows: bool) -> None:
    machine.write("run/diskless/interface", "eth0\n")
    machine.write("sys/class/net/eth0/address", "52:54:00:00:00:01\n")
    assert machine.run("steps/80-handover", cmdline)
    wanted = machine.root / "run/systemd/system/local-fs.target.wants/diskless-growfs.service"
    assert wanted.exists() is grows
    if grows:
        assert wanted.read_text().splitlines()[-1].endswith("/systemd-growfs " + str(machine.root / "run/initramfs/rw"))
