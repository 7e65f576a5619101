"""Whatever an inventory holds: it is refused, or it arrives literally in every DHCP server and every loader.

The servers' own programs check what is made, and readers of the tests' own (read_*.py) find in it what was put in, no
more and no less. Reproducible: the seeds are fixed. A failure shows the inventory.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import pprint
from random import Random
from typing import Any

import pytest
from checkers import fault
from fleet_inventory import fresh
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from odd_inventories import Odd
from properties import Part, check_dhcp, part

BATCHES = 100
IN_A_BATCH = 100
HOSTILE = 2000
# A start of a program costs far more than what it reads: it is given a whole batch.
REPRODUCIBLE: Any = {
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}
# One draw makes the whole inventory: quick, but hypothesis cannot look for a smaller one.
QUICK = st.integers(0, 2**64 - 1).map(Random)
# Every choice is a draw: slow, and a failure becomes as small as it can be.
SHRINKING = st.randoms(use_true_random=False)


def made(chance: Random, number: int) -> Part:
    """A good inventory, through all that is made of it for loaders."""
    hosts, groups = Odd(chance, number).inventory()
    try:
        model = fresh(hosts, groups)
        assert model["errors"] == []
        return part(hosts, model)
    except Exception as error:
        error.add_note(pprint.pformat(hosts, width=120))
        raise


def faults(parts: list[Part], *, computed: bool) -> list[str]:
    """What the real programs say against what is made of these inventories."""
    files = check_dhcp(parts, computed=computed) | {
        "grub": "\n".join(script for one in parts for script in one.scripts)
    }
    return [found for name, text in files.items() if (found := fault(name, text))]


def batch(number: int) -> int:
    """How many inventories were accepted."""
    parts: list[Part] = []

    @seed(number)
    @settings(max_examples=IN_A_BATCH, **REPRODUCIBLE)
    @given(chance=QUICK)
    def every(chance: Random) -> None:
        parts.append(made(chance, number * 2 * IN_A_BATCH + len(parts)))

    every()
    computed = number % 10 == 0
    found = faults(parts, computed=computed)
    if found:
        for one in parts:
            assert faults([one], computed=computed) == [], pprint.pformat(one.hosts, width=120)
        pytest.fail(f"each inventory is accepted, and together they are not: {found}")
    return len(parts)


def test_ten_thousand_good_inventories() -> None:
    workers = os.cpu_count() or 1
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=context) as pool:
        assert sum(pool.map(batch, range(BATCHES))) >= BATCHES * IN_A_BATCH


@settings(max_examples=60, derandomize=True, **REPRODUCIBLE)
@given(chance=SHRINKING)
def test_a_good_inventory_as_small_as_can_be(chance: Random) -> None:
    check_dhcp([made(chance, 0)], computed=True)


def test_something_hostile_is_refused_or_arrives_literally() -> None:
    accepted: list[Part] = []

    @settings(max_examples=HOSTILE, derandomize=True, **REPRODUCIBLE)
    @given(chance=QUICK)
    def every(chance: Random) -> None:
        odd = Odd(chance, len(accepted))
        hosts, groups = odd.inventory()
        odd.spoil(hosts)
        model = fresh(hosts, groups)
        for message in model["errors"]:
            assert message.isprintable(), message
        if model["errors"]:
            return
        try:
            accepted.append(part(hosts, model))
            check_dhcp(accepted[-1:], computed=True)
        except Exception as error:
            error.add_note(pprint.pformat(hosts, width=120))
            raise

    every()
    assert len(accepted) > HOSTILE // 100
    assert faults(accepted, computed=True) == []
