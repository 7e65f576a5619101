"""Runs a command in mount and PID namespaces of the lab's own.

The PID namespace is what cleans up: whatever way the lab ends, `kill -9` included, the kernel ends every process of it,
and with them go the network namespaces, taps, bridges and mounts. Only files are left; `files.py` takes care of those.

    lab command (outside) ── forks ──► process 1 of the lab ── forks ──► the command itself
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import typing

from tests.lab import cgroups, paths, syscalls
from tests.lab.errors import LabError

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WATCHED = {*_FORWARDED, signal.SIGCHLD}

# podman's and ip(8)'s own state: private, so that the lab and the machine's other containers never meet.
_PRIVATE_FOLDERS = ("/run/containers", "/run/libpod", "/run/crun", "/run/netns", "/dev/shm", str(paths.RUNTIME))


def run_isolated(command: typing.Sequence[str], environment: dict[str, str]) -> int:
    """Runs `command` in the lab's namespaces until it ends; returns its exit status (128 + signal when killed)."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    syscalls.unshare(syscalls.CLONE_NEWPID)
    first = os.fork()
    if first == 0:
        _in_child(lambda: _first_process(command, environment))
    return _supervise(first)


def _first_process(command: typing.Sequence[str], environment: dict[str, str]) -> int:
    """Process 1: makes the mounts, starts the command, collects orphans. When it ends, everything in the lab ends."""
    syscalls.die_with_parent(signal.SIGKILL)
    _private_mounts()
    main = os.fork()
    if main == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        _in_child(lambda: os.execvpe(command[0], list(command), environment))
    return _supervise(main)


def _in_child(action: typing.Callable[[], int]) -> typing.NoReturn:
    """Ends a forked process with what `action` returns, and never runs on into the parent's code."""
    status = 126
    try:
        status = action()
    except OSError as error:
        os.write(2, f"lab: {error}\n".encode())
    finally:
        os._exit(status)


def _supervise(child: int) -> int:
    """Waits for `child`, collects others, passes signals on.

    Ctrl-C on a terminal reaches every process of the foreground group by itself; only what kill(2) sent to this
    process alone (si_code <= 0, sigaction(2)) is passed on, or the child would get it twice.
    """
    while True:
        info = signal.sigwaitinfo(_WATCHED)
        if info.si_signo != signal.SIGCHLD:
            if info.si_code <= 0:
                os.kill(child, info.si_signo)
            continue
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if ended == 0:
                break
            if ended == child:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code


def _private_mounts() -> None:
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    safe = syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC
    syscalls.mount("proc", "/proc", "proc", safe)
    for folder in _PRIVATE_FOLDERS:
        os.makedirs(folder, exist_ok=True)
        syscalls.mount(
            "tmpfs", folder, "tmpfs", syscalls.MS_NOSUID, "mode=1777" if folder == "/dev/shm" else "mode=700"
        )
    _mend_cgroups()


def _mend_cgroups() -> None:
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = file.read()
    if not cgroups.needs_mending(mounts):
        return
    for point, _kind in reversed(cgroups.mounts_below(mounts, cgroups.ROOT)):
        syscalls.unmount(point)
    syscalls.mount("none", cgroups.ROOT, "cgroup2", 0)


def become_root(arguments: typing.Sequence[str]) -> None:
    """Goes on as root: at once, or by sudo in place of this process. Raises LabError where there is no sudo."""
    if os.geteuid() == 0:
        return
    why = "the virtual library makes namespaces and containers and needs root"
    if shutil.which("sudo") is None:
        raise LabError(f"{why}; there is no sudo here")
    print(f"{why}: asking sudo", file=sys.stderr, flush=True)
    os.execvp("sudo", ["sudo", "--", sys.executable, "-m", "tests.lab", *arguments])
