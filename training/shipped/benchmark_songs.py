"""Songs of the benchmark, each a song folder with its true wet stems beside it if known.

(a) Held-out synthetic songs: dry stems, and the simulated engineer's wet ones as the truth.
(b) Real songs on which nothing is trained: their stems are wet, so the truth is their plain sum,
    and a system gets disturbed versions of the stems, as if they had been recorded that way.
(c) The demo song: dry, and without a truth.

Songs are cached under a name that changes with the code that makes them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

import mixer.demo_song
import training.synthesis
from mixer.audio import write_audio
from mixer.demo_song import DEMO_SONG, compose_demo_song
from mixer.errors import OutputError
from mixer.files.whole_file import write_json
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load import load_song
from mixer.song.samples import read_stems
from mixer.song.song import Song

SAMPLE_RATE_HZ = 44_100


class SongGroup(StrEnum):
    """Origin of a song of the benchmark."""

    SYNTHETIC = "synthetic"
    REAL = "real"
    DEMO = "demo"


GROUP_TITLES = {
    SongGroup.SYNTHETIC: "Held-out synthetic songs",
    SongGroup.REAL: "Real songs with simulated recording differences",
    SongGroup.DEMO: "The demo song (no true mix, so only damage is measured)",
}
# Never trained on: these seeds, and genres that are held out (`training.synthesis.genres`).
FIRST_HELD_OUT_SEED = 900_000
REAL_SONGS = ("sodium", "mdn_funk")
# By this one weights are chosen.
VALIDATION_SONG = "rubidium"
# Songs of single tracks that nothing is trained on: every third one of LMMS, by name, and sodium.
HELD_OUT_TRACKS = ("DirtyLove", "Skiessi-Onion", "TameAnderson-MakeMe", "sodium")
_TRUTH, _ABOUT = "truth", "about.json"
# Largest peak that a file can hold; louder songs are turned down with their truth, which affects no
# measure.
_HIGHEST_PEAK = 0.99
# A real recording contains dither and hum before its first note, by which no mix is judged: a
# near-silent spectrum is off by thousands of percent for any system.
_FIRST_NOTE_PEAK, _LEAD_IN_SAMPLES = 10.0 ** (-60.0 / 20.0), 441


@dataclass(frozen=True)
class BenchmarkSong:
    """A song of the benchmark.

    Attributes:
        group: `SongGroup.SYNTHETIC`, `SongGroup.REAL` or `SongGroup.DEMO`.
        name: unique within the group.
        folder: song folder with the inputs of a system.
        has_truth: whether true wet stems exist in a folder beside it.
    """

    group: SongGroup
    name: str
    folder: Path
    has_truth: bool

    def song(self) -> Song:
        """The inputs as a song."""
        return load_song(self.folder)

    def inputs(self) -> dict[str, np.ndarray]:
        """Inputs of a system by name, float32 `(2, samples)` at `SAMPLE_RATE_HZ`."""
        return read_stems(self.song(), SAMPLE_RATE_HZ)

    def truth(self) -> dict[str, np.ndarray]:
        """True wet stems by name, float32 `(2, samples)` at `SAMPLE_RATE_HZ`; empty if unknown."""
        if not self.has_truth:
            return {}
        return read_stems(load_song(self.folder / _TRUTH), SAMPLE_RATE_HZ)


@dataclass(frozen=True)
class _Stems:
    """Audio of a song to be written."""

    inputs: Mapping[str, np.ndarray]
    truth: Mapping[str, np.ndarray]
    title: str
    dry: bool
    about: Mapping[str, object]


def synthetic_songs(
    cache: Path, n_songs: int, duration_s: float, genres: Sequence[str]
) -> Iterator[BenchmarkSong]:
    """Compose and mix held-out songs, taking genres in turn.

    Args:
        cache: folder in which songs are cached.
        n_songs: number of songs; a smaller number gives the first of the same songs.
        duration_s: length of each song in seconds.
        genres: names of genres; held-out ones come first.

    Raises:
        InputError: no SoundFont was found.
        OutputError: the cache cannot be written.
    """
    for index in range(n_songs):
        seed, genre = FIRST_HELD_OUT_SEED + index, genres[index % len(genres)]
        yield _kept(
            cache,
            SongGroup.SYNTHETIC,
            f"{genre}-{seed}-{duration_s:g}s",
            lambda seed=seed, genre=genre: _synthesise(seed, genre, duration_s),  # type: ignore[misc]
        )


def real_songs(cache: Path, stems: Path, n_takes: int) -> Iterator[BenchmarkSong]:
    """Disturb the available real songs, several times each.

    Args:
        cache: folder in which songs are cached.
        stems: folder of song folders with wet stems.
        n_takes: number of disturbed versions of each song.

    Raises:
        OutputError: the cache cannot be written.
    """
    for name in REAL_SONGS:
        if not (stems / name).is_dir():
            continue
        for take in range(n_takes):
            yield _kept(
                cache,
                SongGroup.REAL,
                f"{name}-{take + 1}",
                lambda name=name, take=take: _disturb(stems / name, take),  # type: ignore[misc]
            )


def demo_song(cache: Path) -> Iterator[BenchmarkSong]:
    """The song of `mixer demo`, at its usual seed."""

    def compose() -> _Stems:
        stems = compose_demo_song(1, SAMPLE_RATE_HZ)
        return _Stems(stems, {}, DEMO_SONG.title, dry=True, about={"seed": 1})

    yield _kept(cache, SongGroup.DEMO, "demo", compose)


def _synthesise(seed: int, genre: str, duration_s: float) -> _Stems:
    # Imported late: only composing needs these modules.
    from training.synthesis.compose import compose
    from training.synthesis.engineer import engineer

    multitrack = compose(seed, genre=genre, duration_s=duration_s, sample_rate=SAMPLE_RATE_HZ)
    mix = engineer(multitrack, seed)
    return _Stems(mix.dry_stems, mix.wet_stems, multitrack.title, dry=True, about=mix.decisions)


def _disturb(folder: Path, take: int) -> _Stems:
    from training.synthesis.disturb import disturb_stems

    truth = _from_first_note(read_stems(load_song(folder), SAMPLE_RATE_HZ))
    # The same take number disturbs each song differently.
    digest = hashlib.sha256(folder.name.encode()).digest()
    rng = np.random.default_rng([int.from_bytes(digest[:4], "big"), take])
    inputs, about = disturb_stems(truth, SAMPLE_RATE_HZ, rng)
    return _Stems(inputs, truth, f"{folder.name} {take + 1}", dry=False, about=about)


def _from_first_note(stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cut the stems before the first audible part of their sum."""
    loud = np.abs(np.add.reduce(list(stems.values()))).max(axis=0) > _FIRST_NOTE_PEAK
    first = max(0, int(np.argmax(loud)) - _LEAD_IN_SAMPLES)
    return {name: audio[:, first:] for name, audio in stems.items()}


