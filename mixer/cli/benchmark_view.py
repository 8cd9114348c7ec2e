"""Benchmark figures in a bundle's manifest, as tables for people.

A manifest is untrusted input: entries that do not have a benchmark's form are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeGuard

from mixer.evaluate.benchmark import BENCHMARK
from mixer.evaluate.benchmark_table import heading
from mixer.files.wording import visible

_MOST_SYSTEMS = 12


def benchmark_lines(evaluation: Mapping[str, object]) -> Iterator[str]:
    """A table a group of songs: a measure a line, a system a column; then the targets."""
    for name, group in _table(evaluation.get("groups")).items():
        systems = {
            system: _table(_table(of_system).get("means"))
            for system, of_system in list(_table(_table(group).get("systems")).items())
        }
        systems = {system: means for system, means in systems.items() if means}
        names = list(systems)[:_MOST_SYSTEMS]
        if not names:
            continue
        yield f"{f'benchmark, {name} songs:':<42}" + "".join(f"{s[:10]:>11}" for s in names)
        for measure in BENCHMARK:
            cells = [systems[system].get(measure.name) for system in names]
            if any(_is_number(cell) for cell in cells):
                shown = "".join(
                    f"{measure.shown(cell) if _is_number(cell) else '-':>11}" for cell in cells
                )
                yield f"  {heading(measure):<40}{shown}"
    for entry, words in _targets(evaluation):
        yield f"target {'met' if entry.get('met') is True else 'missed'}: {words}"


def missed_targets(evaluation: Mapping[str, object]) -> list[str]:
    """The missed targets, in words."""
    return [words for entry, words in _targets(evaluation) if entry.get("met") is not True]


def _targets(evaluation: Mapping[str, object]) -> Iterator[tuple[Mapping[str, object], str]]:
    """Each target and its words: of which songs, what, and how much of the request was met."""
    targets = evaluation.get("targets")
    for target in targets if isinstance(targets, list) else ():
        entry = _table(target)
        if isinstance(entry.get("name"), str):
            value, limit = entry.get("value"), entry.get("limit")
            shown = f"{value:g} of {limit:g}" if _is_number(value) and _is_number(limit) else "-"
            yield entry, f"{visible(entry.get('group'))}, {visible(entry['name'])}: {shown}"


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
