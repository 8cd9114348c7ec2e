"""Accuracy of dry tracks found in their mixture: errors of `training.data.wet_tracks`.

    python -m benchmarks.wet_tracks ../shared/tracks/* --composed 12

A song is a folder with `dry` and `wet`, whose files have the same names, or is composed and mixed
by the simulated engineer. Its wet tracks, summed and 3 dB softer, are the mixture. The middle
30 s of a song count. The output is a table in Markdown: means over tracks of the sizes of errors.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.audio import read_audio
from mixer.dsp.blocks import FloatArray
from mixer.dsp.erb_bands import k_weights
from mixer.errors import InputError
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.parameters import N_BANDS
from training.data.mixture_target import LEAST_EXPLAINED
from training.data.multitracks import SAMPLE_RATE_HZ
from training.data.prepare_tracks import AUDIBLE_LUFS, EXCERPT_S, as_recorded
from training.data.wet_tracks import WetTracks, estimate_wet_tracks
from training.synthesis.compose import compose
from training.synthesis.engineer import engineer
from training.synthesis.engineer_space import Space, build_space, echo, reverberate
from training.synthesis.engineer_stem import ROOM_OF, TrackDecisions
from training.synthesis.engineer_style import Style
from training.synthesis.genres import GENRES
from training.track_mixer.track_powers import loudness, mid_and_side

MIXTURE_DB = -3.0
# A track further below the mixture than this counts as soft.
SOFT_DB = 20.0
# Narrower tracks say nothing about errors of width; sides below the other are as good as none.
WIDE_DB, _LEAST_SIDE_DB = -20.0, -40.0
_TINY = 1e-15


@dataclass(frozen=True)
class Pairs:
    """The tracks of a song, dry and wet by name: float32 (1 or 2, samples) and (2, samples)."""

    name: str
    dry: Mapping[str, FloatArray]
    wet: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Errors:
    """Sizes of errors in dB of the tracks of a song, float64 (tracks,) each.

    Attributes:
        is_known: whether the estimate counts as known.
        is_soft: more than `SOFT_DB` below the mixture.
        level: of the estimate.
        equal: of equal levels for all tracks.
        raw: of the dry levels with the best gain for all.
        pan: of left over right of the estimate.
        middle: of left over right of tracks in the middle.
        spectrum: of the estimate, weighted by loudness.
        unshaped: of the dry spectrum.
        width: of side over mid; NaN for tracks whose own side is below `WIDE_DB`.
    """

    is_known: NDArray[np.bool_]
    is_soft: NDArray[np.bool_]
    level: NDArray[np.float64]
    equal: NDArray[np.float64]
    raw: NDArray[np.float64]
    pan: NDArray[np.float64]
    middle: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    unshaped: NDArray[np.float64]
    width: NDArray[np.float64]


_SIZES = ("level", "equal", "raw", "pan", "middle", "spectrum", "unshaped", "width")


def read_pairs(folder: Path) -> Pairs:
    """The middle of the tracks that a folder has dry and wet.

    Raises:
        InputError: `dry` or `wet` is missing, they share no names, or a file cannot be read.
    """
    files = {kind: _files(folder / kind) for kind in ("dry", "wet")}
    names = sorted(set(files["dry"]) & set(files["wet"]))
    if not names:
        raise InputError(f"{folder}: needs folders dry and wet with files of the same names")
    read = {
        kind: {name: read_audio(of[name], SAMPLE_RATE_HZ)[0] for name in names}
        for kind, of in files.items()
    }
    n_samples = min(audio.shape[1] for of in read.values() for audio in of.values())
    kept = min(n_samples, round(EXCERPT_S * SAMPLE_RATE_HZ))
    part = slice((n_samples - kept) // 2, (n_samples - kept) // 2 + kept)
    dry, wet = (
        {name: audio[:, part] for name, audio in of.items()} for of in (read["dry"], read["wet"])
    )
    return Pairs(folder.name, dry, {name: _stereo(audio) for name, audio in wet.items()})


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in folder.iterdir()} if folder.is_dir() else {}


def _stereo(audio: FloatArray) -> FloatArray:
    return np.repeat(audio, 3 - len(audio), axis=0)


def composed_pairs(seed: int) -> Pairs:
    """A composed song of `EXCERPT_S`, whose tracks have their channels, rooms and echoes.

    Raises:
        InputError: FluidSynth or a SoundFont is missing.
    """
    multitrack = compose(seed, genre=tuple(GENRES)[seed % len(GENRES)], duration_s=EXCERPT_S)
    rate, wet = multitrack.sample_rate, dict[str, FloatArray]()
    mix = engineer(multitrack, seed, tell=lambda name, audio: wet.update({name: audio.copy()}))
    style = Style(**mix.decisions["style"])  # type: ignore[arg-type]
    space = build_space(style, multitrack.tempo_bpm, rate, np.random.default_rng(seed))
    for decided in mix.decisions["tracks"]:
        wet[decided["name"]] += _returns(wet[decided["name"]], decided, space, rate)
    dry = {track.name: track.audio for track in multitrack.tracks if track.name in wet}
    return Pairs(f"{multitrack.genre} {seed}", dry, {name: wet[name] for name in dry})


def _returns(audio: FloatArray, decided: TrackDecisions, space: Space, rate: int) -> FloatArray:
    """Returns of a track's sends, float32 (2, samples)."""
    middle = 0.5 * (audio[0] + audio[1])
    found = np.zeros_like(audio)
    if decided["reverb_db"] is not None:
        send = np.float32(10.0 ** (decided["reverb_db"] / 20.0)) * middle
        found += reverberate(send, space.rooms[ROOM_OF[decided["stem"]]])
    if decided["echo_db"] is not None:
        found += echo(np.float32(10.0 ** (decided["echo_db"] / 20.0)) * middle, rate, space)
    return found


