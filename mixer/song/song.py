"""A song: the recordings of a folder, grouped into stems, read as far as their headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixer import audio as audio_io
from mixer.errors import InputError
from mixer.song.recording import Recording
from mixer.song.song_file import Explicit, Marker
from mixer.stems import STEMS


@dataclass(frozen=True)
class Song:
    """A song folder, read as far as its headers.

    Attributes:
        name: the folder's name, or the title in `song.toml`.
        folder: absolute path.
        recordings: those that are mixed, in the order of file names.
        left_out: files that are not mixed, with reasons: not recordings, or unusable.
        sample_rate: the highest among the recordings, in Hz; the default rate of the mix.
        n_samples: length of the longest recording at that rate.
        dry: the recording is dry (no room on it yet), as `song.toml` says.
        tempo_bpm: from `song.toml`, or None.
        console: the unchecked table `console` of `song.toml`, for `mixer.preset.merge.resolve`.
        markers: named places, by time.
        explicit: ranges of words that a clean version mutes.
        notes: remarks about the song as a whole, a sentence each.
        title, artist: from `song.toml`, or None.
        colors: "#rrggbb" by stem and file, for those set in `song.toml`.
        starts_are_stated: whether every recording has a plausible time reference.
    """

    name: str
    folder: Path
    recordings: tuple[Recording, ...]
    left_out: tuple[Recording, ...]
    sample_rate: int
    n_samples: int
    dry: bool = False
    tempo_bpm: float | None = None
    console: Mapping[str, object] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()
    explicit: tuple[Explicit, ...] = ()
    notes: tuple[str, ...] = ()
    starts_are_stated: bool = False
    title: str | None = None
    artist: str | None = None
    colors: Mapping[str, str] = field(default_factory=dict)

    @property
    def stems(self) -> tuple[str, ...]:
        """The stems that have recordings, in the order of `STEMS`."""
        there = {recording.stem for recording in self.recordings}
        return tuple(stem for stem in STEMS if stem in there)

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate

    def n_samples_at(self, sample_rate: int) -> int:
        """The song's length at another rate."""
        return audio_io.resampled_length(self.n_samples, self.sample_rate, sample_rate)


def check_titles(songs: Iterable[Song]) -> None:
    """Raise InputError if two songs have the same name."""
    names = [song.name for song in songs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"two songs are called {twice!r}; give one another title in its song.toml")
