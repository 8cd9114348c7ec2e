"""The corpus of hostile runs is the same for the same seed, and its judge sees what is wrong."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fuzz.case import DONE, FAILED, REFUSED, Case, Outcome
from tests.fuzz.families import FAMILIES
from tests.fuzz.judge import find_faults
from tests.fuzz.run import SUMMARY_BEGIN, run_corpus
from tests.fuzz.sandbox import REPOSITORY, run_case

GOOD = Outcome(FAILED, "", "mixer: no\n", 1.0, 1.0, 1 << 20, frozenset(), frozenset())
CASE = Case("kind", lambda work: None, ())


def test_a_good_refusal_has_no_fault() -> None:
    assert find_faults(CASE, GOOD) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"exit_code": -11}, "exit code -11"),
        ({"stderr": ""}, "said nothing"),
        ({"stderr": "mixer: internal error (E: x)\n"}, "internal error"),
        ({"stdout": "Traceback (most recent call last):\n"}, "Traceback"),
        ({"stderr": "x.py:3: RuntimeWarning: overflow\n"}, "a warning of Python"),
        ({"stderr": "mixer: \x1b[2J\n"}, r"control character '\x1b'"),
        ({"stdout": "\udcff"}, "not UTF-8"),
        ({"stderr": "x" * 5_000}, "a line of 5000 characters"),
        ({"cpu_s": 100.0}, "100.0 s of processor"),
        ({"peak_bytes": 2 << 30}, "2147 MB"),
        ({"new": frozenset({"home/.cache"})}, "was left behind"),
        ({"new": frozenset({"work/out/a.wav"})}, "is there though it failed"),
        ({"new": frozenset({"work/out/.1.partial"}), "exit_code": DONE}, "half-written"),
        ({"changed": frozenset({"outside/precious"})}, "was changed or removed"),
    ],
)
def test_what_is_wrong_is_seen(changes: dict[str, object], fault: str) -> None:
    assert any(fault in found for found in find_faults(CASE, replace(GOOD, **changes)))


@pytest.mark.parametrize("family", [name for name in FAMILIES if name not in ("answers", "server")])
def test_a_seed_gives_the_same_cases(family: str) -> None:
    first, again = (list(itertools.islice(FAMILIES[family](7), 40)) for _ in range(2))
    assert [case.kind for case in first] == [case.kind for case in again]
    assert [case.arguments for case in first] == [case.arguments for case in again]
    assert {case.kind.partition("/")[0] for case in first} == {family}


def test_a_case_runs_in_its_sandbox(tmp_path: Path) -> None:
    def build(work: Path) -> None:
        (work / "p.toml").write_text('summary = "\\u001b[2J"\n[nonsense]\n')

    case = Case("presets/own", build, ("preset", "validate", "p.toml"), REFUSED)
    outcome, faults = run_case(case, tmp_path)
    assert faults == []
    assert find_faults(case, outcome) == []
    assert outcome.exit_code in REFUSED
    assert outcome.peak_bytes > 1 << 20


def test_the_page_has_the_corpus_and_every_family() -> None:
    page = (REPOSITORY / "docs" / "reliability.md").read_text("utf-8")
    summary = page.partition(SUMMARY_BEGIN)[2]
    for family in FAMILIES:
        assert f"| {family} |" in summary


def test_the_corpus_runs_and_is_judged() -> None:
    (judged,) = run_corpus(seed=3, n_cases=1, n_jobs=1, families=["presets"])
    assert judged.faults == ()
