"""Settings of a console: a strip for every stem, shared reverb and delay, the master bus.

The dataclasses are the schema: `mixer.preset` reads tables into them and refuses values outside
the ranges given here. Every number of a strip may be automated: a tuple of (seconds, value)
points, linear between them, constant before the first and after the last. The shared reverb and
delay cannot be automated, so that they stay linear and time-invariant.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mixer.files.fields import choice, entries, number
from mixer.setting_changes import SpaceChanges, StripChanges

# A number, or its automation.
Points = tuple[tuple[float, float], ...]
Number = float | Points

# Targets that a preset, an option or an album may set for a mix: keys of the bus.
TARGETS = ("loudness_lufs", "true_peak_dbtp")
LOUDNESS_RANGE_LUFS = (-70.0, -5.0)
CEILING_RANGE_DBTP = (-30.0, 0.0)
# A console that says none wants no limiter, whatever else would set a ceiling.
NO_CEILING_DBTP = math.inf
SLOPES_DB_PER_OCTAVE = (12, 24)
BAND_TYPES = ("peak", "low_shelf", "high_shelf", "notch")
MASTER = "master"
# The bus has no neighbour to be soloed against or ducked by, and no sends.
MASTER_LACKS = ("mute", "solo", "duck", "reverb_db", "delay_db")
# When tracks pass their strips, the groups have not been summed yet.
TRACK_LACKS = ("duck",)
# Metadata keys of a strip's field: the function that makes its effect, and whether what that does
# depends on the level of what passes it.
EFFECT, FOLLOWS_LEVEL = "effect", "follows_level"
# Longest list of effects: more bands or plug-ins than anybody needs.
MOST_ENTRIES = 64


def effect(made_by: str | None, field: Any = None, *, follows_level: bool = False) -> Any:
    """A field of the strip that is an effect; None, () or the default means that it is off.

    Args:
        made_by: "module:function" in `mixer.console`, imported when it is needed; it takes the
            setting and the sample rate in Hz and returns a new `mixer.console.processing.Effect`.
            None for one that `mixer.console.strip` makes of more than these.
        field: the default and the allowed values; None for an optional table.
        follows_level: what it does depends on the level of what passes it, or may; it then differs
            from part to part of a mix.
    """
    field = field or dataclasses.field(default=None)
    about = {EFFECT: made_by, FOLLOWS_LEVEL: follows_level}
    return dataclasses.field(default=field.default, metadata={**field.metadata, **about})


def amount() -> Any:
    """Blend of an effect: 0 is its input, bit for bit, and 1 is its output."""
    return number(1.0, 0.0, 1.0)


@dataclass(frozen=True)
class Filter:
    """A Butterworth high-pass or low-pass: causal, without latency, -3 dB at its frequency."""

    frequency_hz: Number = number(80.0, 10.0, 22_000.0)
    slope_db_per_octave: int = choice(12, SLOPES_DB_PER_OCTAVE)
    amount: Number = amount()


@dataclass(frozen=True)
class Band:
    """One band of the parametric EQ.

    A notch has no gain; a shelf has half its gain at its frequency.

    A shelf with a Q above 0.7 overshoots before its plateau.
    """

    type: str = choice("peak", BAND_TYPES)
    frequency_hz: Number = number(1_000.0, 10.0, 22_000.0)
    gain_db: Number = number(0.0, -24.0, 24.0)
    q: Number = number(0.7, 0.1, 30.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Gate:
    """Attenuates audio below the threshold: 1 dB below it comes out as `ratio` dB below it.

    Levels are peaks in dBFS of the louder channel. The attack is the time in which the gate opens,
    the release the time in which it closes; both are time constants of the gain in dB. Both
    channels get the same gain.
    """

    threshold_db: Number = number(-50.0, -100.0, 0.0)
    ratio: Number = number(10.0, 1.0, 100.0)
    attack_ms: Number = number(1.0, 0.1, 500.0)
    release_ms: Number = number(100.0, 1.0, 5_000.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Compressor:
    """Attenuates audio above the threshold, then raises everything by the make-up gain.

    Levels are peaks in dBFS of the louder channel. The knee is hard. Attack and release are time
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
    """Attenuates the band above a frequency while it is too loud beside the rest of the stem.

    The threshold is the level of the band relative to the rest, so it suits soft and loud singing
    alike. The band is lowered by a shelf, at no frequency by more than `max_reduction_db`.
    """

    frequency_hz: Number = number(6_000.0, 1_000.0, 16_000.0)
    threshold_db: Number = number(-6.0, -40.0, 20.0)
    max_reduction_db: Number = number(8.0, 0.0, 24.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Saturation:
    """Soft clipping after `drive_db` of gain; the same gain is removed afterwards.

    Quiet passages keep their level and their shape; loud ones lose their peaks.
    """

    drive_db: Number = number(6.0, 0.0, 36.0)
    amount: Number = amount()


@dataclass(frozen=True)
class Duck:
    """Attenuates this stem by up to `amount_db` while another stem plays.

    The other stem is measured before its strip. Down to 10 dB below its usual level, the full
    amount is applied; from 30 dB below, none.
    """

    by: str = "vocals"
    amount_db: Number = number(2.0, 0.0, 24.0)
    attack_ms: Number = number(20.0, 0.1, 500.0)
    release_ms: Number = number(250.0, 1.0, 5_000.0)


@dataclass(frozen=True)
class Plugin:
    """A VST3 plug-in: its file, and parameter values, a `.vstpreset`, or both (values win)."""

    path: str = ""
    parameters: tuple[tuple[str, float | str | bool], ...] = entries(default=(), most=1_000)
    preset: str | None = None
    amount: Number = amount()


@dataclass(frozen=True)
class Strip:
    """One stem's channel strip; None or an empty list means that an effect is off.

    The effects act in the order of their fields, followed by the sends, after the fader. A new
    effect needs a file and a field here, which names the function that makes it and says whether it
    follows the level; versions, sessions and the studio go by that.

    `network` changes settings that a model chose; they act before the strip and are not effects
    of it.

    `amount` blends the whole strip, from duck to gain, with its input, and scales the sends.
    Width 0 is mono, 1 leaves the signal unchanged, 2 doubles the side signal. Pan is a balance: it
    lowers one channel and raises the other, and never mixes the two.
    """

    mute: bool = False
    solo: bool = False
    amount: Number = amount()
    duck: Duck | None = effect(None, follows_level=True)
    high_pass: Filter | None = effect("filters:high_pass")
    low_pass: Filter | None = effect("filters:low_pass")
    eq: tuple[Band, ...] = effect("filters:band_filter", entries(default=(), most=MOST_ENTRIES))
    gate: Gate | None = effect("dynamics:gate", follows_level=True)
    compressor: Compressor | None = effect("dynamics:compressor", follows_level=True)
    de_esser: DeEsser | None = effect("de_esser:DeEsserEffect", follows_level=True)
    saturation: Saturation | None = effect("saturation:SaturationEffect", follows_level=True)
    plugins: tuple[Plugin, ...] = effect(
        None, entries(default=(), most=MOST_ENTRIES), follows_level=True
    )
    width: Number = effect("stereo:WidthEffect", number(1.0, 0.0, 2.0))
    pan: Number = effect("stereo:PanEffect", number(0.0, -1.0, 1.0))
    gain_db: Number = effect("stereo:GainEffect", number(0.0, -60.0, 24.0))
    # Level of the send, after the fader; None switches it off.
    reverb_db: Number | None = number(None, -60.0, 12.0)
    delay_db: Number | None = number(None, -60.0, 12.0)
    network: StripChanges | None = None


STRIP_EFFECTS = {
    field.name: field for field in dataclasses.fields(Strip) if EFFECT in field.metadata
}


def following_level(strip: Strip) -> tuple[str, ...]:
    """Names of a strip's effects that depend on the level of what passes it, in their order."""
    return tuple(
        name
        for name, field in STRIP_EFFECTS.items()
        if field.metadata[FOLLOWS_LEVEL] and getattr(strip, name) != field.default
    )


def without_effects(strip: Strip, names: Iterable[str]) -> Strip:
    """A strip with effects switched off."""
    off: dict[str, Any] = {name: STRIP_EFFECTS[name].default for name in names}
    return dataclasses.replace(strip, **off)


@dataclass(frozen=True)
class Reverb:
    """The reverb that all strips share.

    Mid frequencies return at the level of the send; the cuts come after that.
    """

    decay_s: float = number(1.4, 0.1, 10.0)
    pre_delay_ms: float = number(20.0, 0.0, 250.0)
    low_cut_hz: float = number(200.0, 10.0, 22_000.0)
    high_cut_hz: float = number(8_000.0, 10.0, 22_000.0)
    width: float = number(1.0, 0.0, 2.0)


@dataclass(frozen=True)
class Delay:
    """The delay that all strips share; `beats` overrides `time_ms` if the song's tempo is known.

    Each echo has passed the cuts once more than the one before. Ping-pong sends the sum of both
    channels to the left first, then to the right, and so on.
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
        strips: stem name to its strip; a stem that is not listed passes unchanged.
        master: the strip of the bus, before the loudness target; it has no solo, duck or sends.
        reverb, delay: the targets of the sends.
        loudness_lufs: integrated loudness of the mix; None for that of `RenderSettings`.
        true_peak_dbtp: ceiling of the true peak, `NO_CEILING_DBTP` ("none" in tables) for no
            limiter; None for that of `RenderSettings`.
        space: changes of the rooms and the echo that a model of tracks sends to.
        roles, tracks: settings of the strips of all tracks of a role, and of tracks by name or
            pattern: validated tables of strip keys, which are merged for each track of a song
            (`mixer.rendering.user_strips`).
    """

    strips: tuple[tuple[str, Strip], ...] = ()
    master: Strip = Strip()
    reverb: Reverb = Reverb()
    delay: Delay = Delay()
    loudness_lufs: float | None = number(None, *LOUDNESS_RANGE_LUFS)
    true_peak_dbtp: float | None = number(None, *CEILING_RANGE_DBTP, none=NO_CEILING_DBTP)
    space: SpaceChanges | None = None
    roles: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    tracks: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def strip(self, stem: str) -> Strip:
        """The stem's strip; a neutral one for a stem without settings."""
        return dict(self.strips).get(stem, Strip())
