"""The scenario's slaves; machines on the LAN of the master, which ask it."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from tests.lab import neighbour, node_client

Asked = Callable[..., node_client.Answer]


@pytest.fixture
def slaves() -> dict[str, dict[str, Any]]:
    """The scenario's slaves by name, with what molecule puts into its files put in."""
    text = pathlib.Path(__file__).parents[1].joinpath("molecule.yml").read_text()
    text = text.replace("${MOLECULE_SCENARIO_DIRECTORY}", os.environ["MOLECULE_SCENARIO_DIRECTORY"]).replace("$$", "$")
    listed = yaml.safe_load(text)["provisioner"]["inventory"]["group_vars"]["masters"]["slave_nodes_slaves"]
    return {slave["name"]: slave for slave in listed}


@pytest.fixture
def asked() -> Iterator[Asked]:
    """What a machine is given: `asked(address, words, port)`."""
    made: dict[str, neighbour.Neighbour] = {}
    with contextlib.ExitStack() as stack:

        def ask(address: str, words: str, port: int = node_client.FROM) -> node_client.Answer:
            if address not in made:
                made[address] = stack.enter_context(neighbour.on_the_lan(address, pathlib.Path(node_client.__file__)))
            return node_client.answer(made[address].ask(f"ask 192.168.1.1 {port} {words}"))

        yield ask
