"""Compare the cost of renders with what it was: a third more fails, a tenth does not.

    python -m benchmarks.regression               # against benchmarks/regression.json
    python -m benchmarks.regression --write       # write down what it costs now (half a minute)
    python -m benchmarks.regression --against DIR # against another checkout, in the same run

Seconds mean nothing on a shared machine. With --against, instructions are counted
where valgrind is installed: the same Python, libraries and processor run both checkouts, so
that nothing but the change makes a difference. Each stage of each case is compared as well, so that
one that is a small part of its case is seen; it is refused only where its case has become costlier
too, since work that moves from one stage to another costs nothing.

Without valgrind each case is counted in CPU seconds, alternating with the other checkout. Without
--against it alternates with a loop of the same kinds of work, and their ratio is compared with the
recorded one; this ratio differs from machine to machine. Of several turns the cheapest of each
counts, and a case that seems costlier is measured up to twice more before it is reported.
"""

from __future__ import annotations

import argparse
import compileall
import functools
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.calibration import loop_s
from benchmarks.work import (
    COUNTED,
    TIMED,
    Commands,
    Costs,
    can_count,
    case_of,
    commands,
    cpu_s,
    instructions,
)

ROOT = Path(__file__).resolve().parents[1]
BASELINE = Path(__file__).with_suffix(".json")
# Counts do not vary, so that this is what a change may cost at most.
COUNTED_BOUND = 1.12
# Factor by which a case must cost more for one of its stages to be refused. A stage that is less
# than this share of its case is not looked at by itself: the case would hardly show it.
COSTLIER, LEAST_SHARE = 1.01, 0.05
# Beside other work, the cheapest of five turns was up to 1.15 times the truth.
BOUND = 1.2
N_TURNS, N_AGAIN = 5, 2

# Cost of each case, as a ratio to another one; None for one that stands alone.
Ratios = dict[str, float | None]


def counts_beside(other: Path) -> Ratios:
    """Each case's instructions here, as a ratio to those of another checkout."""
    checkouts = (ROOT, other)
    for checkout in checkouts:
        compileall.compile_dir(checkout / "mixer", quiet=1)
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(len(checkouts)) as pool:
        folders = [Path(name) / str(place) for place in range(len(checkouts))]
        # At once: no count depends on what else there is to do.
        counts = pool.map(
            instructions, [commands(folder, COUNTED) for folder in folders], checkouts
        )
        own, others = counts
        return ratios(own, without_small_stages(others))


def seconds_beside(other: Path) -> Ratios:
    """Each case's CPU seconds here, as a ratio to those of another checkout."""
    turns = _turns(lambda asked: (cpu_s(asked, ROOT), cpu_s(asked, other)))
    return ratios(*(_cheapest(costs) for costs in zip(*turns, strict=True)))


def seconds_beside_the_loop() -> Ratios:
    """Each case's CPU seconds here, as a ratio to those of the calibrating loop."""
    turns = _turns(lambda asked: (cpu_s(asked, ROOT), {"loop": loop_s()}))
    own, loop = (_cheapest(costs) for costs in zip(*turns, strict=True))
    return ratios(own, dict.fromkeys(own, loop["loop"]))


def _turns(measure: Callable[[Commands], tuple[Costs, Costs]]) -> list[tuple[Costs, Costs]]:
    with tempfile.TemporaryDirectory() as name:
        asked = commands(Path(name), TIMED)
        return [measure(asked) for _ in range(N_TURNS)]


def _cheapest(turns: tuple[Costs, ...]) -> Costs:
    """The least of each case's costs; None if it failed in a turn."""
    costs: Costs = {}
    for case in turns[0]:
        own = [turn[case] for turn in turns]
        costs[case] = None if None in own else min(cost for cost in own if cost is not None)
    return costs


def ratios(own: Costs, others: Costs) -> Ratios:
    """Cost of each case here, as a ratio to another cost; None without one to compare with.

    Raises:
        ValueError: a case failed here.
    """
    found: Ratios = {}
    for case, cost in own.items():
        if cost is None:
            raise ValueError(f"{case}: failed here; its error is above")
        other = others.get(case)
        found[case] = None if other is None else cost / other
    return found


def costlier(measure: Callable[[], Ratios]) -> Ratios:
    """Ratios of all cases; all are measured again while one seems costlier; the least counts."""
    found = measure()
    for _ in range(N_AGAIN):
        if not exceeding(found, BOUND):
            break
        again = measure()
        found = {case: _less(ratio, again[case]) for case, ratio in found.items()}
    return found


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else min(one, other)


def without_small_stages(costs: Costs) -> Costs:
    """The costs of all cases, and of the stages that are not a small part of theirs."""
    return {
        name: cost
        for name, cost in costs.items()
        if case_of(name) == name or (cost or 0.0) >= LEAST_SHARE * (costs[case_of(name)] or 0.0)
    }


def exceeding(found: Ratios, bound: float) -> list[str]:
    """Cases, and stages of costlier cases, that cost more than a bound allows."""
    dear = [name for name, ratio in found.items() if ratio is not None and ratio > bound]
    return [n for n in dear if n == case_of(n) or (found[case_of(n)] or 0.0) > COSTLIER]


def judged(found: Ratios, bound: float, beside: str) -> int:
    """Print the ratio of each case; return 1 if one exceeds the bound, else 0."""
    bad = exceeding(found, bound)
    for case, ratio in found.items():
        if ratio is None and case != case_of(case):
            continue  # a stage that is small, or that the other has not
        told = f"cannot be run by {beside}" if ratio is None else f"{ratio:.3f} times {beside}"
        mark = f"  too expensive: above {bound:g}" if case in bad else ""
        sys.stdout.write(f"{case:<36} {told}{mark}\n")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Compare the cost of renders with what it was.",
        epilog="Exit code 1 if a case has become too expensive.",
    )
    parser.add_argument("--write", action="store_true", help="record the present costs")
    parser.add_argument("--against", type=Path, metavar="DIR", help="checkout to compare with")
    asked = parser.parse_args()
    if asked.write:
        found = seconds_beside_the_loop()
        rounded = {case: round(ratio, 2) for case, ratio in found.items() if ratio is not None}
        BASELINE.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
        return 0
    if asked.against is None:
        known = json.loads(BASELINE.read_text(encoding="utf-8"))
        found = costlier(lambda: ratios(seconds_beside_the_loop(), known))
        return judged(found, BOUND, "what is recorded")
    other = asked.against.resolve()
    if can_count():
        return judged(counts_beside(other), COUNTED_BOUND, "the other checkout")
    found = costlier(functools.partial(seconds_beside, other))
    return judged(found, BOUND, "the other checkout")


if __name__ == "__main__":
    sys.exit(main())
