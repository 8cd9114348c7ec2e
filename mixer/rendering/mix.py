"""Results of a render: the mix before its master, and the finished mix."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NotRequired, TypedDict

import numpy as np

from mixer.console.settings import Console
from mixer.dsp.exact_rest import ExactRest
from mixer.dsp.long_audio import copy_of, parts_of, silence
from mixer.meters.loudness import gated_loudness_lufs, step_energies
from mixer.meters.true_peak import peaks_db
from mixer.rendering.choices.platforms import verdict
from mixer.rendering.plans.plan import ModelIdentity, RenderPlan
from mixer.rendering.settings import RenderSettings
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.song import Song

if TYPE_CHECKING:
    from mixer.console.desk import DeskReport
    from mixer.console.master import MasterFigures
    from mixer.fxnorm.chain import StemReport
    from mixer.network.output import StemRecord
    from mixer.reference.record import ReferenceRecord
    from mixer.rendering.choices.axes import VariationTable
    from mixer.rendering.doubts.doubt import Doubts
    from mixer.rendering.levels.incoming_levels import IncomingLevels
    from mixer.rendering.tracks.track_console import TracksRecord

Levels = Mapping[str, float | None]


class WetMeasurements(TypedDict):
    """Measurements of each stage before the desk, ready for JSON.

    Attributes:
        stems: measurements of each stem's normalisation.
        network: by stem, the network's settings and their measured effect; empty for a network
            without settings, and for a mix of tracks.
        levels: how incoming levels were interpreted; None if no model asked.
        tracks: features and settings of each track; empty for a mix of stems.
        reference: effect of the references, if there are any.
        doubts: how sure the model is; present if it was requested and can be determined.
    """

    stems: Mapping[str, StemReport]
    network: Mapping[str, StemRecord]
    levels: IncomingLevels | None
    tracks: TracksRecord
    reference: NotRequired[ReferenceRecord]
    doubts: NotRequired[Doubts]


class PremasterMeasurements(WetMeasurements):
    """Measurements of each stage before the master, ready for JSON.

    Attributes:
        console: effect of the console.
        before_master: levels of the mix before its master.
        variation: place of the mix along the axes, if it is a variation.
    """

    console: DeskReport
    before_master: Levels
    variation: NotRequired[VariationTable]


class Measurements(PremasterMeasurements):
    """Measurements at every stage, ready for JSON.

    Attributes:
        wet_stems: levels of each wet stem as it is in the mix.
        master: effect of the master.
        effects: the normalisations that were requested, in order.
        profile_sha256: hash of the profile that stems were normalised to.
    """

    wet_stems: Mapping[str, Levels]
    master: MasterFigures
    effects: list[str]
    profile_sha256: str


@dataclass(frozen=True)
class WetMix:
    """A mix before the console: everything that does not depend on console settings.

    Attributes:
        plan: what it was made by.
        audio: float32 (2, samples) at the plan's `mix_rate`.
        wet_stems: stem name to float32 (2, samples); those that are needed.
        wet_tracks, stages, device: as in `Mix`; tracks without the user's strips on their stems.
        output_curve: turns the sum of the wet stems into the mix; None if that sum is the mix.
        measurements: of the stages so far, ready for JSON.
    """

    plan: RenderPlan
    audio: np.ndarray
    wet_stems: Mapping[str, np.ndarray]
    wet_tracks: Mapping[str, np.ndarray]
    stages: Mapping[str, np.ndarray]
    output_curve: Callable[[np.ndarray], np.ndarray] | None
    device: str | None
    measurements: WetMeasurements


@dataclass(frozen=True)
class Premaster:
    """A mix before its master.

    Attributes:
        plan: what it was made by.
        audio: float32 (2, samples) at the plan's `mix_rate`.
        wet_stems: stem name to float32 (2, samples); empty unless requested.
        wet_levels: levels of the wet stems that were computed but not requested.
        stages: as in `Mix`.
        device: as in `Mix`.
        measurements: of the stages so far, ready for JSON.
        seconds: wall-clock time of each stage so far.
        wet_tracks: as in `Mix`, before the master's gain.
        energies: of the mix, from `mixer.meters.loudness.step_energies`; None if not measured.
    """

    plan: RenderPlan
    audio: np.ndarray
    wet_stems: Mapping[str, np.ndarray]
    wet_levels: Mapping[str, Levels]
    stages: Mapping[str, np.ndarray]
    device: str | None
    measurements: PremasterMeasurements
    seconds: Mapping[str, float]
    wet_tracks: Mapping[str, np.ndarray] = field(default_factory=dict)
    energies: np.ndarray | None = None


@dataclass(frozen=True)
class Mix:
    """A finished mix and a record of how it was made.

    Attributes:
        plan: of the render: song, settings, model, profile, console.
        audio: float32 (2, samples).
        wet_stems: stem name to float32 (2, samples) as it is in the mix, its strip included,
            before the bus; empty unless requested.
        device: what ran the network, e.g. "cpu", "cuda:0" or "cuda:0 in fp16"; None without one.
        measurements: of each stage, ready for JSON; loudness None means silence.
        seconds: wall-clock time of each stage.
        stages: "input" and "normalised", the sums of the recordings and of the normalised stems,
            float32 (2, samples); empty unless requested.
        wet_tracks: track name to float32 (2, samples) as it is in its stem, returns included,
            before the stem's bus; empty unless requested. Each is read or computed on access, so
            that memory does not grow with their number.
        energies: as in `Premaster`.
    """

    plan: RenderPlan
    audio: np.ndarray
    wet_stems: Mapping[str, np.ndarray]
    device: str | None
    measurements: Measurements
    seconds: Mapping[str, float]
    stages: Mapping[str, np.ndarray] = field(default_factory=dict)
    wet_tracks: Mapping[str, np.ndarray] = field(default_factory=dict)
    energies: np.ndarray | None = None

    @property
    def song(self) -> Song:
        """The song of the mix."""
        return self.plan.song

    @property
    def settings(self) -> RenderSettings:
        """The request."""
        return self.plan.settings

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.plan.mix_rate

    @property
    def model(self) -> ModelIdentity | None:
        """Name of the bundle and hash of its manifest; None if no network took part."""
        return self.plan.identity if self.settings.amount > 0.0 else None

    @property
    def console(self) -> Console:
        """The console's settings."""
        return self.plan.asked

    @property
    def presets(self) -> Sequence[Mapping[str, str]]:
        """Name, path and sha256 of every preset file that was applied."""
        return self.plan.presets

    @property
    def verdict(self) -> str | None:
        """Verdict for the chosen platform; None without one."""
        if self.settings.platform is None:
            return None
        master = self.measurements["master"]
        levels = master["loudness_lufs"], master["true_peak_dbtp"]
        return verdict(self.settings.platform, *levels)

    @property
    def residual(self) -> np.ndarray:
        """Difference between the mix and the sum of its wet stems: bus, output curve, limiter.

        Computed so that wet stems and residual, summed in this order in float32, give the mix.
        """
        rest = silence(*self.audio.shape)
        for part in parts_of(rest):
            stems = (stem[:, part] for stem in self.wet_stems.values())
            np.subtract(self.audio[:, part], sum(stems), out=rest[:, part])
        return rest

    @property
    def residual_of_tracks(self) -> np.ndarray:
        """Difference between the mix and the sum of its wet tracks: buses, strips, limiter."""
        rest = ExactRest(self.audio)
        for track in self.wet_tracks.values():
            rest.take(track)
        return rest.audio

    @property
    def real_time_factor(self) -> float:
        """Seconds of music for each second of rendering."""
        return self.song.duration_s / max(sum(self.seconds.values()), 1e-9)


