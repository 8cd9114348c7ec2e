"""Features of single frames: golden numbers of librosa, and signals whose features are known."""

import math

import numpy as np
import pytest
import scipy.signal

from mixer.meters.dynamics import dynamic_frames
from mixer.meters.features import measure_features
from mixer.meters.frames import N_FFT, percentage_error, running_mean, whole_frames
from mixer.meters.panning import panning_frames
from mixer.meters.spectral import contrast_bands, spectral_frames
from tests.signals import noise, sine

RATE_HZ = 44_100
# librosa 0.11.0 on `synthetic_magnitude`: channel, then frame 0 and frame 59
CENTROID_HZ = [[3135.92472, 3226.00399], [3103.32369, 3085.65333]]
BANDWIDTH_HZ = [[3130.96801, 3163.01529], [2894.55111, 2958.64683]]
ROLLOFF_HZ = [[5943.1640625, 6104.6630859], [5846.2646484, 5964.6972656]]
FLATNESS_DB = [[-46.2433, -47.0743], [-49.0635, -68.6420]]
CONTRAST_DB = [
    [
        [31.554056, 12.371446, 17.372255, 25.879982, 40.201865],
        [18.306723, 26.506712, 25.449272, 26.426176, 38.453685],
    ],
    [
        [23.436903, 23.552133, 24.656607, 16.054188, 69.001603],
        [25.128077, 14.200668, 14.013325, 19.431333, 87.031261],
    ],
]


def synthetic_magnitude() -> np.ndarray:
    """Noise under a falling curve, rising in time, the top of one channel empty."""
    rng = np.random.default_rng(7)
    magnitude = np.abs(rng.standard_normal((2, 2_049, 60)))
    magnitude *= np.exp(-np.arange(2_049) / 300)[None, :, None]
    magnitude *= (1 + np.arange(60))[None, None, :] * 1e-2
    magnitude = magnitude.astype(np.float32)
    magnitude[1, 1_500:] = 0.0
    return np.moveaxis(magnitude, 1, 2).astype(np.float64)


def test_spectral_features_are_librosas() -> None:
    frames = spectral_frames(synthetic_magnitude(), RATE_HZ)
    ends = [0, 59]
    assert frames.centroid_hz[:, ends] == pytest.approx(np.array(CENTROID_HZ), rel=1e-6)
    assert frames.bandwidth_hz[:, ends] == pytest.approx(np.array(BANDWIDTH_HZ), rel=1e-6)
    assert frames.rolloff_hz[:, ends] == pytest.approx(np.array(ROLLOFF_HZ), rel=1e-9)
    assert frames.flatness_db[:, ends] == pytest.approx(np.array(FLATNESS_DB), abs=2e-3)
    contrast = np.moveaxis(frames.contrast_db[:, :, ends], 0, -1)
    assert contrast == pytest.approx(np.array(CONTRAST_DB), abs=1e-5)


def test_a_flat_spectrum_has_known_features() -> None:
    frames = spectral_frames(np.ones((1, 3, 2_049)), RATE_HZ)
    half = RATE_HZ / 2
    assert frames.centroid_hz == pytest.approx(half / 2)
    assert frames.bandwidth_hz == pytest.approx(half / math.sqrt(12), rel=1e-3)
    assert frames.rolloff_hz == pytest.approx(0.85 * half, rel=1e-3)
    assert frames.flatness_db == pytest.approx(0.0, abs=1e-6)
    assert frames.contrast_db == pytest.approx(0.0, abs=1e-6)


def test_silent_frames_have_a_centroid_of_zero() -> None:
    frames = spectral_frames(np.zeros((2, 4, 2_049)), RATE_HZ)
    for values in (frames.centroid_hz, frames.bandwidth_hz, frames.rolloff_hz, frames.contrast_db):
        assert not values.any()


