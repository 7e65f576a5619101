"""What an image with OpenRC has for the slave: its services, run with OpenRC's words in the place of openrc-run(8)."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
from slave_scripts import below, with_cmdline

# What the services call, told or answered. The file systems of $FSTYPE lie on the device /dev/of<path>.
WORDS = """
for word in need want before after ebegin ewarn; do eval "$word() { told $word \\"\\$@\\"; }"; done
told() { echo "$*" | sed "s#$ROOT##g" >> "$ROOT/calls"; }
eend() { told eend "$@"; return "$1"; }
mount() { told mount "$@"; [ ! -e "$ROOT/refuses" ]; }
mkdir() { told mkdir "$@"; }
swapon() { told swapon "$@"; }
findmnt() { case $3 in FSTYPE) echo "$FSTYPE" ;; SOURCE) echo "/dev/of$4" ;; esac; }
resize2fs() { told resize2fs "$@"; }
btrfs() { told btrfs "$@"; return 1; }
sleep() { told sleep "$@"; echo "$THEN" > "$ROOT/proc/mounts"; }
"""


def run(
    root: pathlib.Path,
    service: str,
    function: str,
    cmdline: str = "ro",
    *,
    fstab: str = "",
    fstype: str = "ext4",
    then: str = "",
) -> tuple[int, list[str]]:
    """Run a function of a service in a slave below ``root``: its status, and what it called."""
    with_cmdline(root, cmdline)
    (root / "run/diskless").mkdir(parents=True, exist_ok=True)
    (root / "run/diskless/fstab").write_text(fstab)
    (root / "calls").write_text("")
    text = below(root, f"etc/init.d/{service}")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{WORDS}\n{text}\n{function}"],
        env={"PATH": "/usr/bin:/bin", "ROOT": str(root), "FSTYPE": fstype, "THEN": then},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, (root / "calls").read_text().splitlines()


@pytest.mark.parametrize(
    ("cmdline", "wanted"),
    [
        ("ro quiet", []),
        ("diskless.services=cups,net.eth1 ro", ["want cups", "want net.eth1"]),
        ("diskless.services=a diskless.services=b", ["want b"]),
        ("console=ttyS0,115200n8 console=tty0", ["want agetty.ttyS0", "want agetty.tty0"]),
        ("diskless.services=ssh console=hvc0", ["want ssh", "want agetty.hvc0"]),
        ("diskless.services=../x,$(reboot),*,y", ["want y"]),
    ],
)
def test_what_the_command_line_asks_for_is_wanted(tmp_path: pathlib.Path, cmdline: str, wanted: list[str]) -> None:
    assert run(tmp_path, "diskless-services", "depend", cmdline) == (0, wanted)


MEMORY = "mount -t tmpfs -o mode=1777,nosuid,nodev,size=50% tmpfs /var/tmp"
ALL = "mount --all --fstab /run/diskless/fstab"


@pytest.mark.parametrize(
    ("cmdline", "calls"),
    [
        ("root=/dev/nfs ro quiet", [MEMORY]),
        ("root=/dev/nfs rw quiet", []),
        ("root=/dev/nfs quiet rw", []),
        ("ro diskless.upper=/dev/nbd1", ["resize2fs /dev/of/run/initramfs/rw"]),
    ],
)
def test_temporary_files_are_in_memory_where_all_else_is(
    tmp_path: pathlib.Path, cmdline: str, calls: list[str]
) -> None:
    status, told = run(tmp_path, "diskless-mounts", "start", cmdline)
    assert (status, told[1:]) == (0, [*calls, ALL, "eend 0"])


FSTAB = """\
192.168.1.1:/srv/diskless/home /home nfs rw,nosuid 0 0
/dev/nbd1 /srv/data ext4 rw,x-systemd.growfs 0 2
/dev/nbd2 none swap sw,nofail,discard=once 0 0
"""


@pytest.mark.parametrize(
    ("fstype", "grown"),
    [
        ("ext4", ["resize2fs /dev/of/srv/data"]),
        (
            "btrfs",
            [
                "btrfs filesystem resize max /srv/data",
                "ewarn The file system at /srv/data could not be given all the room of its disk",
            ],
        ),
    ],
)
def test_what_the_inventory_mounts(tmp_path: pathlib.Path, fstype: str, grown: list[str]) -> None:
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB, fstype=fstype)
    assert (status, told[1:]) == (0, ["mkdir -p /home", "mkdir -p /srv/data", ALL, *grown, "eend 0"])


def test_a_mount_that_fails_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "refuses").touch()
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB)
    assert (status, told[-1]) == (1, "eend 1")


def test_swap_is_the_device_or_what_the_slave_makes_itself(tmp_path: pathlib.Path) -> None:
    assert run(tmp_path, "diskless-swap", "start", fstab=FSTAB)[1][1:] == [
        "swapon -o sw,nofail,discard=once /dev/nbd2",
        "eend 0",
    ]
    (tmp_path / "run/diskless/swap").write_text("zram\n")
    own = tmp_path / "usr/local/lib/diskless/swap"
    own.write_text("#!/bin/sh\nexit 3\n")
    own.chmod(0o755)
    assert run(tmp_path, "diskless-swap", "start") == (3, [*run(tmp_path, "diskless-swap", "start")[1][:1], "eend 3"])


UPPER = "/dev/nbd1 /run/initramfs/rw ext4 {},noatime 0 0\n"


@pytest.mark.parametrize(
    ("mounted", "then", "status", "waits"),
    [
        ("overlay / overlay rw 0 0\n", "", 0, 0),
        (UPPER.format("rw"), UPPER.format("ro"), 0, 1),
        (UPPER.format("ro"), "", 0, 0),
        (UPPER.format("rw"), UPPER.format("rw"), 1, 50),
    ],
)
def test_the_disk_of_the_root_ends_read_only(
    tmp_path: pathlib.Path, mounted: str, then: str, status: int, waits: int
) -> None:
    (tmp_path / "proc").mkdir()
    # As the kernel names it, whatever the test takes for its root.
    (tmp_path / "proc/mounts").write_text(mounted.replace("/run/", f"{tmp_path}/run/"))
    (tmp_path / "proc/sysrq-trigger").touch()
    done, told = run(tmp_path, "diskless-end", "stop", then=then.replace("/run/", f"{tmp_path}/run/"))
    assert (done, told.count("sleep 0.2"), told[-1:]) == (status, waits, [f"eend {status}"] if waits else [])
    assert (tmp_path / "proc/sysrq-trigger").read_text() == ("u\n" if waits else "")
