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
# Each line of `refuses` is a path that is refused once.
mount() {
  told mount "$@"
  if ! grep -qxF "${*##* }" "$ROOT/refuses"; then return; fi
  sed -i "0,\\#^${*##* }\\$#{//d}" "$ROOT/refuses"
  return 32
}
mkdir() { told mkdir "$@"; }
swapon() { told swapon "$@"; }
findmnt() { case $3 in FSTYPE) echo "$FSTYPE" ;; SOURCE) echo "/dev/of$4" ;; esac; }
resize2fs() { told resize2fs "$@"; }
btrfs() { told btrfs "$@"; return 1; }
mountpoint() { case "$*" in "-q $ROOT$MOUNTED" | "-q $MOUNTED") ;; *) return 1 ;; esac; }
eerror() { told eerror "$@"; }
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
    mounted: str = "/none",
) -> tuple[int, list[str]]:
    """Run a function of a service in a slave below ``root``: its status, and what it called."""
    with_cmdline(root, cmdline)
    (root / "run/diskless").mkdir(parents=True, exist_ok=True)
    (root / "run/diskless/fstab").write_text(fstab)
    (root / "calls").write_text("")
    (root / "refuses").touch()
    text = below(root, f"etc/init.d/{service}").replace("start-stop-daemon", "told start-stop-daemon")
    done = subprocess.run(
        ["/bin/sh", "-c", f"{WORDS}\n{text}\n{function}"],
        env={"PATH": "/usr/bin:/bin", "ROOT": str(root), "FSTYPE": fstype, "THEN": then, "MOUNTED": mounted},
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
    assert (status, told[1:]) == (0, [*calls, "eend 0"])


FSTAB = """\
/dev/nbd1 /srv/data ext4 rw,x-systemd.growfs 0 2
192.168.1.1:/srv/diskless/scratch /home/scratch nfs rw,nosuid 0 0
192.168.1.1:/srv/diskless/home /home nfs rw,nosuid 0 0
/dev/nbd2 none swap sw,nofail,discard=once 0 0
"""
HOME = ["mkdir -p /home", "mount -t nfs -o rw,nosuid 192.168.1.1:/srv/diskless/home /home"]
SCRATCH = ["mkdir -p /home/scratch", "mount -t nfs -o rw,nosuid 192.168.1.1:/srv/diskless/scratch /home/scratch"]
DATA = ["mkdir -p /srv/data", "mount -t ext4 -o rw,x-systemd.growfs /dev/nbd1 /srv/data"]
GROWN = "resize2fs /dev/of/srv/data"
FAILED = "ewarn The file system at /srv/data could not be given all the room of its disk"


@pytest.mark.parametrize(
    ("fstype", "grown"),
    [("ext4", [GROWN]), ("btrfs", ["btrfs filesystem resize max /srv/data", FAILED]), ("xfs", [FAILED])],
)
def test_what_the_inventory_mounts_in_the_order_of_its_paths(
    tmp_path: pathlib.Path, fstype: str, grown: list[str]
) -> None:
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB, fstype=fstype)
    assert (status, told[1:]) == (0, [*HOME, *SCRATCH, *DATA, *grown, "eend 0"])


def test_what_is_mounted_already_is_left(tmp_path: pathlib.Path) -> None:
    told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB, mounted="/home")[1]
    assert told[1:] == [*SCRATCH, *DATA, GROWN, "eend 0"]
    assert run(tmp_path, "diskless-mounts", "start", mounted="/var/tmp")[1][1:] == ["eend 0"]


def test_a_server_that_is_away_is_told_and_keeps_nothing_else_from_being_mounted(tmp_path: pathlib.Path) -> None:
    (tmp_path / "refuses").write_text("/home\n")
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB)
    assert (status, told[1:]) == (1, [*HOME, *SCRATCH, *DATA, GROWN, "eend 1"])


def test_a_disk_of_its_own_is_waited_for_unless_the_inventory_says_otherwise(tmp_path: pathlib.Path) -> None:
    (tmp_path / "refuses").write_text("/srv/data\n" * 2)
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=FSTAB)
    again = ["eerror This slave does not start without /srv/data, and tries again in 10 s", "sleep 10", DATA[1]]
    assert (status, told[1:]) == (0, [*HOME, *SCRATCH, *DATA, *again, *again, GROWN, "eend 0"])
    (tmp_path / "refuses").write_text("/srv/data\n")
    fstab = FSTAB.replace("rw,x-systemd", "rw,nofail,x-systemd")
    status, told = run(tmp_path, "diskless-mounts", "start", "rw", fstab=fstab)
    assert (status, told[-2:]) == (1, [DATA[1].replace("rw,x", "rw,nofail,x"), "eend 1"])


def test_swap_is_the_device_or_what_the_slave_makes_itself(tmp_path: pathlib.Path) -> None:
    told = run(tmp_path, "diskless-swap", "start", fstab=FSTAB)[1]
    assert told[1:] == ["swapon -o sw,nofail,discard=once /dev/nbd2", "eend 0"]
    (tmp_path / "run/diskless/swap").write_text("zram\n")
    own = tmp_path / "usr/local/lib/diskless/swap"
    for status in (0, 1):
        own.write_text(f"#!/bin/sh\nexit {status}\n")
        own.chmod(0o755)
        done, told = run(tmp_path, "diskless-swap", "start")
        assert (done, told[1:]) == (status, [f"eend {status}"])


def test_the_log_is_kept_unless_a_package_does(tmp_path: pathlib.Path) -> None:
    (tmp_path / "etc/init.d").mkdir(parents=True)
    daemon = "start-stop-daemon --start --exec /bin/busybox --background --make-pidfile --pidfile"
    assert run(tmp_path, "diskless-log", "start") == (
        0,
        [
            "ebegin Starting the log",
            f"{daemon} /run/diskless-syslogd.pid -- syslogd -C1024 -n",
            f"{daemon} /run/diskless-klogd.pid -- klogd -n",
            "eend 0",
        ],
    )
    (tmp_path / "etc/init.d/rsyslog").touch(0o755)
    assert run(tmp_path, "diskless-log", "start") == (0, [])
    assert run(tmp_path, "diskless-log", "stop") == (0, [])


def test_clearing_run_at_a_start_is_kept_from_being_done_again(tmp_path: pathlib.Path) -> None:
    assert run(tmp_path, "diskless-services", "start") == (0, [])
    assert (tmp_path / "run/.tmpfs").exists()


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
