"""Target profiles from anybody."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fuzz.case import FAILED, Case
from tests.fuzz.material import (
    ODD_KINDS,
    audio_bytes,
    hostile_json,
    mutate,
    odd_file,
    rounds,
    write_song,
)
from tests.fuzz.sandbox import REPOSITORY

_HONEST = json.loads((REPOSITORY / "mixer" / "profiles" / "musdb18.json").read_text("utf-8"))
_USES = (
    ("profile", "show", "p.json"),
    ("profile", "compare", "p.json", "musdb18"),
    ("profile", "show", "p.json", "--json"),
    ("render", "song", "--profile", "p.json", "--dry-run"),
)
_SEVERAL_MINUTES_S = 40.0


def _with(content: bytes) -> Callable[[Path], None]:
    def build(work: Path) -> None:
        write_song(work / "song")
        (work / "p.json").write_bytes(content)

    return build


def _value(rng: random.Random) -> Case:
    content = hostile_json(_HONEST, rng).encode("utf-8", "surrogatepass")
    return Case("profiles/value", _with(content), rng.choice(_USES))


def _mutated(rng: random.Random) -> Case:
    content = mutate(json.dumps(_HONEST).encode(), rng, 4)
    return Case("profiles/mutated", _with(content), rng.choice(_USES))


def _about(rng: random.Random) -> Case:
    text = rng.choice(("\x1b]0;owned\x07", "\ud800", "\x9b2J", "a\rb", "\u202egnp", "x" * 100_000))
    content = json.dumps({**_HONEST, "about": text}).encode()
    return Case("profiles/about", _with(content), rng.choice(_USES))


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        write_song(work / "song")
        odd_file(work / "p.json", kind)

    return Case(f"profiles/is-{kind}", build, rng.choice(_USES))


def _imported(rng: random.Random) -> Case:
    content = rng.choice(
        (rng.randbytes(3_000), b"\x93NUMPY\x01\0\xff\xff" + rng.randbytes(500),
         b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02ls\x94\x85\x94R\x94.",
         b"cos\nsystem\n(S'touch PWNED'\ntR.")
    )  # fmt: skip

    def build(work: Path) -> None:
        (work / "f.npy").write_bytes(content)

    command = ("profile", "import", "f.npy", "-o", "out.json")
    return Case("profiles/import", build, command, frozenset({1, 2, 3}), may_write=("out.json",))


def _measured(rng: random.Random) -> Case:
    damage = rng.choice(("cut", "silent", "text"))

    def build(work: Path) -> None:
        folder = write_song(work / "multitrack", () if damage == "silent" else ("bass",))
        content = {"cut": audio_bytes("FLAC")[:300], "text": b"no audio", "silent": b""}[damage]
        if damage == "silent":
            content = audio_bytes()[:44] + bytes(40_000)
        (folder / "drums.wav").write_bytes(content)

    command = ("profile", "measure", "multitrack", "-o", "out.json", "-j", "1")
    return Case(
        f"profiles/measure-{damage}",
        build,
        command,
        frozenset({0, FAILED, 2, 3}),
        may_write=("out.json",),
        time_limit_s=_SEVERAL_MINUTES_S,
    )


_KINDS = (_value, _mutated, _about, _odd_file, _value, _imported, _value, _measured)


def cases(seed: int) -> Iterator[Case]:
    """Profiles that are not what they say."""
    return rounds(seed, _KINDS)
