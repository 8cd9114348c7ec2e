"""Interface between an effect normalisation and the chain."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.errors import SettingsError
from mixer.fxnorm.profile import Profile, StemFields
from mixer.fxnorm.rooms import RoomSource

# A stem or channel whose peak is below this was not played.
SILENCE_PEAK_DBFS = -50.0

# Figures of an effect on a stem, by name, ready for JSON; each effect has its own names.
EffectReport = Mapping[str, object]


class ChannelGains(NamedTuple):
    """Left and right: the channel that each was made of, and its linear gain."""

    sources: tuple[int, int] = (0, 1)
    gains: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Task:
    """One stem's way through the chain: everything but the audio.

    Attributes:
        sample_rate: Hz.
        stem: its name in the profile.
        profile: the target.
        amounts: effect to amount, 0 to 1; 1 if it is not named.
        seed: random seed of the rooms, 0 or more.
        rooms: source of the reverbs' rooms.
        panning_limits_time_axis: see `mixer.fxnorm.panning.match_panning`.
        own: effect to what its stage's `listen` found before any effect, or its `begin` just before
            it.
    """

    sample_rate: int
    stem: str
    profile: Profile
    amounts: Mapping[str, float]
    seed: int
    rooms: RoomSource
    panning_limits_time_axis: bool
    own: Mapping[str, Any] = field(default_factory=dict)

    def amount(self, effect: str) -> float:
        return float(self.amounts.get(effect, 1.0))

    def rng(self, effect: str) -> np.random.Generator:
        """Random generator of an effect on this stem, independent of the other effects."""
        if self.seed < 0:
            raise SettingsError(f"the seed must be 0 or a positive whole number, not {self.seed}")
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.stem}/{effect}".encode())])


@dataclass(frozen=True)
class Measured:
    """The values of a profile that an effect needs.

    Attributes:
        measure: audio float32 `(2, samples)` and sample rate to one vector of figures; None if
            it has none.
        fields: mean figures of a stem, its name, sample rate and `bands_hz` to the fields of
            `StemProfile` that they become.
    """

    measure: Callable[[FloatArray, int], np.ndarray | None]
    fields: Callable[[np.ndarray, str, int, Sequence[float]], StemFields]


class Begun(Protocol):
    """Result of the first part of a stage; `n_channels` says how much work the second one has."""

    @property
    def n_channels(self) -> int: ...


@dataclass(frozen=True)
class Stage:
    """One effect normalisation.

    Attributes:
        apply: changes audio float32 `(2, samples)` in place and says what it did, ready for JSON.
        takes_amount: `apply` knows the task's amount; of all others the chain mixes it with the
            input.
        measured: what a profile must know for it; None for none.
        stems: the only ones that it is for; None for all.
        listen: what it must know of the stem before any effect runs, for `Task.own`.
        begin: the first, short part of what it does, which tells how long the second, `apply`, will
            take; it may change the audio.
        gains: of a stage that only turns channels up and down: what it did, to the gain of each
            channel over the one that it was made of, and which that was.
    """

    apply: Callable[[FloatArray, Task], EffectReport]
    takes_amount: bool = False
    measured: Measured | None = None
    stems: tuple[str, ...] | None = None
    listen: Callable[[FloatArray, Task], Any] | None = None
    gains: Callable[[Any, Task], ChannelGains] | None = None
    begin: Callable[[FloatArray, Task], Begun] | None = None

    def is_for(self, stem: str) -> bool:
        """Whether it acts on a stem of that name."""
        return self.stems is None or stem in self.stems
