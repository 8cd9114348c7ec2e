"""Plan of a render from a song and settings: its model, profile and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

from mixer.console.settings import Console, Strip
from mixer.console.split import PreNetworkGain, is_neutral_console, stems_needed
from mixer.errors import ModelError
from mixer.fxnorm.profile import Profile
from mixer.fxnorm.rooms import RoomSource
from mixer.network.model import Bundle
from mixer.network.track_mixer.architecture import TRACK_MIXER
from mixer.rendering.choices.baselines import LEVELS, NONE
from mixer.rendering.choices.shipped import TRACK_MODEL
from mixer.rendering.doubts.doubt import can_estimate_uncertainty
from mixer.rendering.settings import RenderSettings
from mixer.rendering.user_strips import (
    UserStrips,
    with_track_gains,
)
from mixer.setting_changes import StripChanges
from mixer.song.song import Song
from mixer.song.tracks import Track, tracks_of
from mixer.stems import VOCALS

if TYPE_CHECKING:
    from mixer.reference.match_target import Target


class MaterialKind(StrEnum):
    """Kind of a mix's wet material."""

    RECORDINGS = "recordings"  # nothing is wet: the mix is the plain sum of the recordings
    STEMS = "stems"  # the normalised stems, summed
    NETWORK = "network"  # the normalised stems, mixed by a network
    TRACKS = "tracks"  # single tracks, each through a strip that a model sets


class ModelIdentity(TypedDict):
    """Identity of a model; `learnt_to_mix` is False for one that only sums its stems."""

    name: str
    manifest_sha256: str
    learnt_to_mix: bool


@dataclass(frozen=True)
class RenderPlan:
    """Plan of a render; all decisions are made here.

    Attributes:
        song: to be mixed.
        settings: the requested settings.
        bundle: the model; None for the sum of the normalised stems.
        profile: target of the stems' normalisation.
        effects: normalised effects, in order.
        sample_rate: rate at which stems are normalised and the network runs, in Hz; `mix_rate` is
            that of the mix.
        stem_order: the stems as the network takes them.
        rooms: impulse responses for the reverbs; None for generated ones.
        panning_limits_time_axis: see `mixer.fxnorm.panning`.
        identity: name and hash of the model, for the record; None without one.
        asked: the requested console.
        console: the part of it that acts on the wet stems and on the bus.
        gains_before: mute, solo and gain of stems that act before the network instead.
        changes: by stem, changes to the model's settings; those of tracks are in `user`.
        has_output_curve: the model's mix is the tanh of the sum of its wet stems.
        tracks: inputs of a model of tracks; empty for a model of stems.
        user: the user's settings of single tracks.
        reference: target that the mix is moved towards; None for none.
        presets: name, path and sha256 of every file that the console was read from.
        warnings: a line for each setting that applies but may be unintended.
    """

    song: Song
    settings: RenderSettings
    bundle: Bundle | None
    profile: Profile
    effects: tuple[str, ...]
    sample_rate: int
    stem_order: tuple[str, ...]
    rooms: RoomSource | None = None
    panning_limits_time_axis: bool = False
    identity: ModelIdentity | None = None
    asked: Console = field(default_factory=Console)
    console: Console = field(default_factory=Console)
    gains_before: Mapping[str, PreNetworkGain] = field(default_factory=dict)
    changes: Mapping[str, StripChanges] = field(default_factory=dict)
    has_output_curve: bool = False
    tracks: tuple[Track, ...] = ()
    user: UserStrips = field(default_factory=UserStrips)
    reference: Target | None = None
    presets: Sequence[Mapping[str, str]] = ()
    warnings: tuple[str, ...] = ()

    @property
    def material(self) -> MaterialKind:
        if self.settings.amount == 0.0:
            return MaterialKind.RECORDINGS
        if self.tracks:
            return MaterialKind.TRACKS
        return MaterialKind.NETWORK if self.bundle else MaterialKind.STEMS

    @property
    def known_changes(self) -> frozenset[str]:
        """The model's settings that a user can change, of `mixer.setting_changes.STRIP_KEYS`."""
        if self.material not in (MaterialKind.NETWORK, MaterialKind.TRACKS):
            return frozenset()
        if self.bundle is None:
            return TRACK_MIXER.changes
        return self.bundle.manifest.architecture.changes

    @property
    def handled_song(self) -> Song:
        """The song with the user's mute, solo and gain of single tracks applied.

        A model of stems mixes this song, and a mix is blended with it.
        """
        return with_track_gains(self.song, tracks_of(self.song), self.user)

    @property
    def mix_rate(self) -> int:
        """Sample rate of the mix, in Hz."""
        return self.settings.sample_rate or self.song.sample_rate

    @property
    def n_samples(self) -> int:
        """Length of the mix at `mix_rate`."""
        return self.song.n_samples_at(self.mix_rate)

    @property
    def has_wet_stems(self) -> bool:
        """Whether there are wet stems, and not only their mix."""
        return self.bundle is None or self.bundle.manifest.has_wet_stems

    def check_wet_stems(self) -> None:
        """Raise ModelError if the model outputs only a mix."""
        if not self.has_wet_stems:
            raise ModelError(
                f"model {self.model_name} makes no wet stems; render without stems or "
                "with another model"
            )

    def check_wet_tracks(self) -> None:
        """Raise ModelError if the model mixes stems, not tracks."""
        if not self.tracks:
            raise ModelError(
                f"model {self.model_name} mixes stems, not single tracks; render without tracks or "
                f"with --model {TRACK_MODEL}"
            )

    @property
    def touches_stems(self) -> bool:
        """Whether a strip acts on a wet stem, so that wet stems are needed."""
        return not is_neutral_console(replace(self.console, master=Strip()))

    @property
    def has_strips_after_network(self) -> bool:
        """Whether all strips act after the network, so that only the desk need run again."""
        is_faithful = self.bundle is None or self.bundle.manifest.has_faithful_wet_stems
        return is_faithful or bool(self.tracks)

    @property
    def needed_wet_stems(self) -> frozenset[str]:
        """The wet stems that a strip, a reference or a variation processes or listens to.

        The other stems stay in the mix as they are, and need no wet stem of their own.
        """
        every = frozenset((*self.stem_order, *self.song.stems))
        if self.reference is not None or self.settings.held_reference is not None:
            return every
        needed = stems_needed(self.console, tuple(self.song.stems)) if self.touches_stems else set()
        if self.varies and self.has_wet_stems:
            needed = needed | {VOCALS}
        # Only their sum goes through a curve.
        return every if needed and self.sums_wet_stems else frozenset(needed)

    @property
    def sums_wet_stems(self) -> bool:
        """Whether the mix is more than the sum of its wet stems: the model has a bus of its own."""
        return self.has_output_curve or self.material is MaterialKind.TRACKS

    @property
    def asks_how_sure(self) -> bool:
        """Whether the model is one of stems that is asked how sure it is."""
        if not self.settings.uncertainty or self.bundle is None:
            return False
        return can_estimate_uncertainty(self.bundle.manifest)

    @property
    def varies(self) -> bool:
        """Whether a variation is requested whose desk has not been found yet."""
        return self.settings.variation is not None and not self.settings.held_variation

    @property
    def model_name(self) -> str:
        if self.bundle is None:
            return LEVELS if self.tracks else NONE
        return self.bundle.manifest.name
