"""The messages between the studio's page and its server: JSON, typed, with units in names.

`channel_state` and `song_state` hold what a page shows, `requests` its requests, `work` the
server's current work, `offers` the available choices.

The server listens on the loopback interface only. Its link is `http://127.0.0.1:PORT/#TOKEN`. A
browser never sends the part after the #, so the page reads the token from `location.hash` and sends
it with every request: in the header `X-Mixer-Token`, or as `?token=` where a browser cannot set a
header (an `EventSource`, a download). The page's own files need no token: they contain no data of
a song.

    GET   /                                     the page, mixer/studio/assets/index.html
    GET   /assets/NAME                          files of mixer/studio/assets
    GET   /shared/NAME                          files of mixer/report/assets: axes, player, timeline
    GET   /api/songs                            `Songs`
    POST  /api/songs/ID/open                    `SongState`; opens the song and starts a render
    GET   /api/songs/ID/state                   `SongState`
    PATCH /api/songs/ID/edits      `Edits`      `SongState`, or 409 with a `Conflict`
    POST  /api/songs/ID/undo       `Revision`   `SongState`, or 409 with a `Conflict`
    POST  /api/songs/ID/redo       `Revision`   the same
    POST  /api/songs/ID/wish       `WishAsked`  the same
    GET   /api/songs/ID/audio/AUDIO?start=&frames=&version=
                                                samples, see below
    GET   /api/songs/ID/overview/AUDIO?points=  `Overview`
    GET   /api/songs/ID/response/RETURN         an impulse response, see below
    GET   /api/songs/ID/buses/BUS               the gains of a bus over time, see below
    POST  /api/songs/ID/variations `Revision`   as undo; makes variations of the mix as it stands
    POST  /api/songs/ID/blend      `BlendAsked` as undo; an edit
    POST  /api/songs/ID/compare    `CompareAsked`   `SongState`; makes a source to compare with
    POST  /api/songs/ID/references?name=        `SongState`; the body is an audio file
    POST  /api/songs/ID/save       `SaveAsked`  `Saved`
    POST  /api/songs/ID/render     `RenderAsked`    `Job`
    GET   /api/songs/ID/jobs/JOB                `Job`
    POST  /api/songs/ID/jobs/JOB/cancel         `Job`
    GET   /api/songs/ID/jobs/JOB/files/N        a download
    GET   /api/songs/ID/takes                   `Takes`
    GET   /api/choices                          `Choices`: presets, models, targets, roles, wishes
    GET   /api/events                           server-sent events, each an `Event`

**Errors** are a `Problem` with 400 (not JSON, or not an object), 401 (a missing or wrong token),
403 (another Host or Origin), 404, 409, 411, 413 (too large), 415 (not application/json), 422
(refused settings, one line each), 429 (too many at once), 500, 503 (the song is still being read),
507 (the disk is full or read-only).

**Samples** are little-endian signed 16-bit integers, always stereo, left and right interleaved: a
sample is `integer / 32767 * full_scale` of its `Audio`. `start` and `frames` are whole numbers; one
answer has at most `MOST_FRAMES`. The header `X-Frames` gives the number of frames, which is lower
than asked for at the end of the song and where the rest has not been made yet. The answer is 416
where `start` is beyond the end, and 202 without a body if nothing at `start` has been made yet
(an event `audio` follows when it has). `version` is that of the `Audio`; another version is
answered with 410: read the state again.

**Impulse responses** are little-endian float32, four channels one after another, each of
`Return.n_frames`: left to left, left to right, right to left, right to right, as a `ConvolverNode`
with `normalize = false` takes a buffer of four channels.

**Gains of buses** are little-endian unsigned 16-bit integers: `integer / 65535`, one for every 32
frames from the start of the song, interpolated linearly, the last one held to the end.

**How the page plays.** A channel's `Audio` is the input of the user's strip: the network's output,
with the linear time-invariant part of its group's bus and of the mix bus, which commutes with the
strip. So the page's graph is

    track's audio -> hand's strip -> group, and by `sends_db` of the track to the returns -> group
    group of tracks -> compressor of the group's bus
    that, or the stem's own audio, -> hand's strip -> mix
    stem's strip -> by `reverb_db` and `delay_db` to the returns "reverb" and "delay" -> mix
    mix -> compressor of the mix's bus -> master's strip -> `Master.gain_db` -> out

A bus's compressor has the gains of the last exact render. After an edit the page scales them by
the ratio of its own compressor's gains for the current strips to those for the strips of
`Exact.strips`. Playback then differs from the render by what rooms contribute to that difference.

A strip acts in this order: high_pass, low_pass, eq, width, pan, gain_db, then the sends, post
fader; definitions as in mixer.dsp.biquad (RBJ; Butterworth) and mixer.console.stereo.
`Audio.baked` names fields of the strip that are already in the audio, because a level-dependent
stage (a compressor, a gate, a duck) or an automated one is among or after them: a change of those
is heard with the next exact render, a change of the others at once. A channel with `live` False
cannot be heard changing at all (single tracks before a network that mixes stems, a mix with amount
below 1). Nothing is heard of a channel whose audio is None yet. If a stem's `baked` is not
empty, its own audio must be played, not its tracks': the baked stages acted on their sum.

**Exact renders.** A moment after each edit the server renders the mix in the background as `mixer
render` would, limiter and all, and puts it into the source "mix": an event `exact` names the
revision that it is of, and the page may swap it in at the same position. `SongState.exact` is
the last one. The page is exact where `exact.revision` is the state's revision and it plays the
source "mix".

**Undo and redo** belong to the server, so that two pages share one history. Edits with the same
`gesture` (a drag) are one step.

**Edits** set the keys of `mixer render --set` to JSON values: `vocals.gain_db`: 1.5,
`tracks."01 Kick.wav".pan`: -0.2, `drums.eq`: [a list of `Band`s], `master.loudness_lufs`: -14,
`vocals.reverb_db`: -18, `vocals.compressor`: {"threshold_db": -20, "ratio": 3}; "none" takes away
what a preset set; null removes the user's own edit. There are also `presets` (a list of names, the
strongest last), `settings.model`, `settings.amount`, `settings.platform`, `files."NAME".role`, and
`settings.reference` (a list such as ["reference-1:tone=0.7,width"]: references that the mix is
moved towards).
The keys of a channel's edits begin with its `key`. Values are absolute: the user's offset is the
difference between `strip` and `base`.

The state is kept in `.mixer-studio/state.json` in the song's folder. Every edit rewrites the file
as a whole.
"""

TOKEN_HEADER = "X-Mixer-Token"
# The most audio in one answer: 30 s at 48 kHz, 5.8 MB.
MOST_FRAMES = 1_440_000
