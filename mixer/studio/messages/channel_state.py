"""State of one channel on the page: its strip, the network's settings, its audio."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

# JSON of a setting: a number, a truth value, a word, a list, a table, or its course in time.
Value = Any


class Band(TypedDict):
    """A band of the equaliser; a notch's gain means nothing."""

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
        compression: threshold_db, ratio, attack_ms, release_ms; None if it is off.
        sends_db: short_room, long_room and echo, those that are on.
        found: the same settings before somebody's changes of them; only if there are some.
    """

    gain_db: float | None
    pan: float | None
    width: float | None
    high_pass_hz: float | None
    curve_hz: list[float]
    curve_db: list[float]
    compression: dict[str, float] | None
    sends_db: dict[str, float]
    found: NotRequired[dict[str, Value]]


class Audio(TypedDict):
    """Samples that can be asked for.

    Attributes:
        id: AUDIO in the address.
        version: changes when the samples do.
        n_frames: of the song.
        ready_frames: made so far, from the song's start on; `n_frames` when it is done.
        full_scale: what the integer 32767 means.
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
        key: what its edits begin with.
        name: to show. file: in the song's folder; None for a stem.
        role: None for a stem.
        color: #rrggbb; base_color: without the user's edit.
        model: what the network set; None if it set nothing that one could show.
        base: the strip as presets and song.toml have it.
        strip: with the user's edits.
        hand: the edits on it, by field, as they were made.
        live: the page can play changes of it.
        sends_db: of its audio after the strip to the model's returns: gains in dB.
        audio: what comes into its strip; None until the first of it is made.
        tracks: of a stem.
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
    """A bus of a network that mixes tracks: in front of the strip of a stem, or of the master.s.

    Attributes:
        id: of the stem, or "master".
        version: changes when its gains or its compressor do.
        n_steps: of its gains.
        compressor: threshold_db (for the channels' samples), ratio, attack_ms, release_ms; None
            if it is off.
    """

    id: str
    version: int
    n_steps: int
    compressor: dict[str, float] | None


class Master(TypedDict):
    """The bus.

    Attributes:
        base, strip, hand: as in `Channel`; mute, solo and sends mean nothing here.
        loudness_lufs, true_peak_dbtp: the request; None for no target, no ceiling.
        platform: a name of `Choices.platforms`, or None.
        gain_db: what the last exact render raised the mix by; what the page plays with.
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
        settings: as they stand.
    """

    name: str
    version: int
    n_frames: int
    settings: dict[str, Value]
