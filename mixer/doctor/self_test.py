"""Five seconds of a song, made by arithmetic, through everything: its figures must come out.

Each figure has bounds rather than one value, because the last bits of a mix depend on the
processor: BLAS, ONNX Runtime and the mathematics of the system choose other instructions on other
machines. Where the mix has the very samples of a machine that was measured, that is said as well.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.doctor.finding import Finding, Status

if TYPE_CHECKING:
    import numpy as np

_ABOUT = "self-test"
_SAMPLE_RATE_HZ, _DURATION_S = 44_100, 5
_SETS = ("vocals.gain_db=+1", "drums.compressor.threshold_db=-30", "other.width=1.2")
_LOUDNESS_LUFS, _CEILING_DBTP = -10.0, -1.0
# Results on Linux, x86-64, with their bounds: far above the effect of other instructions (with
# five of OpenBLAS's kernels 0.00001 dB), far below that of a wrong library.
EXPECTED: Mapping[str, tuple[float, float]] = {
    "loudness_lufs": (-10.0, 0.1),
    "true_peak_dbtp": (-1.01, 0.1),
    "side_over_mid_db": (-4.18, 0.1),
    "bass_db": (-3.15, 0.1),
    "middle_db": (-2.94, 0.1),
    "treble_db": (-22.41, 0.1),
}
# SHA-256 of the samples, and which of OpenBLAS's kernels gave them: x86-64, numpy 2.4.6,
# onnxruntime-gpu 1.31.1.
KNOWN_SHA256: Mapping[str, str] = {
    "3441c46d33f6852a8c427ed5693a28ac33b9bf345e03261c00a5b2c0b437ac55": "Haswell, Zen",
    "fa3a2ef4612c79100f1758d0f05c515d841623376016028af899913230711e28": "Sandybridge",
    "bdb96db5258a08b505f02da1d81700bddeea16e5236d1a36f6c1e0d8e87ff3b1": "Nehalem",
    "759ea8ac94f71f577b88bc0b3fa34e87cafeaad29ce3d8a04ea115faacdf8d86": "Prescott",
    "7fe659bcf44af1412037fa7aab79955f7afa615712bbe1a4e402683f12adb663": "SkylakeX",
}
_BANDS_HZ = {"bass_db": (20, 250), "middle_db": (250, 2_500), "treble_db": (2_500, 16_000)}


@dataclass(frozen=True)
class SelfTest:
    """Result of the test render.

    Attributes:
        figures: name in `EXPECTED` to measured figure.
        sha256: hash of the mix as 32-bit floats.
        seconds: time that it took.
    """

    figures: Mapping[str, float]
    sha256: str
    seconds: float

    @property
    def misfits(self) -> dict[str, float]:
        """The figures outside of their bounds."""
        return {
            name: self.figures[name]
            for name, (value, bound) in EXPECTED.items()
            if not abs(self.figures[name] - value) <= bound
        }


def run_self_test() -> SelfTest:
    """Write the song to a temporary folder, mix it with the default model, write and measure it.

    Raises:
        MixerError, OSError, ImportError: whatever does not work here.
    """
    import numpy as np

    from mixer.audio import read_segment, write_audio
    from mixer.preset.merge import resolve
    from mixer.rendering.choices.shipped import DEFAULT_MODEL
    from mixer.rendering.pipeline import render
    from mixer.rendering.settings import RenderSettings, with_console
    from mixer.song.load import load_song

    with tempfile.TemporaryDirectory(prefix="mixer-doctor-") as name:
        folder = Path(name) / "song"
        folder.mkdir()
        for stem, audio in _stems().items():
            write_audio(folder / f"{stem}.wav", audio, _SAMPLE_RATE_HZ, bit_depth="16")
        settings = RenderSettings(
            model=DEFAULT_MODEL,
            device="cpu",
            loudness_lufs=_LOUDNESS_LUFS,
            true_peak_dbtp=_CEILING_DBTP,
        )
        settings = with_console(
            settings, resolve((), None, _SETS).console, keeps_loudness=True, keeps_ceiling=True
        )
        mix = render(load_song(folder), settings)
        path = Path(name) / "mix.wav"
        write_audio(path, mix.audio, mix.sample_rate, bit_depth="32f")
        audio = read_segment(path, 0, mix.audio.shape[1])
    samples = np.ascontiguousarray(audio, dtype="<f4").tobytes()
    return SelfTest(
        figures=_measured(audio),
        sha256=hashlib.sha256(samples).hexdigest(),
        seconds=sum(mix.seconds.values()),
    )


def self_test() -> Iterator[Finding]:
    """The self-test as a finding."""
    done = run_self_test()
    figures = ", ".join(f"{name} {value:.2f}" for name, value in done.figures.items())
    if done.misfits:
        wrong = ", ".join(
            f"{name} {value:.2f}, not {EXPECTED[name][0]:.2f} within {EXPECTED[name][1]:g}"
            for name, value in done.misfits.items()
        )
        todo = "a library gives wrong results here; install mixer again in a new environment"
        yield Finding(_ABOUT, Status.PROBLEM, wrong, todo, _as_json(done))
        return
    place = KNOWN_SHA256.get(done.sha256)
    bits = (
        f"bit for bit as on a machine with the kernels {place}"
        if place
        else "the last bits differ from the machines that were measured, as on other processors"
    )
    yield Finding(
        _ABOUT,
        Status.OK,
        f"{_DURATION_S} s mixed in {done.seconds:.1f} s; {figures}; {bits} "
        f"(SHA-256 {done.sha256[:16]})",
        figures=_as_json(done),
    )


def _as_json(done: SelfTest) -> dict[str, object]:
    expected = {name: {"value": value, "within": bound} for name, (value, bound) in
                EXPECTED.items()}  # fmt: skip
    return {
        **done.figures,
        "expected": expected,
        "sha256": done.sha256,
        "known_sha256": dict(KNOWN_SHA256),
        "seconds": round(done.seconds, 3),
    }


def _stems() -> dict[str, np.ndarray]:
    """Four stems of float32 (channels, samples), within full scale."""
    import numpy as np

    time_s = np.arange(_DURATION_S * _SAMPLE_RATE_HZ) / _SAMPLE_RATE_HZ
    noise = np.random.default_rng(1).random((2, time_s.size)) - 0.5
    beat_s = time_s % 0.5
    saw = np.sum([np.sin(2 * np.pi * 55.0 * n * time_s) / n for n in range(1, 12)], axis=0)
    notes_hz = np.array([[220.0, 277.18, 329.63]]) * np.array([[1.0], [1.003]])  # left, right
    chord = np.sin(2 * np.pi * notes_hz[..., np.newaxis] * time_s).sum(axis=1)
    vibrato = 440.0 * time_s + 2.0 * np.sin(2 * np.pi * 5.5 * time_s)
    voice = np.sum([np.sin(2 * np.pi * n * vibrato) / n**1.5 for n in range(1, 9)], axis=0)
    stems = {
        "vocals": 0.12 * voice[np.newaxis] * (np.sin(np.pi * time_s) ** 2),
        "bass": 0.15 * saw[np.newaxis] * np.exp(-4.0 * beat_s),
        "drums": 0.8 * noise * np.exp(-30.0 * beat_s),
        "other": 0.06 * chord,
    }
    return {stem: audio.astype(np.float32) for stem, audio in stems.items()}


def _measured(audio: np.ndarray) -> dict[str, float]:
    """The figures of a mix (2, samples): loudness, peak, width, and power in three bands."""
    import numpy as np

    from mixer.meters.loudness import integrated_loudness_lufs
    from mixer.meters.true_peak import true_peak_dbtp

    mid, side = (audio[0] + audio[1]) / 2, (audio[0] - audio[1]) / 2
    powers = np.abs(np.fft.rfft(mid.astype(np.float64))) ** 2
    frequencies_hz = np.fft.rfftfreq(mid.size, 1 / _SAMPLE_RATE_HZ)
    bands = {
        name: powers[(frequencies_hz >= low) & (frequencies_hz < high)].sum() / powers.sum()
        for name, (low, high) in _BANDS_HZ.items()
    }
    return {
        "loudness_lufs": float(integrated_loudness_lufs(audio, _SAMPLE_RATE_HZ)),
        "true_peak_dbtp": float(true_peak_dbtp(audio, _SAMPLE_RATE_HZ)),
        "side_over_mid_db": _db(float(np.square(side).sum() / np.square(mid).sum())),
        **{name: _db(float(share)) for name, share in bands.items()},
    }


def _db(power: float) -> float:
    return 10.0 * math.log10(power) if power > 0.0 else -math.inf
