"""What every benchmark does around its measuring: options, the lab that it runs in, where its figures go."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import typing

from rich.console import Console

from tests.boot.library import Library
from tests.lab import paths
from tests.lab.errors import LabError

INVENTORY = "bench/inventory"

Run = typing.TypeVar("Run")


def measured(
    name: str,
    document: str,
    measure: typing.Callable[[Console, Library, int], Run],
    page: typing.Callable[[Run], str],
) -> None:
    """Runs the benchmark `name`: `measure` gets the number of rounds that was asked for.

    Writes build/bench/NAME.json and docs/DOCUMENT; logs are in build/bench/NAME/. Ends the process where it fails.
    """
    parser = argparse.ArgumentParser(prog=f"python -m bench.{name}")
    parser.add_argument("--rounds", type=int, default=1, help="how often each thing is measured; the medians are shown")
    rounds = max(1, parser.parse_args().rounds)
    lab_id = os.environ.get("DISKLESS_LAB")
    if lab_id is None:
        sys.exit(f"the benchmark runs inside a lab: make bench-{name}")
    os.chdir(paths.CHECKOUT)
    folder = paths.BUILD / "bench" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        run = measure(Console(soft_wrap=True), Library(lab_id, folder, INVENTORY), rounds)
    except LabError as error:
        sys.exit(f"bench: {error}")
    folder.with_suffix(".json").write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")
    (paths.CHECKOUT / "docs" / document).write_text(page(run), encoding="utf-8")
