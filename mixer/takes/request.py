"""Requests in plain words: an instruction of the table, its targets, and by how much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mixer.errors import Gathered, SettingsError
from mixer.files.wording import nearest, quote
from mixer.takes.instructions import (
    AMOUNTS,
    FILLERS,
    INSTRUCTIONS,
    TARGETS,
    Band,
    Instruction,
    Step,
)

_DECIBELS = re.compile(r"([+-]?)\s*(\d*[.,]?\d+)\s*(?:db|decibels?)\b")
# Between requests; the comma of 1,5 dB is part of the number.
_BETWEEN = re.compile(r"\s*(?:;|(?<!\d),|,(?!\d))\s*|\s+(and|then|but|&)\s+")
# "Too much reverb" asks for less, not for two steps.
_AMOUNT = re.compile(rf"(?<!\btoo )\b({'|'.join(AMOUNTS)})\b")
_SHORTEST_WORD = 4
_MORE, _LESS = ("up", "louder", "more"), ("down", "quieter", "less")


@dataclass(frozen=True)
class Request:
    """One instruction as it was understood.

    Attributes:
        text: as it was given.
        instruction: its line of the table.
        targets: names of `TARGETS`; empty for the instruction's own target.
        share: of the instruction's step.
        exactly_db: dB that the instruction's first step moves; None if no number was given.
    """

    text: str
    instruction: Instruction
    targets: tuple[str, ...] = ()
    share: float = 1.0
    exactly_db: float | None = None


def requests_of(text: str) -> list[Request]:
    """The requests of a text, in order, separated by commas, semicolons or "and".

    Targets alone have the instruction that follows them ("vocals and drums up"), and after "and"
    an instruction without a target has the target before it ("vocals up and warmer").

    Raises:
        SettingsError: with a line for each request that is not understood.
    """
    found, waiting, gathered = list[Request](), list[str](), Gathered(SettingsError)
    pieces = _BETWEEN.split(text.strip().rstrip(" .,;!"))
    for part, joint in zip(pieces[::2], (None, *pieces[1::2]), strict=True):
        with gathered.gathering():
            _take_part(part, joint is not None, found, waiting)
    gathered.refuse()
    if waiting:
        raise SettingsError(
            f"{quote(text)} does not say what to do with {waiting[0]}; for example, {waiting[0]} up"
        )
    return found


def _take_part(part: str, is_joined: bool, found: list[Request], waiting: list[str]) -> None:
    """Read one request; targets alone wait for the next one."""
    target = _target(" ".join(_tokens(_plain(part))))
    if target is not None:
        waiting.append(target)
        return
    request = _read(part)
    targets = (*waiting, *request.targets)
    if not targets and is_joined and found:
        targets = found[-1].targets
    waiting.clear()
    found.append(replace(request, targets=targets))


def _plain(text: str) -> str:
    """Lower case, one space between words, no hyphens within them."""
    return " ".join(re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower()).split())


def _tokens(words: str) -> list[str]:
    return [word for word in words.split() if word not in FILLERS]


def _read(text: str) -> Request:
    """Instruction, target, how many steps, and how many dB if that is said."""
    words, sign, exactly_db = _plain(text), "", None
    said = _DECIBELS.search(words)
    if said:
        sign, exactly_db = said[1], float(said[2].replace(",", "."))
        words = words.replace(said[0], " ")
    amounts = _AMOUNT.findall(words)
    if len(amounts) + bool(said) > 1:
        raise SettingsError(f"{quote(text)} gives more than one amount; give one")
    tokens = _tokens(_AMOUNT.sub(" ", words))
    if any(token[0].isdigit() or token[0] in "+-" for token in tokens):
        raise SettingsError(
            f"{quote(text)}: a number needs its unit, dB, for example vocals up 2 dB"
        )
    instruction, target = _find(tokens, sign)
    if instruction is None:
        raise SettingsError(_unknown(text, tokens, target, exactly_db))
    share = AMOUNTS[amounts[0]] if amounts else 1.0
    if exactly_db is not None:
        _check_decibels(text, instruction, sign)
    return Request(text, instruction, () if target is None else (target,), share, exactly_db)


def _find(tokens: Sequence[str], sign: str) -> tuple[Instruction | None, str | None]:
    """The instruction that words say, and the target among them."""
    if " ".join(tokens) in _PHRASES:
        return _instruction(tokens, sign), None
    named = None
    for length in range(len(tokens), 0, -1):
        for start in range(len(tokens) - length + 1):
            target = _target(" ".join(tokens[start : start + length]))
            if target is None:
                continue
            instruction = _instruction([*tokens[:start], *tokens[start + length :]], sign)
            if instruction is not None:
                return instruction, target
            named = named or target
    instruction = (
        None if named and len(tokens) == len(named.split()) else _instruction(tokens, sign)
    )
    return instruction, None if instruction else named


def _target(name: str) -> str | None:
    names = (name, name.removesuffix("s"))
    return next((each for each in names if each in TARGETS), None)


def _instruction(tokens: Sequence[str], sign: str) -> Instruction | None:
    """The instruction of words; reverb down is less reverb, and so is reverb -3 dB."""
    core = " ".join(tokens)
    if core in _PHRASES or not tokens:
        return _PHRASES.get(core or {"+": _MORE[0], "-": _LESS[0]}.get(sign, ""))
    for ways, way in ((_MORE, "more"), (_LESS, "less")):
        for place in (0, -1):
            if tokens[place] in ways and len(tokens) > 1:
                rest = tokens[1:] if place == 0 else tokens[:-1]
                return _PHRASES.get(" ".join((way, *rest)))
    return _PHRASES.get(f"{'more' if sign == '+' else 'less'} {core}") if sign else None


_PHRASES = {
    " ".join(_tokens(phrase)): instruction
    for instruction in INSTRUCTIONS
    for phrase in instruction.phrases
}


def _check_decibels(text: str, instruction: Instruction, sign: str) -> None:
    """Refuse dB for an instruction that is not measured in dB, or that goes the other way."""
    first = instruction.steps[0]
    add = _in_decibels(first)
    if add is None:
        raise SettingsError(
            f"{quote(text)}: {quote(instruction.phrases[0])} is not measured in dB; "
            "say a bit or a lot"
        )
    if sign and (sign == "+") != (add > 0.0):
        raise SettingsError(
            f"{quote(text)} says both up and down; give the number of dB without a sign"
        )


def _in_decibels(step: Step | Band) -> float | None:
    """The change of one step in dB; None if the request is not measured in dB."""
    is_level = isinstance(step, Band) or (step.key.endswith("_db") and not step.value)
    return step.add if is_level else None


def _unknown(text: str, tokens: Sequence[str], target: str | None, exactly_db: float | None) -> str:
    phrases = [each for instruction in INSTRUCTIONS for each in instruction.phrases]
    if exactly_db is not None and (not tokens or _target(" ".join(tokens)) == target):
        example = f"{target or 'mix'} up {exactly_db:g} dB"
        return f"{quote(text)}: neither up nor down; for example, {example}"
    if target is None:
        close = _nearest(" ".join(tokens), [*phrases, *(f"{name} up" for name in TARGETS)])
    else:
        rest = [token for token in tokens if token not in target.split()]
        phrase = _nearest(" ".join(rest), phrases)
        close = None if phrase is None else f"{target} {phrase}"
    hint = f"did you mean {quote(close)}? " if close else ""
    return (
        f"{quote(text)} is neither key=value nor a known request; {hint}"
        "'mixer revise --words' lists them"
    )


def _nearest(word: str, phrases: Sequence[str]) -> str | None:
    """A phrase that begins alike, as warmer for warm; else the nearest."""
    begins = (each for each in phrases if len(word) >= _SHORTEST_WORD and each.startswith(word))
    return next(begins, None) or nearest(word, phrases)
