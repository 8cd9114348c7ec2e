"""Inputs of the user's strips: each track after its network's strip, ready to be played.

Linear time-invariant processing after a track's strip (the equalisers of its group's bus and of the
mix bus) commutes with the strip's own filters and gains, so it is already in the track's audio; the
page receives the rooms and the echo as impulse responses, the bus compressors as gains over time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mixer.console.sends import Sends
from mixer.console.settings import STRIP_EFFECTS, Console, Strip, following_level
from mixer.console.strip import apply_strip
from mixer.dsp.blocks import FloatArray
from mixer.dsp.threads import Workers, available_threads
from mixer.network.session import Network
from mixer.network.track_mixer.features import TrackLevels
from mixer.network.track_mixer.track_settings import (
    FLAT,
    BusSettings,
    Compression,
    ConsoleSettings,
    TrackSettings,
)
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.tracks.group_sends import RETURNS, RoomReturns
from mixer.rendering.tracks.kept_tracks import KeptTracks
from mixer.rendering.tracks.track_console import set_console, with_changes
from mixer.rendering.tracks.track_strip import run_bus
from mixer.rendering.tracks.tracks_to_mix import TracksToMix

# Made of every track before the whole of any, so that playing starts at once.
FIRST_S = 12.0
# At the end of such an excerpt filters do not see what follows.
_UNSURE_S = 0.5
# Longest impulse response, and how much of its energy may be cut off.
_LONGEST_RESPONSE_S, _CUT_ENERGY = 20.0, 1e-9
# Effects of a strip that the page computes itself, after those that are in the audio.
PLAYED_LAST = ("width", "pan", "gain_db")
_NOT_EFFECTS = ("mute", "solo", "reverb_db", "delay_db", "network")


@dataclasses.dataclass(frozen=True)
class TrackMixSettings:
    """Settings of a network of tracks.

    Attributes:
        found: without the user's changes.
        to_mix: the tracks, and the settings with the user's changes.
    """

    found: ConsoleSettings
    to_mix: TracksToMix

    @property
    def settings(self) -> ConsoleSettings:
        """With the user's changes."""
        return self.to_mix.settings


def set_tracks(
    plan: RenderPlan, levels: Sequence[TrackLevels], network: Network | None
) -> TrackMixSettings:
    """The network's settings for tracks whose features are known."""
    found, _ = set_console(plan, levels, network)
    settings = with_changes(found, plan)
    return TrackMixSettings(
        found, TracksToMix(plan.tracks, tuple(levels), settings, plan.n_samples, plan.mix_rate)
    )


def baked_fields(strip: Strip) -> tuple[str, ...]:
    """The fields of a strip that must be in the audio, since the page cannot play them exactly.

    Empty if it can play the whole strip; the filters and dynamics if one of them depends on the
    level or is automated; all fields if a later stage does, or if the strip is blended.
    """
    if _moves(strip.amount) or strip.amount != 1.0:
        return tuple(f.name for f in dataclasses.fields(strip) if f.name not in _NOT_EFFECTS)
    if any(_moves(getattr(strip, name)) for name in PLAYED_LAST):
        return tuple(f.name for f in dataclasses.fields(strip) if f.name not in _NOT_EFFECTS)
    filters = (strip.high_pass, strip.low_pass, *strip.eq)
    moving = any(
        _moves(value) for one in filters if one is not None for value in vars(one).values()
    )
    blended = any(one.amount != 1.0 for one in filters if one is not None)
    if not (following_level(strip) or moving or blended):
        return ()
    return tuple(name for name in STRIP_EFFECTS if name not in PLAYED_LAST)


def baked_strip(strip: Strip) -> Strip | None:
    """The part of a strip that is already in the audio; None for none."""
    fields = baked_fields(strip)
    if not fields:
        return None
    kept: dict[str, Any] = {name: getattr(strip, name) for name in fields}
    return Strip(**kept)


def _moves(value: object) -> bool:
    return isinstance(value, tuple)


def linear_bus(settings: ConsoleSettings, stem: str | None) -> BusSettings:
    """The linear time-invariant parts of a group's bus and of the mix bus."""
    buses = [settings.mix] if stem is None else [settings.groups[stem], settings.mix]
    curve = tuple(sum(points) for points in zip(*(bus.curve_db for bus in buses), strict=True))
    return BusSettings(sum(bus.gain_db for bus in buses), curve, Compression())


