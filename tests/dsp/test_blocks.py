"""Decibels, framing, STFT and block convolution against definitions and SciPy's direct forms."""

import numpy as np
import pytest
import scipy.signal

from mixer.dsp import blocks as dsp


def test_decibels_are_their_definition() -> None:
    assert dsp.db_to_gain(20.0) == pytest.approx(10.0)
    assert dsp.db_to_gain(-6.0206) == pytest.approx(0.5, abs=1e-5)
    np.testing.assert_allclose(dsp.gain_to_db([1.0, 0.1, -0.5]), [0.0, -20.0, -6.0206], atol=1e-4)


def test_gain_to_db_stops_at_its_floor() -> None:
    np.testing.assert_allclose(dsp.gain_to_db([0.0, 1e-9]), [-120.0, -120.0])
    np.testing.assert_allclose(dsp.gain_to_db(0.0, floor_db=-60.0), -60.0)


def test_power_to_db_keeps_shape_and_precision_and_stops_at_the_least_power() -> None:
    powers = np.array([[1.0, 100.0], [0.0, 1e-30]], np.float32)
    levels_db = dsp.power_to_db(powers, 1e-12)
    np.testing.assert_allclose(levels_db, [[0.0, 20.0], [-120.0, -120.0]], atol=1e-4)
    assert levels_db.dtype == np.float32
    assert float(dsp.power_to_db(0.5, 1e-12)) == pytest.approx(-3.0103, abs=1e-4)


def test_mono_becomes_two_equal_channels_and_nothing_else_is_copied() -> None:
    mono = np.array([[0.25, -0.5]], np.float32)
    np.testing.assert_array_equal(dsp.as_stereo(mono), [[0.25, -0.5], [0.25, -0.5]])
    for channels in (2, 3):
        audio = np.zeros((channels, 4), np.float32)
        assert dsp.as_stereo(audio) is audio


def test_peak_is_of_either_sign() -> None:
    assert dsp.peak_dbfs(np.array([[0.1, -0.5]], dtype=np.float32)) == pytest.approx(
        -6.0206, abs=1e-4
    )
    assert dsp.peak_dbfs(np.zeros((2, 10), dtype=np.float32)) == -np.inf
    assert dsp.peak_dbfs(np.zeros((2, 0), dtype=np.float32)) == -np.inf
    assert np.isnan(dsp.peak(np.array([0.0, np.nan], dtype=np.float32)))


@pytest.mark.parametrize(
    ("start", "stop"), [(-5, 3), (2, 6), (8, 14), (-20, -10), (-3, 13), (30, 40)]
)
def test_zero_padding_is_silence_around_the_audio(start: int, stop: int) -> None:
    audio = np.arange(1.0, 11.0, dtype=np.float32)[np.newaxis]
    expected = np.pad(audio, ((0, 0), (50, 50)))[:, start + 50 : stop + 50]
    np.testing.assert_array_equal(dsp.zero_padded(audio, start, stop), expected)


@pytest.mark.parametrize("n_samples", [1, 700, 40_000, 300_000])
def test_stft_blocks_equal_one_transform(rng: np.random.Generator, n_samples: int) -> None:
    audio = rng.standard_normal((2, n_samples)).astype(np.float32)
    n_fft, hop_length = 1_024, 256
    window = dsp.root_hann(n_fft)
    blocks = list(dsp.stft_blocks(audio, n_fft, hop_length, window, n_fft))
    spectra = np.concatenate([block for _, block in blocks], axis=-1)
    padded = np.pad(audio, ((0, 0), (n_fft, n_fft)))
    starts = range(0, padded.shape[1] - n_fft + 1, hop_length)
    direct = np.stack([np.fft.rfft(padded[:, s : s + n_fft] * window) for s in starts], axis=-1)
    assert spectra.shape == direct.shape
    assert spectra.dtype == np.complex64
    np.testing.assert_allclose(spectra, direct, atol=2e-4)
    assert [first for first, _ in blocks] == np.cumsum(
        [0] + [block.shape[-1] for _, block in blocks[:-1]]
    ).tolist()


def test_equal_channels_have_the_spectra_of_each_channel_alone(rng: np.random.Generator) -> None:
    audio = rng.standard_normal((1, 300_000)).astype(np.float32).repeat(2, axis=0)
    audio[1, 250_000:] *= 0.5  # both ways in one song
    window = dsp.root_hann(1_024)
    both, left, right = (
        [spectra for _, spectra in dsp.stft_blocks(heard, 1_024, 512, window)]
        for heard in (audio, audio[:1], audio[1:])
    )
    for pair, *alone in zip(both, left, right, strict=True):
        np.testing.assert_array_equal(pair, np.concatenate(alone))


@pytest.mark.parametrize("n_samples", [1, 1_023, 2_048, 100_001, 400_000])
def test_untouched_spectra_give_back_the_audio(rng: np.random.Generator, n_samples: int) -> None:
    audio = rng.uniform(-1, 1, (2, n_samples)).astype(np.float32)
    rebuilt = dsp.filter_stft(audio, 2_048, lambda _, spectra: spectra)
    np.testing.assert_allclose(rebuilt, audio, atol=5e-7)


def test_short_time_filtering_works_in_place(rng: np.random.Generator) -> None:
    audio = rng.uniform(-1, 1, (2, 300_000)).astype(np.float32)

    def darker(first: int, spectra: np.ndarray) -> np.ndarray:
        slope = np.linspace(1.0, 0.0, spectra.shape[1], dtype=np.float32)
        return spectra * slope[:, np.newaxis]

    apart = dsp.filter_stft(audio, 2_048, darker)
    dsp.filter_stft(audio, 2_048, darker, out=audio)
    np.testing.assert_array_equal(audio, apart)


@pytest.mark.parametrize(
    ("n_samples", "taps", "advance"),
    [(1, 5, 0), (100, 401, 200), (50_000, 2_001, 1_000), (200_000, 88_200, 0), (30_000, 1, 0)],
)
def test_block_convolution_equals_the_direct_one(
    rng: np.random.Generator, n_samples: int, taps: int, advance: int
) -> None:
    audio = rng.standard_normal((2, n_samples)).astype(np.float32)
    kernel = (rng.standard_normal((2, taps)) / np.sqrt(taps)).astype(np.float32)
    expected = scipy.signal.fftconvolve(audio.astype(float), kernel.astype(float), axes=-1)
    expected = expected[:, advance : advance + n_samples]
    result = dsp.convolve(audio, kernel, advance)
    np.testing.assert_allclose(result, expected, atol=3e-5)
    dsp.convolve(audio, kernel, advance, out=audio)
    np.testing.assert_array_equal(audio, result)


def test_one_kernel_serves_all_channels() -> None:
    audio = np.zeros((2, 16), dtype=np.float32)
    audio[:, 3] = [1.0, -2.0]
    result = dsp.convolve(audio, np.array([0.0, 1.0, 0.5], dtype=np.float32))
    expected = np.zeros((2, 16))
    expected[:, 4], expected[:, 5] = [1.0, -2.0], [0.5, -1.0]
    np.testing.assert_allclose(result, expected, atol=1e-6)
