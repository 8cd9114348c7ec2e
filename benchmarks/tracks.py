"""Cost of a track in a whole render of a folder of tracks: stereo, mono, silent.

    python -m benchmarks.tracks                       # this checkout
    python -m benchmarks.tracks --against ../other    # beside another one, taken by turns

Songs of a minute, with half the tracks and with all of them: the difference is what tracks cost,
the rest what a render of any folder costs; a fork has no start-up. CPU seconds, the least of
several turns, each render on one core. All kinds play the same music. The floor is to decode and
to hash each file once, which silence costs as well.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.machine import print_lines
from benchmarks.songs import SAMPLE_RATE_HZ, TRACK_NAMES, song_of
from benchmarks.work import LOADING, Commands, Costs, cpu_s
from mixer import audio as audio_io
from mixer.audio.decoding import probe, read_blocks
from mixer.files.whole_file import hash_file

N_TRACKS, SONG_S, TURNS = 32, 60.0, 2
# A track with a long silence plays at its beginning and at its end, this share of it in all.
_PLAYS = 1 / 3
# A mono recording may be given a compressor where the same in stereo is not: without any, all
# kinds go through the same strips.
_NO_COMPRESSORS = ("--set", 'tracks."*".network.ratio.set=1')
Make = Callable[[np.ndarray, int], np.ndarray]


def _stereo(audio: np.ndarray, number: int) -> np.ndarray:
    """Two channels that differ as a pair of microphones does."""
    return np.stack([audio[0], np.roll(audio[0], 11 + number)])


def _mono(audio: np.ndarray, number: int) -> np.ndarray:
    return audio[:1]


def _equal(audio: np.ndarray, number: int) -> np.ndarray:
    return np.repeat(audio[:1], 2, axis=0)


def _resting(of: Make) -> Make:
    def made(audio: np.ndarray, number: int) -> np.ndarray:
        played = of(audio, number).copy()
        end = round(0.5 * _PLAYS * audio.shape[1])
        played[:, end:-end] = 0.0
        return played

    return made


def _short(of: Make) -> Make:
    """What `_resting` plays, without the silence."""

    def made(audio: np.ndarray, number: int) -> np.ndarray:
        played = of(audio, number)
        end = round(0.5 * _PLAYS * audio.shape[1])
        return np.concatenate([played[:, :end], played[:, -end:]], axis=1)

    return made


def _silent(audio: np.ndarray, number: int) -> np.ndarray:
    stereo = _stereo(audio, number)
    return stereo if number < N_TRACKS // 2 else np.zeros_like(stereo)


class Kind(NamedTuple):
    """A way to make a song's tracks, the options of its render, and the tracks to compare with."""

    make: Make
    options: tuple[str, ...]
    beside: str


_STEREO, _PLAIN = "stereo files", "stereo files, no compressors"
KINDS = {
    _STEREO: Kind(_stereo, (), _STEREO),
    "mono files": Kind(_mono, (), _STEREO),
    "mono in stereo files": Kind(_equal, (), _STEREO),
    "stereo files, two thirds silence": Kind(_resting(_stereo), (), _STEREO),
    "stereo files, these two thirds cut": Kind(_short(_stereo), (), _STEREO),
    "mono files, two thirds silence": Kind(_resting(_mono), (), _STEREO),
    "mono files, these two thirds cut": Kind(_short(_mono), (), _STEREO),
    "stereo files, the second half of them silent": Kind(_silent, (), _STEREO),
    _PLAIN: Kind(_stereo, _NO_COMPRESSORS, _PLAIN),
    "mono files, no compressors": Kind(_mono, _NO_COMPRESSORS, _PLAIN),
    "mono in stereo files, no compressors": Kind(_equal, _NO_COMPRESSORS, _PLAIN),
}
# With silence, without it.
_RESTING = {
    name: name.replace("two thirds silence", "these two thirds cut")
    for name in KINDS
    if name.endswith("two thirds silence")
}


def write_kind(folder: Path, make: Make, n_tracks: int, song_s: float) -> Path:
    """Write a song of tracks of one kind; the first tracks of a longer one are the same."""
    stems = list(song_of(song_s).items())
    rng = np.random.default_rng(1)
    for number in range(n_tracks):
        stem, audio = stems[number % len(stems)]
        # Played again, not copied: another level, a little later.
        other = np.roll(audio, 97 * number, axis=1) * np.float32(rng.uniform(0.4, 0.9))
        other += rng.standard_normal(other.shape[1]).astype(np.float32) * np.float32(1e-3)
        name = f"{number + 1:02d} {TRACK_NAMES[stem]} {number // len(stems) + 1}.wav"
        audio_io.write_audio(folder / name, make(other, number), SAMPLE_RATE_HZ)
    return folder


def floor_s(folder: Path) -> float:
    """CPU seconds to decode and to hash every file of a folder once."""
    began_s = time.process_time()
    for path in sorted(folder.iterdir()):
        for _ in read_blocks(probe(path)[0]):
            pass
        hash_file(path)
    return time.process_time() - began_s


def _case(kind: str, n_tracks: int) -> str:
    return f"{kind}, {n_tracks}"


