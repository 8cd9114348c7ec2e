"""Manifests, ledgers and output folders of a batch from anybody."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger
from mixer.batch.ledgers.ledger_rows import NAMES, Record, as_row
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.states import State
from tests.fuzz.case import DONE, REFUSED, Case, Outcome
from tests.fuzz.material import (
    NASTY_TEXTS,
    ODD_KINDS,
    hostile_json,
    mutate,
    odd_file,
    rounds,
    write_song,
)

_HONEST = (
    "song,id,output,loudness_lufs,vocals.gain_db,preset\none,a,{id}.wav,-14,+1,rock\ntwo,b,,,,\n"
)
_DRY_RUN = ("batch", "m.csv", "-o", "out", "--dry-run")
_RUN = ("batch", "m.csv", "-o", "out", "-q", "-j", "1", "--devices", "cpu")
# A worker loads everything anew.
_RUN_LIMIT_S = 40.0


def _with(content: bytes, songs: tuple[str, ...] = ("one", "two")) -> Callable[[Path], None]:
    def build(work: Path) -> None:
        for song in songs:
            write_song(work / song)
        (work / "m.csv").write_bytes(content)

    return build


def _mutated(rng: random.Random) -> Case:
    return Case("manifests/mutated", _with(mutate(_HONEST.encode(), rng, 3)), _DRY_RUN)


def _cell(rng: random.Random) -> Case:
    column = rng.choice(("song", "id", "output", "album", "preset", "loudness_lufs", "model",
                         "profile", "vocals.gain_db", "daw", "sample_rate", "seed"))  # fmt: skip
    values = (*NASTY_TEXTS, "nan", "inf", "1e999", "9" * 50_000, "[[", "../out", "{}", "{id!r:>9}")
    value = rng.choice(values).replace('"', '""')
    other = "" if column == "song" else ",one"
    content = f'{column}{"" if column == "song" else ",song"}\n"{value}"{other}\n'
    data = content.encode("utf-8", "surrogatepass")
    return Case("manifests/cell", _with(data), _DRY_RUN)


def _header(rng: random.Random) -> Case:
    name = rng.choice(
        (*NASTY_TEXTS, "a." * 3_000 + "b", "vocals.eq.99999.gain_db", ",,,", "song,song")
    )
    content = f'song,"{name}"\none,1\n'.encode("utf-8", "surrogatepass")
    return Case("manifests/header", _with(content), _DRY_RUN)


def _encoding(rng: random.Random) -> Case:
    encoding = rng.choice(("utf-16", "utf-32", "utf-16-le", "cp1252", "utf-7", "utf-8-sig"))
    content = "song;title\none;é\n".encode(encoding, "replace") + rng.choice((b"", b"\0", b"\xff"))
    return Case("manifests/encoding", _with(content), _DRY_RUN)


def _long(rng: random.Random) -> Case:
    row = rng.choice(("one\n", '"' + "one\n", "one" + "," * 100 + "\n", "\n", "nowhere{}\n"))
    content = "song\n" + "".join(row.replace("{}", str(n)) for n in range(20_000))
    return Case("manifests/long", _with(content.encode()), _DRY_RUN)


def _odd_file(rng: random.Random) -> Case:
    kind = rng.choice(ODD_KINDS)

    def build(work: Path) -> None:
        write_song(work / "one")
        odd_file(work / "m.csv", kind)

    return Case(f"manifests/is-{kind}", build, _DRY_RUN, memory_limit_bytes=800 << 20)


def _formula(rng: random.Random) -> Case:
    text = rng.choice(("=cmd|' /c calc'!A1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1"))

    def check(work: Path, outcome: Outcome) -> str:
        path = work / "out" / "results.csv"
        if not path.is_file():
            return ""
        # What a spreadsheet reads as a formula begins with one of these signs.
        for line in path.read_text("utf-8").splitlines()[1:]:
            cell = line.lstrip('"')
            if cell[:1] in "=+-@\t\r":
                return f"results.csv has the formula {cell[:40]!r}"
        return ""

    content = f'id,song\n"{text}",one\n'.encode()
    return Case(
        "manifests/formula",
        _with(content, ("one",)),
        _RUN,
        may_write=("out",),
        time_limit_s=_RUN_LIMIT_S,
        check=check,
    )


def _damaged_song(rng: random.Random) -> Case:
    kind = rng.choice(("pipe", "empty", "loop", "zeros", "nowhere"))

    def build(work: Path) -> None:
        _with(b"song\none\ntwo\n")(work)
        (work / "two" / "drums.wav").unlink()
        odd_file(work / "two" / "drums.wav", kind)

    def check(work: Path, outcome: Outcome) -> str:
        return "" if (work / "out" / "one.wav").is_file() else "the good song was not mixed"

    return Case(
        f"manifests/song-{kind}",
        build,
        _RUN,
        keeps_some=True,
        time_limit_s=_RUN_LIMIT_S,
        check=check,
    )


def _ledger(rng: random.Random) -> Case:
    """A ledger that a stranger put there, before whose moves it must be checked."""
    column = rng.choice(
        ("output", "files", "moves", "figures", "settings", "state", "id", "attempts")
    )
    values = {
        "output": rng.choice(("../outside/precious", "/etc/passwd", "")),
        "files": rng.choice(('[["../../outside/precious", 8, "x"]]', "null", "[[]]", "{")),
        "moves": rng.choice(
            ('[["work/00/mix.wav", "../../outside/precious"]]', '[["../x", "a.wav"]]')
        ),
        "figures": hostile_json({"loudness_lufs": -14.0, "seconds": {"write": 1.0}}, rng),
        "settings": rng.choice(("[]", "NaN", "[" * 50_000)),
        "state": rng.choice(("x", b"\0", "done\0")),
        "id": rng.choice((b"\xff\xfe", "\x1b[2J")),
        "attempts": rng.choice((-1, 2**62, "x")),
    }
    column = rng.choice(list(values))

    def build(work: Path) -> None:
        _with(b"song\none\n", ("one",))(work)
        state = work / "out" / STATE_FOLDER
        (state / "work" / "00").mkdir(parents=True)
        (state / "work" / "00" / "mix.wav").write_text("theirs")
        record = Record("one", State.PUBLISHING, "one.wav", attempts=1)
        row = dict(zip(NAMES, as_row(record), strict=True)) | {column: values[column]}
        Ledger(state).close()
        with sqlite3.connect(state / LEDGER_FILE) as db:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO songs VALUES ({marks})", list(row.values()))
        db.close()

    run = rng.choice((_RUN, _DRY_RUN))
    changes = ("out",)
    return Case(
        f"manifests/ledger-{column}", build, run, may_change=changes, keeps_some=True,
        time_limit_s=_RUN_LIMIT_S,
    )  # fmt: skip


def _state_link(rng: random.Random) -> Case:
    name = rng.choice(("lock", LEDGER_FILE, "reserve", "work", "premaster", "tables.json"))

    def build(work: Path) -> None:
        _with(b"song\none\n", ("one",))(work)
        (work / "out" / STATE_FOLDER).mkdir(parents=True)
        (work / "out" / STATE_FOLDER / name).symlink_to(work.parent / "outside" / "precious")

    return Case(f"manifests/link-{name}", build, _RUN, REFUSED, time_limit_s=_RUN_LIMIT_S)


def _tables(rng: random.Random) -> Case:
    name = rng.choice(("results.csv", "results.jsonl"))

    def build(work: Path) -> None:
        _with(b"song\none\n", ("one",))(work)
        (work / "out").mkdir()
        (work / "out" / name).write_text(json.dumps("mine"))

    return Case("manifests/tables", build, _RUN, REFUSED, says=name)


def _init(rng: random.Random) -> Case:
    text = rng.choice([text for text in NASTY_TEXTS if "/" not in text and len(text) < 100])

    def build(work: Path) -> None:
        write_song(work / "songs" / (text.strip() or "x"))

    return Case("manifests/init", build, ("batch", "init", "songs"), frozenset({DONE, 1}))


_KINDS = (
    _mutated, _cell, _header, _encoding, _long, _odd_file, _cell, _formula, _damaged_song, _ledger,
    _state_link, _tables, _init,
)  # fmt: skip


def cases(seed: int) -> Iterator[Case]:
    """Batches whose manifest, ledger or output folder is somebody's."""
    return rounds(seed, _KINDS)
