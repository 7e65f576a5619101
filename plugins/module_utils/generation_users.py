# Copyright: The diskless.netboot maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a generation, by what the servers on this machine show themselves.

nbd-server and Ganesha are processes: what their clients use they have open, which proc(5) shows. Ganesha keeps a file
open as long as an NFS 4 client has it open, and lets go when that client is gone for a lease. The kernel's server lists
what its NFS 4 clients have open. NFS 3 has no open files: who has mounted a path by it counts as using all of that
path, for the kernel's server until it says that it is done (so a machine that was switched off counts until somebody
takes its line out of rmtab), for Ganesha until that is started again.

What cannot be seen: a slave that is cut off for longer than a lease, and one with NFS 3 that has sent nothing since
Ganesha was started. Those are why what a slave had last is never removed, whatever the servers show.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.diskless.netboot.plugins.module_utils import (
    generation_nfs,
    open_inodes,
    server_uptime,
    tree_files,
    whole_file,
)

Run = Callable[[list[str]], "tuple[int, str]"]
"""Runs a program; gives exit status and what it printed on its output. 127: it is not installed."""

SERVERS = {"nbd-server": ("nbd", "nbd-server"), "ganesha.nfsd": ("nfs", "Ganesha")}
"""Programs that serve, by the name of their process: the protocol, and what people call them."""
UNITS = {
    "nbd-server.service": "nbd-server",
    "nfs-ganesha.service": "Ganesha",
    "nfs-server.service": "the kernel's NFS server",
}
GANESHA = "nfs-ganesha.service"
SHOW_EXPORTS = [
    "dbus-send", "--system", "--print-reply", "--dest=org.ganesha.nfsd", "/org/ganesha/nfsd/ExportMgr",
    "org.ganesha.nfsd.exportmgr.ShowExports",
]  # fmt: skip
NFSD = "/proc/fs/nfsd"
LEFT = (errno.ENOENT, errno.ENXIO)
"""What the control files say of a client that has left meanwhile."""
RMTAB = "/var/lib/nfs/rmtab"


def runner(run_command: Callable[..., tuple[int, str, str]]) -> Run:
    """Give a :data:`Run` made of AnsibleModule's ``run_command``."""

    def run(command: list[str]) -> tuple[int, str]:
        try:
            status, output, _errors = run_command(
                command, environ_update=whole_file.environment({}), handle_exceptions=False
            )
        except FileNotFoundError:
            return 127, ""
        return status, output

    return run


class User(NamedTuple):
    """``kind``: ``nbd``, ``nfs`` or the name of another program; ``text``: what is to be told."""

    kind: str
    text: str


class Evidence(NamedTuple):
    """What was seen.

    ``processes``: by device and inode as stat(2) gives them. ``kernel``: by the file system's device, as mountinfo has
    it, and inode; on btrfs these two devices differ. ``mounted``: by path. ``unsure``: why that may not be all.
    """

    processes: dict[open_inodes.Identity, set[User]]
    kernel: dict[tuple[str, int], set[User]]
    mounted: dict[str, set[User]]
    unsure: list[str]


def gather(paths: Iterable[str], run: Run, seconds: int) -> Evidence:
    """Look who uses anything on the file systems of the generations at ``paths``.

    ``seconds``: how long a server must have run until all its clients have come back to it.
    """
    devices = {os.stat(path).st_dev for path in paths}
    states = {unit: _state(unit, run) for unit in UNITS}
    now = time.monotonic()
    unsure = [
        f"{name} has not run for {seconds} s yet, in which running slaves come back to it"
        for unit, name in UNITS.items()
        if seconds and not server_uptime.is_settled(states[unit], seconds, now)
    ]
    mounted = _mounted_from_kernel(NFSD, RMTAB)
    if server_uptime.is_active(states[GANESHA]):
        status, reply = run(SHOW_EXPORTS)
        if status != 0:
            unsure.append("Ganesha runs, but does not tell who uses NFS 3")
        for path in generation_nfs.exported_to_version_3(reply) if status == 0 else ():
            told = User("nfs", "a client of Ganesha has used it by NFS 3")
            mounted.setdefault(os.path.realpath(path), set()).add(told)
    return Evidence(_opened(devices), opened_at_kernel(NFSD), mounted, unsure)


