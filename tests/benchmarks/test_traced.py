"""A forecast knows which constants it is made of, and a table is written with new ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.traced import Traced, constants_of, parts_of, trace, with_values
from benchmarks.unit_costs import COSTS, TABLES, Equation, fitted, new_values

TABLE = """# Seconds.
A, B = 0.5, 2.0  # a and b
OF = {"x": Pair(0.25, 4.0), "y": B}
N = 3
"""


def test_parts_are_what_each_constant_adds() -> None:
    a, b = Traced(2.0, {"a": 2.0}), Traced(3.0, {"b": 3.0})
    total = 10.0 + 4.0 * a + b / 2.0 - 1.0
    assert total == 18.5
    assert parts_of(total) == {"a": 8.0, "b": 1.5}
    assert parts_of(sum([a, b, a])) == {"a": 4.0, "b": 3.0}
    # d(ab) = ab (da / a + db / b), and what one wins of a quotient the other loses.
    assert parts_of(a * b) == {"a": 6.0, "b": 6.0}
    assert parts_of(a / b) == pytest.approx({"a": 2.0 / 3.0, "b": -2.0 / 3.0})
    assert parts_of(1.0 - a) == {"a": -2.0}
    assert parts_of(max(a, b)) == {"b": 3.0}
    assert parts_of(1.0) == {}


def test_constants_have_names_and_are_written_in_their_places(tmp_path: Path) -> None:
    names = {each.name: each.value for each in constants_of(TABLE)}
    assert names == {"A": 0.5, "B": 2.0, "OF['x'].0": 0.25, "OF['x'].1": 4.0}
    path = tmp_path / "table.py"
    path.write_text(TABLE)
    new = with_values(path, None, {"A": 0.000123456, "B": 1.23e-11, "OF['x'].1": 12.0})
    assert new == TABLE.replace("0.5, 2.0", "0.00012, 1.2e-11").replace("4.0", "12.0")
    assert with_values(path, ("N",), {"A": 1.0}) == TABLE


def test_a_table_is_traced_in_its_place(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a_table.py").write_text(f"Pair = lambda *both: both\n{TABLE}")
    monkeypatch.syspath_prepend(tmp_path)
    trace("a_table")
    table = sys.modules.pop("a_table")
    assert parts_of(table.OF["x"][1] + table.OF["y"]) == {"OF['x'].1": 4.0, "B": 2.0}
    assert parts_of(table.N) == {}


def test_every_table_has_constants() -> None:
    root = Path(__file__).resolve().parents[2]
    for table, names in TABLES.items():
        source = (root / (table.replace(".", "/") + ".py")).read_text(encoding="utf-8")
        found = [each.name for each in constants_of(source, names)]
        assert len(found) == len(set(found)) > 0


def test_the_constants_that_fit_are_found_and_others_stay() -> None:
    # On a machine of half the speed a costs half as much again, b as it did; c is not seen.
    equations = [
        Equation("", 2.0 * (1.5 * a + b), a + b, {"a": a, "b": b})
        for a, b in [(1.0, 3.0), (4.0, 1.0), (2.0, 2.0), (0.5, 9.0), (3.0, 0.5)] * 20
    ]
    pace, factors = fitted([*equations, Equation("", 2.0, 1.0, {"c": 0.0})])
    assert pace * factors["a"] == pytest.approx(3.0, rel=0.02)
    assert pace * factors["b"] == pytest.approx(2.0, rel=0.02)
    assert factors["c"] == pytest.approx(1.0)


def test_ratios_do_not_follow_the_pace_and_no_share_is_more_than_all() -> None:
    usual = new_values(COSTS, 1.0, {})
    found = new_values(COSTS, 2.0, {"FIND_AGAIN": 3.0, "MASTER": 1.5})
    assert found["WITH_WET_STEMS"] == usual["WITH_WET_STEMS"]
    assert found["MASTER"] == pytest.approx(3.0 * usual["MASTER"])
    assert usual["FIND_AGAIN"] <= found["FIND_AGAIN"] == 1.0
