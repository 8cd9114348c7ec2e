"""Recursive filters and ballistics as we run them, and as other libraries would."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.libraries.graphs import constant, recursion_of
from benchmarks.libraries.passes import AUDIO_S, N_SAMPLES, SAMPLE_RATE_HZ, Pass, Run, Way, noise
from mixer.dsp.ballistics import OFFSET_DB, Ballistics
from mixer.dsp.biquad import eq_band
from mixer.dsp.recursive import filter_sections

_BANDS: tuple[tuple[str, float, float, float], ...] = (
    ("low_shelf", 90.0, 3.0, 0.7),
    ("peak", 400.0, -4.0, 1.2),
    ("peak", 2_500.0, 2.5, 1.0),
    ("high_shelf", 9_000.0, 3.0, 0.7),
)
_ATTACK_MS, _RELEASE_MS = 10.0, 180.0

# Second-order sections of a strip's equaliser on a stereo stem.


@cache
def _sections() -> NDArray[np.float64]:
    one = np.ones(1)
    bands = [
        eq_band(kind, one * hz, one * db, one * q, SAMPLE_RATE_HZ)[0] for kind, hz, db, q in _BANDS
    ]
    return np.concatenate(bands)


def _our_sections() -> Run:
    audio, sections = noise(2, N_SAMPLES), _sections()
    return lambda: filter_sections(sections, audio)[0]


def _scipy_sections() -> Run:
    audio, sosfilt = noise(2, N_SAMPLES), import_module("scipy.signal").sosfilt
    return lambda: sosfilt(_sections(), audio.astype(np.float64))


def _pedalboard_sections() -> Run:
    board = import_module("pedalboard")
    kinds = {
        "low_shelf": board.LowShelfFilter,
        "peak": board.PeakFilter,
        "high_shelf": board.HighShelfFilter,
    }
    chain = board.Pedalboard([kinds[kind](hz, db, q) for kind, hz, db, q in _BANDS])
    audio = noise(2, N_SAMPLES)
    return lambda: chain(audio, SAMPLE_RATE_HZ)


def _sections_by_sample(sections: Any, audio: Any, out: Any) -> None:
    """For numba: both channels at a time, direct form II transposed."""
    state = np.zeros((len(sections), 2, 2))
    for at in range(audio.shape[1]):
        left, right = np.float64(audio[0, at]), np.float64(audio[1, at])
        for place in range(len(sections)):
            b0, b1, b2, _, a1, a2 = sections[place]
            own = state[place]
            left_out, right_out = b0 * left + own[0, 0], b0 * right + own[1, 0]
            own[0, 0] = b1 * left - a1 * left_out + own[0, 1]
            own[1, 0] = b1 * right - a1 * right_out + own[1, 1]
            own[0, 1], own[1, 1] = b2 * left - a2 * left_out, b2 * right - a2 * right_out
            left, right = left_out, right_out
        out[0, at], out[1, at] = left, right


def _numba_sections() -> Run:
    run = import_module("numba").njit(_sections_by_sample)
    audio, sections, out = noise(2, N_SAMPLES), _sections(), np.empty((2, N_SAMPLES))

    def filtered() -> NDArray[np.float64]:
        run(sections, audio, out)
        return out

    return filtered


def _onnx_sections() -> Run:
    helper = import_module("onnx").helper
    nodes, outer = [], []
    before = "x"
    for place, (b0, b1, b2, _, a1, a2) in enumerate(_sections()):
        y, s1, s2 = f"y{place}", f"s{place}", f"t{place}"
        for name, value in {"b0": b0, "b1": b1, "b2": b2, "a1": -a1, "a2": -a2}.items():
            outer.append(constant(f"{name}_{place}", value))
        terms = [
            ("Mul", [before, f"b0_{place}"], f"p{place}"),
            ("Add", [f"p{place}", s1], y),
            ("Mul", [before, f"b1_{place}"], f"q{place}"),
            ("Mul", [y, f"a1_{place}"], f"r{place}"),
            ("Add", [f"q{place}", f"r{place}"], f"u{place}"),
            ("Add", [f"u{place}", s2], f"{s1}_next"),
            ("Mul", [before, f"b2_{place}"], f"v{place}"),
            ("Mul", [y, f"a2_{place}"], f"w{place}"),
            ("Add", [f"v{place}", f"w{place}"], f"{s2}_next"),
        ]
        nodes += [helper.make_node(kind, given, [out]) for kind, given, out in terms]
        before = y
    nodes.append(helper.make_node("Identity", [before], ["y"]))
    states = [f"{name}{place}" for place in range(len(_BANDS)) for name in "st"]
    run = recursion_of(nodes, outer, states, 2)
    audio = np.ascontiguousarray(noise(2, N_SAMPLES).T)
    return lambda: run(audio).T


# Attack and release of a compressor.


@cache
def _reduction() -> NDArray[np.float32]:
    """Reductions as over a stem that moves, (samples,), in dB with the offset."""
    moves = 12.0 * np.abs(np.sin(np.arange(N_SAMPLES) / 3_000.0)) * np.abs(noise(N_SAMPLES))
    return np.float32(10.0) * moves.astype(np.float32) + OFFSET_DB


def _factors() -> tuple[float, float]:
    return tuple(np.exp(-1_000.0 / (SAMPLE_RATE_HZ * ms)) for ms in (_ATTACK_MS, _RELEASE_MS))  # type: ignore[return-value]


def _our_ballistics() -> Run:
    reduction = _reduction()
    return lambda: Ballistics(SAMPLE_RATE_HZ, _ATTACK_MS, _RELEASE_MS).smooth(reduction)


def _smoothed_by_sample(reduction: Any, attack: float, release: float, out: Any) -> None:
    """For numba."""
    now = np.float32(0.0)
    for at in range(len(reduction)):
        asked = reduction[at]
        factor = np.float32(attack) if asked > now else np.float32(release)
        now = asked + factor * (now - asked)
        out[at] = now


def _numba_ballistics() -> Run:
    run = import_module("numba").njit(_smoothed_by_sample)
    reduction, out = _reduction(), np.empty(N_SAMPLES, np.float32)

    def smoothed() -> NDArray[np.float32]:
        run(reduction, *_factors(), out)
        return out

    return smoothed


def _onnx_ballistics() -> Run:
    helper = import_module("onnx").helper
    attack, release = _factors()
    terms = [
        ("Greater", ["x", "s"], "rises"),
        ("Where", ["rises", "attack", "release"], "factor"),
        ("Sub", ["s", "x"], "above"),
        ("Mul", ["factor", "above"], "kept"),
        ("Add", ["x", "kept"], "s_next"),
        ("Identity", ["s_next"], "y"),
    ]
    nodes = [helper.make_node(kind, given, [out]) for kind, given, out in terms]
    run = recursion_of(nodes, [constant("attack", attack), constant("release", release)], ["s"], 1)
    reduction = _reduction()[:, np.newaxis]
    return lambda: run(reduction)[:, 0]


PASSES = (
    Pass(
        "four sections of a strip, stereo",
        "SciPy's loop",
        AUDIO_S,
        _our_sections,
        [
            Way("scipy.signal.sosfilt", "scipy.signal", _scipy_sections),
            Way("numba", "numba", _numba_sections),
            Way("pedalboard, in float32", "pedalboard", _pedalboard_sections),
            Way("ONNX graph (Scan)", "onnxruntime", _onnx_sections),
        ],
    ),
    Pass(
        "attack and release of a compressor",
        "pedalboard's",
        AUDIO_S,
        _our_ballistics,
        [
            Way("numba", "numba", _numba_ballistics),
            Way("ONNX graph (Scan)", "onnxruntime", _onnx_ballistics),
        ],
    ),
)
