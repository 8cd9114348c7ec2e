"""The target of effect normalisation: what an average stem measures.

A profile is readable JSON: `bands_hz`, and for each stem its loudness, the level of its onset
peaks, the shape of its spectrum and the similarity of its channels. `musdb18`, which the package
carries, holds the averages of the MUSDB18 training songs.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from mixer.errors import ModelError
from mixer.files.document import Document, read_json
from mixer.files.fields import MISSING, TextKind, entries, number, numbers, text
from mixer.files.mistakes import Mistake
from mixer.files.wording import quote

PACKAGED = Path(__file__).resolve().parents[1] / "profiles"
# Ranges of figures: no audio lies beyond them, and sums of larger levels would overflow. A spectrum
# is relative to its largest band; 0.1 dB is for figures rounded.
LOUDNESS_LUFS = (-100.0, 0.0)
ONSET_PEAK_DBFS = (-120.0, 0.0)
ONSET_DEVIATION_DB = (0.0, 60.0)
SPECTRUM_DB = (-200.1, 0.1)
PHI = (0.0, 1.0)
# Where a stem has nothing to boost but rounding noise. The published code has no bound, and
# band-limited real stems ask for up to 80 dB.
LARGEST_BOOST_DB = 80.0
BANDS_HZ = (1e-3, 1e6)
# Above the last band. Recordings are band-limited there, and what a target does not say must not be
# boosted; a slope of this size is also what the published curves, steepening, run into at 20 kHz.
ROLL_OFF_DB_PER_OCTAVE = 36.0


class StemFields(TypedDict, total=False):
    """The fields of `StemProfile` that one effect measures."""

    loudness_lufs: float
    onset_peak_dbfs: tuple[float, float]
    spectrum_db: tuple[float, ...]
    panning_phi: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class StemProfile:
    """Average measurements of one stem.

    Attributes:
        loudness_lufs: integrated loudness with the coefficients of `COOKBOOK_FILTER`.
        onset_peak_dbfs: mean and standard deviation of the loudest quarter of its onset peaks,
            the stem peak-normalised to -10 dBFS.
        spectrum_db: mean STFT magnitude at each of the profile's bands, relative to the largest;
            only the shape counts.
        panning_phi: mean similarity of left and right at each band, 0 to 1 (1 = centred).
        largest_boost_db: EQ normalisation raises no frequency of a channel by more than this
            against its level, in dB. Below the default, a stem that hardly has a band is not
            given it.
    """

    loudness_lufs: float = number(MISSING, *LOUDNESS_LUFS)
    onset_peak_dbfs: tuple[float, float] = numbers(ONSET_PEAK_DBFS, ONSET_DEVIATION_DB)
    spectrum_db: tuple[float, ...] = number(MISSING, *SPECTRUM_DB)
    panning_phi: tuple[float, ...] = number(MISSING, *PHI)
    largest_boost_db: float = number(LARGEST_BOOST_DB, 0.0, LARGEST_BOOST_DB)


@dataclasses.dataclass(frozen=True)
class Profile:
    """Stem profiles on common bands.

    Attributes:
        bands_hz: rising band centres at which the curves are given.
        stems: stem name to its profile.
        about: origin of the figures, in a sentence.
    """

    bands_hz: tuple[float, ...] = entries(number(MISSING, *BANDS_HZ), least=2)
    stems: dict[str, StemProfile] = entries(least=1)
    about: str = text("", kind=TextKind.PROSE, shortest=0)

    @property
    def sha256(self) -> str:
        """Fingerprint of the figures: SHA-256 of the canonical JSON, `about` left out."""
        figures = {key: value for key, value in profile_table(self).items() if key != "about"}
        canonical = json.dumps(figures, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def stem(self, name: str) -> StemProfile:
        """The profile of a stem; ModelError if the profile has no such stem."""
        if name not in self.stems:
            raise ModelError(
                f"the profile has no stem {name!r}: it has {', '.join(self.stems)}; "
                "rename the stem or use a profile that has it"
            )
        return self.stems[name]

    def magnitude_at(self, name: str, frequencies_hz: ArrayLike) -> np.ndarray:
        """A stem's mean spectrum at any frequencies, linear, 1 at the loudest band.

        Interpolated in dB over log2(frequency), held below the first band, falling by
        `ROLL_OFF_DB_PER_OCTAVE` above the last.
        """
        octaves_above = np.log2(np.maximum(np.divide(frequencies_hz, self.bands_hz[-1]), 1.0))
        curve_db = self._curve_at(self.stem(name).spectrum_db, frequencies_hz)
        return np.asarray(10.0 ** ((curve_db - ROLL_OFF_DB_PER_OCTAVE * octaves_above) / 20.0))

    def phi_at(self, name: str, frequencies_hz: ArrayLike) -> np.ndarray:
        """A stem's similarity of left and right at any frequencies, held beyond the bands."""
        return self._curve_at(self.stem(name).panning_phi, frequencies_hz)

    def _curve_at(self, values: Sequence[float], frequencies_hz: ArrayLike) -> np.ndarray:
        lowest_hz = self.bands_hz[0]
        log2_hz = np.log2(np.maximum(np.asarray(frequencies_hz, dtype=np.float64), lowest_hz))
        return np.asarray(np.interp(log2_hz, np.log2(self.bands_hz), values))


