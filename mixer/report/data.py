"""Data of a report from a finished mix."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

import numpy as np

from mixer.dsp.blocks import peak_dbfs, sum_of
from mixer.dsp.threads import one_blas_thread
from mixer.evaluate.profile_target import target_of_profile
from mixer.fxnorm.curves import spectrum_curve_db
from mixer.fxnorm.equalization import measure_spectrum
from mixer.fxnorm.profile import Profile, read_profile
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.meters.loudness_range import loudness_range_lu
from mixer.meters.masking import bark_powers
from mixer.meters.stereo_spectrum import (
    CURVE_BANDS_HZ,
    StereoSpectrum,
    band_density_db,
    band_figures,
    measure_stereo_spectrum,
)
from mixer.meters.target import centred_db
from mixer.meters.true_peak import true_peak_dbtp
from mixer.rendering.choices.baselines import INPUT_SUM, NORMALISED_SUM
from mixer.rendering.choices.shipped import PUBLISHED_PROFILE
from mixer.rendering.mix import Mix
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.report.channels import ConsolePicture, console_picture
from mixer.report.matching import Level
from mixer.report.report_curves import (
    LoudnessCurve,
    Outline,
    energy_by_direction_db,
    envelope,
    loudness_over_time,
    peak_reduction_db,
)
from mixer.report.report_masking import MaskingRow, band_edges_hz, masking_by_pair
from mixer.song.file_listing import doubts
from mixer.song.samples import read_stem

MIX = "mix"
SUM_LABELS = {INPUT_SUM: "Plain sum", NORMALISED_SUM: "Normalised sum", MIX: "Mix"}
# Where the shape of a stem's spectrum is lined up with the profile's: most stems sound there.
_LINED_UP_HZ = (60.0, 12_000.0)


@dataclass(frozen=True)
class Source:
    """Something that the report lets one listen to.

    Attributes:
        key: `INPUT_SUM`, `NORMALISED_SUM`, `MIX`, or a stem's name.
        label: as shown.
        is_stem: a wet stem as it is in the mix; else a sum.
        audio: float32 (2, samples).
        level: loudness and true peak.
        file: where it lies on the disk; None if it is not written.
        file_gain_db: gain that keeps the file from clipping, 0 or less.
    """

    key: str
    label: str
    is_stem: bool
    audio: np.ndarray = field(repr=False)
    level: Level
    file: Path | None = None
    file_gain_db: float = 0.0


class SumSpectra(TypedDict):
    """Third-octave balance of the sums, and the profile's."""

    bands_hz: list[float]
    curves_db: dict[str, list[float]]
    target_db: list[float]


class StemSpectra(TypedDict):
    """A stem as the profile measures it; None for what is not there."""

    bands_hz: list[float]
    recorded_db: list[float] | None
    wet_db: list[float] | None
    target_db: list[float] | None


class Band(TypedDict):
    """Share of the energy, width and correlation of a part of the spectrum."""

    name: str
    share_db: float
    width: float
    correlation: float


class Masking(TypedDict):
    """Masking between stems, in critical bands."""

    edges_hz: list[float]
    rows: list[MaskingRow]


class Section(TypedDict):
    """A section of the song: where it begins, and what it is called."""

    time_s: float
    name: str


class Charts(TypedDict):
    """Data of the charts, ready for JSON, mostly by source.

    Attributes:
        waveforms, directions_db, bands: of every source.
        loudness, spectrum: of the sums.
        reduction_db: of the peaks, from the wet stems' sum to the mix; None without wet stems.
        stem_spectra, masking: of the wet stems.
        console: what was set on every channel and in every room.
        markers: the sections of the song, as `song.toml` names them.
    """

    waveforms: dict[str, Outline]
    loudness: dict[str, LoudnessCurve]
    reduction_db: list[float] | None
    spectrum: SumSpectra
    stem_spectra: dict[str, StemSpectra]
    directions_db: dict[str, list[float]]
    bands: dict[str, list[Band]]
    masking: Masking
    console: ConsolePicture
    markers: list[Section]


