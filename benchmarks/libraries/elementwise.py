"""Gains of spectra and bytes of samples as we make them, and as other libraries would."""

from __future__ import annotations

import io
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.libraries.graphs import session_of
from benchmarks.libraries.passes import AUDIO_S, N_SAMPLES, SAMPLE_RATE_HZ, Pass, Run, Way, noise
from mixer.audio.wave_writing import _upper_bytes
from mixer.network.band_mixer.controls import SpectralStrip, StemControls
from mixer.network.band_mixer.parameters import BandMixerParameters

_N_FFT, _N_FRAMES = 2_048, 48

# Gains of a stereo stem's spectra: balance and width by bin, the curve by frame and bin.


@cache
def _strip() -> tuple[SpectralStrip, NDArray[np.float32], NDArray[np.float32]]:
    """The strip, spectra and gains."""
    n_bins = _N_FFT // 2 + 1
    n_bands = BandMixerParameters().n_bands
    weights = np.full((n_bands, n_bins), 1.0 / n_bands, np.float32)
    curves = np.zeros((n_bands, 1), np.float32)
    lean = np.linspace(-6.0, 6.0, n_bands, dtype=np.float32)
    controls = StemControls(curves, lean, -lean, 0.0, -60.0, -60.0)
    spectra = noise(2, _N_FRAMES, 2 * n_bins)
    return SpectralStrip(controls, weights), spectra, np.abs(noise(_N_FRAMES, 2 * n_bins)) + 0.5


def _our_gains() -> Run:
    strip, spectra, gain = _strip()
    part, out = np.empty_like(gain), np.empty_like(spectra)

    def changed() -> NDArray[np.float32]:
        strip.apply(spectra, gain, part, out)
        return out

    return changed


def _numexpr_gains() -> Run:
    numexpr = import_module("numexpr")
    numexpr.set_num_threads(1)
    strip, (left, right), gain = _strip()
    out = np.empty((2, *gain.shape), np.float32)

    def changed() -> NDArray[np.float32]:
        for place, (mine, other) in enumerate(((left, right), (right, left))):
            names = {"mine": mine, "other": other, "gain": gain}
            names |= {"own": strip._own[place], "share": strip._other[place]}
            words = "(mine * own + other * share) * gain"
            numexpr.evaluate(words, local_dict=names, out=out[place])
        return out

    return changed


def _gains_by_bin(spectra: Any, gain: Any, own: Any, other: Any, out: Any) -> None:
    """For numba: one pass."""
    for frame in range(gain.shape[0]):
        for at in range(gain.shape[1]):
            left, right = spectra[0, frame, at], spectra[1, frame, at]
            level = gain[frame, at]
            out[0, frame, at] = (left * own[0, at] + right * other[0, at]) * level
            out[1, frame, at] = (right * own[1, at] + left * other[1, at]) * level


def _numba_gains() -> Run:
    run = import_module("numba").njit(_gains_by_bin)
    strip, spectra, gain = _strip()
    own, other, out = np.array(strip._own), np.array(strip._other), np.empty_like(spectra)

    def changed() -> NDArray[np.float32]:
        run(spectra, gain, own, other, out)
        return out

    return changed


def _onnx_gains() -> Run:
    onnx = import_module("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    strip, spectra, gain = _strip()
    tables = {"own": np.array(strip._own)[:, None], "share": np.array(strip._other)[:, None]}
    turned = helper.make_tensor("turned", onnx.TensorProto.INT64, [2], [1, 0])
    terms = [
        ("Gather", ["x", "turned"], "swapped"),
        ("Mul", ["x", "own"], "mine"),
        ("Mul", ["swapped", "share"], "others"),
        ("Add", ["mine", "others"], "both"),
        ("Mul", ["both", "gain"], "y"),
    ]
    graph = helper.make_graph(
        [helper.make_node(name, given, [out]) for name, given, out in terms],
        "gains",
        [
            helper.make_tensor_value_info("x", kind, spectra.shape),
            helper.make_tensor_value_info("gain", kind, gain.shape),
        ],
        [helper.make_tensor_value_info("y", kind, spectra.shape)],
        [turned, *(onnx.numpy_helper.from_array(value, name) for name, value in tables.items())],
    )
    run = session_of(graph)
    return lambda: run({"x": spectra, "gain": gain})


# Samples of 24 bits as they lie in a file.


@cache
def _samples() -> NDArray[np.int32]:
    """(2, samples), in the upper bits."""
    steps = np.rint(noise(2, N_SAMPLES) * np.float32(1 << 23)).astype(np.int32)
    return steps << 8


def _our_packing() -> Run:
    samples = _samples().view(np.uint32)
    return lambda: np.asarray(_upper_bytes(samples))


def _bytes_by_sample(samples: Any, out: Any) -> None:
    """For numba."""
    place = 0
    for at in range(samples.shape[1]):
        for channel in range(2):
            value = samples[channel, at]
            out[place], out[place + 1] = (value >> 8) & 0xFF, (value >> 16) & 0xFF
            out[place + 2] = (value >> 24) & 0xFF
            place += 3


def _numba_packing() -> Run:
    run = import_module("numba").njit(_bytes_by_sample)
    samples, out = _samples().view(np.uint32), np.empty(6 * N_SAMPLES, np.uint8)

    def packed() -> NDArray[np.uint8]:
        run(samples, out)
        return out

    return packed


def _soundfile_packing() -> Run:
    soundfile = import_module("soundfile")
    samples = _samples()

    def packed() -> NDArray[np.uint8]:
        file = io.BytesIO()
        soundfile.write(file, samples.T, SAMPLE_RATE_HZ, "PCM_24", format="RAW", endian="LITTLE")
        return np.frombuffer(file.getvalue(), np.uint8)

    return packed


PASSES = (
    Pass(
        "gains of a stereo stem's spectra",
        "NumPy",
        _N_FRAMES * _N_FFT / 2 / SAMPLE_RATE_HZ,
        _our_gains,
        [
            Way("numexpr", "numexpr", _numexpr_gains),
            Way("numba", "numba", _numba_gains),
            Way("ONNX graph", "onnxruntime", _onnx_gains),
        ],
    ),
    Pass(
        "24-bit samples to bytes",
        "NumPy",
        AUDIO_S,
        _our_packing,
        [
            Way("libsndfile", "soundfile", _soundfile_packing),
            Way("numba", "numba", _numba_packing),
        ],
    ),
)
