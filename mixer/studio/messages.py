"""What the studio's page and server say to each other: every JSON message, typed, units in names.

The server listens on the loopback interface alone. Its link is `http://127.0.0.1:PORT/#TOKEN`: what
stands behind the sign # never travels, so the page reads the token from `location.hash` and sends
it with every request, in the header `X-Mixer-Token`, or, where a browser sets no header (an
`EventSource`, a download), as `?token=`. The page's own files need none: they hold nothing of a
song.

    GET   /                                     the page, mixer/studio/assets/index.html
    GET   /assets/NAME                          files of mixer/studio/assets
    GET   /shared/NAME                          files of mixer/report/assets: axes, player, timeline
    GET   /api/songs                            `Songs`
    POST  /api/songs/ID/open                    `SongState`; opens it, and starts its first render
    GET   /api/songs/ID/state                   `SongState`
    PATCH /api/songs/ID/edits      `Edits`      `SongState`, or 409 with a `Conflict`
    POST  /api/songs/ID/undo       `Revision`   `SongState`, or 409 with a `Conflict`
    POST  /api/songs/ID/redo       `Revision`   the same
    POST  /api/songs/ID/wish       `WishAsked`  the same
    GET   /api/songs/ID/audio/AUDIO?start=&frames=&version=
                                                samples, see below
    GET   /api/songs/ID/overview/AUDIO?points=  `Overview`
    GET   /api/songs/ID/response/RETURN         an impulse response, see below
    POST  /api/songs/ID/variations `Revision`   the same; makes variations of the mix as it stands
    POST  /api/songs/ID/blend      `BlendAsked` the same; an edit
    POST  /api/songs/ID/compare    `CompareAsked`   `SongState`; makes a source to compare with
    POST  /api/songs/ID/references?name=        bytes of an audio file; `SongState`
    POST  /api/songs/ID/save       `SaveAsked`  `Saved`
    POST  /api/songs/ID/render     `RenderAsked`    `Job`
    GET   /api/songs/ID/jobs/JOB                `Job`
    POST  /api/songs/ID/jobs/JOB/cancel         `Job`
    GET   /api/songs/ID/jobs/JOB/files/N        a download
    GET   /api/songs/ID/takes                   `Takes`
    GET   /api/choices                          `Choices`: presets, models, targets, roles, wishes
    GET   /api/events                           server-sent events, each an `Event`

**Errors** are a `Problem` with 400 (not JSON, or not of this form), 401 (no token or a wrong one),
403 (another Host or Origin), 404, 409, 411, 413 (too large), 415 (not application/json), 422 (a
setting that is refused, a line each), 429 (too many at once), 503.

**Samples** are little-endian signed 16-bit integers, left and right in turn, stereo always: a
sample is `integer / 32767 * full_scale` of its `Audio`. `start` and `frames` are whole numbers; at
most `MOST_FRAMES` come at once. The header `X-Frames` says how many there are, which is fewer than
asked for at the song's end and where the rest is not made yet; 416 where `start` is beyond the end,
202 without a body where nothing at `start` is made yet (an event `audio` tells when). `version` is
that of the `Audio`; another one is answered with 410: read the state again.

**Impulse responses** are little-endian float32 of four channels, one after another, each of
`Return.n_frames`: left to left, left to right, right to left, right to right, the order in which a
`ConvolverNode` with `normalize = false` takes a buffer of four channels.

**How the page plays.** A channel's `Audio` is what comes into the hand's strip: behind everything
that the network did, with all that lies behind the strip and is the same for every sample of it
(the linear part of its group's bus and of the mix's, and the gain over time that their compressors
had in the last exact render). So the page's graph is

    track's audio -> hand's strip -> group, and by `sends_db` of the track to the returns -> group
    stem's audio (where its tracks are folded), or the group of its tracks, -> hand's strip -> mix
    stem's strip -> by `reverb_db` and `delay_db` to the returns "reverb" and "delay" -> mix
    mix -> master's strip -> `Master.gain_db` -> out

A strip acts in this order: high_pass, low_pass, eq, width, pan, gain_db, then the sends, post
fader; definitions as in mixer.dsp.biquad (RBJ; Butterworth) and mixer.console.stereo.
`Audio.baked` names fields of the strip that are in the audio already, since something that listens
(a compressor, a gate, a duck) or moves in time lies among or behind them: a change of those is
heard with the next exact render, for the others the page goes on. A channel with `live` False
cannot be heard changing at all (single tracks before a network that mixes stems, a mix with amount
below 1). Nothing is heard of a channel whose audio is None yet. Where a stem's `baked` is not
empty, its own audio must be played, not its tracks': what is baked acted on their sum.

**Exact renders.** A moment after each edit the server renders the mix in the background as `mixer
render` would, limiter and all, and puts it into the source "mix": an event `exact` names the
revision that it is of, and the page may swap it in at the same position. `SongState.exact` is
the last one. The page is exact where `exact.revision` is the state's revision and it plays the
source "mix".

**Undo and redo** are the server's, so that two pages have one history. Edits with the same
`gesture` (a drag) are one step of it.

**Edits** set keys as `mixer render --set` has them, with JSON values: `vocals.gain_db`: 1.5,
`tracks."01 Kick.wav".pan`: -0.2, `drums.eq`: [a list of `Band`s], `master.loudness_lufs`: -14,
`vocals.reverb_db`: -18, `vocals.compressor`: {"threshold_db": -20, "ratio": 3}; "none" takes away
what a preset set; null takes the hand's own edit back. Beside them `presets`: a list of names, the
strongest last; `settings.model`, `settings.amount`, `settings.platform`, `files."NAME".role`, and
`settings.reference`: a list as ["reference-1:tone=0.7,width"], what the mix is moved towards.
A channel's `key` is what its edits begin with. Values are absolute: the hand's offset is the
difference of `strip` and `base`.

The state is kept in `.mixer-studio/state.json` in the song's folder, written whole with each edit.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

TOKEN_HEADER = "X-Mixer-Token"
# The most audio in one answer: 30 s at 48 kHz, 5.8 MB.
MOST_FRAMES = 1_440_000

# JSON of a setting: a number, a truth value, a word, a list, a table, or its course in time.
Value = Any


class Problem(TypedDict):
    """What was wrong, a line each."""

    error: str
    lines: list[str]


class SongRow(TypedDict):
    """A song of the folder; `problem` is why it cannot be opened."""

    id: str
    name: str
    phase: str
    problem: str | None


class Songs(TypedDict):
    """The songs, and the folder's name."""

    folder: str
    songs: list[SongRow]


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
    in the mix; `reverb_db` and `delay_db` are None where nothing is sent.
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
    """What the network set on a channel, in front of the hand's strip; all of it is in its audio.

    Attributes:
        gain_db: the fader, on the recording as it is; None where that is not one number.
        pan: -1 to 1. width: gain of the side signal.
        high_pass_hz: None where it is off.
        curve_hz, curve_db: the equaliser, points and levels.
        compression: threshold_db, ratio, attack_ms, release_ms; None where it is off.
        sends_db: short_room, long_room and echo, those that are on.
        found: the same settings before somebody's changes of them; only where there are some.
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
        color: #rrggbb.
        model: what the network set; None where it set nothing that one could show.
        base: the strip as presets and song.toml have it.
        strip: with the hand's edits.
        hand: the edits on it, by field, as they were made.
        live: the page can play changes of it.
        sends_db: of its audio behind the strip to the model's returns: gains in dB.
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
    model: ModelTable | None
    base: StripTable
    strip: StripTable
    hand: dict[str, Value]
    live: bool
    sends_db: dict[str, float]
    audio: Audio | None
    tracks: list[Channel]


class Master(TypedDict):
    """The bus.

    Attributes:
        base, strip, hand: as of a `Channel`; mute, solo and sends mean nothing here.
        loudness_lufs, true_peak_dbtp: what is asked for; None for no target, no ceiling.
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
    """What sends go to; its response is asked for by name.

    Attributes:
        name: short_room, long_room, echo (the model's), reverb, delay (the hand's).
        version: changes when the response does.
        n_frames: of the response.
        settings: as they stand.
    """

    name: str
    version: int
    n_frames: int
    settings: dict[str, Value]


