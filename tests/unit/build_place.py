"""A master's folder in which the real module rootfs_image builds, in a process of its own that can be killed.

All is real but mmdebstrap, in whose place a script unpacks a small tree; it makes the same mounts, by the same hooks.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import pathlib
import signal
import stat
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible.module_utils import basic
from ansible_collections.diskless.netboot.plugins.module_utils import rootfs_command
from ansible_collections.diskless.netboot.plugins.modules import rootfs_image

OLD, NEW = "bookworm-000000000001-20260101T000000Z", "bookworm-000000000002-20260102T000000Z"
EPOCH = 1_700_000_000
BOOTSTRAP = """#!/bin/sh
# Does to the tree and its mounts what mmdebstrap does, by the hooks that it is given.
set -eu
for word in "$@"; do
  before=${root-}
  root=$word
  case $word in
    --setup-hook=*) setup=${word#*=} ;;
    --customize-hook=*) customize=${word#*umount} ;;
  esac
done
case $root in /*) ;; *) root=$before ;; esac
mkdir "$root"
sh -c "$setup" setup "$root"
for part in 1 2 3; do
  tar -xf "$TREE/part$part.tar" -C "$root"
  sleep "$(cat "$TREE/slow")"
done
sh -c "umount$customize" customize "$root"
"""


def image(generation: str = NEW, **change: Any) -> dict[str, Any]:
    """Give what the module is told of one generation."""
    return {"name": "room", "generation": generation, "release": "bookworm", "mirror": None} | change


class Ended(NamedTuple):
    """How a run of the module ended: ``result`` is what it printed, nothing where it was killed."""

    status: int
    result: dict[str, Any]


class Place:
    """The folder ``srv``, and the programs' folder beside it; ``size``: bytes of the tree's largest part."""

    def __init__(self, folder: pathlib.Path, size: int = 200_000) -> None:
        self.srv = folder / "srv"
        self.programs = folder / "programs"
        self.srv.mkdir()
        self.programs.mkdir()
        self.slow("0.01")
        self._pack(size)
        script = self.programs / "mmdebstrap"
        script.write_text(BOOTSTRAP.replace("$TREE", str(self.programs)))
        script.chmod(0o755)

    def slow(self, seconds: str) -> None:
        """Say how long mmdebstrap rests between its steps."""
        (self.programs / "slow").write_text(seconds)

    def _pack(self, size: int) -> None:
        """Make the tree, of which most cannot be compressed, in three parts."""
        files: list[dict[str, bytes]] = [
            {"etc/shadow": b"root:*:1:::::::\n", "etc/hosts": b"::1 localhost\n", "boot/vmlinuz-6.1": b"kernel"},
            {f"usr/share/x/{number}": hashlib.shake_256(bytes([number])).digest(size // 8) for number in range(8)},
            {
                "usr/lib/modules/6.1/modules.dep": b"",
                "usr/lib/systemd/system/x.service": b"[Install]\nWantedBy=multi-user.target\n",
                "var/lib/dpkg/status": b"Package: less\nStatus: install ok installed\nMaintainer: x\n"
                b"Architecture: amd64\nVersion: 590-2\nDescription: x\n\n",
                "var/lib/dpkg/info/less.md5sums": b"",
            },
        ]
        for number, part in enumerate(files, 1):
            with tarfile.open(self.programs / f"part{number}.tar", "w") as tar:
                for path, content in part.items():
                    entry = tarfile.TarInfo(path)
                    entry.size, entry.mtime, entry.mode = len(content), EPOCH, 0o644
                    tar.addfile(entry, io.BytesIO(content))

    def start(self, *images: dict[str, Any], hook: Callable[[str], None] | None = None) -> int:
        """Start the module in another process, and give its number; ``hook`` is told of each of its deeds before."""
        child = os.fork()
        if child:
            return child
        status = 3
        try:
            arguments = {"directory": str(self.srv), "images": images, "files": [], "links": []}
            basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
            basic._ANSIBLE_PROFILE = "legacy"
            rootfs_command.ENVIRONMENT["PATH"] = f"{self.programs}:{rootfs_command.ENVIRONMENT['PATH']}"
            with open(self.programs / "output", "w", encoding="utf-8") as output, contextlib.redirect_stdout(output):
                if hook is not None:
                    sys.addaudithook(lambda event, _arguments: hook(event))
                rootfs_image.main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        finally:
            # What is to kill it comes: a run that is done sooner waits for that.
            for thread in threading.enumerate():
                if isinstance(thread, threading.Timer):
                    thread.join()
            os._exit(status)

    def wait(self, child: int) -> Ended:
        """Wait for the end of a run."""
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        text = (self.programs / "output").read_text()
        return Ended(status, json.loads(text.splitlines()[-1]) if status in (0, 1) else {})

    def run(self, *images: dict[str, Any], hook: Callable[[str], None] | None = None) -> Ended:
        """Run the module to its end."""
        return self.wait(self.start(*images, hook=hook))

    def deeds(self, *images: dict[str, Any]) -> list[str]:
        """Run the module to its good end, and give all that it does, as names of Python's audit events."""
        read, write = os.pipe()
        child = self.start(*images, hook=telling(write))
        os.close(write)
        with open(read, encoding="ascii") as pipe:
            deeds = pipe.read().split()
        ended = self.wait(child)
        assert ended.status == 0, ended
        return deeds

    def served(self, name: str = OLD) -> dict[str, Any]:
        """Give all that there is of a generation, to the byte."""
        return state(self.srv / "images/room" / name)

    def remains(self) -> list[str]:
        """Give what nobody wants to find once runs are over: hidden names, mounts, processes, loop devices."""
        images = self.srv / "images"
        found = [str(path) for path in images.glob("*/.*")] + [str(path) for path in images.glob("*/*/.*")]
        found += mounts(self.srv)
        found += processes(str(self.srv))
        for backing in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
            with contextlib.suppress(OSError):
                found += [str(backing)] if str(self.srv) in backing.read_text() else []
        return found


def mounts(folder: pathlib.Path) -> list[str]:
    """Give the mount points below a folder."""
    lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if line.split()[4].startswith(f"{folder}/")]


def processes(text: str) -> list[str]:
    """Give the command lines of others that name something."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if text in command and path.parent.name != str(os.getpid()):
                found.append(f"process {path.parent.name}: {command}")
    return found


def state(folder: pathlib.Path) -> dict[str, Any]:
    """Give the inode, status and content of all below a folder."""
    found: dict[str, Any] = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        what: tuple[int | str, ...] = (status.st_ino, status.st_mode)
        if stat.S_ISREG(status.st_mode):
            what += (status.st_size, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        found[str(path.relative_to(folder))] = what
    return found


def telling(pipe: int) -> Callable[[str], None]:
    """Give a hook that writes to a pipe what is done."""

    def hook(event: str) -> None:
        if counts(event):
            os.write(pipe, f"{event}\n".encode())

    return hook


def counts(event: str) -> bool:
    """Say whether an audit event is a deed of interest: what touches files, and what starts programs."""
    return event.startswith(("os.", "open", "subprocess.", "fcntl."))


def killing(step: int) -> Callable[[str], None]:
    """Give a hook that kills its process before the deed of that number."""
    left = step

    def hook(event: str) -> None:
        nonlocal left
        if counts(event):
            left -= 1
            if left == -1:
                os.kill(os.getpid(), signal.SIGKILL)

    return hook


def killing_after(program: int, seconds: float) -> Callable[[str], None]:
    """Give a hook that kills its process some time after it has begun to start the program of that number."""
    left = program

    def hook(event: str) -> None:
        nonlocal left
        if event == "subprocess.Popen":
            if left == 0:
                threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
            left -= 1

    return hook


def gone(what: Callable[[], list[str]], seconds: float = 3) -> list[str]:
    """Wait until there is nothing left, and give what is left then."""
    deadline = time.monotonic() + seconds
    while (left := what()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left
