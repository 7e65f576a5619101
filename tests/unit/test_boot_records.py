"""The record of what slaves boot next."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from typing import Any

import generation_folder
import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.diskless.netboot.plugins.module_utils import generation_records as records
from ansible_collections.diskless.netboot.plugins.modules import boot_records

G1, G2, G3, G4 = (generation_folder.name(day) for day in (1, 2, 3, 4))
Run = Callable[..., dict[str, Any]]


def boots(generation: str, *before: str, held: bool = False, served: str | None = None) -> dict[str, Any]:
    """What a record says of one slave and image."""
    return {"generation": generation, "held": held, "before": list(before), "served": served}


def wanted(generation: str, held: bool = False) -> dict[str, Any]:
    return {"reading_room": {"generation": generation, "held": held}}


@pytest.mark.parametrize(
    ("recorded", "generation", "gone", "expected"),
    [
        pytest.param(None, G1, [], boots(G1), id="new slave"),
        pytest.param(boots(G1), G1, [], boots(G1), id="stays"),
        pytest.param(boots(G1), G2, [], boots(G2, G1), id="upgraded"),
        pytest.param(boots(G2, G1), G3, [], boots(G3, G1, G2), id="upgraded again"),
        pytest.param(boots(G2, G1), G1, [], boots(G1, G2), id="rolled back"),
        pytest.param(boots(G1, G2), G2, [], boots(G2, G1), id="and forth"),
        pytest.param(boots(G3, G1, G2), G1, [], boots(G1, G2, G3), id="rolled back by two"),
        pytest.param(boots(G2, G1), G3, [G1], boots(G3, G2), id="the oldest was removed"),
        pytest.param(boots(G2, G1), G3, [G1, G2], boots(G3), id="all were removed"),
        pytest.param(boots(G2, G1), G2, [G1], boots(G2), id="removed since the last run"),
    ],
)
def test_what_was_before(
    recorded: dict[str, Any] | None, generation: str, gone: list[str], expected: dict[str, Any]
) -> None:
    before = {"pc01": {"reading_room": recorded}} if recorded else {}
    after = records.succeeding({"pc01": wanted(generation)}, before, lambda image, one: one not in gone)
    assert after == {"pc01": {"reading_room": expected}}


def test_others_leave_the_record_when_the_servers_have_let_go_of_them() -> None:
    recorded = {
        "pc01": {"reading_room": boots(G1, served=G1), "catalogue": boots(G1, served=G1)},
        "pc02": {"reading_room": boots(G1, served=G1)},
    }
    given = {"pc01": wanted(G2, held=True)}
    after = records.succeeding(given, recorded, lambda *_: True)
    moving = boots(G2, G1, held=True, served=G1)
    assert after == {**recorded, "pc01": {**recorded["pc01"], "reading_room": moving}}
    assert records.named(after)[f"reading_room/{G1}"] == "pc02 boots it next"
    assert records.served(given, after) == {"pc01": {"reading_room": {**moving, "served": G2}}}


def test_which_generations_are_needed() -> None:
    found = records.named(
        {
            "pc02": {"reading_room": boots(G2, G1, served=G2), "catalogue": boots(G1, served=G1)},
            "pc01": {"reading_room": boots(G3, G1, G2, served=G3)},
            "pc03": {"music": boots(G3, G1, G2, served=G1)},
            # Two runs have died: the first one may have written its boot file.
            "pc04": {"staff": boots(G4, G1, G2, G3, served=G2)},
            "pc05": {"desk": boots(G3, G1, G2)},
        }
    )
    assert found == {
        f"reading_room/{G3}": "pc01 boots it next",
        f"reading_room/{G2}": "pc02 boots it next",
        f"reading_room/{G1}": "pc02 had it before its present one",
        f"catalogue/{G1}": "pc02 boots it next",
        f"music/{G3}": "pc03 boots it next",
        f"music/{G2}": "pc03 had it before its present one",
        f"music/{G1}": "pc03 boots it until a run comes to its end",
        f"staff/{G4}": "pc04 boots it next",
        f"staff/{G3}": "pc04 had it before its present one",
        f"staff/{G2}": "pc04 boots it until a run comes to its end",
        f"desk/{G3}": "pc05 boots it next",
        f"desk/{G2}": "pc05 had it before its present one",
        f"desk/{G1}": "pc05 had it before its present one",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ("[]", "AttributeError(\"'list' object has no attribute 'items'\")"),
        ('{"pc01": {"a": {}}}', "KeyError('generation')"),
        ('{"pc01": {"a": {"generation": "x"}}}', "pc01: a: 'x' is no name of a generation"),
        ('{"pc01": {"a": {"generation": 1}}}', "pc01: a: 1 is no name of a generation"),
        ('{"../pc01": {}}', "slave '../pc01': no plain file name"),
        ('{"pc01": {"../a": {}}}', "image '../a': no plain file name"),
        (
            json.dumps({"pc01": {"a": {"generation": G1, "held": False, "before": ["/etc"], "served": None}}}),
            "pc01: a: '/etc' is no name of a generation",
        ),
    ],
)
def test_what_is_no_record(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole text is compared below
        records.parse(text)
    assert str(caught.value) == f"is no record of what slaves boot: {message}"


@pytest.fixture
def run(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module for a folder of the test's own, and give what it prints."""

    def call(given: dict[str, Any], *, check: bool = False, served: bool = False, below: str = "") -> dict[str, Any]:
        params = {"directory": f"{tmp_path}/{below}", "boots": given, "served": served, "_ansible_check_mode": check}
        with patch_module_args(params), pytest.raises(SystemExit):
            boot_records.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        return result

    return call


