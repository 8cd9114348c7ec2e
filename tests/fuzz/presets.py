"""Presets from anybody, and settings on the command line."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.case import REFUSED, Case
from tests.fuzz.material import (
    NASTY_TEXTS,
    ODD_KINDS,
    hostile_toml,
    mutate,
    odd_file,
    rounds,
    toml_text,
    write_song,
)
from tests.fuzz.sandbox import REPOSITORY

_SHIPPED = [
    (REPOSITORY / "presets" / f"{name}.toml").read_text("utf-8")
    for name in ("rock", "edm", "hip-hop")
]
_USES = (
    ("preset", "validate", "p.toml"),
    ("preset", "show", "p.toml"),
    ("preset", "diff", "p.toml", "rock"),
    ("render", "song", "--preset", "p.toml", "--dry-run"),
)


def _with(content: bytes) -> Callable[[Path], None]:
    def build(work: Path) -> None:
        write_song(work / "song")
        (work / "p.toml").write_bytes(content)

    return build


def _value(rng: random.Random) -> Case:
    content = hostile_toml(rng.choice(_SHIPPED), rng).encode("utf-8", "surrogatepass")
    return Case("presets/value", _with(content), rng.choice(_USES))


def _mutated(rng: random.Random) -> Case:
    content = mutate(rng.choice(_SHIPPED).encode(), rng, 4)
    return Case("presets/mutated", _with(content), rng.choice(_USES))


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        write_song(work / "song")
        odd_file(work / "p.toml", kind)

    return Case(f"presets/is-{kind}", build, rng.choice(_USES), memory_limit_bytes=600 << 20)


def _summary(rng: random.Random) -> Case:
    text = rng.choice(NASTY_TEXTS)
    content = f"summary = {toml_text(text)}\n".encode()
    return Case("presets/summary", _with(content), rng.choice(_USES))


def _loud(rng: random.Random) -> Case:
    """Every band up by the most that there is: sums beyond what a sample can hold."""
    band = '[[{}.eq]]\ntype = "peak"\nfrequency_hz = {}\ngain_db = 24\nq = 0.1\n'
    stems = ("drums", "bass", "master")
    text = "".join(
        band.format(stem, 100 + 10 * n) for stem in stems for n in range(rng.choice((8, 64)))
    )
    command = ("render", "song", "--preset", "p.toml", "-o", "out/a.wav", "-q")
    return Case("presets/loud", _with(text.encode()), command)


def _setting(rng: random.Random) -> Case:
    key = rng.choice(
        ("vocals.gain_db", "master.loudness_lufs", "drums.eq.0.q", "reverb.decay_s", "x")
    )
    value = rng.choice((*NASTY_TEXTS, "nan", "1e999", "9" * 5_000, "[" * 3_000, "none", ""))
    text = rng.choice((f"{key}={value}", f"{value}={key}", value, f"{'a.' * 3_000}b=1"))
    command = ("render", "song", "--dry-run", f"--set={text.replace(chr(0), '')}")
    return Case("presets/set", _with(b""), command)


def _number(rng: random.Random) -> Case:
    option = rng.choice(("--seed", "--sample-rate", "--loudness", "--true-peak", "--amount"))
    value = rng.choice(("9" * 100_000, "-1", "nan", "inf", "1e400", "0", "٣", "1_000", "0x10", ""))
    command = ("render", "song", "--dry-run", f"{option}={value}")
    return Case("presets/number", _with(b""), command)


def _name(rng: random.Random) -> Case:
    name = rng.choice([text for text in NASTY_TEXTS if not text.startswith("-")]).replace("\0", "")
    verb = rng.choice((("show",), ("validate",), ("save",)))
    command = ("preset", *verb, name)
    return Case("presets/name", _with(b""), command, REFUSED, may_write=())


_KINDS = (_value, _mutated, _odd_file, _value, _summary, _loud, _setting, _number, _name)


def cases(seed: int) -> Iterator[Case]:
    """Presets and settings that are not what they should be."""
    return rounds(seed, _KINDS)
