"""The table of the roles' public variables against the roles themselves and the playbooks' wiring."""

from __future__ import annotations

import pathlib

import yaml
from ansible_collections.diskless.netboot.plugins.plugin_utils.role_variables import INSTEAD, PREFIXES

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]


def _roles() -> list[str]:
    """The names of the roles that serve.yml calls, without the collection's."""
    plays = yaml.safe_load((CHECKOUT / "playbooks" / "serve.yml").read_text())
    tasks = (task for play in plays for block in play["tasks"] for task in block.get("block", []))
    called = (task.get("ansible.builtin.import_role", {}) for task in tasks)
    return list(dict.fromkeys(role["name"].rpartition(".")[2] for role in called if role))


def test_the_table_holds_every_public_variable_of_every_role_and_no_other() -> None:
    public: set[str] = set()
    for role in _roles():
        specs = CHECKOUT / "roles" / role / "meta" / "argument_specs.yml"
        public |= yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"].keys()
    assert set(INSTEAD) == public


def test_the_playbooks_set_what_the_table_says_that_they_set() -> None:
    wiring = yaml.safe_load((CHECKOUT / "playbooks" / "vars" / "wiring.yml").read_text())
    # Two underscores: no role's.
    told = {name for name in wiring if not name.startswith("__")}
    assert {name for name, instead in INSTEAD.items() if instead is not None} == told


def test_each_role_has_its_prefix() -> None:
    assert set(PREFIXES) == {f"{role}_" for role in _roles()}
