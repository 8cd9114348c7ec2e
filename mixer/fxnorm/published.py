"""Import of the feature files published with the reference implementation (`features_*.npy`).

Such a file holds one pickled dict: effect (`eq`, `compression`, `panning`, `loudness`; others are
left alone) to stem name to an array, which is the mean magnitude of each bin of a 65 536-point
STFT, the mean and deviation of the onset peaks, the mean similarity of each bin, or one loudness.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mixer.errors import ModelError
from mixer.files.regular_file import read_regular
from mixer.fxnorm.curves import DEFAULT_BANDS_HZ, phi_curve, spectrum_curve_db
from mixer.fxnorm.number_pickle import as_numbers, load_number_dict
from mixer.fxnorm.profile import Profile, StemProfile

# The published one has 2 MiB.
MAX_FILE_BYTES = 64 << 20
MIN_BINS = 1_025
_EFFECTS = ("eq", "compression", "panning", "loudness")


def read_published_features(
    path: str | Path, sample_rate: int = 44_100, bands_hz: Sequence[float] = DEFAULT_BANDS_HZ
) -> Profile:
    """A profile from a published feature file, smoothed as the reference does on loading.

    Args:
        path: the `.npy` file.
        sample_rate: rate in Hz of the measured songs, which the file does not state.
        bands_hz: rising frequencies at which the curves are kept.

    Raises:
        ModelError: the file is larger than 64 MiB or damaged, holds anything but arrays of numbers
            in plain containers, or lacks the features of a profile.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: no such feature file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB; not a feature file")
    features = load_number_dict(read_regular(path), str(path))
    tables = {effect: _table(features, effect, path) for effect in _EFFECTS}
    names = [name for name in tables["eq"] if all(name in table for table in tables.values())]
    if not names:
        raise ModelError(f"{path}: no stem has all of {', '.join(_EFFECTS)}")
    stems = {}
    for name in names:
        figures = {effect: tables[effect][name] for effect in _EFFECTS}
        stems[name] = _stem_profile(figures, name, str(path), sample_rate, bands_hz)
    return Profile(tuple(bands_hz), stems, f"Imported from {path.name}")


def _stem_profile(
    figures: dict, name: str, source: str, sample_rate: int, bands_hz: Sequence[float]
) -> StemProfile:
    magnitude = _vector(figures["eq"], f"{source}: eq of {name}")
    phi = _vector(figures["panning"], f"{source}: panning of {name}")
    mean_dbfs, deviation_db = _vector(figures["compression"], f"{source}: compression of {name}", 2)
    (loudness_lufs,) = _vector(figures["loudness"], f"{source}: loudness of {name}", 1)
    if magnitude.min() < 0.0 or magnitude.max() == 0.0:
        raise ModelError(f"{source}: eq of {name} is not a magnitude spectrum")
    if deviation_db < 0.0:
        raise ModelError(f"{source}: compression of {name} has a negative deviation")
    return StemProfile(
        loudness_lufs=float(loudness_lufs),
        onset_peak_dbfs=(float(mean_dbfs), float(deviation_db)),
        spectrum_db=spectrum_curve_db(magnitude, name, sample_rate, bands_hz),
        panning_phi=phi_curve(phi, sample_rate, bands_hz),
    )


def _table(features: dict, effect: str, path: Path) -> dict:
    """Stem name to values of one effect."""
    table = features.get(effect)
    if not isinstance(table, dict):
        raise ModelError(f"{path}: no features of {effect}; not a feature file")
    return {name: values for name, values in table.items() if isinstance(name, str)}


def _vector(values: object, source: str, length: int | None = None) -> np.ndarray:
    """Finite float64 vector of a length, or of bins enough for a curve."""
    numbers = as_numbers(values)
    if isinstance(numbers, float | int):
        numbers = np.array([numbers])
    if not isinstance(numbers, np.ndarray) or numbers.ndim > 1:
        raise ModelError(f"{source} is not a vector of numbers")
    # A signalling NaN warns as it is converted; it is refused below like every other.
    with np.errstate(invalid="ignore"):
        vector = np.atleast_1d(numbers).astype(np.float64)
    if (vector.size != length) if length is not None else (vector.size < MIN_BINS):
        wanted = f"at least {MIN_BINS}" if length is None else length
        raise ModelError(f"{source} has {vector.size} values; a profile has {wanted}")
    if not np.all(np.isfinite(vector)):
        raise ModelError(f"{source} has values that are not finite")
    return vector