def measure(song: Pairs) -> tuple[float, Errors]:
    """Share of the mixture that the dry tracks explain, 0 to 1, and the errors of each.

    Raises:
        InputError: no track of the song can be heard.
    """
    gain = np.float32(10.0 ** (MIXTURE_DB / 20.0))
    heard = [
        (as_recorded(song.dry[name]), gain * audio)
        for name, audio in song.wet.items()
        if all(_is_audible(each) for each in (song.dry[name], audio))
    ]
    if not heard:
        raise InputError(f"{song.name}: none of its tracks can be heard both dry and wet")
    dry, wet = [pair[0] for pair in heard], [pair[1] for pair in heard]
    mixture = np.add.reduce(wet)
    found = estimate_wet_tracks(dry, mixture, SAMPLE_RATE_HZ)
    mixture_lufs = listen_to(mixture, SAMPLE_RATE_HZ).loudness_lufs
    return found.explained, errors_of(found, _powers(dry), _powers(wet), mixture_lufs)


def _is_audible(audio: FloatArray) -> bool:
    return listen_to(audio, SAMPLE_RATE_HZ).loudness_lufs > AUDIBLE_LUFS


def _powers(tracks: Sequence[FloatArray]) -> NDArray[np.float32]:
    return np.stack([listen_to(audio, SAMPLE_RATE_HZ).powers for audio in tracks])


def errors_of(
    found: WetTracks, dry: NDArray[np.float32], wet: NDArray[np.float32], mixture_lufs: float
) -> Errors:
    """Compare an estimate with the truth.

    Args:
        found: the estimate.
        dry: powers of the dry tracks, (tracks, 3, bands).
        wet: powers of the wet tracks, (tracks, 3, bands).
        mixture_lufs: loudness of their mixture.
    """
    level_db = loudness(wet)
    raw_db = loudness(dry) - level_db
    width_db = _width_db(wet)
    return Errors(
        found.is_known,
        level_db < mixture_lufs - SOFT_DB,
        np.abs(loudness(found.powers) - level_db),
        np.abs(np.median(level_db) - level_db),
        np.abs(raw_db - np.median(raw_db)),
        np.abs(_pan_db(found.powers) - _pan_db(wet)),
        np.abs(_pan_db(wet)),
        _spectrum_errors_db(found.powers, wet),
        _spectrum_errors_db(dry, wet),
        np.where(width_db > WIDE_DB, np.abs(_width_db(found.powers) - width_db), np.nan),
    )


