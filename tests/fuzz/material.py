"""What hostile cases are made of: small honest files, and ways to damage them."""

from __future__ import annotations

import copy
import functools
import io
import itertools
import json
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.fuzz.case import Case

RATE_HZ = 22_050
# Signs that a terminal, a page, a shell or a table would act on, and those that fit no encoding.
NASTY_TEXTS = (
    "\x1b]0;owned\x07\x1b[2J",
    "\x9b31m",
    "a\rb",
    "line\nline",
    "\u202egnp.exe",
    "=cmd|'/c calc'!A1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "$(touch PWNED)`touch PWNED`",
    "../../outside/escaped",
    "/etc/passwd",
    "~/x",
    "%s%n{0}{id}",
    "é" * 300,
    "x" * 100_000,
    "\ufeff",
    " ",
    "CON",
    "-rf",
)


def draw(seed: int, number: int) -> random.Random:
    """The generator of case `number` of a seed."""
    return random.Random(f"{seed} {number}")


@functools.cache
def audio_bytes(
    file_format: str = "WAV", subtype: str | None = None, seconds: float = 0.5
) -> bytes:
    """A file with a decaying tone and noise, stereo."""
    rng = np.random.default_rng(11)
    n = round(seconds * RATE_HZ)
    time_s = np.arange(n) / RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * 220.0 * time_s) * np.exp(-4.0 * (time_s % 0.25))
    audio = np.stack([tone, tone], axis=1) + 0.01 * rng.standard_normal((n, 2))
    file = io.BytesIO()
    soundfile.write(file, audio, RATE_HZ, format=file_format, subtype=subtype)
    return file.getvalue()


def write_song(folder: Path, stems: Iterable[str] = ("drums", "bass")) -> Path:
    """A song folder with a short file a stem, each of another sound."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, stem in enumerate(stems):
        rng = np.random.default_rng(index)
        audio = 0.1 * rng.standard_normal((RATE_HZ // 2, 2))
        soundfile.write(folder / f"{stem}.wav", audio, RATE_HZ, subtype="PCM_16")
    return folder


def mutate(data: bytes, rng: random.Random, n_changes: int = 1) -> bytes:
    """Bytes flipped, cut out, doubled, inserted, zeroed or swapped."""
    changed = bytearray(data)
    for _ in range(n_changes):
        at = rng.randrange(max(1, len(changed)))
        length = rng.choice((1, 1, 2, 4, 16, 300))
        match rng.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = changed[at : at + length]
            case 3:
                changed[at:at] = rng.randbytes(length)
            case 4:
                changed[at : at + length] = bytes(len(changed[at : at + length]))
            case 5:
                changed[at : at + 4] = rng.choice(
                    (b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\xff\xff\xff\x7f", b"\0\0\0\0")
                )
    return bytes(changed)


Kind = Callable[[random.Random], Case]


def rounds(seed: int, kinds: Sequence[Kind]) -> Iterator[Case]:
    """Cases without end: every kind in turn, each drawn again in every round."""
    for number in itertools.count():
        yield kinds[number % len(kinds)](draw(seed, number))


# What a reader of TOML or JSON may meet in place of a value; the last ones are no value at all.
_TOML_VALUES = (
    "nan", "inf", "-inf", "1e999", "-1e308", "1e-320", "true", "-0", "9223372036854775808",
    "1" * 5_000, '""', '"\\u0000"', '"\\u001b[31m"', '"text"', "'''a\nb'''", "[]", "{}", "[[]]",
    "[1, 2]", "[" * 2_000 + "]" * 2_000, "1979-05-27T07:32:00Z", '"' + "x" * 200_000 + '"',
    "[" + "1," * 50_000 + "]", "{ a = { b = { c = 1 } } }", "", "=", "0x", '"unclosed', "\x00",
)  # fmt: skip
_JSON_VALUES: tuple[object, ...] = (
    None, True, [], {}, [[]], "", "text", -1, 0, 1e308, -1e308, 2**70, float("nan"), float("inf"),
    float("-inf"), "\ud800", "\x1b[2J", "x" * 200_000, [0] * 10_000, {"a": {"b": {}}}, "=cmd()",
    "../../outside/x",
)  # fmt: skip


def hostile_toml(text: str, rng: random.Random) -> str:
    """A value of a TOML text replaced, a line doubled, or a key that nobody knows put in."""
    lines = text.splitlines()
    places = [number for number, line in enumerate(lines) if "=" in line and line[0] not in "#["]
    at = rng.choice(places)
    key = lines[at].partition("=")[0]
    match rng.randrange(6):
        case 0:
            lines.insert(at, lines[at])
        case 1:
            name = rng.choice(("x" * 3000, "a.b", "\\u0007", "__class__"))
            lines.insert(at, f'"{name}" = 1')
        case 2:
            lines.insert(at, rng.choice(("[a.b.c.d]", "[[master]]", "[", "]]", "a" * 100_000)))
        case _:
            lines[at] = f"{key}= {rng.choice(_TOML_VALUES)}"
    return "\n".join(lines) + "\n"


def hostile_json(value: Any, rng: random.Random) -> str:
    """A JSON text with one of its values, somewhere inside, replaced, removed or doubled."""
    whole = copy.deepcopy(value)
    places = list(_places(whole))
    holder, key = rng.choice(places)
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1:
            other, name = rng.choice(places)
            holder[key] = copy.deepcopy(other[name]) if other is not holder else None
        case 2 if isinstance(holder, dict):
            holder[rng.choice(("__class__", "\x1b[31m", "x" * 5_000, ""))] = holder[key]
        case _:
            holder[key] = rng.choice(_JSON_VALUES)
    text = json.dumps(whole)
    match rng.randrange(8):
        case 0:
            return text[: rng.randrange(len(text))]
        case 1:
            return "[" * 100_000 + text
        case 2:
            return text.replace(": 1", f": {'1' * 5_000}", 1)
        case _:
            return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key of a table and of what is in it."""
    if isinstance(value, dict):
        keys: Iterable[Any] = list(value)
    elif isinstance(value, list):
        keys = range(min(len(value), 50))
    else:
        return
    for key in keys:
        yield value, key
        yield from _places(value[key])


def toml_text(text: str) -> str:
    """A text as TOML writes it, its quotation marks and control characters escaped."""
    signs = (f"\\u{ord(s):04x}" if ord(s) < 0x20 or s in '"\\' else s for s in text)
    return '"' + "".join(signs) + '"'


def odd_file(path: Path, kind: str, content: bytes = b"") -> None:
    """Something in the place of a file: a pipe, a folder, a link to nowhere, round or to no end."""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "loop":
            path.symlink_to(path.name)
        case "nowhere":
            path.symlink_to("nothing/there")
        case "endless":
            path.symlink_to("/dev/zero")
        case "empty":
            path.touch()
        case "zeros":
            path.write_bytes(bytes(100_000))
        case "text":
            path.write_text("not what it seems\n" * 100)
        case "not-utf8":
            path.write_bytes(b"\xff\xfe\xfa\x80" * 100 + content)
        case "huge":
            with path.open("wb") as file:
                file.truncate(1 << 30)
        case _:
            raise ValueError(kind)


ODD_KINDS = ("pipe", "folder", "loop", "nowhere", "endless", "empty", "zeros", "text", "not-utf8",
             "huge")  # fmt: skip
