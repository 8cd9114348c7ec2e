"""One stem's wet audio: each track through its channel, the returns of its sends, its low end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from mixer.console.stereo import pan_gains
from mixer.dsp.blocks import power_to_db
from training.synthesis.engineer_automation import (
    duck_ride_db,
    frame_times_s,
    ride_gain,
    section_ride_db,
    voice_ride_db,
)
from training.synthesis.engineer_dynamics import (
    at_samples,
    choose_compressor,
    choose_saturation,
    envelope,
    loud_db,
    mean_reduction_db,
    reduction_gain,
    saturate,
)
from training.synthesis.engineer_filters import equalise
from training.synthesis.engineer_hearing import BANDS_HZ, Heard, hear
from training.synthesis.engineer_plan import MixPlan, TrackPlan
from training.synthesis.engineer_roles import Role, role_of
from training.synthesis.engineer_space import (
    ECHO_DB,
    MONO_BELOW_HZ,
    WIDEN_DB,
    Space,
    echo,
    narrow_low_end,
    reverberate,
    side_for,
)
from training.synthesis.engineer_style import Style
from training.synthesis.tracks import Multitrack, Track

TellTrack = Callable[[str, np.ndarray], None]
WIDTH_EDGE_HZ = 200.0
DRIVE_DB = (0.0, 8.0)
MOST_REVERB_DB = -5.0
MOST_FADER_DB = 70.0
ROOM_OF = {"vocals": "long", "drums": "short", "other": "long", "bass": "short"}


class ChannelDecisions(TypedDict):
    """Decisions for a track's channel; None for an effect that is not used.

    Attributes:
        equaliser, compressor, saturation: their settings.
        loudness_lu: planned loudness of the track.
        voice_ride_db: smallest and largest gain of a lead voice's own automation.
        side_db: level in dB of the side signal made for a mono recording.
    """

    name: str
    stem: str
    role: str
    equaliser: dict[str, object]
    compressor: dict[str, float] | None
    mean_reduction_db: float
    saturation: dict[str, float] | None
    loudness_lu: float
    fader_db: float
    voice_ride_db: list[float] | None
    pan: float
    side_db: float | None


class TrackDecisions(ChannelDecisions):
    """Decisions for a track with its sends, in dB."""

    reverb_db: float | None
    echo_db: float | None


class StemDecisions(TypedDict):
    """A stem's sends, width by band and balance as they are in its audio."""

    level_lu: float | None
    reverb_send_db: float | None
    echo_send_db: float | None
    width_side_db: dict[str, float | None]
    balance_db: float | None
    mono_below_hz: float
    ride_db: list[float]


@dataclass
class StemMix:
    """A stem after all of its effects; the audio is changed in place by what follows.

    Attributes:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        reverb_send_db: energy of the reverb's return over the direct sound's; None for none.
        echo_send_db: the same for the echo.
        mono_below_hz: corner under which the side was taken away.
        ride_db: largest and smallest gain of the stem's automation.
        tracks: each track's decisions.
    """

    audio: np.ndarray
    sample_rate: int
    reverb_send_db: float | None
    echo_send_db: float | None
    mono_below_hz: float
    ride_db: tuple[float, float]
    tracks: list[TrackDecisions]

    def loudness_lufs(self) -> float:
        """Integrated loudness of the audio as it is now."""
        return hear(self.audio, self.sample_rate).loudness_lufs()

    def measured(self, level_lu: float | None) -> StemDecisions:
        """Sends, width and balance as they are in the audio, ready for JSON."""
        left, right = (float(np.dot(c, c)) for c in self.audio)
        return {
            "level_lu": level_lu,
            "reverb_send_db": self.reverb_send_db,
            "echo_send_db": self.echo_send_db,
            "width_side_db": _width_side_db(self.audio, self.sample_rate),
            "balance_db": _ratio_db(right, left),
            "mono_below_hz": self.mono_below_hz,
            "ride_db": list(self.ride_db),
        }


