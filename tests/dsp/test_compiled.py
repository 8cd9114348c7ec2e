"""What is done by SciPy's compiled loops is what SciPy does, bit for bit: a version that moved them
fails here. And a render does not load what it has no use for.

Every function is tested twice, the second time as if the loops were not there, or not known.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pyloudnorm
import pytest
import scipy.fft
import scipy.ndimage
import scipy.optimize
import scipy.signal
from numpy.testing import assert_array_equal

from mixer.dsp import compiled as module
from mixer.dsp import fourier
from mixer.dsp.compiled import compiled
from mixer.dsp.fir import hann, low_pass_taps, magnitude_taps, resample_by_taps
from mixer.dsp.fourier import dct, irfft, next_fast_len, rfft
from mixer.dsp.lag import correlation
from mixer.dsp.nonnegative import fit_nonnegative
from mixer.dsp.recursive import filter_samples, filter_sections, response, state_behind
from mixer.dsp.running import gaussian_mean, running_maximum, running_mean
from mixer.meters.loudness import BS1770_FILTER, COOKBOOK_FILTER, weighting_sections

RNG = np.random.default_rng(0)


def forget_loops() -> None:
    module.compiled.cache_clear()
    fourier._loops.cache_clear()


@pytest.fixture(autouse=True, params=["loops", "packages"])
def scipy_has(request, monkeypatch) -> Iterator[str]:
    """SciPy's compiled loops, or only its public functions."""
    with monkeypatch.context() as patch:
        if request.param == "packages":
            patch.setattr(module, "FIRST_UNKNOWN", (1, 0))
        forget_loops()
        assert (compiled("signal", "_sosfilt") is None) == (request.param == "packages")
        yield request.param
    forget_loops()


def noise(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape)