def test_it_writes_once_and_for_root_alone(run: Run, tmp_path: pathlib.Path) -> None:
    generation_folder.make(tmp_path, "reading_room", 1, 2)
    path = tmp_path / "state/boots.json"
    dry = run({"pc01": wanted(G1)}, check=True)
    assert (dry["changed"], path.exists()) == (True, False)
    first = run({"pc01": wanted(G1)})
    assert (first["changed"], first["moved"], first["diff"]["before"]) == (True, [], "")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.read_text() == first["diff"]["after"] == dry["diff"]["after"]
    for check in (False, True):
        assert run({"pc01": wanted(G1)}, check=check)["changed"] is False
    second = run({"pc01": wanted(G2), "pc02": wanted(G2)})
    assert second["moved"] == ["pc01"]
    assert json.loads(path.read_text()) == second["boots"] == {
        "pc01": {"reading_room": boots(G2, G1)},
        "pc02": {"reading_room": boots(G2)},
    }  # fmt: skip
    for changes in (True, False):
        assert run({"pc01": wanted(G2)}, served=True)["changed"] is changes
        assert json.loads(path.read_text()) == {"pc01": {"reading_room": boots(G2, G1, served=G2)}}


def test_a_master_without_slaves_has_a_record_too(run: Run, tmp_path: pathlib.Path) -> None:
    assert run({})["changed"] is True
    assert run({})["changed"] is False
    assert (tmp_path / "state/boots.json").read_text() == "{}\n"


def test_the_folder_of_all_else_is_not_closed_with_the_records(run: Run, tmp_path: pathlib.Path) -> None:
    """On a master without slaves nothing else has made it."""
    run({}, below="data/diskless")
    folders = [tmp_path / path for path in ("data", "data/diskless", "data/diskless/state")]
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o755, 0o755, 0o700]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pc01": "x"}, "boots: pc01: must be a dictionary by image"),
        ({"pc01": {"a": {"generation": G1}}}, "boots: pc01: a: must be generation and held"),
        ({"pc01": {"a": {"generation": G1, "held": "no"}}}, "boots: pc01: a: must be generation and held"),
        ({"pc01": {"a": {"generation": "g1", "held": False}}}, "pc01: a: 'g1' is no name of a generation"),
        ({"pc01": {"..": {"generation": G1, "held": False}}}, "pc01: image '..': no plain file name"),
    ],
)
def test_what_is_refused(run: Run, given: dict[str, Any], message: str) -> None:
    assert run(given)["msg"] == message


def test_a_damaged_record_is_not_written_over(run: Run, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "state/boots.json"
    path.parent.mkdir()
    path.write_text("{")
    assert run({})["msg"].startswith(f"{path}: is no record of what slaves boot: Expecting")
    assert path.read_text() == "{"