def packaged_profiles() -> list[str]:
    """Names of the profiles that the package carries."""
    return sorted(path.stem for path in PACKAGED.glob("*.json"))


def read_profile(name_or_path: str | Path) -> Profile:
    """Read a profile, by the name of a packaged one or from a JSON file.

    Raises:
        ModelError: the profile does not exist, is not JSON, lacks a key, or has a list of the
            wrong length or a figure that is not finite or is outside of its range.
    """
    known = packaged_profiles()
    path = PACKAGED / f"{name_or_path}.json" if str(name_or_path) in known else Path(name_or_path)
    if not path.is_file():
        raise ModelError(
            f"unknown profile {quote(str(name_or_path))}; choose from {', '.join(known)}, or give a"
            " JSON file"
        )
    return _checked(read_json(path, "a profile", ModelError))


def parse_profile(content: Mapping[str, object], source: str) -> Profile:
    """A profile that lies inside another JSON file; `source` names it in messages.

    Raises:
        ModelError: as `read_profile`.
    """
    return _checked(Document(source, content, ModelError))


def _checked(document: Document) -> Profile:
    profile = document.read_as(Profile, is_open=True)
    document.refuse(_find_misfits(profile))
    return profile


def _find_misfits(profile: Profile) -> Iterator[Mistake]:
    """Contradictions between parts that are each valid."""
    if any(np.diff(profile.bands_hz) <= 0):
        yield Mistake(("bands_hz",), "must be rising frequencies")
    needed = len(profile.bands_hz)
    for name, stem in profile.stems.items():
        for key in ("spectrum_db", "panning_phi"):
            count = len(getattr(stem, key))
            if count != needed:
                what = f"must have {needed} entries, one for each of bands_hz, not {count}"
                yield Mistake(("stems", name, key), what)


def write_profile(profile: Profile, path: str | Path) -> None:
    """Write a profile as readable JSON; `read_profile` gives back an equal one."""
    text = json.dumps(profile_table(profile), indent=1, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def profile_table(profile: Profile) -> dict[str, object]:
    """The profile in JSON form, as its file and everything that records a profile have it."""
    stems = {name: _stem_table(stem) for name, stem in profile.stems.items()}
    return {"about": profile.about, "bands_hz": list(profile.bands_hz), "stems": stems}


def _stem_table(stem: StemProfile) -> dict[str, object]:
    table = dataclasses.asdict(stem)
    # Left out where it bounds nothing, so that profiles without it keep their fingerprints.
    if stem.largest_boost_db == LARGEST_BOOST_DB:
        del table["largest_boost_db"]
    return table
