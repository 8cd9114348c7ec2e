"""Find multitracks in sources: songs with their stems, the target mix and their official split.

A source is a song folder (stems or raw tracks, as `mixer.song.load` reads them), a folder of song
folders to a limited depth, a `.stem.mp4`, or a data set whose top folders are named `train`, `test`
and perhaps `valid`, such as MUSDB18 as WAV or as `.stem.mp4`. Folders as in MedleyDB, with wet
stems in `SONG_STEMS` and recordings in `SONG_RAW`, are wet songs with dry ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.audio.formats import is_audio_name, is_stem_container_name, without_audio_suffix
from mixer.errors import InputError, MixerError
from mixer.files.real_paths import real_path
from mixer.files.wording import joined
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load import load_song, read_song_headers
from mixer.song.names.track_names import classify
from mixer.song.names.track_word_splitting import split_words
from mixer.song.recording import Recording
from mixer.song.samples import read_sum
from mixer.song.song import Song
from mixer.song.stem_container import open_song
from training.data.musdb import is_validation_song
from training.data.sessions import find_session, is_session

TARGETS = ("auto", "mixture", "sum")
SAMPLE_RATE_HZ = 44_100
DRY_FOLDER = "dry"
# A mix may ring longer or be cut; a larger difference in length means another edit of the song.
MAX_LENGTH_DIFFERENCE_S = 5.0

_MAX_DEPTH = 4
_SPLIT_FOLDERS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
# Names of mixes, the most specific first, and words that mark one as not final.
_MIX_WORDS = ("mixture", "mix", "mixdown")
_OTHER_MIX_WORDS = frozenset(
    ("rough", "ref", "reference", "monitor", "click", "guide", "minus", "instrumental", "karaoke")
)


@dataclass(frozen=True)
class Multitrack:
    """A song to train on.

    Attributes:
        name: name of the song.
        song: the recordings of its stems.
        target: the recording of its mix; None if the target is the sum of the stems.
        split: "train", "valid" or "test" if the source states it, else None.
        dry: the stems as recorded, from the folder `dry` beside the wet stems, if there is one.
            Without wet stems, the dry ones are in `song`, which is then dry.
        raw_of: names of the files in `dry` that a file of `song` was mixed from, by its name; those
            that are missing have a file of the same name.
    """

    name: str
    song: Song
    target: Recording | None
    split: str | None = None
    dry: Song | None = None
    raw_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def n_samples(self) -> int:
        """Length in samples at `SAMPLE_RATE_HZ`."""
        return self.song.n_samples_at(SAMPLE_RATE_HZ)

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """All recordings that will be read, the target last."""
        return self.song.recordings + ((self.target,) if self.target else ())

    @property
    def sample_rates(self) -> tuple[int, ...]:
        """Distinct sample rates of its files in Hz, ascending."""
        return tuple(sorted({r.source.sample_rate for r in self.recordings}))


@dataclass(frozen=True)
class LeftOut:
    """A song that is not used, and the reason."""

    name: str
    reason: str


def find_multitracks(
    sources: Iterable[str | Path], target: str = "auto"
) -> tuple[list[Multitrack], list[LeftOut]]:
    """Find the songs of sources, in the given order and sorted by name; only headers are read.

    Args:
        sources: folders or files; see the module's docstring.
        target: "auto" uses a file named as the mix, or else the sum of the stems; "mixture" leaves
            out songs without such a file; "sum" never looks for one.

    Raises:
        InputError: a source does not exist or contains no song, or no song can be used.
    """
    found: list[Multitrack] = []
    left_out: list[LeftOut] = []
    for source in map(real_path, sources):
        candidates = list(_candidates(source))
        if not candidates:
            raise InputError(
                f"{source}: contains no songs; give a folder of song folders that contain audio"
            )
        for path, split in candidates:
            name = _song_name(path)
            if path.is_symlink() and source not in real_path(path).parents:
                left_out.append(
                    LeftOut(name, "a link to outside the source; give its target instead")
                )
                continue
            try:
                found.append(replace(_read_multitrack(path, target), split=split))
            except MixerError as error:
                left_out.append(LeftOut(name, str(error)))
    if not found:
        first = f"{left_out[0].name}: {left_out[0].reason}" if left_out else "no sources given"
        raise InputError(f"none of {len(left_out)} songs can be used; the first: {first}")
    return found, left_out


def read_target(multitrack: Multitrack) -> np.ndarray | None:
    """Read the target mix, float32 (2, `n_samples`) at `SAMPLE_RATE_HZ`; None for the sum.

    Raises:
        InputError: the file is damaged.
    """
    if multitrack.target is None:
        return None
    return read_sum([multitrack.target], multitrack.n_samples, SAMPLE_RATE_HZ)


def _candidates(source: Path) -> Iterator[tuple[Path, str | None]]:
    """Song folders and stem containers, each with the split that a folder states, if any."""
    if source.is_file() and is_stem_container_name(source.name):
        yield source, None
        return
    if not source.is_dir():
        what = "is a file" if source.exists() else "no such folder"
        raise InputError(f"{source}: {what}; give a folder of songs or a .stem.mp4")
    folders = _subfolders(source)
    tops = {_SPLIT_FOLDERS[f.name.lower()]: f for f in folders if f.name.lower() in _SPLIT_FOLDERS}
    if not {"train", "test"} <= set(tops):
        yield from ((path, None) for path in _songs_below(source, _MAX_DEPTH))
        return
    for split, folder in tops.items():
        for path in _songs_below(folder, _MAX_DEPTH):
            name = _song_name(path)
            is_musdb_valid = split == "train" and "valid" not in tops and is_validation_song(name)
            yield path, "valid" if is_musdb_valid else split


def _song_name(path: Path) -> str:
    """Name of a folder, or of a stem container without its suffix."""
    return without_audio_suffix(path.name) if is_stem_container_name(path.name) else path.name


def _songs_below(folder: Path, depth: int) -> Iterator[Path]:
    audio = sorted(p for p in folder.iterdir() if is_audio_name(p.name) and p.is_file())
    audio = [p for p in audio if not p.name.startswith(".")]
    containers = [p for p in audio if is_stem_container_name(p.name)]
    if audio and len(containers) == len(audio):
        yield from containers
    elif audio or is_session(folder):
        yield folder
        return
    if depth == 0:
        return
    for inner in _subfolders(folder):
        if inner.is_symlink():
            yield inner
        else:
            yield from _songs_below(inner, depth - 1)


def _subfolders(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))


def _read_multitrack(path: Path, target: str) -> Multitrack:
    """Read a song folder or a stem container as a multitrack; only headers are read.

    Raises:
        InputError: stems are missing, the mix is missing although it is required, or the stems are
            dry and there is no mix.
    """
    session = find_session(path)
    if session is None:
        song, dry = _song_and_dry_song(path)
        raw_of: Mapping[str, tuple[str, ...]] = {}
        beside = song
    else:
        song, dry, raw_of = session.wet, session.dry, session.raw_of
        # The mix lies beside the folders of its parts.
        beside = read_song_headers(path)
    mix = None if target == "sum" else _find_mix(beside)
    if mix is None and target == "mixture":
        raise InputError("none of its files is named mixture; rename its mix, or use target sum")
    if mix is None and song.dry:
        raise InputError("its stems are dry and it has no mix, so nothing can be learnt from it")
    if mix is not None:
        seconds = mix.source.n_samples / mix.source.sample_rate
        if abs(seconds - song.duration_s) > MAX_LENGTH_DIFFERENCE_S:
            raise InputError(
                f"{mix.file} lasts {seconds:.1f} s but the stems last {song.duration_s:.1f} s; "
                "export both from the same edit, or use target sum"
            )
    return Multitrack(song.name, song, mix, dry=dry, raw_of=raw_of)


def _song_and_dry_song(path: Path) -> tuple[Song, Song | None]:
    """Load a song and the dry stems in its folder `dry`; if it has no others, it is dry itself.

    Raises:
        InputError: they cannot be read.
    """
    song = open_song(path)
    folder = path / DRY_FOLDER
    if path.is_file() or not folder.is_dir() or folder.is_symlink():
        return song, None
    if all(r.file.startswith(f"{DRY_FOLDER}/") for r in song.recordings):
        return replace(song, dry=True), None  # there are no wet ones beside them
    return song, load_song(folder)


def _may_be_the_mix(file: str) -> bool:
    """Whether an unused file is next to the parts and is not the sum of only some of them."""
    return is_audio_name(file) and "/" not in file and classify(file).stem is None


def _find_mix(song: Song) -> Recording | None:
    """The unused recording whose name marks it most clearly as the final mix; None if none does."""
    ignored = f"ignored in {SONG_FILE}"
    ranked: dict[int, list[Recording]] = {}
    for recording in song.left_out:
        container, _, stream = recording.file.rpartition("#")
        words = split_words(Path(recording.file).stem) if not container else [stream]
        if not container and not _may_be_the_mix(recording.file):
            continue
        if recording.reason == ignored or _OTHER_MIX_WORDS & set(words):
            continue
        ranks = [rank for rank, word in enumerate(_MIX_WORDS) if word in words]
        if ranks:
            ranked.setdefault(ranks[0], []).append(recording)
    if not ranked:
        return None
    best = ranked[min(ranked)]
    if len(best) > 1:
        names = joined(r.file for r in best[:2])
        raise InputError(f"{names} are both named as the mix; ignore one in {SONG_FILE}")
    recording = best[0]
    if recording.source.n_samples:
        return recording
    path = song.folder / recording.file
    if path.is_symlink() and song.folder not in real_path(path).parents:
        return None
    return replace(recording, source=audio_io.probe(path)[0])