def _pan_db(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    left, right = powers[:, 0].sum(axis=1), powers[:, 1].sum(axis=1)
    return np.asarray(10.0 * np.log10((left + _TINY) / (right + _TINY)), np.float64)


def _width_db(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    mid, side = (each.sum(axis=1) for each in mid_and_side(powers))
    ratio_db = 10.0 * np.log10(np.maximum(side, _TINY) / np.maximum(mid, _TINY))
    return np.asarray(np.maximum(ratio_db, _LEAST_SIDE_DB))


def _spectrum_errors_db(
    powers: NDArray[np.float32], wet: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Root mean square of what spectra differ by, beside their level."""
    ours, theirs = (p[:, :2].mean(axis=1, dtype=np.float64) for p in (powers, wet))
    weights = theirs * k_weights(N_BANDS)
    weights /= weights.sum(axis=1, keepdims=True)
    apart_db = 10.0 * np.log10(np.maximum(ours, 1e-14) / np.maximum(theirs, 1e-14))
    apart_db -= (weights * apart_db).sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt((weights * np.square(apart_db)).sum(axis=1)))


def table(songs: Sequence[tuple[float, Errors]], what: str) -> Iterator[str]:
    """Rows in Markdown: tracks within `SOFT_DB` of the mixture, softer ones, unknown ones."""
    joined = {
        name: np.concatenate([getattr(errors, name) for _, errors in songs])
        for name in ("is_known", "is_soft", *_SIZES)
    }
    known, soft = joined["is_known"], joined["is_soft"]
    rows = (
        (f"{what}: within {SOFT_DB:.0f} dB of the mixture", known & ~soft),
        ("softer", known & soft),
        ("left out as unknown", ~known),
    )
    for label, which in rows:
        if which.any():
            level, *others = (joined[name][which] for name in _SIZES)
            figures = " | ".join(f"{_mean(values):.2f}" for values in others)
            shown = f"{level.mean():.2f} ({np.median(level):.2f})"
            yield f"| {label} | {which.sum()} | {shown} | {figures} |"


def _mean(values: NDArray[np.float64]) -> float:
    told = values[~np.isnan(values)]
    return float(told.mean()) if told.size else float("nan")


_HEAD = (
    "| | tracks | level (median) | equal | dry | left over right | middle | spectrum | dry "
    "| width |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.wet_tracks",
        description="Errors in dB of what is found of dry tracks in their mixture.",
    )
    parser.add_argument("folders", nargs="*", type=Path, help="songs with folders dry and wet")
    parser.add_argument("--composed", type=int, default=0, help="number of composed songs")
    asked = parser.parse_args()
    folders = [folder for folder in asked.folders if (folder / "dry").is_dir()]
    for folder in sorted(set(asked.folders) - set(folders)):
        sys.stderr.write(f"{folder} is left out: it has no folder dry\n")
    kinds = (
        ("songs", [lambda folder=folder: read_pairs(folder) for folder in folders]),
        ("composed songs", [lambda n=n: composed_pairs(n) for n in range(asked.composed)]),
    )
    sys.stdout.write(_HEAD + "\n")
    for what, makers in kinds:
        songs = [measure(make()) for make in makers]
        if songs:
            shares = [100.0 * explained for explained, _ in songs]
            used = sum(share >= 100.0 * LEAST_EXPLAINED for share in shares)
            sys.stdout.write("\n".join(table(songs, f"{len(songs)} {what}")) + "\n")
            sys.stderr.write(
                f"{what}: {min(shares):.0f} to {max(shares):.0f} % explained; "
                f"{used} of {len(songs)} would be used\n"
            )


if __name__ == "__main__":
    main()
