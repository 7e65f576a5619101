"""A slave's initramfs in a folder: the scripts as they are, in a root of their own, with programs that tell.

Absolute paths of the scripts are led into that root; the shell is the one that runs them on a slave.
"""

from __future__ import annotations

import pathlib
import re
import subprocess

from programs import program

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "roles/slave_kernel/files/initramfs"
ROOTED = re.compile(
    r"(?<![\w.$}!*/-])/(?=(lib|tmp|run|sysroot|steps|proc|sys|bin|shutdown)\b|dev/(?!null\b|nbd|mapper|\}))"
)
# Functions come before busybox' own programs, which come before any in PATH.
FAKES = """
told() { printf '%s\\n' "$*" >> "$ROOT/calls"; }
mount() { told mount "$@"; "$ROOT/mount" "$@"; }
timeout() { shift 3; "$@"; }
modprobe() { :; }
nc() { "$ROOT/nc" "$@"; }
sleep() { case $1 in 0.*) command sleep 0.02 ;; *) told sleep "$@" ;; esac; }
switch_root() { told switch_root "$@"; }
blkdiscard() { told blkdiscard "$@"; }
dmsetup() { told dmsetup "$@"; "$ROOT/dmsetup" "$@"; }
hostname() { told hostname "$@"; }
umount() { told umount "$@"; "$ROOT/umount" "$@"; }
kill() { told kill "$@"; "$ROOT/kill" "$@"; }
sync() { told sync; }
date() { if [ "$1" = -s ]; then told date "$@"; else echo 1000; fi; }
cp() { if [ -x "$ROOT/cp" ] && ! "$ROOT/cp" "$@"; then return 1; fi; command cp "$@"; }
poweroff() { told poweroff "$@"; exit; }
halt() { told halt "$@"; exit; }
reboot() { told reboot "$@"; exit; }
"""


class Machine:
    """A slave's initramfs in the folder ``root``."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        for source in SCRIPTS.rglob("*"):
            if source.is_file():
                text = ROOTED.sub(f"{root}/", source.read_text()).replace("exec switch_root", "switch_root")
                # The consoles and the kernel's log are files here: what comes later must not take away the earlier.
                text = text.replace(f'> "{root}/dev/', f'>> "{root}/dev/').replace(f"> {root}/dev/", f">> {root}/dev/")
                self.write(str(source.relative_to(SCRIPTS)), text)
        for name in ("tmp", "run/diskless", "sysroot", "dev"):
            (root / name).mkdir(parents=True)
        self.init("systemd")
        self.write("proc/mounts", "")
        self.write("tmp/cmdline", "")
        self.program("mount", "exit 0")
        self.program("nc", "exit 0")
        self.program("dmsetup", "exit 0")

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def init(self, name: str) -> None:
        """Give the slave's root another first process."""
        place = self.root / "sysroot/sbin/init"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        if name == "systemd":
            place.symlink_to("/lib/systemd/systemd")
        else:
            self.program("sysroot/sbin/init", "")

    def program(self, path: str, text: str) -> None:
        self.write(path, f"#!/bin/sh\n{text}\n")
        (self.root / path).chmod(0o755)

    def read(self, path: str) -> str:
        place = self.root / path
        return place.read_text().replace(str(self.root), "").strip() if place.exists() else ""

    def run(self, script: str, cmdline: str = "", *arguments: str) -> bool:
        """Run a script with this command line of the kernel's and say whether it worked."""
        self.write("tmp/cmdline", cmdline.replace(" ", "\n") + "\n")
        self.write("proc/cmdline", cmdline + "\n")
        done = subprocess.run(
            [program("busybox", "busybox-static"), "sh", "-c", f"{FAKES}\n. {self.root}/{script}", "sh", *arguments],
            env={"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == "", done.stderr
        return done.returncode == 0

    def calls(self) -> list[str]:
        return self.read("calls").splitlines()
