"""The target of a match: figures of references, with their spread, and amounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixer.meters.stem_powers import Floats
from mixer.reference.reference_figures import NARROWEST_DB, MixFigures, centred, plays
from mixer.reference.reference_text import Aspect


@dataclass(frozen=True)
class Span:
    """Range of values within which nothing is moved; both ends float64 of one shape."""

    low: Floats
    high: Floats

    def nearest(self, value: Floats | float) -> Floats:
        """The value itself inside, else the nearer end."""
        return np.clip(value, self.low, self.high)


@dataclass(frozen=True)
class Measured:
    """One recording that is a reference.

    Attributes:
        path: as given, or as found in a given folder.
        sha256: of its file, or of the stems' files.
        figures: its measurements.
        amounts: of each requested aspect.
        remarks: what cannot be taken from it, a line each.
    """

    path: str
    sha256: str
    figures: MixFigures
    amounts: Mapping[Aspect, float]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """Figures of the references; None and empty for those that they do not have.

    Attributes:
        amounts: of each aspect, 0 to 1.
        tone_db: third octaves, their mean over what is compared 0.
        plays: in which third octaves all of them play, bool.
        width_db, vocals_db, range_lu, loudness_lufs, peak_to_loudness_db: see `MixFigures`.
        stem_tones_db, stem_levels_db: by stem.
        sources: the recordings that were measured.
        remarks: what cannot be taken, a line each.
    """

    amounts: Mapping[Aspect, float]
    plays: np.ndarray
    tone_db: Span | None = None
    width_db: Span | None = None
    vocals_db: Span | None = None
    range_lu: Span | None = None
    loudness_lufs: Span | None = None
    peak_to_loudness_db: Span | None = None
    stem_tones_db: Mapping[str, Span] = field(default_factory=dict)
    stem_levels_db: Mapping[str, Span] = field(default_factory=dict)
    sources: tuple[Measured, ...] = ()
    remarks: tuple[str, ...] = ()

    def amount(self, aspect: Aspect) -> float:
        """Amount by which an aspect is moved; 0 if it is not requested."""
        return self.amounts.get(aspect, 0.0)


def target_of(references: Sequence[Measured]) -> Target:
    """Average references, each for its requested aspects.

    Args:
        references: at least one. Of several with one aspect the mean counts, with their standard
            deviation as the spread in which nothing is moved, and the mean of their amounts.
    """
    amounts, of_aspect = dict[Aspect, float](), dict[Aspect, list[MixFigures]]()
    for aspect in Aspect:
        own = [one for one in references if aspect in one.amounts]
        if own:
            amounts[aspect] = float(np.mean([one.amounts[aspect] for one in own]))
            of_aspect[aspect] = [one.figures for one in own]
    tones, widths, levels, ranges, louds = (of_aspect.get(aspect, []) for aspect in Aspect)
    everywhere = (
        np.all([figures.plays for figures in tones], axis=0) if tones else np.zeros(0, bool)
    )
    return Target(
        amounts=amounts,
        plays=everywhere,
        tone_db=_span([centred(f.tone_db, everywhere) for f in tones]),
        width_db=_span(
            [np.maximum(f.width_db, NARROWEST_DB) for f in widths if f.width_db is not None]
        ),
        vocals_db=_span([f.vocals_db for f in levels if f.vocals_db is not None]),
        range_lu=_span([f.range_lu for f in ranges]),
        loudness_lufs=_span([f.loudness_lufs for f in louds]),
        peak_to_loudness_db=_span([f.peak_to_loudness_db for f in louds]),
        stem_tones_db=_by_stem(
            tones, lambda f: {n: centred(s.tone_db, plays(s.tone_db)) for n, s in f.stems.items()}
        ),
        stem_levels_db=_by_stem(levels, lambda f: {n: s.level_db for n, s in f.stems.items()}),
        sources=tuple(references),
        remarks=tuple(dict.fromkeys(line for one in references for line in one.remarks)),
    )


def _by_stem(
    mixes: Sequence[MixFigures], of: Callable[[MixFigures], Mapping[str, Floats | float]]
) -> dict[str, Span]:
    """The span of a figure of each stem that any of the mixes has."""
    found = dict[str, list[Floats | float]]()
    for mix in mixes:
        for name, value in of(mix).items():
            found.setdefault(name, []).append(value)
    return {name: span for name, values in found.items() if (span := _span(values)) is not None}


def _span(values: Sequence[Floats | float]) -> Span | None:
    if not len(values):
        return None
    array = np.array(values, dtype=np.float64)
    mean, spread = array.mean(axis=0), array.std(axis=0)
    return Span(mean - spread, mean + spread)
