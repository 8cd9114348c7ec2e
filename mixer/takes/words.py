"""Settings from requests in plain words such as "less reverb on drums"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixer.errors import SettingsError
from mixer.files.wording import listed, quote
from mixer.preset.console_shape import ROLES
from mixer.roles import FINISHED_STEM, UNKNOWN
from mixer.takes.instructions import MIX, TARGETS, Band, Step
from mixer.takes.request import Request


@dataclass(frozen=True)
class Context:
    """Facts that decide which of an instruction's steps apply.

    Attributes:
        table: of the console as it is, plain.
        known: settings that the model has (`RenderPlan.known_changes`).
        stems: of the song.
        roles: of the song's tracks.
    """

    table: Mapping[str, Any]
    known: frozenset[str]
    stems: tuple[str, ...]
    roles: frozenset[str]


def assignments_of(request: Request, context: Context) -> list[str]:
    """Translate a request into `key=value` assignments; signed values are added to the settings.

    Args:
        request: from `requests_of`.
        context: facts of the take that it applies to.

    Raises:
        SettingsError: it changes nothing here, or the song has nothing that it could change.
    """
    instruction = request.instruction
    names = request.targets or ((instruction.target,) if instruction.target else context.stems)
    targets = [
        one for name in names for one in strips_in_song(TARGETS[name], name, request.text, context)
    ]
    each = dict.fromkeys(targets)
    found = [one for target in each for one in _of_target(request, target, context)]
    if not found:
        raise SettingsError(
            f"{quote(request.text)} changes nothing here: the model does not set it and no send "
            "carries it; 'mixer revise --words' says what each request moves"
        )
    return found


def strips_in_song(strips: Sequence[str], name: str, text: str, context: Context) -> list[str]:
    """Those of several strips that the song has.

    Args:
        strips: keys of stems or of roles, `vocals` or `roles.kick`, or `MIX`.
        name: what they are called.
        text: the request.
        context: facts of the song.

    Raises:
        SettingsError: the song has none of them.
    """
    there = {MIX, *context.stems, *(f"{ROLES}.{role}" for role in context.roles)}
    found = [strip for strip in strips if strip in there]
    if not found:
        roles = sorted(context.roles - {UNKNOWN, *FINISHED_STEM.values()})
        have = dict.fromkeys((*context.stems, *(role.replace("_", " ") for role in roles)))
        raise SettingsError(
            f"{quote(text)}: the song has no {name} of its own; choose from {listed(have)}"
        )
    return found


def _of_target(request: Request, target: str, context: Context) -> Iterator[str]:
    instruction = request.instruction
    if target == MIX and instruction.target == "":
        for stem in context.stems:
            yield from _of_target(request, stem, context)
        return
    factor, applied, n_new = _factor(request), False, 0
    for step in instruction.steps:
        if isinstance(step, Band):
            rows = inner(context.table, f"{target}.eq") or []
            place = _place(step, rows)
            add = round(step.add * factor, 4)
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
            add = round(step.add * factor, 4)
            yield f"{target}.{_key(step, target, context)}={add:+g}"


def _key(step: Step, target: str, context: Context) -> str:
    # A target of loudness would take the bus's gain back.
    has_target = inner(context.table, f"{MIX}.loudness_lufs") is not None
    return "loudness_lufs" if step.key == "gain_db" and target == MIX and has_target else step.key


def _factor(request: Request) -> float:
    """Share of every step, so that the first one moves by the number of dB that is said."""
    if request.exactly_db is None:
        return request.share
    return request.exactly_db / abs(request.instruction.steps[0].add)


def _applies(step: Step, target: str, context: Context) -> bool:
    if target in step.not_on:
        return False
    if step.of_model:
        key = step.key.removeprefix("network.").partition(".")[0]
        return target != MIX and key in context.known
    return not step.if_there or inner(context.table, f"{target}.{step.key}") is not None


def _place(band: Band, rows: Sequence[Mapping[str, Any]]) -> int | None:
    """Where such a band is already: the same instruction twice moves one band twice."""
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
