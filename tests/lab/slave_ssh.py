"""Runs commands in a slave that has started, by SSH from its master's place on the LAN.

One connection carries them all: to log in takes an emulated slave seconds each time.
"""

from __future__ import annotations

import os
import pathlib
import shlex
import subprocess
import time

from tests.lab import connect, podman
from tests.lab.errors import LabError
from tests.lab.run import last_lines, run

_CONNECT_SECONDS = 10
_IDLE_SECONDS = 600
_POLL_SECONDS = 1.0
_SSH_FAILED = 255


def command(master_pid: int, address: str, script: str) -> list[str]:
    """The ssh command line, in the network namespace of the master whose process 1 is `master_pid`."""
    options = {
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": "/dev/null",
        "LogLevel": "ERROR",
        "BatchMode": "yes",
        "ConnectTimeout": str(_CONNECT_SECONDS),
        "ControlMaster": "auto",
        "ControlPersist": f"{_IDLE_SECONDS}s",
    }
    arguments = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    ssh = ["ssh", "-F", "/dev/null", "-S", str(_connection(address)), "-i", str(connect.KEY)]
    return [*_enter(master_pid), *ssh, *arguments, f"root@{address}", script]


def hang_up(address: str) -> None:
    """Ends the connection to a slave, if there is one: the next command may be for another start of it."""
    line = ["ssh", "-F", "/dev/null", "-S", str(_connection(address)), "-O", "exit", address]
    # Where the slave has ended it, there is nobody to ask.
    subprocess.run(line, capture_output=True, check=False)


def _connection(address: str) -> pathlib.Path:
    return connect.CONTROL / f"slave-{address}"


def execute(folder: pathlib.Path, master: str, address: str, *words: str, patience_seconds: float = 180) -> str:
    """What a command in the slave printed, without the last newline.

    Waits until the slave's SSH server answers. Raises LabError when it does not, or when the command fails.
    """
    os.makedirs(connect.CONTROL, mode=0o700, exist_ok=True)
    line = command(podman.process_id(folder, master), address, shlex.join(words))
    deadline = time.monotonic() + patience_seconds
    while True:
        done = subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return done.stdout.rstrip("\n")
        if done.returncode != _SSH_FAILED:
            raise LabError(
                f"{address}: {shlex.join(words)}: exit status {done.returncode}: {last_lines(done.stderr, 5)}"
            )
        if time.monotonic() > deadline:
            raise LabError(f"{address}: no SSH after {patience_seconds:.0f} s: {last_lines(done.stderr, 5)}")
        # A refused connection is all that a slave says before its sshd listens.
        time.sleep(_POLL_SECONDS)


def execute_by_name(folder: pathlib.Path, master: str, configuration: pathlib.Path, name: str, *words: str) -> str:
    """What a command in the slave that this ssh_config(5) calls `name` printed, without the last newline.

    ssh may ask nothing, and knows nobody but by that file. Raises LabError when it fails.
    """
    options = ["-F", str(configuration), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-i", str(connect.KEY)]
    line = [*_enter(podman.process_id(folder, master)), "ssh", *options, name, shlex.join(words)]
    return run(line).rstrip("\n")


def _enter(master_pid: int) -> list[str]:
    """What puts a program at the place on the network of the master whose process 1 is `master_pid`."""
    return ["nsenter", "--target", str(master_pid), "--net"]