class Source(TypedDict):
    """A whole mix to listen to and to compare with.

    Attributes:
        id: mix (the exact render), plain (the recordings' sum), default (without any hand),
            take-N, variation-N, reference-N, and var-N, a variation among the takes.
        name: to show.
        audio: None until it is made.
        loudness_lufs, true_peak_dbtp: None until then, and for silence.
        match_db: gain that makes all sources equally loud.
    """

    id: str
    kind: Literal["mix", "plain", "default", "take", "reference", "variation"]
    name: str
    audio: Audio | None
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    match_db: float


class Marker(TypedDict):
    """A named place."""

    name: str
    time_s: float


class Section(TypedDict):
    """A stretch of the song."""

    name: str
    start_s: float
    end_s: float


class Variation(TypedDict):
    """A variation of the mix: the source of its id, in words, and how far it lies from the mix.

    `moved_db` is by axis: voice, brightness, bass, width, dynamics, as far as they can be told.
    """

    id: str
    name: str
    moved_db: dict[str, float]


class Doing(TypedDict):
    """What the server is at; `share` of it is done, 0 to 1."""

    what: str
    detail: str
    share: float


class Exact(TypedDict):
    """The last exact render."""

    revision: int
    version: int


class JobFile(TypedDict):
    """A file that a job wrote."""

    name: str
    n_bytes: int


