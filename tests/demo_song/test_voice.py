"""The voice against its part: in tune, vibrato, vowels with their formants, phrases."""

import numpy as np
import pytest
from scipy import signal

from mixer.demo_song import DEMO_SONG
from mixer.demo_song.articulation import CONTROL_S, Articulation, articulate
from mixer.demo_song.lyric import LYRIC
from mixer.demo_song.phonemes import VOWELS
from mixer.demo_song.score import midi_to_hz
from mixer.demo_song.singer import render_voice
from tests.demo_song.measuring import BEAT_S, RATE, band_db, between, cents, level_db, pitch_hz


def test_the_voice_is_in_tune(stems: dict[str, np.ndarray]) -> None:
    deviations = []
    for phrase in LYRIC:
        for syllable in phrase.syllables:
            if syllable.beats >= 1.0:
                start_s = syllable.beat * BEAT_S + 0.15
                stop_s = (syllable.beat + syllable.beats) * BEAT_S - 0.2
                sung = between(stems["vocals"], start_s, stop_s)[0]
                deviations.append(cents(pitch_hz(sung, midi_to_hz(syllable.midi)), syllable.midi))
    assert len(deviations) >= 12
    assert np.max(np.abs(deviations)) < 35.0
    assert abs(np.median(deviations)) < 10.0


def test_vibrato_comes_late_and_at_a_singers_rate() -> None:
    controls = articulate(LYRIC, DEMO_SONG, np.random.default_rng(1))
    home = LYRIC[-1].syllables[-1]
    start = round(home.beat * BEAT_S / CONTROL_S)
    curve_cents = 1200.0 * np.log2(controls.f0_hz / midi_to_hz(home.midi))
    early = curve_cents[start + round(0.15 / CONTROL_S) : start + round(0.3 / CONTROL_S)]
    late = curve_cents[start + round(0.7 / CONTROL_S) : start + round(1.6 / CONTROL_S)]
    assert np.ptp(early) < 30.0
    assert 45.0 < np.ptp(late) < 130.0
    spectrum = np.abs(np.fft.rfft(signal.detrend(late) * np.hanning(len(late)), 8192))
    rate_hz = np.argmax(spectrum) / (8192 * CONTROL_S)
    assert 4.8 < rate_hz < 6.2


def held(vowel: str, seconds: float) -> np.ndarray:
    """One vowel on a gliding pitch, so that the harmonics sweep the whole spectrum."""
    frames = round(seconds / CONTROL_S) + 1
    ones = np.ones(frames)
    controls = Articulation(
        f0_hz=np.linspace(90.0, 130.0, frames),
        formants_hz=np.tile(VOWELS[vowel].formants_hz, (frames, 1)),
        voice=ones,
        breath=0.05 * ones,
        hiss=0.0 * ones,
        hiss_hz=6000.0 * ones,
        nasal=0.0 * ones,
        effort=ones,
    )
    return render_voice(controls, round(seconds * RATE), np.random.default_rng(5), RATE)


@pytest.mark.parametrize("vowel", sorted(VOWELS))
def test_each_vowel_has_its_formants(vowel: str) -> None:
    frequency_hz, power = signal.welch(
        held(vowel, 1.5), RATE, nperseg=2048, noverlap=1536, nfft=8192
    )
    # The source falls by about 12 dB an octave here; without it the tract's peaks stand clear.
    envelope_db = 10.0 * np.log10(power + 1e-15) + 40.0 * np.log10(frequency_hz + 1.0)
    smooth_db = np.convolve(envelope_db, np.hanning(25) / np.hanning(25).sum(), "same")
    peaks_hz = frequency_hz[signal.find_peaks(smooth_db)[0]]
    for formant_hz in VOWELS[vowel].formants_hz[:2]:
        assert np.min(np.abs(peaks_hz / formant_hz - 1.0)) < 0.1, (formant_hz, peaks_hz)


def test_front_and_back_vowels_differ_in_the_song(stems: dict[str, np.ndarray]) -> None:
    tilt_db: dict[str, list[float]] = {"IY": [], "IH": [], "OW": [], "AO": []}
    for phrase in LYRIC:
        for syllable in phrase.syllables:
            if syllable.vowel in tilt_db:
                start_s = syllable.beat * BEAT_S + 0.06
                sung = between(stems["vocals"], start_s, start_s + 0.1)[0]
                ratio = band_db(sung, 1700.0, 3000.0) - band_db(sung, 600.0, 1200.0)
                tilt_db[syllable.vowel].append(ratio)
    front = [*tilt_db["IY"], *tilt_db["IH"]]
    back = [*tilt_db["OW"], *tilt_db["AO"]]
    assert min(front) > max(back)


def test_the_voice_is_dynamic_and_the_chorus_louder(stems: dict[str, np.ndarray]) -> None:
    verse = level_db(between(stems["vocals"], 5.0, 13.5))
    chorus = level_db(between(stems["vocals"], 15.0, 24.0))
    assert chorus - verse > 6.0