def mix_stem(
    stem: str,
    multitrack: Multitrack,
    plan: MixPlan,
    style: Style,
    space: Space,
    rng: np.random.Generator,
    tell: TellTrack | None = None,
) -> StemMix:
    """Process and add up the tracks of one stem.

    Args:
        stem: its name.
        multitrack: the song.
        plan: decisions of the plan.
        style: the engineer's.
        space: rooms and echo of the mix.
        rng: source of the remaining random choices.
        tell: called with each track's name and audio, float32 (2, samples), after its channel.
    """
    n_samples, rate = multitrack.tracks[0].audio.shape[-1], multitrack.sample_rate
    audio = np.zeros((2, n_samples), dtype=np.float32)
    reverb_send, echo_send = (np.zeros(n_samples, dtype=np.float32) for _ in range(2))
    ride, ride_range_db = _stem_ride(stem, multitrack, plan, style)
    tracks: list[TrackDecisions] = []
    for track, track_plan in zip(multitrack.tracks, plan.tracks, strict=True):
        if track.stem != stem or track_plan is None:
            continue
        direct, about = _channel(track, track_plan, style, rate, ride, plan, rng)
        if tell is not None:
            tell(track.name, direct)
        middle = 0.5 * (direct[0] + direct[1])
        role = role_of(track.role)
        reverb_db, echo_db = _sends_db(role, style, rng)
        if reverb_db is not None:
            reverb_send += np.float32(10.0 ** (reverb_db / 20.0)) * middle
        if echo_db is not None:
            echo_send += np.float32(10.0 ** (echo_db / 20.0)) * middle
        audio += direct
        tracks.append({**about, "reverb_db": reverb_db, "echo_db": echo_db})
    direct_energy = float(np.vdot(audio, audio))
    reverb = echoes = None
    if reverb_send.any():
        wet = reverberate(reverb_send, space.rooms[ROOM_OF[stem]])
        reverb = _ratio_db(float(np.vdot(wet, wet)), direct_energy)
        audio += wet
    if echo_send.any():
        wet = echo(echo_send, rate, space)
        echoes = _ratio_db(float(np.vdot(wet, wet)), direct_energy)
        audio += wet
    # Last, when everything wide is in the stem, the returns too.
    corner_hz = float(rng.uniform(*MONO_BELOW_HZ))
    narrow_low_end(audio, rate, corner_hz)
    return StemMix(audio, rate, reverb, echoes, corner_hz, ride_range_db, tracks)


def _channel(
    track: Track,
    plan: TrackPlan,
    style: Style,
    rate: int,
    ride: np.ndarray,
    mix: MixPlan,
    rng: np.random.Generator,
) -> tuple[np.ndarray, ChannelDecisions]:
    """EQ, compressor, saturation, fader, width and pan: float32 `(2, samples)`, and what was done.

    A mono recording is worked on as one channel until it is panned.
    """
    role = role_of(track.role)
    audio = equalise(track.audio if track.is_stereo else track.audio[:1], rate, plan.equaliser)
    # After the EQ: what it takes out must not trigger the compressor.
    level = envelope(audio)
    compressor = choose_compressor(plan.heard, loud_db(level), role, style.compression, rng)
    reduction_db = 0.0
    if compressor is not None:
        gain = reduction_gain(level, rate, compressor)
        reduction_db = mean_reduction_db(gain, level)
        audio *= at_samples(gain, audio.shape[-1])
    saturation = None
    if rng.random() < role.saturate:
        saturation = choose_saturation(loud_db(envelope(audio)), rng.uniform(*DRIVE_DB))
        saturate(audio, rate, saturation)
    # The plan says how loud the track is to be; what EQ, compressor and drive have done to its
    # loudness is made up for here.
    fader_db = min(plan.loudness_lufs - hear(audio, rate).loudness_lufs(), MOST_FADER_DB)
    fader = np.float32(10.0 ** (fader_db / 20.0)) * ride
    voice_db = None
    if track.role == "lead_vocal":
        own_ride_db = voice_ride_db(plan.heard, style.riding)
        fader *= ride_gain(own_ride_db, frame_times_s(plan.heard), audio.shape[-1], rate)
        voice_db = [float(own_ride_db.min()), float(own_ride_db.max())]
    audio *= fader
    direct, side_db = _placed(audio, plan.pan, role, style, rate, rng)
    return direct, {
        "name": track.name,
        "stem": track.stem,
        "role": track.role,
        "equaliser": dataclasses.asdict(plan.equaliser),
        "compressor": None if compressor is None else dataclasses.asdict(compressor),
        "mean_reduction_db": reduction_db,
        "saturation": None if saturation is None else dataclasses.asdict(saturation),
        "loudness_lu": plan.loudness_lufs,
        "fader_db": fader_db,
        "voice_ride_db": voice_db,
        "pan": plan.pan,
        "side_db": side_db,
    }