class Job(TypedDict):
    """A render, or what else takes a while and leaves files.

    Attributes:
        state: waiting, running, done, failed, cancelled.
        problem: why it failed.
        folder: where the files are on this machine.
        files: to download, by their place in this list.
        remarks: what could not be handed over in full.
    """

    id: str
    name: str
    revision: int
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    doing: Doing | None
    problem: str | None
    folder: str
    files: list[JobFile]
    remarks: list[str]


class SongState(TypedDict):
    """Everything that the page shows of a song.

    Attributes:
        revision: grows with every edit.
        phase: closed, loading (files are read), listening, rendering, ready, failed.
        problem: why it failed, or why the last exact render did.
        doing: None while nothing is done.
        kind: tracks, where a model mixes single tracks; else stems.
        stems: with their tracks.
        can_undo, can_redo: what would be taken back, in words; None for nothing.
        notes: warnings, a line each.
        settings: model, amount, platform as asked for.
        saved: every edit is in song.toml.
    """

    id: str
    name: str
    revision: int
    phase: Literal["closed", "loading", "listening", "rendering", "ready", "failed"]
    problem: str | None
    doing: Doing | None
    kind: Literal["tracks", "stems"]
    model: str | None
    sample_rate_hz: int
    n_frames: int
    duration_s: float
    tempo_bpm: float | None
    markers: list[Marker]
    sections: list[Section]
    stems: list[Channel]
    master: Master
    returns: list[Return]
    sources: list[Source]
    variations: list[Variation]
    exact: Exact | None
    presets: list[str]
    settings: dict[str, Value]
    can_undo: str | None
    can_redo: str | None
    saved: bool
    notes: list[str]
    jobs: list[Job]


class Edits(TypedDict):
    """Changes on top of a revision; `gesture` and `label` are the page's own words."""

    revision: int
    changes: dict[str, Value]
    gesture: NotRequired[str]
    label: NotRequired[str]


class Revision(TypedDict):
    """What the page believes the revision to be."""

    revision: int


class Conflict(TypedDict):
    """The page's revision is old: here is how it stands now."""

    error: str
    lines: list[str]
    state: SongState


class WishAsked(TypedDict):
    """A wish in words of `Choices.wishes`, as "vocals a little louder"; several with commas."""

    revision: int
    text: str


class BlendAsked(TypedDict):
    """A blend of the mix and variations: shares by id, "mix" among them; they sum to 1."""

    revision: int
    parts: dict[str, float]


