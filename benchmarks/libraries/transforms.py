"""Fourier transforms there and back as we run them, and as other libraries would."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.libraries.graphs import session_of
from benchmarks.libraries.passes import SAMPLE_RATE_HZ, Pass, Run, Way, noise
from mixer.dsp.fourier import irfft, next_fast_len, rfft

_N_FFT, _N_FRAMES = 2_048, 48
# Length of a transform for the default model's room: four of the room's lengths.
_LONG, _N_LONG = next_fast_len(4 * 53_000), 4

# Transforms there and back: of short frames, and of the room's long blocks.


def _frames() -> NDArray[np.float32]:
    return noise(2, _N_FRAMES, _N_FFT)


def _blocks() -> NDArray[np.float32]:
    return noise(_N_LONG, _LONG)


def _our_transforms(signal: Callable[[], NDArray[np.float32]]) -> Callable[[], Run]:
    def build() -> Run:
        given, spectra, back = _buffers(signal())
        length = given.shape[-1]
        return lambda: irfft(rfft(given, out=spectra), length, out=back)

    return build


def _buffers(given: NDArray[np.float32]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    spectra = np.empty((*given.shape[:-1], given.shape[-1] // 2 + 1), np.complex64)
    return given, spectra, np.empty_like(given)


def _numpy_transforms(given: NDArray[np.float32]) -> Run:
    given, spectra, back = _buffers(given)
    length = given.shape[-1]
    return lambda: np.fft.irfft(np.fft.rfft(given, out=spectra), length, out=back)


def _ducc_transforms(given: NDArray[np.float32]) -> Run:
    fft = import_module("ducc0").fft
    given, spectra, back = _buffers(given)
    axes, length = (given.ndim - 1,), given.shape[-1]
    options = {"lastsize": length, "out": back, "forward": False, "inorm": 2, "nthreads": 1}

    def there_and_back() -> NDArray[np.float32]:
        fft.r2c(given, axes=axes, out=spectra, nthreads=1)
        found: NDArray[np.float32] = fft.c2r(spectra, axes, **options)
        return found

    return there_and_back


def _fftw_transforms(given: NDArray[np.float32], effort: str) -> Run:
    fftw = import_module("pyfftw")
    axes, (_, spectra, back) = (given.ndim - 1,), _buffers(given)
    signal, spectra, back = (fftw.byte_align(array.copy()) for array in (given, spectra, back))
    there = fftw.FFTW(signal, spectra, axes=axes, flags=(effort,))
    again = fftw.FFTW(spectra, back, axes=axes, direction="FFTW_BACKWARD", flags=(effort,))
    # Timed plans write over what they are planned for.
    signal[:] = given

    def there_and_back() -> NDArray[np.float32]:
        there.execute()
        again.execute()
        np.multiply(back, np.float32(1.0 / given.shape[-1]), out=back)
        return np.asarray(back)

    return there_and_back


def _torch_transforms(given: NDArray[np.float32]) -> Run:
    torch = import_module("torch")
    torch.set_num_threads(1)
    signal, length = torch.from_numpy(given), given.shape[-1]
    return lambda: torch.fft.irfft(torch.fft.rfft(signal), n=length).numpy()


def _onnx_transforms(given: NDArray[np.float32]) -> Run:
    onnx = import_module("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    axis = helper.make_tensor("axis", onnx.TensorProto.INT64, [], [given.ndim - 1])
    # Half a spectrum has no way back in a graph.
    nodes = [
        helper.make_node("DFT", ["x", "", "axis"], ["spectra"]),
        helper.make_node("DFT", ["spectra", "", "axis"], ["y"], inverse=1),
    ]
    shape = [*given.shape, 1]
    graph = helper.make_graph(
        nodes,
        "transforms",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", kind, [*given.shape, 2])],
        [axis],
    )
    run, signal = session_of(graph), given[..., np.newaxis]
    return lambda: run({"x": signal})[..., 0]


def _ways_of_transforms(signal: Callable[[], NDArray[np.float32]]) -> list[Way]:
    ways: list[tuple[str, str, Callable[[NDArray[np.float32]], Run]]] = [
        ("numpy.fft", "numpy", _numpy_transforms),
        ("ducc0", "ducc0", _ducc_transforms),
        ("FFTW, plans not timed", "pyfftw", lambda given: _fftw_transforms(given, "FFTW_ESTIMATE")),
        ("FFTW, timed plans", "pyfftw", lambda given: _fftw_transforms(given, "FFTW_MEASURE")),
        ("MKL, by PyTorch", "torch", _torch_transforms),
        ("ONNX graph", "onnxruntime", _onnx_transforms),
    ]
    return [Way(title, needs, lambda build=build: build(signal())) for title, needs, build in ways]


PASSES = (
    Pass(
        f"transforms of {_N_FFT} samples there and back, stereo",
        "SciPy's pocketfft",
        _N_FRAMES * _N_FFT / 2 / SAMPLE_RATE_HZ,
        _our_transforms(_frames),
        _ways_of_transforms(_frames),
    ),
    Pass(
        f"transforms of {_LONG} samples there and back, as of the room",
        "SciPy's pocketfft",
        2 * 3 / 4 * _LONG / SAMPLE_RATE_HZ,
        _our_transforms(_blocks),
        _ways_of_transforms(_blocks),
    ),
)