def _kept(cache: Path, group: SongGroup, name: str, make: Callable[[], _Stems]) -> BenchmarkSong:
    """Return a cached song, making it first if needed: completely or not at all."""
    folder = cache / _digest_of_code() / group / name
    if not folder.is_dir():
        stems = make()
        partial = folder.with_name(f".{name}.partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            _write(partial, stems)
            partial.rename(folder)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be written ({error.strerror})") from None
    return BenchmarkSong(group, name, folder, has_truth=(folder / _TRUTH).is_dir())


def _write(folder: Path, stems: _Stems) -> None:
    for part, where in ((stems.inputs, folder), (stems.truth, folder / _TRUTH)):
        largest = max((float(np.abs(audio).max()) for audio in part.values()), default=0.0)
        gain = np.float32(min(1.0, _HIGHEST_PEAK / max(largest, 1e-9)))
        for stem, audio in part.items():
            write_audio(where / f"{stem}.flac", audio * gain, SAMPLE_RATE_HZ, file_format="flac")
    lines = [f"title = {json.dumps(stems.title)}", f"dry = {str(stems.dry).lower()}"]
    (folder / SONG_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    write_json(folder / _ABOUT, dict(stems.about))


def _digest_of_code() -> str:
    """Hash of the code that decides what the songs sound like."""
    digest = hashlib.sha256()
    for package in (training.synthesis, mixer.demo_song):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