def track_audio(
    to_mix: TracksToMix, index: int, baked: Strip | None, kept: KeptTracks, *, excerpt: bool
) -> FloatArray:
    """Make the input of the user's strip of a track, or its first seconds, float32 (2, samples).

    Intermediate results that the mix also needs are cached.

    Args:
        to_mix, index: the tracks, and which of them.
        baked: the part of the user's strip that is to be in the audio; None for none.
        kept: the cache.
        excerpt: only the first seconds.

    Raises:
        InputError: a recording is damaged.
        PresetError, InputError: as in `apply_strip`.
    """
    track, n_samples, sample_rate = to_mix.tracks[index], to_mix.n_samples, to_mix.sample_rate
    n_made = min(n_samples, round(FIRST_S * sample_rate)) if excerpt else n_samples
    if to_mix.is_silent(index):
        return np.zeros((2, n_made), np.float32)
    if excerpt:
        wet = to_mix.wet(index, n_made).whole()
    else:
        wet = kept.track(track.name, to_mix.key(index), lambda: to_mix.wet(index).whole())
    bus = linear_bus(to_mix.settings, track.stem)
    if baked is not None:
        wet, _ = apply_strip(wet, sample_rate, baked, stem=track.name)
    if bus.curve_db != FLAT or bus.gain_db != 0.0:
        wet = np.array(wet, np.float32)
        run_bus(wet, sample_rate, bus)
    if n_made < n_samples:
        wet = wet[:, : max(0, n_made - round(_UNSURE_S * sample_rate))]
    return wet


def in_parallel(work: Callable[[int], None], places: Sequence[int]) -> None:
    """Call `work` for each place, as many at once as there are cores; raise the first error."""
    with Workers(available_threads(), "studio") as pool:
        for future in [pool.submit(work, place) for place in places]:
            future.result()


def model_sends_db(returns: RoomReturns, settings: TrackSettings) -> dict[str, float]:
    """Levels of a track's sends to the model's returns, in dB."""
    levels = returns.levels(settings)
    return {name: float(20.0 * np.log10(max(float(level), 1e-9))) for name, level in levels}


def model_responses(
    settings: ConsoleSettings, names: Sequence[str], sample_rate: int
) -> dict[str, FloatArray]:
    """Impulse responses of the model's returns, float32 (4, frames): see `response_of`."""
    returns = RoomReturns(settings.space, sample_rate)
    return {
        name: response_of(lambda sent, name=name: returns.come_back(name, sent), sample_rate)  # type: ignore[misc]
        for name in RETURNS
        if name in names
    }


def user_responses(
    console: Console, names: Sequence[str], sample_rate: int, tempo_bpm: float | None
) -> dict[str, FloatArray]:
    """Impulse responses of the user's reverb and delay: as `model_responses`."""
    sends = Sends(console.reverb, console.delay, sample_rate, tempo_bpm)
    return {
        name: response_of(lambda sent, name=name: sends.come_back(name, sent), sample_rate)  # type: ignore[misc]
        for name in names
    }


def response_of(come_back: Callable[[FloatArray], FloatArray], sample_rate: int) -> FloatArray:
    """Measure the impulse response of a linear time-invariant effect.

    Args:
        come_back: returns the effect's output for an input, float32 (2, samples), which it may
            overwrite.
        sample_rate: in Hz.

    Returns:
        float32 (4, frames): left to left, left to right, right to left, right to right.
    """
    n_samples = round(_LONGEST_RESPONSE_S * sample_rate)
    found = []
    for side in (0, 1):
        impulse = np.zeros((2, n_samples), np.float32)
        impulse[side, 0] = 1.0
        found.append(np.array(come_back(impulse)))
    response = np.concatenate(found)
    energy = np.cumsum(np.square(response, dtype=np.float64).sum(axis=0)[::-1])[::-1]
    n_kept = int(np.count_nonzero(energy > _CUT_ENERGY * max(energy[0], 1e-30)))
    return np.ascontiguousarray(response[:, : max(1, n_kept)])


def settings_key(*parts: object) -> str:
    """Key of the settings that audio was made with: equal keys mean equal audio."""
    return repr(parts)
