"""Answers to a listening test from anybody, and tests from anybody."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.case import Case
from tests.fuzz.listening_test import design_of_test, lay_out_test
from tests.fuzz.material import NASTY_TEXTS, ODD_KINDS, hostile_json, mutate, odd_file, rounds
from tests.listen.sample_answers import whole_answers

_ANALYSE = ("listen", "analyse", "T", "a", "-o", "out")


def _honest(participant: str = "P001") -> dict[str, object]:
    return whole_answers(design_of_test(), participant)


def _lay_out(work: Path, content: bytes) -> None:
    lay_out_test(work / "T")
    (work / "a").mkdir()
    for number in range(2, 5):
        name = f"P{number:03d}"
        (work / "a" / f"{name}.json").write_text(json.dumps(_honest(name)))
    (work / "a" / "P001.json").write_bytes(content)


def _case(kind: str, content: bytes) -> Case:
    # One set of answers that cannot be used leaves the analysis of the others.
    return Case(f"answers/{kind}", lambda work: _lay_out(work, content), _ANALYSE, keeps_some=True)


def _value(rng: random.Random) -> Case:
    content = hostile_json(_honest(), rng).encode("utf-8", "surrogatepass")
    return _case("value", content)


def _mutated(rng: random.Random) -> Case:
    content = mutate(json.dumps(_honest()).encode(), rng, 4)
    return _case("mutated", content)


def _nasty_text(rng: random.Random) -> Case:
    field = rng.choice(("participant", "comment"))
    content = json.dumps({**_honest(), field: rng.choice(NASTY_TEXTS)}).encode()
    return _case(field, content)


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        _lay_out(work, b"")
        (work / "a" / "P001.json").unlink()
        odd_file(work / "a" / "P001.json", kind)

    return Case(f"answers/is-{kind}", build, _ANALYSE, keeps_some=True)


def _odd_test(rng: random.Random) -> Case:
    """A key or a design that was tampered with, or is not a file."""
    name = rng.choice(("key.json", "public/design.json", "answers.sqlite"))
    kind, state = rng.choice(("value", "mutated", *ODD_KINDS)), rng.getrandbits(32)

    def build(work: Path) -> None:
        _lay_out(work, json.dumps(_honest()).encode())
        drawn, path = random.Random(state), work / "T" / name
        content = path.read_bytes() if path.is_file() else b"SQLite format 3\0" + bytes(4_096)
        path.unlink(missing_ok=True)
        if kind == "value" and name.endswith(".json"):
            text = hostile_json(json.loads(content), drawn)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        elif kind in ("value", "mutated"):
            path.write_bytes(mutate(content, drawn, 3))
        else:
            odd_file(path, kind)

    arguments = _ANALYSE if name != "answers.sqlite" else ("listen", "analyse", "T", "-o", "out")
    return Case(f"answers/odd-{Path(name).stem}", build, arguments, keeps_some=True)


_KINDS = (_value, _mutated, _nasty_text, _value, _odd_file, _odd_test, _odd_test)


def cases(seed: int) -> Iterator[Case]:
    """Answers and tests that are not what a browser or a build wrote."""
    return rounds(seed, _KINDS)
