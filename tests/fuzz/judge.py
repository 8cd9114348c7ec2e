"""What is wrong with a hostile run, whatever its family."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.fuzz.case import DONE, REFUSED, Case, Outcome

# All but tabs and ends of lines: what would act on a terminal, or hide in it.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_NOT_TEXT = re.compile(r"[\udc80-\udcff]")
_BUGS = ("Traceback (most recent call last)", "internal error", "Exception ignored", "core dumped")
_WARNING = re.compile(r"^.*\b[A-Z]\w+Warning:.*$", re.MULTILINE)
# A stranger's line is not echoed whole.
_LONGEST_LINE = 4_000
_PARTIAL = re.compile(r"(\.partial|\.tmp)(/|$)")


def find_faults(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with it, a line each; none for a good answer to a bad file."""
    return [*_of_its_end(case, outcome), *_of_its_words(case, outcome), *_of_files(case, outcome)]


def _of_its_end(case: Case, outcome: Outcome) -> Iterator[str]:
    code = outcome.exit_code
    if code not in case.exit_codes:
        said = outcome.stderr.strip().splitlines()[-1:] or ["nothing"]
        expected = ", ".join(map(str, sorted(case.exit_codes)))
        yield f"exit code {code}, not {expected}; it said: {said[0][:200]}"
    if outcome.cpu_s > case.time_limit_s:
        yield f"{outcome.cpu_s:.1f} s of processor, {case.time_limit_s:g} are allowed"
    if outcome.peak_bytes > case.memory_limit_bytes:
        yield (
            f"{outcome.peak_bytes / 1e6:.0f} MB, {case.memory_limit_bytes / 1e6:.0f} are allowed"
        )


def _of_its_words(case: Case, outcome: Outcome) -> Iterator[str]:
    for name, text in (("standard output", outcome.stdout), ("standard error", outcome.stderr)):
        for bug in _BUGS:
            if bug in text:
                line = next(line for line in text.splitlines() if bug in line)
                yield f"{name} has {line[:200]!r}"
        if warning := _WARNING.search(text):
            yield f"{name} has a warning of Python: {warning.group()[:200]!r}"
        if sign := _CONTROL.search(text):
            yield f"{name} has the control character {sign.group()!r}"
        if _NOT_TEXT.search(text):
            yield f"{name} is not UTF-8"
    longest = max(map(len, outcome.stderr.splitlines()), default=0)
    if longest > _LONGEST_LINE:
        yield f"standard error has a line of {longest} characters"
    is_bad = outcome.exit_code in REFUSED and not case.stderr
    if is_bad and not outcome.stderr.strip():
        yield "it failed and said nothing"
    if case.says.lower() not in outcome.stderr.lower():
        last = outcome.stderr.strip().splitlines()[-1:] or ["nothing"]
        yield f"it does not say {case.says!r} but {last[0][:200]!r}"


def _of_files(case: Case, outcome: Outcome) -> Iterator[str]:
    for path in sorted(outcome.changed):
        if not _is_below(path, case.may_change):
            yield f"{path!r} was changed or removed"
    keeps_results = outcome.exit_code == DONE or case.keeps_some
    for path in sorted(outcome.new):
        if not _is_below(path, case.may_write):
            yield f"{path!r} was left behind"
        elif _PARTIAL.search(path):
            yield f"{path!r} is half-written"
        elif not keeps_results:
            yield f"{path!r} is there though it failed"


def _is_below(path: str, names: tuple[str, ...]) -> bool:
    return any(path == f"work/{name}" or path.startswith(f"work/{name}/") for name in names)
