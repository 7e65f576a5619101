"""What the initramfs leaves for the end: it takes apart what the root was made of, whatever the server does."""

from __future__ import annotations

import pathlib

import pytest
from initramfs_machine import Machine
from programs import program

# As umount(8) does it: not what holds another one, nor what is in use (the file `busy`), nor what has gone already.
# All of the name `home` go with the first, as the kernel propagates it.
UMOUNT = r"""
for place; do :; done
if grep -q "^[^ ]* $place/" "$ROOT/proc/mounts"; then exit 1; fi
if ! grep -q "^[^ ]* $place " "$ROOT/proc/mounts"; then exit 1; fi
if [ "$1" != -l ] && grep -qx "$place" "$ROOT/busy"; then exit 1; fi
if [ "${place##*/}" = home ]; then place="[^ ]*/home"; fi
grep -v "^[^ ]* $place " "$ROOT/proc/mounts" > "$ROOT/mounts.new"
cat "$ROOT/mounts.new" > "$ROOT/proc/mounts"
"""


@pytest.fixture(name="machine")
def _machine(tmp_path: pathlib.Path) -> Machine:
    machine = Machine(tmp_path / "root")
    # It installs itself there.
    (machine.root / "bin").mkdir(exist_ok=True)
    (machine.root / "bin/busybox").symlink_to(program("busybox", "busybox-static"))
    machine.program("umount", UMOUNT)
    # nbd-attach, and others of the same kernel.
    machine.program("kill", 'rm -r "$ROOT/proc/$2"')
    for process, words in {
        "7": "@nbd-attach /dev/nbd0",
        "8": "@nbd-attach /dev/nbd1",
        "9": "@plymouthd",
        "10": "",
    }.items():
        machine.write(f"proc/{process}/cmdline", words.replace(" ", "\0") + "\0")
    machine.write("proc/meminfo", "MemTotal: 1000 kB\nDirty: 0 kB\nWriteback: 0 kB\n")
    machine.write("busy", "")
    return machine


def mounted(machine: Machine, *mounts: str) -> None:
    """Let these be mounted, in this order: place, type, options."""
    lines = [f"{'overlay' if number else 'server:/image'} {mount} 0 0\n" for number, mount in enumerate(mounts)]
    machine.write("proc/mounts", "".join(lines).replace(" /run", f" {machine.root}/run"))


def calls(machine: Machine) -> list[str]:
    return [call for call in machine.calls() if not call.startswith("umount -l /oldroot/dev")]


PERSIST = (
    "/oldroot overlay rw",
    "/oldroot/run tmpfs rw",
    "/run/initramfs/lower squashfs ro",
    "/run/initramfs/rw ext4 rw",
)


@pytest.mark.parametrize(
    ("asked", "ends"),
    [("poweroff", "poweroff -n -f"), ("halt", "halt -n -f"), ("reboot", "reboot -n -f"), ("kexec", "reboot -n -f")],
)
def test_disks_are_clean_and_the_server_is_told_before_the_end(machine: Machine, asked: str, ends: str) -> None:
    mounted(machine, *PERSIST)
    assert machine.run("shutdown", "", asked)
    places = ["/run/initramfs/rw", "/run/initramfs/lower", "/oldroot/run", "/oldroot"]
    told = [call.replace(str(machine.root), "") for call in calls(machine)]
    assert told == ["sync", *(f"umount {place}" for place in places), "kill -USR1 7", "kill -USR1 8", ends]
    assert machine.read("dev/kmsg") == f"<6>diskless: this computer's disks are unmounted, now: {asked}"


def test_the_file_of_an_image_keeps_nothing_from_being_unmounted(machine: Machine) -> None:
    """An overlay whose lower layer is a file of the NFS server, which lies in the overlay by now; and swap by NBD."""
    mounted(machine, "/oldroot overlay rw", "/oldroot/run tmpfs rw", "/oldroot/run/initramfs/nfs nfs4 ro,relatime")
    machine.write("busy", "/oldroot/run/initramfs/nfs\n")
    assert machine.run("shutdown", "", "poweroff")
    told = calls(machine)
    assert told[told.index("umount -l /oldroot/run/initramfs/nfs") :] == [
        "umount -l /oldroot/run/initramfs/nfs", "umount /oldroot/run", "umount /oldroot",
        "kill -USR1 7", "kill -USR1 8", "poweroff -n -f",
    ]  # fmt: skip


def test_what_goes_with_another_one_is_none_that_stays(machine: Machine) -> None:
    mounted(machine, "/oldroot/home nfs4 rw", "/run/initramfs/home nfs4 rw")
    assert machine.run("shutdown", "", "poweroff")
    assert machine.read("dev/kmsg") == "<6>diskless: this computer's disks are unmounted, now: poweroff"


def test_what_stays_in_use_is_told_and_the_server_too(machine: Machine) -> None:
    mounted(machine, *PERSIST)
    machine.write("busy", f"{machine.root}/run/initramfs/rw\n")
    assert machine.run("shutdown", "", "poweroff")
    assert calls(machine)[-4:] == ["sleep 2", "kill -USR1 7", "kill -USR1 8", "poweroff -n -f"]
    assert machine.read("dev/kmsg") == "<6>diskless: still in use: /run/initramfs/rw"
    assert machine.read("proc/sysrq-trigger") == "u"


def test_a_server_that_is_away_is_not_waited_for(machine: Machine) -> None:
    mounted(machine, *PERSIST)
    # Both go on after the test's own end only where somebody waits for them.
    machine.program("umount", 'while [ -d "$ROOT/proc" ]; do sleep 0.1; done')
    machine.program("kill", 'while [ -d "$ROOT/proc" ]; do sleep 0.1; done')
    assert machine.run("shutdown", "", "poweroff")
    assert calls(machine)[-1] == "poweroff -n -f"
    (machine.root / "proc").rename(machine.root / "gone")
