"""What a console can be set to: a strip for every stem, shared reverb and delay, the master bus.

The dataclasses are the schema: `mixer.preset` reads tables into them and refuses what does not fit,
by the ranges written here. Every number of a strip may be automated: a tuple of (seconds, value)
points, linear between them, constant before the first and after the last. The shared reverb and
delay keep their numbers, so that they stay linear and time-invariant.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixer.files.fields import choice, entries, number
from mixer.model_settings import SpaceChanges, StripChanges

# A number, or its course in time.
Points = tuple[tuple[float, float], ...]
Number = float | Points

# What a mix may be asked to reach: by a preset, by an option, by an album.
LOUDNESS_RANGE_LUFS = (-70.0, -5.0)
CEILING_RANGE_DBTP = (-30.0, 0.0)
SLOPES_DB_PER_OCTAVE = (12, 24)
BAND_TYPES = ("peak", "low_shelf", "high_shelf", "notch")
MASTER = "master"
# The bus has nothing beside it that it could be soloed against, ducked by or sent next to.
MASTER_LACKS = ("mute", "solo", "duck", "reverb_db", "delay_db")
# Groups are not there yet when their tracks pass their strips.
TRACK_LACKS = ("duck",)
# In the metadata of a strip's field: what makes its effect.
EFFECT = "effect"
# Longest list of effects: more bands or plug-ins than anybody sets.
MOST_ENTRIES = 64


def effect(made_by: str, field: Any = None) -> Any:
    """A field of the strip that is an effect; None, () or the default stands for one that is off.

    Args:
        made_by: "module:function" in `mixer.console`, imported when it is needed; of the setting
            and the sample rate in Hz it makes a `mixer.console.processing.Effect` at rest.
        field: the default, and which values it may hold; None for a table that may be left out.
    """
    field = field or dataclasses.field(default=None)
    return dataclasses.field(default=field.default, metadata={**field.metadata, EFFECT: made_by})


def amount() -> Any:
    """How much of an effect is heard: 0 is bit for bit its input, 1 all of it."""
    return number(1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Filter:
    """A Butterworth high-pass or low-pass, -3 dB at its frequency; causal, without latency."""

    frequency_hz: Number = number(80.0, 10.0, 22_000.0)
    slope_db_per_octave: int = choice(12, SLOPES_DB_PER_OCTAVE)
    amount: Number = amount()


@dataclass(frozen=True)
class Band:
    """One band of the parametric EQ. A notch has no gain; a shelf has half of it at its frequency.

    A shelf with a Q above 0.7 overshoots before its plateau.
    """

    type: str = choice("peak", BAND_TYPES)
    frequency_hz: Number = number(1_000.0, 10.0, 22_000.0)
    gain_db: Number = number(0.0, -24.0, 24.0)
    q: Number = number(0.7, 0.1, 30.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Gate:
    """Lowers what is below the threshold: `ratio` dB down for every dB below it.

    Levels are peaks in dBFS of the louder channel; attack opens, release closes; both times are
    time constants of the gain in dB. Both channels get the same gain.
    """

    threshold_db: Number = number(-50.0, -100.0, 0.0)
    ratio: Number = number(10.0, 1.0, 100.0)
    attack_ms: Number = number(1.0, 0.1, 500.0)
    release_ms: Number = number(100.0, 1.0, 5_000.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Compressor:
    """Lowers what is above the threshold, then raises everything by the make-up gain.

    Levels are peaks in dBFS of the louder channel; the knee is hard; attack and release are time
    constants of the gain in dB. Both channels get the same gain.
    """

    threshold_db: Number = number(-18.0, -80.0, 0.0)
    ratio: Number = number(2.0, 1.0, 100.0)
    attack_ms: Number = number(10.0, 0.1, 500.0)
    release_ms: Number = number(120.0, 1.0, 5_000.0)
    make_up_db: Number = number(0.0, -24.0, 24.0)
    amount: Number = amount()


@dataclass(frozen=True)
class DeEsser:
    """Lowers the band above a frequency while it stands out against the rest of the stem.

    The threshold is the level of the band relative to the rest, so that it holds for soft and for
    loud singing alike.
    """

    frequency_hz: Number = number(6_000.0, 1_000.0, 16_000.0)
    threshold_db: Number = number(-6.0, -40.0, 20.0)
    max_reduction_db: Number = number(8.0, 0.0, 24.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Saturation:
    """Soft clipping after `drive_db` of gain, which is taken back afterwards.

    What is quiet keeps its level and its shape; what is loud loses its peaks.
    """

    drive_db: Number = number(6.0, 0.0, 36.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Duck:
    """Lowers this stem by up to `amount_db` while another one plays, as it came to the desk.

    All of it at the other stem's usual level and down to 10 dB below, nothing from 30 dB below.
    """

    by: str = "vocals"
    amount_db: Number = number(2.0, 0.0, 24.0)
    attack_ms: Number = number(20.0, 0.1, 500.0)
    release_ms: Number = number(250.0, 1.0, 5_000.0)


@dataclass(frozen=True)
class Plugin:
    """A VST3: its file, and values of its parameters, a `.vstpreset`, or that and then values."""

    path: str = ""
    parameters: tuple[tuple[str, float | str | bool], ...] = entries(default=(), most=1_000)
    preset: str | None = None
    amount: Number = amount()


@dataclass(frozen=True)
class Strip:
    """One stem's channel strip; None and empty stand for an effect that is not there.

    The effects act in the order of their fields; then the sends, after the fader. A new effect is a
    file and a field here, which says what makes it.

    `network` changes what a model set before the strip; it is not an effect of the strip.
    `amount` blends the whole strip, duck to gain, with what came in, and scales the sends.
    Width 0 is mono, 1 as it is, 2 twice the side signal. Pan is a balance: it moves energy from one
    channel's level to the other's and mixes none of them together.
    """

    mute: bool = False
    solo: bool = False
    amount: Number = amount()
    duck: Duck | None = None
    high_pass: Filter | None = effect("filters:high_pass")
    low_pass: Filter | None = effect("filters:low_pass")
    eq: tuple[Band, ...] = effect("filters:band_filter", entries(default=(), most=MOST_ENTRIES))
    gate: Gate | None = effect("dynamics:gate")
    compressor: Compressor | None = effect("dynamics:compressor")
    de_esser: DeEsser | None = effect("de_esser:DeEsserEffect")
    saturation: Saturation | None = effect("saturation:SaturationEffect")
    plugins: tuple[Plugin, ...] = entries(default=(), most=MOST_ENTRIES)
    width: Number = effect("stereo:WidthEffect", number(1.0, 0.0, 2.0))
    pan: Number = effect("stereo:PanEffect", number(0.0, -1.0, 1.0))
    gain_db: Number = effect("stereo:GainEffect", number(0.0, -60.0, 24.0))
    # Level of the send after the fader; None sends nothing.
    reverb_db: Number | None = number(None, -60.0, 12.0)
    delay_db: Number | None = number(None, -60.0, 12.0)
    network: StripChanges | None = None


@dataclass(frozen=True)
class Reverb:
    """The room that all strips share.

    What lies in the middle of the spectrum comes back at the level of the send, before the cuts.
    """

    decay_s: float = number(1.4, 0.1, 10.0)
    pre_delay_ms: float = number(20.0, 0.0, 250.0)
    low_cut_hz: float = number(200.0, 10.0, 22_000.0)
    high_cut_hz: float = number(8_000.0, 10.0, 22_000.0)
    width: float = number(1.0, 0.0, 2.0)


@dataclass(frozen=True)
class Delay:
    """The echo that all strips share; `beats` (where the song's tempo is known) beats `time_ms`.

    Each echo has passed the cuts once more than the one before. Ping-pong sends the sum of both
    channels left first, then right.
    """

    time_ms: float = number(350.0, 1.0, 4_000.0)
    beats: float | None = number(None, 0.0625, 8.0)
    feedback: float = number(0.35, 0.0, 0.95)
    low_cut_hz: float = number(250.0, 10.0, 22_000.0)
    high_cut_hz: float = number(6_000.0, 10.0, 22_000.0)
    ping_pong: bool = False


@dataclass(frozen=True)
class Console:
    """The whole desk.

    Attributes:
        strips: stem name to its strip; a stem that is not there passes as it is.
        master: the same strip on the bus, before the loudness target; it has no solo, duck, sends.
        reverb, delay: what the sends go to.
        loudness_lufs: integrated loudness of the mix; None leaves it to `RenderSettings`.
        true_peak_dbtp: ceiling of the true peak; None leaves it to `RenderSettings`.
        space: changes of the rooms and the echo that a model of tracks sends to.
        roles, tracks: what was said of the strips of tracks of a role, and of tracks by name or
            pattern: checked tables of a strip's keys, to be laid over each other for a song's
            tracks (`mixer.rendering.track_hand`).
    """

    strips: tuple[tuple[str, Strip], ...] = ()
    master: Strip = Strip()
    reverb: Reverb = Reverb()
    delay: Delay = Delay()
    loudness_lufs: float | None = number(None, *LOUDNESS_RANGE_LUFS)
    true_peak_dbtp: float | None = number(None, *CEILING_RANGE_DBTP)
    space: SpaceChanges | None = None
    roles: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    tracks: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def strip(self, stem: str) -> Strip:
        """The stem's strip, neutral where nothing was said."""
        return dict(self.strips).get(stem, Strip())
