"""What a page plays of a console is the exact mix, stem by stem and track by track."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.signal

from mixer.console.strip import apply_strip
from mixer.files.document import build
from mixer.preset.console_shape import STRIP
from mixer.studio.messages.channel_state import Channel
from mixer.studio.messages.song_state import SongState
from mixer.studio.open_song import SongSession
from tests.studio.desk import EDITS, RATE, Open, channel, mix_of, samples_of, settled

# What a page plays of a strip, in the strip's own order.
PLAYED = ("high_pass", "low_pass", "eq", "width", "pan", "gain_db")


def played(audio: np.ndarray, one: Channel) -> np.ndarray:
    table = {
        key: value
        for key, value in one["strip"].items()
        if key in PLAYED and value not in (None, []) and key not in (one["audio"] or {})["baked"]
    }
    return apply_strip(audio, RATE, build(STRIP, table))[0]


def come_back(session: SongSession, name: str, sent: np.ndarray) -> np.ndarray:
    response = np.frombuffer(session.response(name), "<f4").reshape(4, -1)
    sides = [
        sum(scipy.signal.fftconvolve(sent[i], response[2 * i + side]) for i in (0, 1))
        for side in (0, 1)
    ]
    return np.stack(sides)[:, : sent.shape[1]]


def heard_page(session: SongSession, state: SongState, *, folded: bool) -> np.ndarray:
    """What a page plays by the contract of `mixer.studio.messages`."""
    mix = np.zeros((2, state["n_frames"]))
    for stem in state["stems"]:
        if stem["strip"]["mute"]:
            continue
        if folded:
            group = samples_of(session, stem["audio"])
        else:
            group = unfolded(session, stem) * bus_gain(session, state, stem["id"])
        stem = {**stem, "audio": stem["audio"] if folded else None}
        if not folded:
            stem = {**stem, "audio": {"baked": []}}  # type: ignore[typeddict-item]
        wet = played(group, stem)
        mix += wet
        for name in ("reverb", "delay"):
            send_db = stem["strip"][f"{name}_db"]  # type: ignore[literal-required]
            if send_db is not None:
                mix += come_back(session, name, wet * 10.0 ** (send_db / 20.0))
    mix *= bus_gain(session, state, "master")
    return mix * 10.0 ** (state["master"]["gain_db"] / 20.0)


def bus_gain(session: SongSession, state: SongState, name: str) -> np.ndarray:
    """The gain of a bus at every sample; 1 where the song has no such bus."""
    if name not in [bus["id"] for bus in state["buses"]]:
        return np.ones(1)
    steps = np.frombuffer(session.bus(name), "<u2") / 65_535.0
    return np.interp(np.arange(state["n_frames"]) / 32.0, np.arange(steps.size), steps)


def unfolded(session: SongSession, stem: Channel) -> np.ndarray:
    total = np.zeros((2, stem["tracks"][0]["audio"]["n_frames"]))  # type: ignore[index]
    for track in stem["tracks"]:
        if track["strip"]["mute"]:
            continue
        wet = played(samples_of(session, track["audio"]), track)
        total += wet
        for name, send_db in track["sends_db"].items():
            total += come_back(session, name, wet * 10.0 ** (send_db / 20.0))
    return total.astype(np.float32)


def assert_same_sound(page: np.ndarray, exact: np.ndarray) -> None:
    """Within 0.1 dB in every tenth of a second that is heard, and to the sample."""
    n = 4_410
    whole = exact.shape[1] // n * n
    level = [
        10.0 * np.log10((np.square(x[:, :whole]).reshape(2, -1, n)).mean(axis=(0, 2)) + 1e-12)
        for x in (page, exact)
    ]
    loud = level[1] > -60.0
    assert loud.any()
    assert np.abs(level[0] - level[1])[loud].max() < 0.1
    correlation = scipy.signal.correlate(page[0], exact[0], method="fft")
    assert np.argmax(np.abs(correlation)) == exact.shape[1] - 1


def without_limiter(session: SongSession) -> SongState:
    state = settled(session)
    changes = {"master.loudness_lufs": -30.0, "master.true_peak_dbtp": 0.0}
    session.edit(state["revision"], changes)
    return settled(session)


def test_a_page_hears_the_exact_mix_of_stems(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    state = without_limiter(session)
    assert state["kind"] == "stems"
    assert_same_sound(heard_page(session, state, folded=True), samples_of(session, mix_of(state)))
    session.edit(state["revision"], EDITS)
    state = settled(session)
    assert_same_sound(heard_page(session, state, folded=True), samples_of(session, mix_of(state)))


def test_a_page_hears_the_exact_mix_of_tracks_folded_or_not(track_song: Path, opened: Open) -> None:
    session = opened(track_song)
    state = without_limiter(session)
    assert state["kind"] == "tracks"
    for folded in (False, True):
        page = heard_page(session, state, folded=folded)
        assert_same_sound(page, samples_of(session, mix_of(state)))
    kick = channel(state, "01 Kick.wav")["key"]
    snare = channel(state, "02 Snare.wav")["key"]
    edits = EDITS | {f"{kick}.gain_db": 3.0, f"{kick}.pan": 0.6, f"{snare}.mute": True}
    session.edit(state["revision"], edits)
    state = settled(session)
    for folded in (False, True):
        page = heard_page(session, state, folded=folded)
        assert_same_sound(page, samples_of(session, mix_of(state)))


def test_what_a_page_cannot_play_is_in_the_audio(stem_song: Path, opened: Open) -> None:
    session = opened(stem_song)
    state = without_limiter(session)
    changes = {
        "vocals.compressor": {"threshold_db": -30.0, "ratio": 4.0},
        "vocals.eq": EDITS["vocals.eq"],
        "drums.gain_db": [[0.0, 0.0], [3.0, -12.0]],
    }
    session.edit(state["revision"], changes | {"vocals.gain_db": -3.0})
    state = settled(session)
    vocals, drums = channel(state, "vocals"), channel(state, "drums")
    assert vocals["audio"] is not None
    assert {"eq", "compressor"} <= set(vocals["audio"]["baked"])
    assert "gain_db" not in vocals["audio"]["baked"]
    assert drums["audio"] is not None
    assert "gain_db" in drums["audio"]["baked"]
    assert_same_sound(heard_page(session, state, folded=True), samples_of(session, mix_of(state)))
