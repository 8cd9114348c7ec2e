"""Plan a data set: settings, songs, splits and size. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.threads import available_threads
from mixer.errors import SettingsError
from mixer.fxnorm.profile import read_profile
from mixer.fxnorm.reverb import REVERBERANT_STEMS
from mixer.normalisations import REVERBS, check_effects
from mixer.rendering.choices.shipped import PUBLISHED_PROFILE
from training.data.multitracks import TARGETS, LeftOut, Multitrack, find_multitracks
from training.data.prepared import Examples
from training.data.splits import METHODS, assign_splits

MEASURE, AUTO = "measure", "auto"
# An average over fewer training songs describes these songs rather than mixes in general.
FEWEST_SONGS_TO_MEASURE = 20
DEFAULT_EFFECTS = ("reverb", "eq", "compression", "balance", "loudness")
# Normalisations of examples in bands: any others would be undone by what the network learns.
DEFAULT_BAND_EFFECTS = ("balance",)
# Tracks are not normalised: everything that an engineer does to them is to be learnt.
DEFAULT_TRACK_EFFECTS: tuple[str, ...] = ()
DEFAULT_VARIANTS = 3
VARIANTS_RANGE = (1, 100)

# Memory for decoded stems, their sum, and what normalising one of them needs.
_BYTES_IN_MEMORY_PER_SAMPLE = 8 * 6
# Powers of four stems before and after the console, in excerpts that overlap by half.
_BAND_BYTES_PER_SAMPLE = 6.0
# A few hundred numbers per track and 30 s.
_TRACK_BYTES = 2_000 / (30 * 44_100)
# Measured on real songs: 24-bit FLAC needs 2.8 of the 6 bytes of a stereo sample, more for dense
# music.
_BYTES_ON_DISK_PER_SAMPLE = 3.5


@dataclass(frozen=True)
class PrepareSettings:
    """All settings that, together with the sources, determine a data set.

    Attributes:
        profile: a name, a JSON file, "measure" for the average of the training songs, or "auto" to
            measure if there are at least 20 training songs and to use the published averages
            otherwise.
        effects: names from `mixer.normalisations`, in order; `pre_reverb` applies to dry songs
            only.
        n_variants: number of versions of vocals and other with different random reverbs.
        seed: random seed of the rooms, 0 or more.
        rooms: folder of impulse responses; None for generated rooms.
        target: one of `training.data.multitracks.TARGETS`.
        split: one of `training.data.splits.METHODS`.
        valid_share, test_share: shares for validation and test of the songs split by hash, 0 to 1.
        examples: "audio", "bands" for networks that learn from band powers of stems, or "tracks"
            for networks that mix tracks.
    """

    profile: str = AUTO
    effects: tuple[str, ...] = DEFAULT_EFFECTS
    n_variants: int = DEFAULT_VARIANTS
    seed: int = 0
    rooms: str | None = None
    target: str = "auto"
    split: str = "auto"
    valid_share: float = 0.1
    test_share: float = 0.1
    examples: str = Examples.AUDIO

    def __post_init__(self) -> None:
        check_effects(self.effects)
        if not VARIANTS_RANGE[0] <= self.n_variants <= VARIANTS_RANGE[1]:
            low, high = VARIANTS_RANGE
            raise SettingsError(f"variants must be {low} to {high}, not {self.n_variants}")
        if self.seed < 0:
            raise SettingsError(f"seed must be 0 or a positive whole number, not {self.seed}")
        for name, value, known in (
            ("target", self.target, TARGETS),
            ("split", self.split, METHODS),
            ("examples", self.examples, (Examples.AUDIO, Examples.BANDS, Examples.TRACKS)),
        ):
            if value not in known:
                raise SettingsError(f"unknown {name} {value!r}; choose from {', '.join(known)}")


@dataclass(frozen=True)
class PlannedSong:
    """A song, the name of its folder in the data set, and its split."""

    id: str
    multitrack: Multitrack
    split: str


@dataclass(frozen=True)
class Plan:
    """Songs, settings and expected size of a data set.

    Attributes:
        folder: destination of the data set.
        settings: as given.
        songs: the songs in the order in which they were found.
        left_out: songs that were found but cannot be used.
        profile: "measure", or the name or file of a profile.
        n_bytes: approximate size on disk in bytes.
    """

    folder: Path
    settings: PrepareSettings
    songs: tuple[PlannedSong, ...]
    left_out: tuple[LeftOut, ...]
    profile: str
    n_bytes: int

    def of_split(self, split: str) -> tuple[PlannedSong, ...]:
        """The songs of one split; empty if there are none."""
        return tuple(song for song in self.songs if song.split == split)


def plan_dataset(
    sources: Sequence[str | Path], folder: str | Path, settings: PrepareSettings
) -> Plan:
    """Find the songs and decide their splits; nothing is decoded, nothing is written.

    Raises:
        InputError: see `find_multitracks` and `assign_splits`.
        SettingsError: see `assign_splits`.
        ModelError: the profile does not exist.
    """
    if settings.profile not in (AUTO, MEASURE):
        read_profile(settings.profile)
    found, left_out = find_multitracks(sources, settings.target)
    splits = assign_splits(found, settings.split, settings.valid_share, settings.test_share)
    ids = _song_ids([multitrack.name for multitrack in found])
    songs = tuple(PlannedSong(i, m, s) for i, m, s in zip(ids, found, splits, strict=True))
    profile = settings.profile
    if settings.examples == Examples.TRACKS:
        profile = PUBLISHED_PROFILE  # of no use to them, and not worth measuring
    elif profile == AUTO:
        enough = splits.count("train") >= FEWEST_SONGS_TO_MEASURE
        profile = MEASURE if enough else PUBLISHED_PROFILE
    if settings.examples == Examples.BANDS:
        n_bytes = round(sum(m.n_samples for m in found) * _BAND_BYTES_PER_SAMPLE)
    elif settings.examples == Examples.TRACKS:
        n_bytes = round(sum(m.n_samples * len(m.recordings) for m in found) * _TRACK_BYTES)
    else:
        n_samples = sum(m.n_samples * _files_of(m, settings) for m in found)
        n_bytes = round(n_samples * _BYTES_ON_DISK_PER_SAMPLE)
    return Plan(Path(folder), settings, songs, tuple(left_out), profile, n_bytes)


def _files_of(multitrack: Multitrack, settings: PrepareSettings) -> int:
    """Number of audio files that are written for a song."""
    has_room = any(effect in settings.effects for effect in REVERBS)
    n_variants = [
        settings.n_variants if has_room and stem in REVERBERANT_STEMS else 1
        for stem in multitrack.song.stems
    ]
    return 1 + len(n_variants) + sum(n_variants)


def default_jobs(plan: Plan) -> int:
    """One process per core, as far as memory allows."""
    longest = max(song.multitrack.n_samples for song in plan.songs)
    fitting = available_memory_bytes() // max(1, longest * _BYTES_IN_MEMORY_PER_SAMPLE)
    return max(1, min(available_threads(), fitting, len(plan.songs)))


def _song_ids(names: Sequence[str]) -> list[str]:
    """Folder names for songs: plain letters, with a number added to duplicates."""
    ids: list[str] = []
    for name in names:
        plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())
        base = "-".join(part for part in plain.split("-") if part)[:80] or "song"
        number, song_id = 1, base
        while song_id in ids:
            number += 1
            song_id = f"{base}-{number}"
        ids.append(song_id)
    return ids
