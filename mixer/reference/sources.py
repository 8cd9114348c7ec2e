"""References read: a recording, a folder of recordings, or a folder with the stems of one song."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from mixer.audio import AudioSource, probe, read_source
from mixer.audio.dc_offset import without_offset
from mixer.audio.formats import is_audio_name
from mixer.dsp.blocks import FloatArray
from mixer.errors import InputError, PresetError, SettingsError
from mixer.files.whole_file import hash_file
from mixer.files.wording import quote, visible
from mixer.meters.stem_powers import measure_stem_powers
from mixer.reference.match_target import Measured, Target, target_of
from mixer.reference.own_song import OwnSong
from mixer.reference.reference_figures import MixFigures, figures_of, measure_figures
from mixer.reference.reference_text import Aspect, parse_reference
from mixer.reference.speech import speech_words
from mixer.song.load import load_song
from mixer.song.samples import read_stems
from mixer.song.song import Song

SHORTEST_S = 5.0
SOFTEST_LUFS = -60.0
MOST_RECORDINGS = 200
# Stems of one song end together.
_LENGTHS_WITHIN = 0.1
_KEPT = 64


def read_target(
    texts: Sequence[str], song: Song, told: Callable[[str, float], None] | None = None
) -> Target:
    """Read and measure everything that references name.

    Args:
        texts: as `mixer.reference.reference_text.parse_reference` takes them; at least one.
        song: the song to be mixed, which must not itself be a reference.
        told: called with the name of the recording that is measured next, and the share of all
            that is done; None for nobody.

    Raises:
        SettingsError: a reference cannot be used; one line says why.
    """
    own = OwnSong(song)
    every_asked = [parse_reference(text) for text in texts]
    each = [(asked, one) for asked in every_asked for one in _recordings(Path(asked.path))]
    found: list[Measured] = []
    for asked, one in each:
        if told is not None:
            told(one.name, len(found) / len(each))
        figures = _measure(one, own)
        remarks = []
        if figures.width_db is None and Aspect.WIDTH in asked.amounts:
            if len(asked.amounts) == 1:
                raise SettingsError(
                    f"{_name(one)}: is mono, so it has no width to match; ask for other "
                    "aspects, or for a stereo reference"
                )
            remarks.append(f"width: {visible(one.name)} is mono: its width is ignored")
        found.append(Measured(str(one), _sha256(one), figures, asked.amounts, tuple(remarks)))
    return target_of(found)


def reference_seconds(texts: Sequence[str]) -> tuple[float, int]:
    """Seconds of audio in everything that references name, by its headers, and how many files.

    Raises:
        SettingsError: a reference cannot be found or read.
    """
    paths = [one for text in texts for one in _recordings(Path(parse_reference(text).path))]
    files = [file for path in paths for file in _files(path)]
    seconds = 0.0
    for file in files:
        with contextlib.suppress(InputError):  # of which `read_target` says what is wrong
            source = probe(file)[0]
            seconds += source.n_samples / source.sample_rate
    return seconds, len(files)


def reference_sha256(texts: Sequence[str]) -> str:
    """Hash the files that references name, whatever they are called.

    Raises:
        SettingsError: a file does not exist or cannot be read.
    """
    hashes = [
        _sha256(one) for text in texts for one in _recordings(Path(parse_reference(text).path))
    ]
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def _recordings(path: Path) -> list[Path]:
    """The recordings that a path stands for; a folder with stems stands for one."""
    try:
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise SettingsError(f"reference {quote(str(path))}: no such file or folder")
        if _song_of_stems(path) is not None:
            return [path]
        files = sorted(p for p in path.iterdir() if is_audio_name(p.name) and p.is_file())
    except (OSError, ValueError) as error:
        raise SettingsError(f"reference {quote(str(path))}: cannot be read ({error})") from None
    inside = [p for p in files if p.resolve().is_relative_to(path.resolve())]
    if not inside:
        raise SettingsError(
            f"reference {quote(str(path))}: no recordings in this folder; give a file, a folder of "
            "mixes, or one with the stems of a song"
        )
    if len(inside) > MOST_RECORDINGS:
        raise SettingsError(
            f"reference {quote(str(path))}: holds {len(inside)} recordings; give at most "
            f"{MOST_RECORDINGS}"
        )
    return inside


def _song_of_stems(folder: Path) -> Song | None:
    """A folder as a song whose stems have the names of stems, else None."""
    try:
        song = load_song(folder, listen=False)
    except (InputError, PresetError):
        return None
    lengths = [r.source.n_samples / r.source.sample_rate for r in song.recordings]
    is_one = all(r.certain for r in song.recordings) and len(song.stems) > 1
    return song if is_one and min(lengths) > (1.0 - _LENGTHS_WITHIN) * max(lengths) else None


def _measure(path: Path, own: OwnSong) -> MixFigures:
    own.refuse_recording(path)
    figures = _measured(str(path), _stamp(path))
    own.refuse_mix(path, _sources(path))
    return figures


def _sources(path: Path) -> list[tuple[AudioSource, float]]:
    """The recordings of a folder with stems, and where each begins; none of a file."""
    song = _song_of_stems(path) if path.is_dir() else None
    return [] if song is None else [(r.source, r.start_s) for r in song.recordings]


@lru_cache(maxsize=_KEPT)
def _measured(name: str, stamp: str) -> MixFigures:
    """Figures of what a path stands for; `stamp` says whether it is still what it was."""
    path = Path(name)
    if path.is_dir():
        song = _song_of_stems(path)
        assert song is not None
        rate = song.sample_rate
        try:
            song = _without_offsets(song)
            stems = read_stems(song, rate)
        except InputError as error:
            raise _unreadable(path, error) from None
        mix: FloatArray = np.add.reduce(list(stems.values()))
        _refuse_empty(path, mix, rate)
        return figures_of(measure_stem_powers(stems, rate), mix, rate)
    try:
        audio, rate = read_source(without_offset(probe(path)[0]))
    except InputError as error:
        raise _unreadable(path, error) from None
    _refuse_empty(path, audio, rate)
    heard = speech_words(audio, rate)
    if heard is not None:
        raise SettingsError(f"{_name(path)}: {heard}; give a mix of a song")
    figures = measure_figures(audio, rate)
    if figures.loudness_lufs < SOFTEST_LUFS:
        raise SettingsError(
            f"{_name(path)}: is practically silent ({figures.loudness_lufs:.0f} LUFS)"
        )
    return figures


def _without_offsets(song: Song) -> Song:
    """The song as `load_song` has it where it listens: what cannot be heard is not measured."""
    sources = [without_offset(recording.source) for recording in song.recordings]
    each = zip(song.recordings, sources, strict=True)
    return replace(song, recordings=tuple(replace(r, source=source) for r, source in each))


def _refuse_empty(path: Path, audio: FloatArray, sample_rate: int) -> None:
    seconds = audio.shape[-1] / sample_rate
    if not np.isfinite(audio).all():
        raise SettingsError(f"{_name(path)}: holds NaN or infinite samples; export it again")
    if not audio.any():
        raise SettingsError(f"{_name(path)}: is silent: every sample is zero")
    if seconds < SHORTEST_S:
        raise SettingsError(
            f"{_name(path)}: {seconds:.1f} s long; give {SHORTEST_S:g} s or more of a mix"
        )


def _unreadable(path: Path, error: InputError) -> SettingsError:
    text = str(error).partition("; ")[0].removeprefix(f"{visible(path.name)}: ")
    return SettingsError(f"{_name(path)}: {text}; give another recording")


def _name(path: Path) -> str:
    return f"reference {visible(str(path))}"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    song = _song_of_stems(path)
    return [] if song is None else [r.source.path for r in song.recordings]


def _stamp(path: Path) -> str:
    """Sizes and dates of the files."""
    about = [os.stat(file) for file in _files(path)]  # noqa: PTH116
    return " ".join(f"{one.st_size} {one.st_mtime_ns}" for one in about)


def _sha256(path: Path) -> str:
    return _hashed(str(path), _stamp(path))


@lru_cache(maxsize=_KEPT)
def _hashed(name: str, stamp: str) -> str:
    """SHA-256 of what a path stands for; `stamp` as in `_measured`."""
    path = Path(name)
    try:
        hashes = [hash_file(file) for file in _files(path)]
    except OSError as error:
        raise SettingsError(f"{_name(path)}: cannot be read ({error.strerror})") from None
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()
