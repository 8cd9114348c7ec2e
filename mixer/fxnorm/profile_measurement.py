"""Measure a profile from songs: the average of every effect, each on what those before it left."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from mixer.dsp.blocks import FloatArray, peak_dbfs
from mixer.dsp.threads import one_blas_thread
from mixer.errors import InputError
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.curves import DEFAULT_BANDS_HZ
from mixer.fxnorm.profile import Profile, StemProfile
from mixer.fxnorm.stage import SILENCE_PEAK_DBFS, Measured
from mixer.normalisations import EFFECTS, NORMALISATIONS, check_effects

_MEASURED: dict[str, Measured] = {
    effect.name: effect.stage().measured for effect in NORMALISATIONS if effect.stage().measured
}
MEASURED_EFFECTS = tuple(_MEASURED)

Song = Mapping[str, FloatArray]
# One stem's audio to one vector of figures, None if it has none.
Measure = Callable[[FloatArray, int], np.ndarray | None]


@one_blas_thread
def measure_profile(
    songs: Iterable[Song],
    sample_rate: int,
    *,
    effects: Sequence[str] = MEASURED_EFFECTS,
    bands_hz: Sequence[float] = DEFAULT_BANDS_HZ,
    seed: int = 0,
    about: str = "",
) -> Profile:
    """Average effect features of songs, the target that `normalise_stem` takes.

    The songs are read four times: spectra are measured on the stems as they are, onset
    peaks after EQ, panning after compression, loudness at the end of the chain. Stems whose peak
    is below -50 dBFS are left out. Memory holds one song at a time where `songs` reads them one by
    one.

    Args:
        songs: each a mapping of stem name to float32 `(1 or 2, samples)`; must be iterable more
            than once: a list, or an object whose `__iter__` starts again, not a generator.
        sample_rate: of all songs, Hz.
        effects: the chain that the profile is for.
        bands_hz: rising frequencies at which the curves are kept.
        seed: draws the rooms, if the chain has reverbs.
        about: origin of the songs, in a sentence.

    Raises:
        InputError: `songs` is a generator or has no audible stem, or a stem has no onset or
            loudness in any song.
        SettingsError: the choice of effects cannot be run.
    """
    check_effects(effects)
    if iter(songs) is songs:
        raise InputError("songs are read four times; give a list, not a generator")

    run = _Run(songs, sample_rate, tuple(effects), tuple(bands_hz), seed)
    # Figures not yet measured are not yet used: later ones replace these.
    unknown = StemProfile(np.nan, (np.nan, 0.0), (0.0,) * len(bands_hz), (1.0,) * len(bands_hz))
    stems = dict.fromkeys(_stem_names(songs), unknown)
    for index, (name, measured) in enumerate(_MEASURED.items()):
        found = run.averages(name, measured.measure, stems)
        if not found and index == 0:
            raise InputError(
                "no song has a stem that peaks above -50 dBFS, so there is nothing to measure"
            )
        if index == 0:
            # A stem that has no spectrum anywhere was never played.
            stems = dict.fromkeys(found, unknown)
        for stem, mean in found.items():
            fields = measured.fields(mean, stem, sample_rate, bands_hz)
            stems[stem] = dataclasses.replace(stems[stem], **fields)
    for stem, figures in stems.items():
        if not np.isfinite([figures.onset_peak_dbfs[0], figures.loudness_lufs]).all():
            raise InputError(
                f"{stem}: no song has a measurable onset and loudness; leave this stem out"
            )
    return Profile(tuple(bands_hz), stems, about)


@dataclasses.dataclass(frozen=True)
class _Run:
    """Common part of the four passes over the songs."""

    songs: Iterable[Song]
    sample_rate: int
    effects: tuple[str, ...]
    bands_hz: tuple[float, ...]
    seed: int

    def averages(
        self, stage: str, measure: Measure, known: dict[str, StemProfile]
    ) -> dict[str, np.ndarray]:
        """Each stem's mean figures over the songs, on what the effects before `stage` left."""
        before = [e for e in self.effects if EFFECTS.index(e) < EFFECTS.index(stage)]
        profile = Profile(self.bands_hz, known)
        found: dict[str, list[np.ndarray]] = {}
        for stem, audio in _played_stems(self.songs):
            if stem not in known:
                continue
            work, _ = normalise_stem(audio, self.sample_rate, stem, profile, before, seed=self.seed)
            figures = measure(work, self.sample_rate)
            if figures is not None:
                found.setdefault(stem, []).append(figures)
        return {stem: np.mean(figures, axis=0) for stem, figures in found.items()}


def _played_stems(songs: Iterable[Song]) -> Iterator[tuple[str, FloatArray]]:
    for song in songs:
        for stem, audio in song.items():
            if peak_dbfs(audio) > SILENCE_PEAK_DBFS:
                yield stem, audio


def _stem_names(songs: Iterable[Song]) -> list[str]:
    return list(dict.fromkeys(stem for stem, _ in _played_stems(songs)))
