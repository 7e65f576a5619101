"""podman with a store of the lab's own, so that it never sees the machine's other containers."""

from __future__ import annotations

import json
import pathlib
import typing

from tests.lab import cgroups
from tests.lab.run import run


def command(folder: pathlib.Path, *arguments: str) -> list[str]:
    """A podman command line for the lab whose scratch folder is `folder`."""
    return [
        "podman",
        "--root", str(folder / "podman"),
        "--runroot", "/run/containers/storage",
        "--cgroup-manager", "cgroupfs",
        "--runtime", "crun",
        "--events-backend", "none",
        *arguments,
    ]  # fmt: skip


def start(folder: pathlib.Path, name: str, root: pathlib.Path, volumes: typing.Mapping[str, pathlib.Path]) -> None:
    """Starts systemd as process 1 of a container on the root file system `root`. Raises LabError.

    `volumes` are folders of the machine, by their path in the container.

    Its first network is slirp4netns, which gives it Debian's packages; RFC 2544's range keeps it apart from any LAN.
    Forwarding is off, so that nothing from the LAN passes through.
    """
    mounts = [argument for path, source in volumes.items() for argument in ("--volume", f"{source}:{path}")]
    run(
        command(
            folder, "run", "--detach", "--name", name, "--hostname", name,
            "--systemd=always", "--privileged", "--pids-limit=-1",
            "--cgroup-parent", cgroups.lab_group(folder.name),
            "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=10000:10000",
            "--network", "slirp4netns:cidr=198.18.0.0/24", "--sysctl", "net.ipv4.ip_forward=0",
            *mounts,
            "--log-driver", "k8s-file", "--log-opt", f"path={folder / name}.console.log",
            "--rootfs", str(root), "/sbin/init",
        )
    )  # fmt: skip


def execute(folder: pathlib.Path, name: str, arguments: typing.Sequence[str], *, timeout: float = 60) -> str:
    """What a command in the container printed. Raises LabError when it fails."""
    return run(command(folder, "exec", name, *arguments), timeout=timeout)


def process_id(folder: pathlib.Path, name: str) -> int:
    """The process id, as the lab sees it, of the container's process 1. Raises LabError."""
    state = json.loads(run(command(folder, "inspect", "--type", "container", name)))
    return int(state[0]["State"]["Pid"])


def remove(folder: pathlib.Path, name: str) -> None:
    """Ends and removes a container; none of that name is fine. Raises LabError."""
    named = ("--filter", f"name=^{name}$")
    if run(command(folder, "ps", *named, "--format", "{{.Names}}")).strip():
        # Whoever has it removed at once waits five seconds for its end, which a busy machine may need for one write.
        run(command(folder, "kill", "--signal", "KILL", name))
        run(command(folder, "wait", name))
    run(command(folder, "rm", "--force", "--ignore", "--time", "0", name))
