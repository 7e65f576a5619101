"""`make demo`: an inventory's masters converged twice by site.yml, then its slaves booted to their login prompts."""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import signal
import sys
import typing

from rich.console import Console

from tests.lab import (
    connect,
    consoles,
    firmware,
    inventory,
    master,
    milestones,
    paths,
    playbook,
    podman,
    report,
    rootfs,
)
from tests.lab.errors import LabError
from tests.lab.machine import Machine
from tests.lab.steps import step

# Relative to the checkout, as summary.json names them.
FOLDER = pathlib.Path("build/demo")

_UNITS = (
    *("kea-dhcp4-server", "isc-dhcp-server", "diskless-dnsmasq"),
    *("tftpd-hpa", "nginx"),
    *("nfs-server", "nfs-ganesha", "rpcbind"),
    *("nbd-server", "diskless-nodes*"),
)
_SHOWN_LINES = 12


def main(lab_id: str, options: argparse.Namespace) -> int:
    """Returns the exit status: 0 only when every slave logged in and the second converge changed nothing."""
    signal.signal(signal.SIGTERM, lambda *_details: sys.exit(128 + signal.SIGTERM))
    console = Console(soft_wrap=True)
    try:
        return Demo(console, lab_id, options).run()
    except KeyboardInterrupt:
        console.print("interrupted; the lab is taken down")
        return 128 + signal.SIGINT


class Demo:
    """One demo: the inventory's model and the masters that are up."""

    def __init__(self, console: Console, lab_id: str, options: argparse.Namespace) -> None:
        self._console = console
        self._lab_id = lab_id
        self._options = options
        self._masters: list[master.Master] = []
        self._sources: list[str | pathlib.Path] = []

    def run(self) -> int:
        """The whole demo; returns the exit status. Raises LabError when there is nothing to boot a slave from."""
        firmware.find(self._options.firmware, self._options.card)
        inventory_path = os.path.relpath(self._options.inventory, paths.CHECKOUT)
        os.chdir(paths.CHECKOUT)
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        with step(self._console, f"reading {inventory_path}") as current:
            model = inventory.read(inventory_path, FOLDER)
            names = inventory.choose(model, self._options.slaves.split())
            current.result = f"masters: {len(model['masters'])}, slaves: {len(model['slaves'])}"
        self._masters = inventory.masters(model)
        self._sources = self._inventories(inventory_path, model, names)
        try:
            self._bring_up()
            runs = report.Runs(*[self._converge(name) for name in ("converge", "reconverge")])
            boots = [self._boot(model, name) for name in names]
        except LabError:
            self._show_journals()
            raise
        finally:
            for one in self._masters:
                master.down(self._lab_id, one.name)
        return self._report(report.summary(inventory_path, list(model["masters"]), runs, boots, FOLDER), runs)

    def _inventories(self, path: str, model: inventory.Model, names: typing.Sequence[str]) -> list[str | pathlib.Path]:
        """The inventory as it is, then what only the lab needs."""
        folder = paths.lab_folder(self._lab_id)
        found: list[str | pathlib.Path] = [path, connect.inventory(folder)]
        silent = consoles.silent(model["slaves"], names)
        if silent:
            added = f"{', '.join(silent)}: no ttyS0 in slave_consoles; added here, to see how far the slave gets"
            self._console.print(added, highlight=False, markup=False)
            found.append(consoles.inventory(folder, model["slaves"], silent))
        return found

    def _bring_up(self) -> None:
        with step(self._console, "the masters' base system is there"):
            rootfs.base()
        for one in self._masters:
            with step(self._console, f"{one.name} is up, {one.address} on {one.interface}"):
                master.up(self._lab_id, one)

    def _converge(self, name: str) -> playbook.Outcome:
        log = FOLDER / f"{name}.log"
        with step(self._console, f"site.yml ({name})") as current:
            # Not beside an inventory that is only rehearsed.
            ssh = ("-e", f"diskless_ssh_directory={FOLDER.resolve()}")
            outcome = playbook.run_playbook("site.yml", self._sources, log, *ssh, doing=current.waiting)
            current.result = f"{len(outcome.tasks)} tasks, changed {outcome.changed}, failed {outcome.failed}"
            playbook.require_success(outcome, f"site.yml ({name})", log)
        return outcome

    def _boot(self, model: inventory.Model, name: str) -> report.Boot:
        """One slave from power-on to login. A failure is told here, so that the other slaves get their turn."""
        kind = self._options.firmware
        hardware = inventory.hardware(model, name, kind, self._options.card, connect.public_key())
        boot = report.Boot(name, kind)
        try:
            with step(self._console, f"{name} boots by {kind}") as current, Machine(hardware, FOLDER / name) as machine:
                try:
                    for passed, seconds in machine.milestones_to_login(current.waiting):
                        boot.times[passed] = seconds
                finally:
                    boot.received = machine.capture.update().received
                machine.screenshot()
                current.result = ", ".join(f"{passed} {boot.times[passed]:.1f}" for passed in milestones.ORDER)
        except LabError as error:
            self._console.print(str(error), highlight=False, markup=False)
            self._show_journals()
        return boot

    def _report(self, content: report.Summary, runs: report.Runs) -> int:
        self._console.print(report.table(content))
        if runs.reconverge.changes:
            self._console.print(
                "the second run of site.yml changed:", *runs.reconverge.changes, sep="\n  ", markup=False
            )
        self._console.print(f"written: {report.write(content, FOLDER)}", highlight=False)
        return 0 if report.passed(content) else 1

    def _show_journals(self) -> None:
        """The servers' last words, where a master is still there to ask."""
        wanted = [argument for unit in _UNITS for argument in ("--unit", unit)]
        command = ["journalctl", "--no-pager", "--lines", str(_SHOWN_LINES), *wanted]
        for one in self._masters:
            try:
                text = podman.execute(paths.lab_folder(self._lab_id), one.name, command)
            except LabError as error:
                text = str(error)
            self._console.print(f"--- the servers' last words on {one.name} ---\n{text}", highlight=False, markup=False)
