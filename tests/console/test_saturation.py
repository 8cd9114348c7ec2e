"""Saturation: quiet stays what it is, loud follows tanh, and nothing folds back to be heard."""

import numpy as np
import pytest

from mixer.console.automation import Automation
from mixer.console.settings import Saturation, Strip
from mixer.console.strip import apply_strip
from tests.console.measures import RATE_HZ, peak_db, spectrum_db, tone


def saturate(audio: np.ndarray, drive_db: float) -> np.ndarray:
    return apply_strip(audio, RATE_HZ, Strip(saturation=Saturation(drive_db)))[0]


@pytest.mark.parametrize("drive_db", [0.0, 12.0, 36.0])
def test_what_is_quiet_keeps_its_level_and_its_place(drive_db) -> None:
    audio = tone(997.0, 0.5, -50.0 - drive_db)
    assert np.allclose(saturate(audio, drive_db), audio, atol=2e-6 * np.abs(audio).max() + 1e-9)


def test_what_is_loud_follows_tanh() -> None:
    audio = tone(100.0, 0.5, 0.0)
    gain = 10 ** (12 / 20)
    assert np.allclose(saturate(audio, 12.0), np.tanh(gain * audio) / gain, atol=1e-4)


def test_what_is_soft_follows_tanh_too() -> None:
    """A peak at 2 % of where it bends loses a third of the square of that."""
    audio = tone(100.0, 0.5, 20 * np.log10(0.02))
    lost = 1.0 - np.abs(saturate(audio, 0.0)).max() / np.abs(audio).max()
    assert lost == pytest.approx(0.02**2 / 3, rel=0.02)


def test_a_drive_that_moves_is_in_time_to_the_sample() -> None:
    audio, ride = tone(60.0, 1.0, -8.0), ((0.4, 0.0), (0.45, 24.0))
    out, _ = apply_strip(audio, RATE_HZ, Strip(saturation=Saturation(ride)))
    gain = 10 ** (Automation(ride, RATE_HZ).at(np.arange(RATE_HZ)) / 20)
    assert np.allclose(out, np.tanh(gain * audio) / gain, atol=1e-5)


@pytest.mark.parametrize(
    ("frequency_hz", "drive_db", "below_db"),
    [(1_003.0, 6.0, -100), (5_003.0, 18.0, -90), (5_003.0, 24.0, -80), (3_001.0, 36.0, -75)],
)
def test_aliases_lie_far_below_the_tone(frequency_hz, drive_db, below_db) -> None:
    """Whatever is no odd harmonic of a tone at -6 dBFS has folded back."""
    out = saturate(tone(frequency_hz, 1.0), drive_db)
    at_hz, level_db = spectrum_db(out[0, 2_048:-2_048])
    order = np.round(at_hz / frequency_hz)
    harmonic = (np.abs(at_hz - order * frequency_hz) < 15.0) & (order % 2 == 1)
    assert level_db[~harmonic].max() < below_db
    naive = np.tanh(10 ** (drive_db / 20) * tone(frequency_hz, 1.0)[0])
    if drive_db > 10.0:
        assert spectrum_db(naive[2_048:-2_048])[1][~harmonic].max() > below_db + 40


def test_the_peaks_are_what_is_lost() -> None:
    audio = tone(200.0, 0.5, 0.0)
    out, report = apply_strip(audio, RATE_HZ, Strip(saturation=Saturation(6.0)))
    assert peak_db(out) == pytest.approx(20 * np.log10(np.tanh(1.995) / 1.995), abs=0.05)
    assert -6.0 < report["saturation"]["level_change_db"] < -1.0
