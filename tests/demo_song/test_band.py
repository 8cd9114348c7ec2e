"""Drums, bass and keys against what is written for them: time, pitch, image."""

import numpy as np
import pytest
from scipy import signal

from mixer.demo_song import DEMO_SONG
from mixer.demo_song.bass import bass_part
from mixer.demo_song.drums import drum_part
from mixer.demo_song.score import midi_to_hz, swung
from mixer.demo_song.strings import StringTone, pluck
from tests.demo_song.measuring import (
    BEAT_S,
    RATE,
    band_db,
    between,
    cents,
    level_db,
    onset_times_s,
    pitch_hz,
)


def test_every_drum_onset_stands_on_the_grid(stems: dict[str, np.ndarray]) -> None:
    grid_s = np.array([swung(step / 4.0) * BEAT_S for step in range(48 * 4)])
    onsets_s = onset_times_s(stems["drums"].mean(axis=0))
    off_s = np.array([np.min(np.abs(grid_s - onset)) for onset in onsets_s])
    assert len(onsets_s) > 60
    assert off_s.max() < 0.018
    assert np.median(off_s) < 0.008
    # Played, not programmed.
    assert off_s.std() > 0.0005


def test_kick_and_snare_sound_where_they_are_written(stems: dict[str, np.ndarray]) -> None:
    drums = stems["drums"].mean(axis=0, keepdims=True)
    low = signal.sosfilt(signal.butter(4, 100.0, fs=RATE, output="sos"), drums)
    high = signal.sosfilt(signal.butter(4, 2500.0, "highpass", fs=RATE, output="sos"), drums)
    for hit in drum_part(DEMO_SONG):
        if hit.piece in ("kick", "snare") and hit.velocity > 0.7 and hit.beat > 8.0:
            at_s = swung(hit.beat) * BEAT_S
            heard = low if hit.piece == "kick" else high
            after = level_db(between(heard, at_s + 0.004, at_s + 0.05))
            before = level_db(between(heard, at_s - 0.03, at_s - 0.01))
            assert after - before > 4.0, hit


def test_the_kit_has_an_image(stems: dict[str, np.ndarray]) -> None:
    def lean_db(low_hz: float, high_hz: float, start_s: float, stop_s: float) -> float:
        left, right = between(stems["drums"], start_s, stop_s)
        return band_db(right, low_hz, high_hz) - band_db(left, low_hz, high_hz)

    # The kick in the middle, the count-in hats right, the crash at bar 11 left.
    assert abs(lean_db(40.0, 90.0, 5.0, 14.0)) < 0.5
    assert 2.0 < lean_db(7000.0, 14_000.0, 0.0, 2.4) < 10.0
    assert -10.0 < lean_db(3000.0, 10_000.0, 25.1, 25.6) < -2.0


def test_the_bass_plays_the_written_notes(stems: dict[str, np.ndarray]) -> None:
    checked = 0
    for note in bass_part(DEMO_SONG):
        if note.beats >= 0.8:
            start_s = swung(note.beat) * BEAT_S + 0.05
            played = between(stems["bass"], start_s, start_s + note.beats * BEAT_S - 0.08)[0]
            near_hz = midi_to_hz(note.midi)
            assert abs(cents(pitch_hz(played, near_hz), note.midi)) < 12.0, note
            checked += 1
    assert checked > 12


def test_the_bass_hand_is_uneven(stems: dict[str, np.ndarray]) -> None:
    heads_db = [
        level_db(between(stems["bass"], note.beat * BEAT_S + 0.02, note.beat * BEAT_S + 0.12))
        for note in bass_part(DEMO_SONG)
    ]
    assert 1.5 < np.std(heads_db) < 6.0


@pytest.mark.parametrize("frequency_hz", [41.2, 98.0, 329.63, 740.0])
def test_a_plucked_string_is_in_tune_and_decays_as_told(frequency_hz: float) -> None:
    tone = StringTone(0.2, 0.0002, 0.000012, 2.0, 0.1)
    note = pluck(frequency_hz, 1.5, tone, np.random.default_rng(3), RATE)
    assert np.max(np.abs(note)) == pytest.approx(1.0)
    assert abs(note.mean()) < 1e-3
    heard_hz = pitch_hz(note[RATE // 10 : RATE], frequency_hz)
    assert abs(1200.0 * np.log2(heard_hz / frequency_hz)) < 3.0
    sos = signal.butter(
        2, [0.7 * frequency_hz, 1.4 * frequency_hz], "bandpass", fs=RATE, output="sos"
    )
    fundamental = signal.sosfilt(sos, note)[None, :]
    fall_db = level_db(between(fundamental, 0.3, 0.5)) - level_db(between(fundamental, 1.1, 1.3))
    loop_loss_nepers = 0.5 * (2.0 * np.pi * frequency_hz * max(tone.damping_s, 0.5 / RATE)) ** 2
    told_db = 0.8 * (60.0 / tone.decay_s + 8.686 * loop_loss_nepers * frequency_hz)
    assert fall_db == pytest.approx(told_db, abs=2.0)


def test_the_chords_are_the_written_ones(stems: dict[str, np.ndarray]) -> None:
    keys = stems["other"].mean(axis=0, keepdims=True)
    for chord in DEMO_SONG.chords:
        sound = between(keys, chord.beat * BEAT_S + 0.05, chord.beat * BEAT_S + 0.65)[0]
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 17))
        at = [round(midi_to_hz(midi) * (1 << 17) / RATE) for midi in range(53, 67)]
        strength = [spectrum[bin_ - 8 : bin_ + 9].max() for bin_ in at]
        strongest = {53 + int(index) for index in np.argsort(strength)[-4:]}
        assert len(strongest & set(chord.voicing_midi)) >= 3, chord.name


def test_the_chords_are_wide_and_centred(stems: dict[str, np.ndarray]) -> None:
    left, right = stems["other"].astype(np.float64)
    assert abs(level_db(left) - level_db(right)) < 1.5
    assert 0.2 < np.corrcoef(left, right)[0, 1] < 0.95
