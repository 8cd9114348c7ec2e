"""The benchmark of dry tracks in their mixture tells errors as large as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.wet_tracks import errors_of, measure, read_pairs, table
from mixer.audio import write_audio
from mixer.errors import InputError
from training.data.wet_tracks import WetTracks

RATE_HZ = 44_100
N_BANDS = 40


def powers(*levels: tuple[float, float, float]) -> np.ndarray:
    """Tracks of equal power in every band: left, right and cross."""
    return np.repeat(np.float32(levels)[..., None], N_BANDS, axis=2)


def test_errors_are_told_in_db() -> None:
    wet = powers((1.0, 1.0, 1.0), (2.0, 0.5, 0.0), (0.001, 0.001, 0.001))
    wrong = wet.copy()
    wrong[0] *= 2.0
    wrong[1, 0] *= 4.0
    wrong[2, :, : N_BANDS // 2] *= 4.0
    known = np.array([True, True, False])
    # Forty bands of 2 or 2.5 have about 20 dB; the third is 30 dB below them.
    errors = errors_of(WetTracks(wrong, known, 0.9), wet, wet, mixture_lufs=20.0)
    assert errors.level[0] == pytest.approx(3.01, abs=0.01)
    assert errors.level[1] == pytest.approx(10.0 * np.log10(8.5 / 2.5), abs=0.01)
    np.testing.assert_allclose(errors.pan, (0.0, 6.02, 0.0), atol=0.01)
    np.testing.assert_allclose(errors.middle, (0.0, 6.02, 0.0), atol=0.01)
    assert errors.spectrum[:2] == pytest.approx((0.0, 0.0), abs=1e-5)
    # Two halves 6 dB apart, whatever their weights: at most 3 dB on either side.
    assert 1.0 < errors.spectrum[2] <= 3.02
    np.testing.assert_allclose((errors.raw, errors.unshaped), 0.0, atol=1e-5)
    assert errors.is_soft.tolist() == [False, False, True]
    # Only the second has a side of its own: power of left and right apart by phase.
    assert np.isnan(errors.width).tolist() == [True, False, True]
    rows = list(table([(0.9, errors)], "a song"))
    assert [row.split("|")[2].strip() for row in rows] == ["2", "1"]


def test_faders_and_pans_of_a_folder_are_found(tmp_path: Path, rng: np.random.Generator) -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    for number, (left, right) in enumerate(((0.8, 0.8), (0.3, 0.6), (0.5, 0.1))):
        beat = np.exp(-6.0 * (time_s % (0.31 + 0.17 * number)))
        dry = np.float32(0.1 * rng.standard_normal((1, time_s.size)) * beat)
        write_audio(tmp_path / "dry" / f"{number}.wav", dry, RATE_HZ, bit_depth="32f")
        wet = np.float32([[left], [right]]) * dry
        write_audio(tmp_path / "wet" / f"{number}.flac", wet, RATE_HZ)
    explained, errors = measure(read_pairs(tmp_path))
    assert explained == pytest.approx(1.0, abs=0.01)
    assert errors.is_known.all()
    assert errors.level.max() < 0.1 < errors.raw.max()
    assert errors.pan.max() < 0.1 < errors.middle.max()


def test_a_folder_without_pairs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dry").mkdir()
    with pytest.raises(InputError, match="needs folders dry and wet"):
        read_pairs(tmp_path)