@pytest.mark.parametrize("n_samples", [2_000, 600_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("n_sections", [2, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sections_filter_as_sosfilt_does(
    n_samples: int, channels: int, n_sections: int, dtype: type
) -> None:
    sections = scipy.signal.butter(2 * n_sections, 0.2, output="sos")
    audio = np.asarray(noise(channels, n_samples), dtype)
    out, state = filter_sections(sections, audio)
    assert_array_equal(out, scipy.signal.sosfilt(sections, audio, axis=-1))
    again, state = filter_sections(sections, audio[:, ::-1], state)
    zi = np.zeros((n_sections, channels, 2))
    _, zi = scipy.signal.sosfilt(sections, audio, axis=-1, zi=zi)
    expected, zi = scipy.signal.sosfilt(sections, audio[:, ::-1], axis=-1, zi=zi)
    assert_array_equal(again, expected)
    assert_array_equal(state, zi)


def test_a_filter_changes_neither_what_it_is_given_nor_its_state() -> None:
    sections, audio = scipy.signal.butter(4, 0.3, output="sos"), noise(2, 100)
    state = noise(2, 2, 2)
    kept = [array.copy() for array in (sections, audio, state)]
    filter_sections(sections, audio, state)
    for array, before in zip((sections, audio, state), kept, strict=True):
        assert_array_equal(array, before)


@pytest.mark.parametrize("order", [1, 2, 12])
def test_transfer_functions_filter_as_lfilter_does(order: int) -> None:
    a = np.poly(0.9 * RNG.uniform(-1.0, 1.0, order))
    state = noise(2, order)
    for b in (np.ones(1), noise(order + 1)):
        audio = noise(2, 500)
        for ours, theirs in zip(
            filter_samples(b, a, audio, state),
            scipy.signal.lfilter(b, a, audio, axis=-1, zi=state),
            strict=True,
        ):
            assert_array_equal(ours, theirs)
    past = noise(order)
    assert_array_equal(state_behind(a, past), scipy.signal.lfiltic([1.0], a, past))


def test_windows_and_taps_are_scipys() -> None:
    for n_samples in (64, 2_048, 4_096):
        assert_array_equal(hann(n_samples), scipy.signal.windows.hann(n_samples, sym=False))
    for n_grid in (65, 129):
        gain = RNG.uniform(0.0, 2.0, n_grid)
        grid = np.linspace(0.0, 1.0, n_grid)
        for n_taps in (1_001, 63):
            expected = scipy.signal.firwin2(n_taps, grid, gain, window="hamming")
            assert_array_equal(magnitude_taps(n_taps, gain), expected)
    for times in (4, 8, 16):
        expected = scipy.signal.firwin(48 * times + 1, 0.955 / times, window=("kaiser", 7.86))
        assert_array_equal(low_pass_taps(48 * times + 1, 0.955 / times, 7.86), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_fft", [None, 512, 999, 1_000, 2_000])
def test_transforms_are_those_of_scipy_fft(dtype: type, n_fft: int | None) -> None:
    signal = noise(2, 3, 1_000).astype(dtype)
    for axis in (-1, 1):
        ours, theirs = rfft(signal, n_fft, axis), scipy.fft.rfft(signal, n_fft, axis=axis)
        assert ours.dtype == theirs.dtype
        assert_array_equal(ours, theirs)
        back = irfft(ours, n_fft, axis)
        assert back.dtype == dtype
        assert_array_equal(back, scipy.fft.irfft(theirs, n_fft, axis=axis))
    assert_array_equal(irfft(np.abs(signal), n_fft), scipy.fft.irfft(np.abs(signal), n_fft))
    assert_array_equal(dct(signal), scipy.fft.dct(signal, norm="ortho"))


def test_overlapping_frames_are_transformed_as_scipy_does() -> None:
    frames = np.lib.stride_tricks.sliding_window_view(noise(1_000), 64)[::16]
    assert_array_equal(rfft(frames), scipy.fft.rfft(frames))


def test_fast_lengths_are_scipys() -> None:
    lengths = range(1, 2_000)
    theirs = [scipy.fft.next_fast_len(n, real=True) for n in lengths]
    assert [next_fast_len(n) for n in lengths] == theirs


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_figures_are_those_of_ndimage(dtype: type) -> None:
    values = noise(2, 500).astype(dtype)
    for ends in ("nearest", "reflect", "mirror"):
        expected = scipy.ndimage.uniform_filter1d(values, 7, mode=ends)
        assert running_mean(values, 7, ends).dtype == dtype
        assert_array_equal(running_mean(values, 7, ends), expected)
    for size, origin in ((1, 0), (2, -1), (9, 3), (64, 0), (441, 220)):
        expected = scipy.ndimage.maximum_filter1d(values, size, origin=origin)
        assert_array_equal(running_maximum(values, size, origin), expected)
    expected = scipy.ndimage.gaussian_filter1d(values, 3.3, mode="nearest", truncate=2.0)
    assert_array_equal(gaussian_mean(values, 3.3, 2.0), expected)


def test_gains_at_frequencies_are_those_of_sosfreqz() -> None:
    sections = scipy.signal.butter(6, [0.1, 0.4], "bandpass", output="sos")
    hz = np.geomspace(20.0, 20_000.0, 100)
    _, expected = scipy.signal.sosfreqz(sections, hz, fs=44_100)
    assert_array_equal(response(sections, hz, 44_100), expected)


@pytest.mark.parametrize(("n_signal", "n_reference"), [(500, 500), (300, 1_001), (2, 7)])
def test_lags_are_those_of_correlate(n_signal: int, n_reference: int) -> None:
    signal, reference = noise(n_signal), noise(n_reference)
    expected = scipy.signal.correlate(signal, reference, "full", "fft")
    assert_array_equal(correlation(signal, reference), expected)


def test_gains_of_0_and_above_are_those_of_nnls() -> None:
    for n_rows, n_columns in ((4, 4), (30, 7), (7, 30)):
        parts, whole = noise(n_rows, n_columns), noise(n_rows)
        assert_array_equal(fit_nonnegative(parts, whole), scipy.optimize.nnls(parts, whole)[0])
    with pytest.raises(ValueError, match="infs or NaNs"):
        fit_nonnegative(np.full((2, 2), np.nan), np.ones(2))


@pytest.mark.parametrize(("up", "down"), [(4, 1), (16, 1), (1, 4), (1, 8), (3, 2)])
def test_rates_change_as_upfirdn_changes_them(up: int, down: int) -> None:
    taps = np.asarray(noise(97), np.float32)
    audio = np.asarray(noise(2, 777), np.float32)
    ours = resample_by_taps(taps, audio, up, down)
    theirs = scipy.signal.upfirdn(taps, audio, up, down, axis=-1)
    assert ours.dtype == theirs.dtype == np.float32
    assert_array_equal(ours, theirs)


@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", [BS1770_FILTER, COOKBOOK_FILTER])
def test_weighting_filters_are_pyloudnorms(name: str, sample_rate: int) -> None:
    meter = pyloudnorm.Meter(sample_rate, filter_class=name)
    stages = [np.concatenate([stage.b, stage.a]) for stage in meter._filters.values()]
    assert_array_equal(weighting_sections(sample_rate, name), np.array(stages))


def test_loops_that_are_not_there_are_none() -> None:
    assert compiled("signal", "_no_such_loops") is None


@pytest.mark.parametrize("version", ["1.19.0", "1.19.0rc1", "2.0.1.dev0+git"])
def test_loops_of_a_newer_scipy_are_left_alone(version: str, monkeypatch) -> None:
    monkeypatch.setattr(module.scipy, "__version__", version)
    forget_loops()
    assert compiled("signal", "_sosfilt") is None
    sections, audio = scipy.signal.butter(4, 0.1, output="sos"), noise(2, 50)
    assert_array_equal(filter_sections(sections, audio)[0], scipy.signal.sosfilt(sections, audio))


def test_spectra_are_put_where_they_are_asked_for() -> None:
    signal = noise(2, 64)
    spectrum, back = np.empty((2, 33), np.complex128), np.empty((2, 64))
    assert rfft(signal, out=spectrum) is spectrum
    assert irfft(spectrum, out=back) is back
    np.testing.assert_allclose(back, signal, atol=1e-12)


@pytest.mark.parametrize("scipy_has", ["loops"], indirect=True)
def test_the_package_finds_the_loops_that_were_loaded_alone() -> None:
    code = (
        "import sys; from mixer.dsp.compiled import compiled\n"
        "alone = [compiled('signal', n) for n in ('_sosfilt', '_sigtools', '_upfirdn_apply')]\n"
        "assert 'scipy.signal' not in sys.modules\n"
        "from mixer.dsp.fourier import _loops\n"
        "loops = _loops(), compiled('ndimage', '_nd_image')\n"
        "assert 'scipy.fft' not in sys.modules\n"
        "import numpy, scipy.fft, scipy.ndimage, scipy.signal\n"
        "package = loops[0].__name__.rpartition('.')[0]\n"
        "assert sys.modules[package + '.basic'].pfft is loops[0]\n"
        "assert scipy.ndimage.uniform_filter1d(numpy.ones(3), 2).sum() == 3.0\n"
        "assert scipy.signal.sosfilt([[1, 0, 0, 1, -0.5, 0]], numpy.ones(3))[2] == 1.75\n"
        "assert [sys.modules[m.__name__] for m in alone] == alone\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("scipy_has", ["loops"], indirect=True)
def test_threads_that_filter_first_together_all_find_the_loops() -> None:
    code = (
        "import threading, numpy\n"
        "from mixer.dsp.recursive import filter_sections\n"
        "gate, out = threading.Barrier(16), []\n"
        "def one():\n"
        "    gate.wait()\n"
        "    sections = numpy.eye(1, 6) + numpy.eye(1, 6, 3)\n"
        "    out.append(filter_sections(sections, numpy.ones((1, 4))))\n"
        "threads = [threading.Thread(target=one) for _ in range(16)]\n"
        "[each.start() for each in threads]; [each.join() for each in threads]\n"
        "assert len(out) == 16\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
