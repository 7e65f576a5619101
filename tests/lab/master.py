"""A master: a container with real systemd, its address on the LAN, and SSH for Ansible without any network."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import shutil
import time

from tests.lab import connect, network, paths, podman, rootfs
from tests.lab.errors import LabError
from tests.lab.run import run

_BOOT_SECONDS = 120
# A container's /dev has those that its machine had when it began; that of a machine has more when they are asked for.
_LOOP_DEVICES = "for n in $(seq 0 511); do [ -e /dev/loop$n ] || mknod -m 0660 /dev/loop$n b 7 $n; done"


@dataclasses.dataclass(frozen=True)
class Master:
    """What the lab needs to know of a master: its inventory name, `address` with prefix length, its LAN's index, and
    the folders that hold what it exports (none in another)."""

    name: str
    address: str
    interface: str
    lan: int = 0
    folders: tuple[str, ...] = ("/srv",)


def up(lab_id: str, master: Master, *, empty: bool = False) -> None:
    """Brings a fresh master up, connected to its LAN and ready for Ansible. Raises LabError.

    Its folders are as the last master of that name in that lab left them, or `empty`.
    """
    folder = paths.lab_folder(lab_id)
    podman.remove(folder, master.name)
    root = _overlay(folder, master.name)
    connect.let_in(root)
    kept = exported(lab_id, master.name)
    if empty and kept.exists():
        shutil.rmtree(kept)
    volumes = {path: kept / path.strip("/") for path in master.folders}
    for volume in volumes.values():
        os.makedirs(volume, exist_ok=True)
    volumes["/var/cache/apt/archives"] = _archives(folder, master.name)
    podman.start(folder, master.name, root, volumes)
    podman.execute(folder, master.name, ["sh", "-c", _LOOP_DEVICES])
    bridge = network.ensure_lan(master.lan)
    pid = podman.process_id(folder, master.name)
    network.plug_container(bridge, f"m{pid}", pid, master.interface, master.address)
    _wait_until_running(folder, master.name)
    connect.announce(folder, master.name)


def down(lab_id: str, name: str) -> None:
    """Ends a master and forgets all but what it exports; none of that name is fine. Raises LabError."""
    folder = paths.lab_folder(lab_id)
    podman.remove(folder, name)
    _keep_archives(folder, name)
    if os.path.ismount(folder / name / "root"):
        run(["umount", "--lazy", str(folder / name / "root")])
    shutil.rmtree(folder / name, ignore_errors=True)
    connect.forget(folder, name)


def exported(lab_id: str, name: str) -> pathlib.Path:
    """What holds a master's folders, each at its path; it outlives the master."""
    return paths.kept_folder(lab_id) / name


def inside(lab_id: str, name: str) -> pathlib.Path:
    """The root of a master that runs, with all that is mounted there. Raises LabError."""
    return pathlib.Path(f"/proc/{podman.process_id(paths.lab_folder(lab_id), name)}/root")


def changes(lab_id: str, name: str) -> pathlib.Path:
    """The folder that holds every file which the master wrote over its base (the overlay's upper layer)."""
    return paths.lab_folder(lab_id) / name / "upper"


def _overlay(folder: pathlib.Path, name: str) -> pathlib.Path:
    """A writable root over the shared base; an overlay mount of ours, as old podman versions make none of a folder."""
    lower = rootfs.base()
    layers = {part: folder / name / part for part in ("upper", "work", "root")}
    for layer in layers.values():
        os.makedirs(layer, mode=0o755)
    options = f"lowerdir={lower},upperdir={layers['upper']},workdir={layers['work']}"
    run(["mount", "-t", "overlay", "-o", options, "overlay", str(layers["root"])])
    return layers["root"]


def _archives(folder: pathlib.Path, name: str) -> pathlib.Path:
    """A package cache for one master, filled by hard links: apt locks its cache, so two masters cannot share one."""
    archives = folder / name / "archives"
    os.makedirs(archives / "partial")
    for package in (paths.CACHE / "apt").glob("*.deb"):
        os.link(package, archives / package.name)
    return archives


def _keep_archives(folder: pathlib.Path, name: str) -> None:
    kept = paths.CACHE / "apt"
    os.makedirs(kept, exist_ok=True)
    for package in (folder / name / "archives").glob("*.deb"):
        # Another lab may have kept the same package in the meantime.
        with contextlib.suppress(FileExistsError):
            os.link(package, kept / package.name)


def _wait_until_running(folder: pathlib.Path, name: str) -> None:
    """Waits until systemd has started what it starts. `degraded` is an answer too; the roles' own units matter."""
    deadline = time.monotonic() + _BOOT_SECONDS
    state = "no answer"
    while time.monotonic() < deadline:
        try:
            state = podman.execute(folder, name, ["sh", "-c", "systemctl is-system-running || true"]).strip()
        except LabError as error:
            state = str(error)
        if state in {"running", "degraded"}:
            return
        # `is-system-running --wait` needs the bus, which comes up only now.
        time.sleep(0.3)
    raise LabError(f"master {name}: systemd is not up after {_BOOT_SECONDS} s: {state}")
