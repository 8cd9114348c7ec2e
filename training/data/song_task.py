"""A song that is to be prepared, and by which settings."""

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
    """`NormalisationSettings` as JSON has them, with what else decides the files."""

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
        profile: what stems are normalised to.
        effects: by what, in order; `pre_reverb` applies to dry songs only.
        n_variants: differently seeded versions of stems that get a reverb.
        seed: of the rooms.
        rooms: folder of impulse responses; None for generated ones.
        rooms_sha256: of that folder's files.
    """

    profile: Profile
    effects: tuple[str, ...]
    n_variants: int
    seed: int
    rooms: str | None = None
    rooms_sha256: str | None = None

    def variants_of(self, stem: str) -> int:
        has_room = stem in REVERBERANT_STEMS and any(e in self.effects for e in REVERBS)
        return self.n_variants if has_room else 1

    def as_json(self) -> SettingsTable:
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
    """A song to prepare, and where."""

    multitrack: Multitrack
    song_id: str
    folder: Path
    settings: NormalisationSettings
