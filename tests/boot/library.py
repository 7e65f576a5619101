"""A whole library for tests: masters, site.yml on them, slaves that boot and run commands."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import signal
import typing

from tests.lab import connect, inventory, master, paths, playbook, podman, slave_ssh
from tests.lab.machine import Machine

# The last part of a generation's name, in UTC.
_TIME = "%Y%m%dT%H%M%SZ"

Inventory = str | pathlib.Path


class Library:
    """The masters of one inventory in the lab that this process runs in."""

    def __init__(self, lab_id: str, folder: pathlib.Path, source: str) -> None:
        """`folder` gets the logs; `source` is the inventory."""
        self.lab_id = lab_id
        self.folder = folder
        self.source = source
        # What report.json says at the end.
        self.report: dict[str, typing.Any] = {}
        self.model = inventory.read(source, folder)
        # Where the playbooks write ssh_config and known_hosts; by itself that is beside the inventory.
        self.ssh = folder / "ssh"
        self._scratch = paths.lab_folder(lab_id)
        self._masters = inventory.masters(self.model)
        self._inside: pathlib.Path | None = None

    @property
    def master(self) -> str:
        """The name of the first master."""
        return self._masters[0].name

    def up(self) -> None:
        """Fresh masters with nothing in their folders."""
        for one in self._masters:
            master.up(self.lab_id, one, empty=True)
        self._inside = None

    def down(self) -> None:
        """Ends the masters."""
        for one in self._masters:
            master.down(self.lab_id, one.name)

    def changed_files(self) -> pathlib.Path:
        """The folder of all files that the first master wrote over its base."""
        return master.changes(self.lab_id, self.master)

    def exported(self) -> pathlib.Path:
        """What the first master exports, from outside."""
        return master.exported(self.lab_id, self.master)

    def inside(self, path: str) -> pathlib.Path:
        """Where this machine sees an absolute path of the first master, with what is mounted there."""
        if self._inside is None:
            self._inside = master.inside(self.lab_id, self.master)
        return self._inside / path.lstrip("/")

    def site(
        self, name: str, *arguments: str, source: Inventory | None = None, more: Inventory = ""
    ) -> playbook.Outcome:
        """Runs site.yml with the inventory, or `source` in its place, and `more` after it. Raises LabError."""
        return self.play("site.yml", name, *arguments, source=source, more=more)

    def play(
        self, path: str, name: str, *arguments: str, source: Inventory | None = None, more: Inventory = ""
    ) -> playbook.Outcome:
        """The same with any playbook; `name` is that of its log. Raises LabError."""
        log = self.folder / f"{name}.log"
        sources: list[Inventory] = [source or self.source, *([more] if more else []), connect.inventory(self._scratch)]
        self.ssh.mkdir(exist_ok=True)
        outcome = playbook.run_playbook(path, sources, log, "-e", f"diskless_ssh_directory={self.ssh}", *arguments)
        playbook.require_success(outcome, f"{path} ({name})", log)
        return outcome

    @contextlib.contextmanager
    def killed_site(self, name: str) -> typing.Iterator[pathlib.Path]:
        """Runs site.yml and gives its log; afterwards it is killed, with all that it has started on the controller."""
        log = self.folder / f"{name}.log"
        inventories: list[Inventory] = [self.source, connect.inventory(self._scratch)]
        process = playbook.start("site.yml", inventories, log, in_a_group_of_its_own=True)
        try:
            yield log
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def on_master(self, *words: str) -> str:
        """What a command on the first master printed. Raises LabError."""
        return podman.execute(self._scratch, self.master, words)

    def on_slave(self, name: str, *words: str) -> str:
        """What a command in a slave printed. Raises LabError."""
        return slave_ssh.execute(self._scratch, self.master, self.model["slaves"][name]["ip"], *words)

    def on_slave_by_name(self, name: str, *words: str) -> str:
        """The same by what the playbooks have written for ssh, which may ask nothing. Raises LabError."""
        return slave_ssh.execute_by_name(self._scratch, self.master, self.ssh / "ssh_config", name, *words)

    def boots(self, name: str, image: str) -> dict[str, typing.Any]:
        """What the first master has recorded of a slave and an image: its next generation, and those before."""
        recorded = json.loads(self.on_master("cat", "/srv/diskless/state/boots.json"))
        found: dict[str, typing.Any] = recorded[name][image]
        return found

    def rebuilt(self, image: str) -> str:
        """The name of a generation that is newer than all: what a build of unchanged packages makes, in seconds."""
        folder = f"/srv/diskless/images/{image}"
        made, newest = max(one.rsplit("-", maxsplit=1)[::-1] for one in self.on_master("ls", folder).split())
        later = datetime.datetime.strptime(made, _TIME) + datetime.timedelta(seconds=1)
        name = f"{newest}-{later.strftime(_TIME)}"
        self.on_master("cp", "--archive", "--reflink=auto", f"{folder}/{newest}-{made}", f"{folder}/.copy")
        self.on_master("mv", f"{folder}/.copy", f"{folder}/{name}")
        return name

    @contextlib.contextmanager
    def powered(
        self, name: str, boot: str = "boot", firmware: str = "bios", clock: str = ""
    ) -> typing.Iterator[Machine]:
        """A slave from power-on; its power is cut afterwards. `boot` names its folder of logs. Raises LabError."""
        hardware = inventory.hardware(self.model, name, firmware, "virtio-net-pci", connect.public_key())
        with Machine(dataclasses.replace(hardware, clock=clock), self.folder / name / boot) as machine:
            try:
                yield machine
            finally:
                slave_ssh.hang_up(self.model["slaves"][name]["ip"])
                self._note(machine, boot)

    @contextlib.contextmanager
    def booted(
        self, name: str, boot: str = "boot", firmware: str = "bios", clock: str = ""
    ) -> typing.Iterator[Machine]:
        """The same, at its login prompt. Raises LabError."""
        with self.powered(name, boot, firmware, clock) as machine:
            machine.wait_for_login()
            yield machine

    def switch_off(self, name: str, machine: Machine, limit_seconds: float = 60) -> float:
        """Has a slave power itself off; returns the seconds that it took, and one. Raises LabError."""
        # The answer must come back first.
        self.on_slave(name, "sh", "-c", "setsid sh -c 'sleep 1; exec poweroff' < /dev/null > /dev/null 2>&1 &")
        seconds = machine.wait_until_off(limit_seconds)
        # Its port on the LAN, and its address, are free for its next boot.
        machine.power_off()
        slave_ssh.hang_up(self.model["slaves"][name]["ip"])
        return seconds

    @contextlib.contextmanager
    def booted_together(self, boot: str, firmware: typing.Mapping[str, str]) -> typing.Iterator[dict[str, Machine]]:
        """Several slaves at once, all at their login prompts; `firmware` by name. Raises LabError."""
        with contextlib.ExitStack() as stack:
            machines = {name: stack.enter_context(self.powered(name, boot, kind)) for name, kind in firmware.items()}
            for machine in machines.values():
                machine.wait_for_login()
            yield machines

    def _note(self, machine: Machine, boot: str) -> None:
        """Adds a boot, however far it came, to the report."""
        self.report.setdefault("boots", []).append(
            {
                "name": machine.hardware.name,
                "boot": boot,
                "firmware": machine.hardware.firmware,
                "milestones": machine.times(),
                "bytes": machine.capture.traffic.received,
            }
        )


def identity(library: Library, name: str) -> tuple[str, str]:
    """A slave's machine-id, and its SSH host key without the comment."""
    key = library.on_slave(name, "cat", "/etc/ssh/ssh_host_ed25519_key.pub")
    return library.on_slave(name, "cat", "/etc/machine-id"), key.split()[1]
