"""A song to prepare, and the settings for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from mixer.fxnorm.profile import Profile
from mixer.fxnorm.reverb import REVERBERANT_STEMS
from mixer.normalisations import REVERBS
from mixer.version import __version__
from training.data.multitracks import SAMPLE_RATE_HZ, Multitrack
from training.data.song_files import BIT_DEPTH


class SettingsTable(TypedDict):
    """`NormalisationSettings` in JSON form, with everything else that affects the files."""

    mixer_version: str
    sample_rate: int
    bit_depth: str
    effects: list[str]
    n_variants: int
    seed: int
    profile_sha256: str
    rooms_sha256: str | None


@dataclass(frozen=True)
class NormalisationSettings:
    """Settings that determine the content of every song of a data set.

    Attributes:
        profile: the profile to which stems are normalised.
        effects: names of the effects, in order; `pre_reverb` applies to dry songs only.
        n_variants: number of versions, with different random reverbs, of stems that get a reverb.
        seed: random seed of the rooms, 0 or more.
        rooms: folder of impulse responses; None for generated rooms.
        rooms_sha256: hash of the files in that folder.
    """

    profile: Profile
    effects: tuple[str, ...]
    n_variants: int
    seed: int
    rooms: str | None = None
    rooms_sha256: str | None = None

    def variants_of(self, stem: str) -> int:
        """Number of versions of a stem: `n_variants` if it gets a reverb, otherwise 1."""
        has_room = stem in REVERBERANT_STEMS and any(e in self.effects for e in REVERBS)
        return self.n_variants if has_room else 1

    def as_json(self) -> SettingsTable:
        """Convert to plain values, without paths."""
        return {
            "mixer_version": __version__,
            "sample_rate": SAMPLE_RATE_HZ,
            "bit_depth": BIT_DEPTH,
            "effects": list(self.effects),
            "n_variants": self.n_variants,
            "seed": self.seed,
            "profile_sha256": self.profile.sha256,
            "rooms_sha256": self.rooms_sha256,
        }


@dataclass(frozen=True)
class SongTask:
    """A song to prepare, and its destination."""

    multitrack: Multitrack
    song_id: str
    folder: Path
    settings: NormalisationSettings
