"""State of one channel on the page: its strip, the network's settings, its audio."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

# JSON of a setting: a number, a truth value, a word, a list, a table, or its automation.
Value = Any


class Band(TypedDict):
    """A band of the equaliser; the gain of a notch is ignored."""

    type: Literal["peak", "low_shelf", "high_shelf", "notch"]
    frequency_hz: Value
    gain_db: Value
    q: Value
    amount: Value


class Filter(TypedDict):
    """A Butterworth high-pass or low-pass."""

    frequency_hz: Value
    slope_db_per_octave: int
    amount: Value


class StripTable(TypedDict):
    """A strip in full, neutral values filled in; an effect that is off is None.

    A number that moves in time is a list of [seconds, value]. `solo` and `mute` mean what they do
    in the mix; `reverb_db` and `delay_db` are None if nothing is sent.
    """

    mute: bool
    solo: bool
    amount: Value
    duck: dict[str, Value] | None
    high_pass: Filter | None
    low_pass: Filter | None
    eq: list[Band]
    gate: dict[str, Value] | None
    compressor: dict[str, Value] | None
    de_esser: dict[str, Value] | None
    saturation: dict[str, Value] | None
    plugins: list[dict[str, Value]]
    width: Value
    pan: Value
    gain_db: Value
    reverb_db: Value
    delay_db: Value


class ModelTable(TypedDict):
    """The network's settings of a channel, in front of the user's strip; they are in its audio.

    Attributes:
        gain_db: the fader, on the recording as it is; None if that is not one number.
        pan: -1 to 1. width: gain of the side signal.
        high_pass_hz: None if it is off.
        curve_hz, curve_db: the equaliser, points and levels.
        sends_db: short_room, long_room and echo, those that are on.
        phrases: names and values of all settings in an engineer's words, as `mixer render` says
            them.
        found: the same settings before the user's changes; only if there are any.
    """

    gain_db: float | None
    pan: float | None
    width: float | None
    high_pass_hz: float | None
    curve_hz: list[float]
    curve_db: list[float]
    sends_db: dict[str, float]
    phrases: list[tuple[str, str]]
    found: NotRequired[dict[str, Value]]


class Audio(TypedDict):
    """Samples that can be requested.

    Attributes:
        id: AUDIO in the address.
        version: changes when the samples do.
        n_frames: of the song.
        ready_frames: made so far, from the song's start on; `n_frames` when it is done.
        full_scale: sample value of the integer 32767.
        baked: fields of the strip that are in the samples, for channels.
    """

    id: str
    version: int
    n_frames: int
    ready_frames: int
    full_scale: float
    baked: list[str]


class Channel(TypedDict):
    """A stem or a track.

    Attributes:
        id: in the song, of letters, digits and -.
        kind: a stem has `tracks`.
        key: prefix of its edits' keys.
        name: display name. file: in the song's folder; None for a stem.
        role: None for a stem.
        color: #rrggbb; base_color: without the user's edit.
        model: the network's settings; None if there are none to show.
        base: the strip according to presets and song.toml.
        strip: with the user's edits.
        hand: the edits on it, by field, as they were made.
        live: whether the page can play changes of its strip.
        sends_db: send levels in dB, after the strip, by return of the model.
        audio: input of its strip; None until the first samples are ready.
        tracks: those of a stem.
    """

    id: str
    kind: Literal["stem", "track"]
    key: str
    name: str
    file: str | None
    role: str | None
    color: str
    base_color: str
    model: ModelTable | None
    base: StripTable
    strip: StripTable
    hand: dict[str, Value]
    live: bool
    sends_db: dict[str, float]
    audio: Audio | None
    tracks: list[Channel]


class Bus(TypedDict):
    """A bus of a network that mixes tracks, before the strip of a stem or of the master.

    Attributes:
        id: of the stem, or "master".
        version: changes when its gains or its compressor do.
        n_steps: number of its gains.
        compressor: threshold_db (for the channels' samples), ratio, attack_ms, release_ms; None
            if it is off.
        phrases: as in `ModelTable`.
    """

    id: str
    version: int
    n_steps: int
    compressor: dict[str, float] | None
    phrases: list[tuple[str, str]]


class Master(TypedDict):
    """The master bus.

    Attributes:
        base, strip, hand: as in `Channel`; mute, solo and sends have no effect here.
        loudness_lufs, true_peak_dbtp: the request; None for no target, no ceiling.
        platform: a name of `Choices.platforms`, or None.
        gain_db: master gain of the last exact render, with which the page plays.
        measured_loudness_lufs, measured_true_peak_dbtp, limited_db: of the last exact render; None
            before it, and for silence.
    """

    key: str
    base: StripTable
    strip: StripTable
    hand: dict[str, Value]
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    platform: str | None
    gain_db: float
    measured_loudness_lufs: float | None
    measured_true_peak_dbtp: float | None
    limited_db: float | None


class Return(TypedDict):
    """A return that sends go to; its response is requested by name.

    Attributes:
        name: short_room, long_room, echo (the model's), reverb, delay (the user's).
        version: changes when the response does.
        n_frames: of the response.
        settings: the current ones.
    """

    name: str
    version: int
    n_frames: int
    settings: dict[str, Value]
