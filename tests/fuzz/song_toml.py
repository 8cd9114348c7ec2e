"""`song.toml` from anybody."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.case import USED_OR_REFUSED, Case
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

_HONEST = """title = "A song"
dry = true
tempo_bpm = 120
[files."drums.wav"]
stem = "drums"
gain_db = -3
start_s = 0.1
invert = false
[files."bass*"]
gain_db = 1.5
[[markers]]
time_s = 0.2
name = "chorus"
[console.vocals]
gain_db = 1.0
[console.master]
loudness_lufs = -14
"""
_CHECK = ("check", "song")
_DRY_RUN = ("render", "song", "--dry-run")


def _with(content: bytes) -> Callable[[Path], None]:
    def build(work: Path) -> None:
        (write_song(work / "song") / "song.toml").write_bytes(content)

    return build


def _value(rng: random.Random) -> Case:
    content = hostile_toml(_HONEST, rng).encode("utf-8", "surrogatepass")
    return Case("song_toml/value", _with(content), rng.choice((_CHECK, _DRY_RUN)))


def _mutated(rng: random.Random) -> Case:
    content = mutate(_HONEST.encode(), rng, 3)
    return Case("song_toml/mutated", _with(content), rng.choice((_CHECK, _DRY_RUN)))


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        odd_file(write_song(work / "song") / "song.toml", kind)

    return Case(f"song_toml/is-{kind}", build, _CHECK, memory_limit_bytes=600 << 20)


def _nasty_text(rng: random.Random) -> Case:
    text = rng.choice(NASTY_TEXTS)
    line = rng.choice(
        ("title = {}", '[files.{}]\nstem = "drums"', "[[markers]]\ntime_s = 0\nname = {}",
         '[files."drums.wav"]\nstem = {}', "{} = 1", '[files."drums.wav"]\nrole = {}')
    )  # fmt: skip
    content = line.replace("{}", toml_text(text)).encode("utf-8", "surrogatepass")
    return Case("song_toml/nasty-text", _with(content), rng.choice((_CHECK, _DRY_RUN)))


def _long(rng: random.Random) -> Case:
    line = rng.choice(("a{} = 1\n", "[files.f{}]\nstem = 'drums'\n", "[[markers]]\ntime_s = {}\n"))
    content = "".join(line.format(number) for number in range(30_000)).encode()
    return Case("song_toml/long", _with(content), _CHECK)


def _deep(rng: random.Random) -> Case:
    deep = rng.choice((".".join("a" * 20_000), "[" * 50_000, "a = " + "{ a = " * 5_000))
    content = rng.choice((f"{deep} = 1", deep, f"[{deep}]")).encode()
    return Case("song_toml/deep", _with(content), _CHECK, frozenset({1, 2}))


def _plugin(rng: random.Random) -> Case:
    path = rng.choice(("/etc/passwd", "x.vst3", "../../outside/precious", "~/x.vst3"))
    content = f"[console.vocals.plugins.a]\npath = '{path}'\n".encode()
    return Case("song_toml/plugin", _with(content), _DRY_RUN, USED_OR_REFUSED)


_KINDS = (_value, _mutated, _value, _odd_file, _nasty_text, _value, _long, _deep, _plugin)


def cases(seed: int) -> Iterator[Case]:
    """Songs' own files that are not what they say."""
    return rounds(seed, _KINDS)