def _placed(
    audio: np.ndarray, pan: float, role: Role, style: Style, rate: int, rng: np.random.Generator
) -> tuple[np.ndarray, float | None]:
    """Pan and widen a track to stereo; also return the level in dB of the side signal made."""
    if audio.shape[0] == 2:
        middle = 0.5 * (audio[0] + audio[1])
        side = np.float32(0.5 * style.stereo_scale) * (audio[0] - audio[1])
        return np.stack([middle + side, middle - side]), None
    left, right = pan_gains(pan)
    direct = np.stack([left * audio[0], right * audio[0]])
    if rng.random() >= role.widen:
        return direct, None
    side_db = float(rng.uniform(*WIDEN_DB) + style.width_db)
    side = side_for(audio[0], rate, side_db, rng)
    direct[0] += side
    direct[1] -= side
    return direct, side_db


def _sends_db(
    role: Role, style: Style, rng: np.random.Generator
) -> tuple[float | None, float | None]:
    reverb_db = None
    if role.reverb_db is not None:
        deviation = float(np.clip(rng.normal(0.0, 1.5), -3.0, 3.0))
        reverb_db = min(role.reverb_db + style.wetness_db + deviation, MOST_REVERB_DB)
    echo_db = float(rng.uniform(*ECHO_DB)) if rng.random() < role.delay else None
    return reverb_db, echo_db


def _stem_ride(
    stem: str, multitrack: Multitrack, plan: MixPlan, style: Style
) -> tuple[np.ndarray, tuple[float, float]]:
    """The stem's automation as linear gain `(samples,)`, and its range in dB."""
    sounds: list[Heard] = [track.heard for track in plan.tracks if track is not None]
    times_s = frame_times_s(sounds[0])
    ride_db = section_ride_db(multitrack.sections, stem, style.chorus_db, times_s)
    if stem == "other" and plan.voice is not None and style.duck_db > 0.0:
        ride_db = ride_db + duck_ride_db(plan.voice, style.duck_db)
    n_samples = multitrack.tracks[0].audio.shape[-1]
    gain = ride_gain(ride_db, times_s, n_samples, multitrack.sample_rate)
    return gain, (float(ride_db.min()), float(ride_db.max()))


def _width_side_db(audio: np.ndarray, rate: int) -> dict[str, float | None]:
    """Side over middle in dB, below and above 200 Hz; None if the middle is silent."""
    halves = (0.5 * (audio[0] + audio[1]), 0.5 * (audio[0] - audio[1]))
    middle, side = (hear(half[np.newaxis], rate).power.sum(axis=-1) for half in halves)
    low = BANDS_HZ < WIDTH_EDGE_HZ
    return {
        name: _ratio_db(float(side[band].sum()), float(middle[band].sum()))
        for name, band in (("low", low), ("high", ~low))
    }


def _ratio_db(power: float, over: float) -> float | None:
    """Ratio of two energies in dB, -80 to 80; None if nothing is there to compare with."""
    if over <= 0.0:
        return None
    return float(np.clip(power_to_db(power / over, 1e-8), -80.0, 80.0))