def _state(unit: str, run: Run) -> str:
    status, output = run(["systemctl", "show", f"--property={','.join(server_uptime.PROPERTIES)}", unit])
    return output if status == 0 else ""


def _opened(devices: set[int]) -> dict[open_inodes.Identity, set[User]]:
    found: dict[open_inodes.Identity, set[User]] = {}
    for identity, processes in open_inodes.opened(lambda identity: identity[0] in devices).items():
        # Not this one, which looks at them.
        for process in set(processes) - {os.getpid()}:
            program = open_inodes.program(process)
            kind, name = SERVERS.get(program, (program, f"{program} (process {process})"))
            found.setdefault(identity, set()).add(User(kind, f"{name} has it open"))
    return found


def opened_at_kernel(control: str) -> dict[tuple[str, int], set[User]]:
    """Give what clients of NFS 4 have open, by the control files below ``control`` (nfsd(7)), if there are any."""
    found: dict[tuple[str, int], set[User]] = {}
    clients = f"{control}/clients"
    for number in os.listdir(clients) if os.path.isdir(clients) else []:
        try:
            address = generation_nfs.address(_text(f"{clients}/{number}/info"))
            states = _text(f"{clients}/{number}/states")
        except OSError as error:
            if error.errno not in LEFT:
                raise
            continue
        for place in generation_nfs.opened(states):
            found.setdefault(place, set()).add(User("nfs", f"{address} has it open by NFS 4"))
    return found


def _mounted_from_kernel(control: str, rmtab: str) -> dict[str, set[User]]:
    """Give what clients have mounted by NFS 3 from the kernel's server; nothing where that does not serve it."""
    found: dict[str, set[User]] = {}
    with contextlib.suppress(FileNotFoundError):
        serves = int(_text(f"{control}/threads")) > 0 and generation_nfs.speaks_version_3(_text(f"{control}/versions"))
        for path, clients in generation_nfs.mounted(_text(rmtab)).items() if serves else ():
            told = {User("nfs", f"{client} has mounted it by NFS 3 ({rmtab})") for client in clients}
            found.setdefault(os.path.realpath(path), set()).update(told)
    return found


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def users(path: str, evidence: Evidence, info: str) -> list[User]:
    """Give who uses the generation at ``path``; ``info``: a text in the form of mountinfo.

    Any open file or directory in it counts.
    """
    real = os.path.realpath(path)
    found = set().union(*(those for other, those in evidence.mounted.items() if _overlap(other, real)))
    device, system = os.stat(real).st_dev, tree_files.device_of(real, info)
    opened: dict[int, set[User]] = {}
    for (number, inode), those in evidence.processes.items():
        if number == device:
            opened.setdefault(inode, set()).update(those)
    for (name, inode), those in evidence.kernel.items():
        if name == system:
            opened.setdefault(inode, set()).update(those)
    if opened:
        for inode in _inodes(real):
            found |= opened.get(inode, set())
    return sorted(found)


def _overlap(one: str, other: str) -> bool:
    return os.path.commonpath([one, other]) in (one, other)


def _inodes(path: str) -> Iterator[int]:
    """Give the inodes of a directory and all below it. By stat(2): readdir(3) has others on an overlay."""
    yield os.stat(path).st_ino
    for folder, directories, files in os.walk(path, onerror=_unreadable, followlinks=False):
        for name in (*directories, *files):
            with contextlib.suppress(FileNotFoundError):
                yield os.lstat(f"{folder}/{name}").st_ino


def _unreadable(error: OSError) -> None:
    """End the walk: what is below may be in use."""
    if not isinstance(error, FileNotFoundError):
        raise error


def described(found: Sequence[User]) -> str:
    """Say who uses a generation."""
    return "; ".join(user.text for user in found)
