"""Bad days: odd homes, locales, streams, outputs and current folders, and signals at any time."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.case import DONE, FAILED, INTERRUPTED, REFUSED, USED_OR_REFUSED, Case, Outcome
from tests.fuzz.material import ODD_KINDS, odd_file, rounds, write_song

_RENDER = ("render", "song", "-o", "out/a.wav", "--stems")
_BATCH = ("batch", "m.csv", "-o", "out", "-j", "1", "--devices", "cpu")
_SHADOWED = (
    "multiprocessing", "numpy", "sitecustomize", "usercustomize", "click", "mixer", "re",
    "onnxruntime", "soundfile", "threading", "encodings",
)  # fmt: skip
_WORDS = (
    "render", "check", "preset", "batch", "model", "--json", "-o", "--", "\x1b[2J", "x" * 50_000,
    "-", "song", "--seed", "help", "é", "--model=",
)  # fmt: skip
_BATCH_LIMIT_S = 40.0
_WHOLE = ("a.wav", "a.mix.json", "a.stems")
_CODE = 'open("PWNED", "w").close(); raise SystemExit(77)\n'


def _song(work: Path) -> None:
    write_song(work / "song", ("drums", "bass", "vocals"))
    (work / "m.csv").write_text("song\nsong\n")


def _strangers_code(rng: random.Random) -> Case:
    module = rng.choice(_SHADOWED)

    def build(work: Path) -> None:
        _song(work)
        (work / f"{module}.py").write_text(_CODE)
        (work / "conftest.py").write_text(_CODE)

    command = rng.choice(
        (_BATCH, _RENDER, ("profile", "measure", "song", "-o", "out.json", "-j", "1"))
    )
    return Case(
        "surroundings/strangers-code", build, command, may_write=("out", "out.json"),
        time_limit_s=_BATCH_LIMIT_S,
    )  # fmt: skip


def _signal(rng: random.Random) -> Case:
    number = rng.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
    wait_s, twice = rng.uniform(0.0, 5.0), rng.random() < 0.3

    def meanwhile(work: Path, pid: int) -> str:
        time.sleep(wait_s)
        for _ in range(1 + twice):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                break
        return ""

    def check(work: Path, outcome: Outcome) -> str:
        there = [name for name in _WHOLE if (work / "out" / name).exists()]
        return "" if len(there) in (0, len(_WHOLE)) else f"of a render there is only {there}"

    # Before it can hear a signal it ends by it, and nothing is there yet.
    codes = frozenset({DONE, INTERRUPTED, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})
    return Case(
        f"surroundings/{number.name}", _song, _RENDER, codes, meanwhile=meanwhile, check=check,
        keeps_some=True,
    )  # fmt: skip


def _odd_output(rng: random.Random) -> Case:
    kind = rng.choice([kind for kind in ODD_KINDS if kind != "huge"])
    overwrite = rng.choice(((), ("--overwrite",)))
    is_plain = kind in ("empty", "zeros", "text", "not-utf8")

    def build(work: Path) -> None:
        _song(work)
        odd_file(work / "a.wav", kind)

    command = ("render", "song", "-o", "a.wav", *overwrite)
    replaced = bool(overwrite) and (is_plain or kind in ("nowhere", "loop"))
    codes = frozenset({DONE, FAILED}) if replaced or kind == "folder" else REFUSED
    names = ("a.wav", "a.mix.json")
    return Case(
        f"surroundings/output-is-{kind}", build, command, codes, may_write=names,
        may_change=names if replaced else (),
    )  # fmt: skip


def _empty_name(rng: random.Random) -> Case:
    command = rng.choice(
        (("render", "song", "-o", ""), ("batch", "m.csv", "-o", ""), ("check", ""), ("render", ""),
         ("preset", "show", ""), ("demo", ""), ("model", "info", ""), ("replay", ""))
    )  # fmt: skip
    return Case("surroundings/empty-name", _song, command, REFUSED, may_write=())


def _locale(rng: random.Random) -> Case:
    places = rng.choice(
        ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LANG": None, "PYTHONUTF8": "0"},
         {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"TERM": "dumb"})
    )  # fmt: skip

    def build(work: Path) -> None:
        folder = write_song(work / "song")
        (folder / "bass.wav").rename(folder / "Baß é 日本.wav")

    command = rng.choice(
        (("check", "song"), ("render", "song", "-o", "out/a.wav"), ("preset", "list"))
    )
    return Case("surroundings/locale", build, command, frozenset({DONE}), environment=places)


def _home(rng: random.Random) -> Case:
    places = rng.choice(
        ({"HOME": "/nonexistent/home"}, {"HOME": None}, {"HOME": ""}, {"HOME": "/dev/null"},
         {"TMPDIR": "/nonexistent/tmp"}, {"XDG_CONFIG_HOME": "/dev/null/x"}, {"PATH": ""},
         {"XDG_CACHE_HOME": "relative"}, {"COLUMNS": "0"}, {"COLUMNS": "-7"}, {"NO_COLOR": ""},
         {"COLUMNS": "x"}, {"OMP_NUM_THREADS": "0"}, {"OMP_NUM_THREADS": "many"}, {"TZ": "x"})
    )  # fmt: skip
    command = rng.choice(
        (("check", "song"), ("render", "song", "-o", "out/a.wav"), ("preset", "list"))
    )
    return Case("surroundings/home", _song, command, USED_OR_REFUSED, environment=places)


def _full(rng: random.Random) -> Case:
    command = rng.choice(
        (("preset", "list"), ("check", "song"), ("render", "song", "-o", "out/a.wav"))
    )
    if rng.random() < 0.5:
        return Case(
            "surroundings/full-stderr", _song, command, frozenset({DONE}), stderr="/dev/full"
        )
    codes = frozenset({DONE, FAILED})
    return Case(
        "surroundings/full-stdout", _song, command, codes, keeps_some=True, stdout="/dev/full"
    )


def _arguments(rng: random.Random) -> Case:
    words = [rng.choice(_WORDS) for _ in range(4)]
    return Case("surroundings/arguments", _song, tuple(words), may_write=("mixes", "out"))


def _telemetry(rng: random.Random) -> Case:
    def build(work: Path) -> None:
        _song(work)
        (work.parent / "tmp" / ".ses").symlink_to(work.parent / "outside" / "precious")

    return Case("surroundings/telemetry", build, _RENDER, frozenset({DONE}))


_KINDS = (
    _strangers_code, _signal, _odd_output, _signal, _empty_name, _locale, _home, _signal, _full,
    _arguments, _telemetry,
)  # fmt: skip


def cases(seed: int) -> Iterator[Case]:
    """Honest songs on a bad day."""
    return rounds(seed, _KINDS)
