"""Command line of the virtual library: `python -m tests.lab COMMAND`, from the checkout, as root."""

from __future__ import annotations

import argparse
import os
import sys

from tests.lab import demo, files, firmware, isolation, master, paths
from tests.lab.errors import LabError

ID_VARIABLE = "DISKLESS_LAB"


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    demo = commands.add_parser("demo", help="converge an inventory's masters and boot slaves of it")
    demo.add_argument("--id", default="demo", help="name of the lab; one lab of a name runs at a time")
    demo.add_argument("--inventory", default="inventories/library")
    demo.add_argument("--slaves", default="", help="names, separated by spaces; default: the inventory's first slave")
    demo.add_argument("--firmware", default="bios", choices=firmware.NAMES, help="of the slaves")
    demo.add_argument(
        "--card", default="virtio-net-pci", choices=["virtio-net-pci", "e1000"], help="the slaves' network card"
    )

    execute = commands.add_parser("exec", help="run a command inside a lab, which lasts as long as the command")
    execute.add_argument("--id", default="dev", help="name of the lab; one lab of a name runs at a time")
    execute.add_argument("program", nargs="+", metavar="COMMAND")

    up = commands.add_parser("master-up", help="inside exec: start one master, fresh")
    up.add_argument("name")
    up.add_argument("--address", default="192.168.1.1/24", help="its address on the LAN with prefix length")
    up.add_argument("--interface", default="lan0", help="the name of its interface on the LAN")
    up.add_argument("--fresh", action="store_true", help="with nothing in /srv, not as the last one left it")
    up.add_argument("--lan", type=int, default=0, help="number of the LAN")
    down = commands.add_parser("master-down", help="inside exec: end one master")
    down.add_argument("name")
    commands.add_parser("clean", help="remove what killed labs left behind")
    return top


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status."""
    options = parser().parse_args(arguments)
    inside = os.environ.get(ID_VARIABLE)
    try:
        isolation.become_root(arguments)
        if inside is None:
            return _outside(options, arguments)
        return _inside(options, inside)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _outside(options: argparse.Namespace, arguments: list[str]) -> int:
    if options.command == "clean":
        files.clean()
        return 0
    if options.command.startswith("master-"):
        raise LabError(f"{options.command} works inside a lab: python -m tests.lab exec -- ...")
    command = options.program if options.command == "exec" else [sys.executable, "-m", "tests.lab", *arguments]
    environment = {
        **os.environ,
        ID_VARIABLE: options.id,
        "PYTHONPATH": str(paths.CHECKOUT),
        "PATH": f"{paths.CHECKOUT / '.venv/bin'}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
    }
    with files.lab_files(options.id):
        return isolation.run_isolated(command, environment)


def _inside(options: argparse.Namespace, lab_id: str) -> int:
    if options.command == "exec":
        os.execvp(options.program[0], options.program)
    elif options.command == "master-up":
        master.up(
            lab_id, master.Master(options.name, options.address, options.interface, options.lan), empty=options.fresh
        )
    elif options.command == "master-down":
        master.down(lab_id, options.name)
    else:
        return demo.main(lab_id, options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
