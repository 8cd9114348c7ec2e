"""The four stems as files: shape, determinism, raw levels, clean beginnings and ends."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from mixer.demo_song import DEMO_SONG, compose_demo_song
from mixer.demo_song.bass import bass_part
from mixer.demo_song.harmony import guitar_part, piano_part
from mixer.demo_song.lyric import LYRIC
from mixer.demo_song.score import midi_to_hz, swung
from mixer.errors import SettingsError
from tests.demo_song.measuring import BEAT_S, RATE, between, cents, level_db, pitch_hz

STEMS = ("vocals", "bass", "drums", "other")


@pytest.mark.parametrize("rate", [22_050, 48_000])
def test_other_rates_give_the_same_song(rate: int) -> None:
    stems = compose_demo_song(2, rate)
    assert {stem.shape[1] for stem in stems.values()} == {30 * rate}
    home = LYRIC[-1].syllables[-1]
    voice = between(stems["vocals"], home.beat * BEAT_S + 0.2, home.beat * BEAT_S + 1.2, rate)[0]
    assert abs(cents(pitch_hz(voice, midi_to_hz(home.midi), rate), home.midi)) < 20


def test_shape_type_and_length(stems: dict[str, np.ndarray]) -> None:
    channels = {"vocals": 1, "bass": 1, "drums": 2, "other": 2}
    assert tuple(stems) == STEMS
    for name, stem in stems.items():
        assert stem.shape == (channels[name], 30 * RATE)
        assert stem.dtype == np.float32
        assert np.isfinite(stem).all()


def test_the_same_seed_is_the_same_take_and_another_is_not(stems: dict[str, np.ndarray]) -> None:
    again, other = compose_demo_song(1), compose_demo_song(7)
    for name in STEMS:
        np.testing.assert_array_equal(again[name], stems[name])
        assert level_db(other[name] - stems[name]) > level_db(stems[name]) - 12.0
        # Another take of the same song: same loudness within a hair.
        assert abs(level_db(other[name]) - level_db(stems[name])) < 3.0


@pytest.mark.parametrize(
    ("seed", "rate", "says"),
    [(-1, 44_100, "seed must be 0"), (1, 8_000, "8000 Hz"), (1, 384_000, "384000 Hz")],
)
def test_arguments_out_of_range_are_refused(seed: int, rate: int, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        compose_demo_song(seed, rate)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, mixer.demo_song\n"
        "assert 'numpy' not in sys.modules\n"
        "mixer.demo_song.compose_demo_song\n"
        "assert not {'torch', 'pedalboard', 'soundfile', 'click'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_levels_are_those_of_raw_recordings(stems: dict[str, np.ndarray]) -> None:
    peaks = {name: 20.0 * np.log10(np.max(np.abs(stem))) for name, stem in stems.items()}
    assert all(peak < -1.0 for peak in peaks.values())
    assert max(peaks, key=lambda name: peaks[name]) == "drums"
    assert min(peaks, key=lambda name: peaks[name]) == "vocals"
    # Nobody has compressed anything: peaks stand far above the mean.
    for name in ("vocals", "bass", "drums"):
        assert peaks[name] - level_db(stems[name]) > 12.0, name


def test_no_dc_and_silence_around_the_music(stems: dict[str, np.ndarray]) -> None:
    for name, stem in stems.items():
        assert np.max(np.abs(stem.mean(axis=1, dtype=np.float64))) < 1e-5, name
        assert np.max(np.abs(stem[:, -RATE // 20 :])) < 1e-3, name


def test_the_last_chord_dies_away_by_itself(stems: dict[str, np.ndarray]) -> None:
    for name in ("bass", "drums", "other"):
        struck = level_db(between(stems[name], 27.5, 27.8))
        before_fade = level_db(between(stems[name], 29.3, 29.4))
        assert struck - before_fade > 8.0, name
    assert level_db(between(stems["vocals"], 29.4, 29.9)) < level_db(stems["vocals"]) - 30.0


def test_each_stem_lives_where_its_instrument_does(stems: dict[str, np.ndarray]) -> None:
    def share(name: str, low_hz: float, high_hz: float) -> float:
        frequency_hz, power = signal.welch(stems[name].mean(axis=0), RATE, nperseg=16_384)
        inside = (frequency_hz >= low_hz) & (frequency_hz < high_hz)
        return float(power[inside].sum() / power.sum())

    assert share("bass", 35.0, 500.0) > 0.8
    assert share("vocals", 120.0, 4000.0) > 0.95
    assert share("vocals", 4500.0, 9000.0) > 1e-4
    assert share("drums", 30.0, 120.0) > 0.3
    assert share("drums", 5000.0, 16_000.0) > 0.01
    assert share("other", 150.0, 2500.0) > 0.95


def attacks_s(name: str) -> list[tuple[float, float]]:
    """Where a stem may be sharp: the heads of its notes, the noisy consonants of the voice."""
    if name != "vocals":
        keys = piano_part(DEMO_SONG) + guitar_part(DEMO_SONG)
        notes = bass_part(DEMO_SONG) if name == "bass" else keys
        heads_s = [swung(note.beat) * BEAT_S for note in notes]
        return [(at_s - 0.015, at_s + 0.15) for at_s in heads_s]
    spans_s = []
    for phrase in LYRIC:
        for syllable in phrase.syllables:
            start_s, stop_s = syllable.beat * BEAT_S, (syllable.beat + syllable.beats) * BEAT_S
            if {"S", "D", "HH"} & set(syllable.onset):
                spans_s.append((start_s - 0.25, start_s + 0.06))
            if "Z" in syllable.coda:
                spans_s.append((stop_s - 0.15, stop_s + 0.05))
    return spans_s


@pytest.mark.parametrize(("name", "bound_db"), [("vocals", -55), ("bass", -90), ("other", -44)])
def test_nothing_clicks_between_the_attacks(
    stems: dict[str, np.ndarray], name: str, bound_db: float
) -> None:
    # A cut tail or a note that starts again is a step, and a step is loud above 7 kHz.
    sos = signal.butter(4, 7000.0, "highpass", fs=RATE, output="sos")
    for channel in stems[name].astype(np.float64):
        high = np.abs(signal.sosfiltfilt(sos, channel)) / np.max(np.abs(channel))
        for start_s, stop_s in attacks_s(name):
            high[max(0, round(start_s * RATE)) : round(stop_s * RATE)] = 0.0
        assert 20.0 * np.log10(high.max()) < bound_db