class Measured(NamedTuple):
    """The least cost of each case, and by kind how many of its tracks have compressors."""

    costs: Costs
    compressors: dict[str, int]


def _measure(
    folder: Path, checkouts: Sequence[Path], song_s: float, turns: int
) -> tuple[list[Measured], dict[str, float]]:
    """CPU seconds of each checkout, and the floor of a track of each kind."""
    songs, floors, made = {}, {}, dict[tuple[Make, int], Path]()
    for kind, (make, options, _) in KINDS.items():
        for n_tracks in (N_TRACKS // 2, N_TRACKS):
            if (make, n_tracks) not in made:
                song = folder / f"song {len(made)}"
                made[make, n_tracks] = write_kind(song, make, n_tracks, song_s)
            song = made[make, n_tracks]
            out = folder / f"{_case(kind, n_tracks)}.wav"
            songs[_case(kind, n_tracks)] = [*_render(song, out), *options]
        floors[kind] = min(floor_s(song) for _ in range(turns)) / N_TRACKS
    first = write_kind(folder / "first", _stereo, 2, 1.0)
    asked = Commands([_render(first, folder / "first.wav")], songs)
    found = [Measured({}, {}) for _ in checkouts]
    for _ in range(turns):
        for measured, checkout in zip(found, checkouts, strict=True):
            for case, cost in cpu_s(asked, checkout).items():
                if cost is not None:
                    measured.costs[case] = min(cost, measured.costs.get(case) or cost)
            for kind in KINDS:
                recipe = folder / f"{_case(kind, N_TRACKS)}.mix.json"
                measured.compressors[kind] = _n_compressors(recipe)
    return found, floors


def _render(song: Path, out: Path) -> list[str]:
    return [
        "mixer",
        "render",
        str(song),
        "--model",
        "tracks",
        "-o",
        str(out),
        "--overwrite",
        "--quiet",
    ]


def _n_compressors(recipe: Path) -> int:
    tracks = json.loads(recipe.read_text(encoding="utf-8"))["measurements"]["tracks"]["tracks"]
    return sum(track["strip"]["compression"]["ratio"] > 1.0 for track in tracks.values())


def _rows(measured: Measured, floors: dict[str, float], song_s: float) -> Iterator[str]:
    """Cost of each kind, of a minute of silence, and of a render of any folder."""
    yield (
        f"| {N_TRACKS} tracks of {song_s:g} s | compressors | {N_TRACKS // 2} of them | "
        f"all | a track | beside stereo | its floor |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    a_track_s: dict[str, float] = {}
    for kind, (_, _, beside) in KINDS.items():
        half_s, all_s = (measured.costs[_case(kind, n)] for n in (N_TRACKS // 2, N_TRACKS))
        assert half_s is not None
        assert all_s is not None
        a_track_s[kind] = (all_s - half_s) / (N_TRACKS - N_TRACKS // 2)
        ratio = "" if kind == beside else f"{a_track_s[kind] / a_track_s[beside]:.2f}"
        yield (
            f"| {kind} | {measured.compressors[kind]} | {half_s:.2f} s | {all_s:.2f} s | "
            f"{1e3 * a_track_s[kind]:.0f} ms | {ratio} | {1e3 * floors[kind]:.0f} ms |"
        )
    yield ""
    a_minute = 60.0 / song_s / (1.0 - _PLAYS)
    for kind, cut in _RESTING.items():
        rest_ms = 1e3 * a_minute * (a_track_s[kind] - a_track_s[cut])
        floor_ms = 1e3 * a_minute * (floors[kind] - floors[cut])
        yield (
            f"A minute of silence in a track ({kind.partition(',')[0]}) costs {rest_ms:.0f} ms, "
            f"and its floor is {floor_ms:.0f} ms."
        )
    shared_s = measured.costs[_case(_STEREO, N_TRACKS // 2)] or 0.0
    shared_s -= a_track_s[_STEREO] * (N_TRACKS // 2)
    yield (
        f"A render of any folder costs {shared_s:.2f} s besides (mix, master, writing), and "
        f"{measured.costs[LOADING]:.1f} s of start-up, which are in none of these figures."
    )


def report(checkouts: Sequence[Path], song_s: float, turns: int) -> Iterator[str]:
    """A table in Markdown for each checkout."""
    with tempfile.TemporaryDirectory() as name:
        found, floors = _measure(Path(name), checkouts, song_s, turns)
    for checkout, measured in zip(checkouts, found, strict=True):
        if len(checkouts) > 1:
            yield f"\n{checkout}\n"
        yield from _rows(measured, floors, song_s)


def table() -> Iterator[str]:
    """The page's table: of this checkout."""
    yield from report([Path(__file__).parents[1]], SONG_S, TURNS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a track costs in a whole render.")
    parser.add_argument("--against", type=Path, help="a checkout to measure as well")
    parser.add_argument("--seconds", type=float, default=SONG_S, help="length of the songs")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each is measured")
    asked = parser.parse_args()
    checkouts = [Path(__file__).parents[1], *([asked.against.resolve()] if asked.against else [])]
    print_lines(report(checkouts, asked.seconds, asked.turns))


if __name__ == "__main__":
    main()