@dataclass(frozen=True)
class SessionNulls:
    """Nulls of the settings of a workstation's session alone, without its residual.

    Attributes:
        titles: of the formats of sessions.
        rows: name of a track or a folder, and for each format its null and the largest difference
            of a band's level, both in dB; None for silence.
        flagged_above_db: what is worth a word.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[float, float] | None, ...]], ...]
    flagged_above_db: float


@dataclass(frozen=True)
class ReportData:
    """All data of a report.

    Attributes:
        mix: what it is about.
        sources: the sums there are, the mix as the last of them, then the wet stems.
        stems_level: of the wet stems together; the true peak is that of the highest, sum or stem.
        charts: what the charts are drawn from, ready for JSON; see `report_data`.
        figures: name to value: what engineers read off the mix beyond the record of the render.
        warnings: a line each.
        nulls: of the sessions that were written with it; None for none.
        sections: further ones by title, lines each.
    """

    mix: Mix
    sources: tuple[Source, ...]
    stems_level: Level
    charts: Charts
    figures: Mapping[str, float]
    warnings: tuple[str, ...]
    nulls: SessionNulls | None = None
    sections: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        return self.mix.audio.shape[1] / self.mix.sample_rate


@one_blas_thread
def report_data(
    mix: Mix, *, files: Mapping[str, Path], nulls: SessionNulls | None = None
) -> ReportData:
    """Measure what a report shows.

    Args:
        mix: rendered with its wet stems and its stages; without them the report has no stems, and
            no sums but the mix, to show.
        files: `INPUT_SUM`, `NORMALISED_SUM`, `MIX` or a stem's name to where its audio lies; what
            is missing can be looked at and not be listened to.
        nulls: of sessions that are written with the mix.

    Raises:
        InputError: a recording of the song is damaged or gone: its stems are read again.
    """
    stages = {INPUT_SUM: "input", NORMALISED_SUM: "normalised"}
    sums = {key: mix.stages[stage] for key, stage in stages.items() if stage in mix.stages}
    sums[MIX] = mix.audio
    rate, profile = mix.sample_rate, _profile(mix.plan)
    stems = dict(mix.wet_stems)
    sources = [
        Source(key, SUM_LABELS[key], False, audio, _level(audio, rate), files.get(key))
        for key, audio in sums.items()
    ]
    sources += [
        Source(stem, stem.capitalize(), True, audio, _level(audio, rate), files.get(stem))
        for stem, audio in stems.items()
    ]
    wet_sum = sum_of(list(stems.values())) if stems else None
    spectra = {s.key: measure_stereo_spectrum(s.audio, rate) for s in sources}
    return ReportData(
        nulls=nulls,
        mix=mix,
        sources=tuple(sources),
        stems_level=_stems_level(wet_sum, sources, rate),
        charts={
            "waveforms": {s.key: envelope(s.audio) for s in sources},
            "loudness": {key: loudness_over_time(audio, rate) for key, audio in sums.items()},
            "reduction_db": None if wet_sum is None else peak_reduction_db(wet_sum, mix.audio),
            "spectrum": _spectrum(spectra, sums, profile),
            "stem_spectra": dict(_stem_spectra(mix, profile)),
            "directions_db": {s.key: energy_by_direction_db(s.audio) for s in sources},
            "bands": {key: _bands(spectrum) for key, spectrum in spectra.items()},
            "masking": {
                "edges_hz": band_edges_hz(),
                "rows": masking_by_pair({n: bark_powers(a, rate) for n, a in stems.items()}),
            },
            "console": console_picture(mix),
            "markers": [{"time_s": m.time_s, "name": m.name} for m in mix.song.markers],
        },
        figures=_figures(mix),
        warnings=(*mix.plan.warnings, *_warnings(mix)),
    )


def _profile(plan: RenderPlan) -> Profile:
    """Profile to which the stems were normalised; the usual one if none was."""
    return (
        read_profile(PUBLISHED_PROFILE)
        if plan.material is MaterialKind.RECORDINGS
        else plan.profile
    )


def _level(audio: np.ndarray, sample_rate: int) -> Level:
    return Level(integrated_loudness_lufs(audio, sample_rate), true_peak_dbtp(audio, sample_rate))


def _stems_level(wet_sum: np.ndarray | None, sources: Sequence[Source], sample_rate: int) -> Level:
    if wet_sum is None:
        return Level(-math.inf, -math.inf)
    together = _level(wet_sum, sample_rate)
    peaks = [s.level.true_peak_dbtp for s in sources if s.is_stem]
    return Level(together.loudness_lufs, max(together.true_peak_dbtp, *peaks))


def _spectrum(
    spectra: Mapping[str, StereoSpectrum], sums: Mapping[str, np.ndarray], profile: Profile
) -> SumSpectra:
    """Third-octave balance of the sums, each on average 0 dB, and the profile's."""
    curves = {key: _rounded(centred_db(band_density_db(spectra[key]))) for key in sums}
    target = target_of_profile(profile, "profile").level_db
    return {
        "bands_hz": _rounded(CURVE_BANDS_HZ),
        "curves_db": curves,
        "target_db": _rounded(target),
    }