class CompareAsked(TypedDict):
    """Make a source: "default", or the `source` of a row of `Takes`; `remove` takes one away."""

    source: str
    remove: NotRequired[bool]


class SaveAsked(TypedDict):
    """Save to song.toml, or as a preset of the user's.

    A preset needs a `name`; `overwrite` replaces one of that name.
    """

    what: Literal["song", "preset"]
    name: NotRequired[str]
    summary: NotRequired[str]
    overwrite: NotRequired[bool]


class Saved(TypedDict):
    """The file that was written, keys of edits that it cannot hold, and how the song stands."""

    path: str
    left_out: list[str]
    state: SongState


class RenderAsked(TypedDict):
    """As the options of `mixer render`; what is left out has its default there.

    Attributes:
        format, bit_depth: of the mix.
        stems, tracks, report: also these.
        deliver: versions. daw: sessions. daw_audio: what they hold.
    """

    format: NotRequired[str]
    bit_depth: NotRequired[str]
    stems: NotRequired[bool]
    tracks: NotRequired[bool]
    report: NotRequired[bool]
    deliver: NotRequired[list[str]]
    daw: NotRequired[list[str]]
    daw_audio: NotRequired[str]


class TakeRow(TypedDict):
    """A take of the mix, or a variation of it; as of `mixer takes`.

    `source` is what `CompareAsked` takes; `words` is of a variation what it does, else "".
    """

    source: str
    number: int
    words: str
    file: str
    made_by: str
    asked: list[str]
    changes: list[str]
    state: str
    loudness_lufs: float | None
    true_peak_dbtp: float | None


class Takes(TypedDict):
    """All takes, the first mix first."""

    takes: list[TakeRow]


class PresetRow(TypedDict):
    """A preset; `problem` says why it cannot be used."""

    name: str
    summary: str
    shipped: bool
    problem: str | None


class PlatformRow(TypedDict):
    """Where a mix is heard."""

    name: str
    title: str
    loudness_lufs: float
    true_peak_dbtp: float
    note: str


class WishRow(TypedDict):
    """A wish: what may be said, what it does, and what it is about where nothing is named."""

    phrases: list[str]
    does: str
    target: str


class RoleRow(TypedDict):
    """What a track may play."""

    name: str
    stem: str


class OutputWord(TypedDict):
    """A word of a render's options, and what to call it."""

    word: str
    title: str


class OutputFormat(OutputWord):
    """A format of a mix, with the bit depths that it holds, the usual one first; none if lossy."""

    bit_depths: list[str]


class Outputs(TypedDict):
    """What `RenderAsked` may say."""

    format: list[OutputFormat]
    deliver: list[OutputWord]
    daw: list[OutputWord]
    daw_audio: list[str]


class Choices(TypedDict):
    """What there is to choose from.

    `ranges` holds, by field of a strip (`gain_db`, `eq.frequency_hz`, `compressor.ratio`), the
    lowest and the highest number.
    """

    presets: list[PresetRow]
    models: list[str]
    platforms: list[PlatformRow]
    wishes: list[WishRow]
    wish_targets: list[str]
    wish_amounts: list[str]
    roles: list[RoleRow]
    ranges: dict[str, tuple[float, float]]
    outputs: Outputs


class Overview(TypedDict):
    """Peaks of equal stretches of the whole song, 0 to 1 of full scale; 0 where not made yet."""

    n_frames: int
    version: int
    peaks: list[float]


class Event(TypedDict):
    """Something happened to a song; its name is the event's `type`, this its `data`.

    Attributes:
        type: state (read it again: an edit by any page, another phase), doing, audio (of a channel
            or source more is ready, or it has a new version), exact (a render is finished),
            job.
        audio: for audio and exact. doing: for doing. job: for job.
    """

    type: Literal["state", "doing", "audio", "exact", "job"]
    song: str
    revision: int
    audio: NotRequired[Audio]
    doing: NotRequired[Doing | None]
    job: NotRequired[Job]