def unmade_stems(wet: WetMix) -> list[str]:
    """Names of the stems that have no wet stem of their own; empty if all have one, or none."""
    return [stem for stem in wet.plan.song.stems if wet.wet_stems and stem not in wet.wet_stems]


def unmade_of(wet: WetMix) -> np.ndarray | None:
    """Sum of the stems without a wet stem, float32 (2, samples); None if there are none."""
    if not unmade_stems(wet):
        return None
    rest = copy_of(wet.audio)
    for part in parts_of(rest):
        for stem in wet.wet_stems.values():
            rest[:, part] -= stem[:, part]
    return rest


def measure_levels(
    audio: np.ndarray, sample_rate: int, energies: np.ndarray | None = None
) -> dict[str, float | None]:
    """Measure peak (dBFS), true peak (dBTP) and loudness (LUFS) for the record; None if silent.

    Args:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        energies: from `mixer.meters.loudness.step_energies`, if they were measured already.
    """
    if energies is None:
        energies = step_energies(audio, sample_rate)
    sample_peak_dbfs, true_peak_dbtp = peaks_db(audio, sample_rate)
    levels = {
        "peak_dbfs": sample_peak_dbfs,
        "true_peak_dbtp": true_peak_dbtp,
        "loudness_lufs": gated_loudness_lufs(energies, sample_rate),
    }
    return {name: value if math.isfinite(value) else None for name, value in levels.items()}


def moved_levels(levels: Levels, gain_db: float) -> dict[str, float | None]:
    """Levels, all in dB, after a gain."""
    return {name: None if level is None else level + gain_db for name, level in levels.items()}


def without_parts(made: Premaster, audio: WantedAudio) -> Premaster:
    """A mix before its master, without the parts that are not wanted; their levels are kept.

    Args:
        made: a mix with wet stems.
        audio: what is wanted besides the mix.
    """
    if not audio.wet_tracks:
        made = replace(made, wet_tracks={})
    if audio.wet_stems:
        return made
    levels = measure_each(dict(made.wet_stems), made.plan.mix_rate)
    return replace(made, wet_stems={}, wet_levels=levels)


def measure_each(wet: Mapping[str, np.ndarray], sample_rate: int) -> dict[str, Levels]:
    """The levels of wet stems, by name."""
    return {stem: measure_levels(audio, sample_rate) for stem, audio in wet.items()}
