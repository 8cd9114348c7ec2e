"""Settings from plain words such as "less reverb on drums"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixer.errors import SettingsError
from mixer.files.wording import nearest, quote
from mixer.stems import STEMS
from mixer.takes.wishes import AMOUNTS, FILLERS, MIX, TARGETS, WISHES, Band, Step, Wish

_DECIBELS = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(?:db|decibels?)\b")


@dataclass(frozen=True)
class Context:
    """Facts that decide which of a wish's steps apply.

    Attributes:
        table: of the console as it is, plain.
        known: settings that the model has (`RenderPlan.known_changes`).
        stems: of the song.
    """

    table: Mapping[str, Any]
    known: frozenset[str]
    stems: tuple[str, ...]


def assignments_of(text: str, context: Context) -> list[str]:
    """Translate a wish into `key=value` assignments; signed values are added to the settings.

    Args:
        text: a wish of the table, with or without a target and an amount.
        context: facts of the take that it applies to.

    Raises:
        SettingsError: the wish is not in the table, or changes nothing here.
    """
    wish, target, amount, exactly_db = _read(text)
    targets = [target] if target else [*context.stems]
    found = [one for name in targets for one in _of_target(wish, name, amount, exactly_db, context)]
    if not found:
        raise SettingsError(
            f"{quote(text)} changes nothing here: the model does not set it and no send carries "
            "it; set it on a stem by its key, for example vocals.reverb_db=-18"
        )
    return found


def _read(text: str) -> tuple[Wish, str, float, float | None]:
    """Wish, target, how many steps, and how many dB if that is said."""
    words, amount, exactly_db = " ".join(text.lower().split()), 1.0, None
    said = _DECIBELS.search(words)
    if said:
        exactly_db = abs(float(said[1].replace(",", ".")))
        words = words.replace(said[0], " ")
    for phrase, share in AMOUNTS.items():
        if re.search(rf"\b{phrase}\b", words):
            words, amount = re.sub(rf"\b{phrase}\b", " ", words), share
    tokens = [word for word in words.split() if word not in FILLERS]
    for length in range(len(tokens), 0, -1):
        for start in range(len(tokens) - length + 1):
            rest = tokens[:start] + tokens[start + length :]
            target = _target(" ".join(tokens[start : start + length]))
            wish = _wish(" ".join(rest)) if target else None
            if target and wish:
                return wish, target, amount, exactly_db
    wish = _wish(" ".join(tokens))
    if wish is None:
        raise SettingsError(_unknown(text, " ".join(tokens)))
    return wish, wish.target, amount, exactly_db


def _target(name: str) -> str | None:
    known = TARGETS.get(name)
    if known is None and name.endswith("s"):
        known = TARGETS.get(name.removesuffix("s"))
    return known


def _wish(phrase: str) -> Wish | None:
    return next((wish for wish in WISHES if phrase in wish.phrases), None)


def _unknown(text: str, phrase: str) -> str:
    phrases = [each for wish in WISHES for each in wish.phrases]
    examples = [f"{stem} {each}" for stem in STEMS for each in phrases]
    close = nearest(phrase, [*phrases, *examples])
    hint = f"did you mean {quote(close)}? " if close else ""
    return (
        f"{quote(text)} is neither key=value nor a known request; {hint}"
        "'mixer revise --words' lists them"
    )


def _of_target(
    wish: Wish, target: str, amount: float, exactly_db: float | None, context: Context
) -> Iterator[str]:
    if target == MIX and wish.target == "":
        for stem in context.stems:
            yield from _of_target(wish, stem, amount, exactly_db, context)
        return
    applied, n_new = False, 0
    for step in wish.steps:
        if isinstance(step, Band):
            rows = inner(context.table, f"{target}.eq") or []
            place = _place(step, rows)
            add = _share(step.add, amount, exactly_db)
            if place is not None:
                yield f"{target}.eq.{place}.gain_db={add:+g}"
                continue
            yield f"{target}.eq.{len(rows) + n_new}={_new_band(step, add)}"
            n_new += 1
            continue
        if not _applies(step, target, context) or (step.otherwise and applied):
            continue
        applied = True
        if step.value:
            yield f"{target}.{step.key}={step.value}"
        else:
            in_db = step.key.endswith("_db")
            add = _share(step.add, amount, exactly_db if in_db else None)
            yield f"{target}.{_key(step, target, context)}={add:+g}"


def _key(step: Step, target: str, context: Context) -> str:
    # A target of loudness would take the bus's gain back.
    has_target = inner(context.table, f"{MIX}.loudness_lufs") is not None
    return "loudness_lufs" if step.key == "gain_db" and target == MIX and has_target else step.key


def _share(add: float, amount: float, exactly_db: float | None) -> float:
    if exactly_db is not None:
        return exactly_db if add > 0.0 else -exactly_db
    return round(add * amount, 4)


def _applies(step: Step, target: str, context: Context) -> bool:
    if target in step.not_on:
        return False
    if step.of_model:
        return target != MIX and step.key.removeprefix("network.") in context.known
    return not step.if_there or inner(context.table, f"{target}.{step.key}") is not None


def _place(band: Band, rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Where such a band is already: the same wish twice moves one band twice."""
    shape = {"type": band.type, "frequency_hz": band.frequency_hz, "q": band.q}
    for place, row in enumerate(rows):
        if all(row.get(key) == value for key, value in shape.items()):
            return place
    return None


def _new_band(band: Band, gain_db: float) -> str:
    said = f'type = "{band.type}", frequency_hz = {band.frequency_hz}, q = {band.q}'
    return f"{{{said}, gain_db = {gain_db}}}"


def inner(table: Mapping[str, Any], key: str) -> Any:
    """The value of a plain table under a dotted key without quotes; None for none."""
    value: Any = table
    for part in key.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