def test_contrast_bands_at_44100() -> None:
    # 250, 500, 1000, 2000 and 4000 Hz lie at bins 23.2, 46.4, 92.9, 185.8 and 371.5.
    assert contrast_bands(2_049, RATE_HZ) == [
        (0, 23, 1),
        (23, 46, 1),
        (46, 92, 1),
        (92, 185, 2),
        (185, 2_049, 37),
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (0.0, 0.0, 0.0), (2.0, 1.0, 0.2), (-1.0, 1.0, 0.0)],
)
def test_panning_of_known_gains(left, right, expected) -> None:
    magnitude = np.abs(np.array([left, right]))[:, None, None] * np.ones((2, 5, 2_049))
    assert panning_frames(magnitude, RATE_HZ) == pytest.approx(expected)


def test_panning_bands_see_their_own_frequencies() -> None:
    magnitude = np.ones((2, 1, 2_049))
    magnitude[0, :, 23:232] = 0.0  # 247 to 2488 Hz on the right alone
    total, low, mid, high = panning_frames(magnitude, RATE_HZ)[:, 0]
    assert (low, mid, high) == (0.0, 1.0, 0.0)
    assert total == pytest.approx(math.sqrt(209 / 2_048))


def test_dynamics_of_a_sine_and_a_square() -> None:
    tone = sine(1_000.0, 1.0, RATE_HZ, 0.5).astype(np.float64)
    rms_dbfs, _, crest = dynamic_frames(tone)
    assert rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert crest == pytest.approx(6.02 / 9.03, abs=1e-3)
    square = np.where(tone >= 0.0, 0.5, -0.5)
    rms_dbfs, spread_db, crest = dynamic_frames(square)
    assert rms_dbfs == pytest.approx(-6.0206, abs=1e-3)
    assert spread_db == pytest.approx(0.0, abs=1e-9)
    assert crest == pytest.approx(1.0)


def test_dynamics_count_whole_frames_alone() -> None:
    for n_samples in (N_FFT, N_FFT + 1_023, N_FFT + 1_024, 10_000):
        rms_dbfs, _, _ = dynamic_frames(np.full((1, n_samples), 0.5))
        assert rms_dbfs.shape == (whole_frames(n_samples),)


def test_blocks_change_nothing(rng) -> None:
    audio = noise(rng, 2.0, RATE_HZ).astype(np.float64)
    measured = measure_features(audio, RATE_HZ)
    work = audio * 10 ** (-1 / 20) / np.abs(audio).max()
    window = np.sqrt(scipy.signal.windows.hann(N_FFT, sym=False))
    low = scipy.signal.filtfilt(*scipy.signal.butter(4, 1_000 / 22_050), work)

    def magnitudes(x: np.ndarray) -> np.ndarray:
        frames = np.lib.stride_tricks.sliding_window_view(x, N_FFT, axis=-1)[:, ::1_024]
        return np.abs(np.fft.rfft(frames * window))

    whole = magnitudes(work)
    spectral = spectral_frames(whole, RATE_HZ)
    assert measured.spectral.centroid_hz == pytest.approx(spectral.centroid_hz, rel=1e-9)
    assert measured.panning == pytest.approx(panning_frames(whole, RATE_HZ), rel=1e-9)
    ratio = (magnitudes(low) / (whole + 1e-5)).sum(axis=-1).mean(axis=0)
    assert measured.low_ratio == pytest.approx(ratio, rel=1e-9)
    assert measured.rms_dbfs == pytest.approx(dynamic_frames(work)[0], rel=1e-12)


def test_running_mean_and_percentage() -> None:
    assert running_mean(np.arange(5.0), 2).tolist() == [0.5, 1.5, 2.5, 3.5]
    assert running_mean(np.arange(3.0), 4).size == 0
    assert percentage_error(np.array([2.0, -4.0]), np.array([3.0, -4.0])) == 0.25
    assert percentage_error(np.array([0.0, 4.0]), np.array([3.0, 5.0])) == 0.25
    assert math.isnan(percentage_error(np.zeros(3), np.ones(3)))
    assert math.isnan(percentage_error(np.zeros(0), np.zeros(0)))
