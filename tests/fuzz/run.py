"""The corpus of hostile runs: `python -m tests.fuzz.run --seed 1 --cases 500`.

Every family of `tests.fuzz.families` gives the same number of cases. Each runs in a sandbox of its
own, is judged (`tests.fuzz.judge`), and what is wrong is printed with the command that repeats it.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.case import Case
from tests.fuzz.families import FAMILIES
from tests.fuzz.judge import find_faults
from tests.fuzz.sandbox import run_case

DEFAULT_SEED, DEFAULT_CASES, DEFAULT_JOBS = 1, 500, 2
SUMMARY_BEGIN, SUMMARY_END = "<!-- fuzz: begin -->", "<!-- fuzz: end -->"


@dataclass(frozen=True)
class Judged:
    """A case that ran.

    Attributes:
        family, number: where it came from.
        case: what ran.
        faults: what was wrong, a line each.
        wall_s, peak_bytes: what it took.
    """

    family: str
    number: int
    case: Case
    faults: tuple[str, ...]
    wall_s: float
    peak_bytes: int


def run_corpus(seed: int, n_cases: int, n_jobs: int, families: Sequence[str]) -> Iterator[Judged]:
    """Run the cases, those of the families in turn; as they end."""
    each = -(-n_cases // len(families))
    listed = [
        (family, number, case)
        for family in families
        for number, case in enumerate(itertools.islice(FAMILIES[family](seed), each))
    ]
    turns = sorted(listed, key=lambda one: one[1])
    with ThreadPoolExecutor(n_jobs) as pool:
        yield from pool.map(lambda one: _judged(*one), turns)


def _judged(family: str, number: int, case: Case) -> Judged:
    with tempfile.TemporaryDirectory(prefix="mixer-fuzz-") as folder:
        outcome, faults = run_case(case, Path(folder))
        faults += find_faults(case, outcome)
    return Judged(family, number, case, tuple(faults), outcome.wall_s, outcome.peak_bytes)


def summary_table(done: Sequence[Judged], families: Sequence[str]) -> str:
    """A row a family: its kinds, cases, wrong ones, and the most that a case took."""
    lines = [
        "| family | kinds | cases | wrong | slowest | largest |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for family in families:
        own = [one for one in done if one.family == family]
        kinds = len({one.case.kind for one in own})
        wrong = sum(bool(one.faults) for one in own)
        slowest = max((one.wall_s for one in own), default=0.0)
        largest = max((one.peak_bytes for one in own), default=0) / 1e6
        lines.append(
            f"| {family} | {kinds} | {len(own)} | {wrong} | {slowest:.1f} s | {largest:.0f} MB |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run, print what is wrong and the table; 1 where anything is."""
    parser = argparse.ArgumentParser(prog="tests.fuzz.run", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--cases", type=int, default=DEFAULT_CASES)
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS)
    parser.add_argument("--family", action="append", choices=list(FAMILIES))
    parser.add_argument("--summary", type=Path, help="Put the table between the marks of a page.")
    arguments = parser.parse_args()
    families = arguments.family or list(FAMILIES)
    began_s, done = time.monotonic(), list[Judged]()
    for judged in run_corpus(arguments.seed, arguments.cases, arguments.jobs, families):
        done.append(judged)
        for fault in judged.faults:
            print(f"{judged.case.kind} (case {judged.number} of {judged.family}): {fault}")
            print(f"  mixer {' '.join(judged.case.arguments)}"[:300], flush=True)
    wrong = Counter(one.case.kind for one in done if one.faults)
    minutes = (time.monotonic() - began_s) / 60.0
    table = summary_table(done, families)
    line = (
        f"Seed {arguments.seed}: {len(done)} cases in {minutes:.1f} minutes, {wrong.total()} wrong."
    )
    print(f"\n{table}\n\n{line}")
    if arguments.summary:
        _put_summary(arguments.summary, f"{line}\n\n{table}")
    return 1 if wrong else 0


def _put_summary(page: Path, text: str) -> None:
    before, _, rest = page.read_text("utf-8").partition(SUMMARY_BEGIN)
    _, _, after = rest.partition(SUMMARY_END)
    page.write_text(f"{before}{SUMMARY_BEGIN}\n{text}\n{SUMMARY_END}{after}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