def _stem_spectra(mix: Mix, profile: Profile) -> Iterator[tuple[str, StemSpectra]]:
    """Each stem as the profile measures it: as recorded, in the mix, and the profile itself."""
    bands_hz = np.array(profile.bands_hz)
    rate = mix.sample_rate
    known = profile.stems
    for stem, wet in mix.wet_stems.items():
        recorded = read_stem(mix.song, stem, rate) if stem in mix.song.stems else None
        target_db = np.array(known[stem].spectrum_db) if stem in known else None
        yield (
            stem,
            {
                "bands_hz": _rounded(bands_hz),
                "recorded_db": _lined_up(_stem_curve(recorded, stem, rate, bands_hz), bands_hz),
                "wet_db": _lined_up(_stem_curve(wet, stem, rate, bands_hz), bands_hz),
                "target_db": _lined_up(target_db, bands_hz),
            },
        )


def _stem_curve(
    audio: np.ndarray | None, stem: str, sample_rate: int, bands_hz: np.ndarray
) -> np.ndarray | None:
    magnitude = None if audio is None else measure_spectrum(audio, sample_rate)
    if magnitude is None:
        return None
    return np.array(spectrum_curve_db(magnitude, stem, sample_rate, bands_hz.tolist()))


def _lined_up(curve_db: np.ndarray | None, bands_hz: np.ndarray) -> list[float] | None:
    """Only shapes compare: the levels' powers average 0 dB where stems sound."""
    if curve_db is None:
        return None
    within = (bands_hz >= _LINED_UP_HZ[0]) & (bands_hz <= _LINED_UP_HZ[1])
    powers = 10.0 ** (curve_db[within if within.any() else slice(None)] / 10.0)
    return _rounded(curve_db - 10.0 * np.log10(powers.mean()))


def _bands(spectrum: StereoSpectrum) -> list[Band]:
    return [
        {
            "name": band.name.replace("_", " "),
            "share_db": round(band.share_db, 2),
            "width": round(band.width, 4),
            "correlation": round(band.correlation, 4),
        }
        for band in band_figures(spectrum)
    ]


def _figures(mix: Mix) -> dict[str, float]:
    figures = {"loudness_range_lu": loudness_range_lu(mix.audio, mix.sample_rate)}
    master = mix.measurements["master"]
    if master["loudness_lufs"] is not None and master["true_peak_dbtp"] is not None:
        figures["peak_to_loudness_lu"] = master["true_peak_dbtp"] - master["loudness_lufs"]
    energy = sum(float(np.dot(channel, channel)) for channel in mix.audio)
    if energy > 0.0:
        rms_dbfs = 10.0 * math.log10(energy / mix.audio.size)
        figures["crest_factor_db"] = float(peak_dbfs(mix.audio)) - rms_dbfs
    return figures


def _warnings(mix: Mix) -> Iterator[str]:
    for recording in mix.song.recordings:
        if said := doubts(recording):
            yield f"{recording.file}: {said}"
    for recording in mix.song.left_out:
        if not recording.certain:  # the others are meant, and stand among the files
            yield f"{recording.file}: left out ({recording.reason})"
    if mix.model is not None and not mix.model["learnt_to_mix"]:
        yield (
            f"model {mix.model['name']} has not learnt to mix: "
            "this is the sum of the normalised stems"
        )
    target_lufs = mix.settings.loudness_lufs
    reached_lufs = mix.measurements["master"]["loudness_lufs"]
    if target_lufs is not None and reached_lufs is not None:
        missed_lu = reached_lufs - target_lufs
        if abs(missed_lu) > 0.1:
            side = "above" if missed_lu > 0 else "below"
            yield f"the mix is {abs(missed_lu):.1f} LU {side} its loudness target"


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return np.round(np.asarray(values, dtype=np.float64), 2).tolist()
