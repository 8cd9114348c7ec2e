"""A bundle's card: what it is, what it learnt from, under what licence, its figures, its limits.

Everything comes from the bundle itself, which may be untrusted: nothing is taken on trust that
can be derived from what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mixer.cli.benchmark_view import benchmark_lines, missed_targets
from mixer.files.wording import joined, visible
from mixer.network.manifest import FAITHFUL_BELOW_DB, Manifest
from mixer.network.model import Bundle

# Values that exporters write if a source gives none.
_UNKNOWN_LICENCES = ("", "not stated by its source")


def card_lines(bundle: Bundle, megabytes: float) -> Iterator[str]:
    """The card in Markdown, line by line.

    Args:
        bundle: a bundle that was read and checked.
        megabytes: size of its folder in MB.
    """
    manifest = bundle.manifest
    yield from (f"# {bundle.name}", "", "## What it is", "")
    yield from (f"- {line}" for line in _what(manifest, megabytes))
    yield from ("", "## Data", "", visible(manifest.provenance) or "Not stated.")
    yield from ("", "## Licence", "", visible(manifest.licence) or "Not stated.")
    yield from ("", "## Figures", "")
    yield from (f"- {line}" for line in _figures(manifest))
    tables = list(benchmark_lines(manifest.evaluation))
    if tables:
        yield from ("", "```", *tables, "```")
    yield from ("", "## Limits", "")
    yield from (f"- {line}" for line in _limits(manifest))
    yield from ("", f"Bundle {bundle.folder}, SHA-256 of its manifest {bundle.sha256}")


def one_line_of(manifest: Manifest, megabytes: float) -> str:
    """A model in one line of a list."""
    mixes = "tracks" if manifest.architecture.mixes_tracks else f"{len(manifest.stems)} stems"
    licence = visible(manifest.licence) or "licence not stated"
    learnt = "" if manifest.learnt_to_mix else "; has not learnt to mix"
    return (
        f"{manifest.architecture.title}: mixes {mixes} at {manifest.sample_rate} Hz; "
        f"{megabytes:.1f} MB; {licence}{learnt}"
    )


def _what(manifest: Manifest, megabytes: float) -> Iterator[str]:
    yield f"{manifest.architecture.title} (kind {manifest.kind}), {megabytes:.1f} MB"
    takes = "single tracks of" if manifest.architecture.mixes_tracks else "the stems"
    yield f"mixes {takes} {joined(manifest.stems)} at {manifest.sample_rate} Hz"
    if manifest.effects:
        yield f"normalises the {joined(manifest.effects)} of recordings to its own profile"
    else:
        yield "takes recordings without normalisation"
    hyper = ", ".join(f"{k} {v}" for k, v in manifest.hyper_parameters.to_json().items())
    yield f"network: {hyper}"


def _figures(manifest: Manifest) -> Iterator[str]:
    error = manifest.parity.get("max_abs_error")
    if isinstance(error, int | float) and not isinstance(error, bool):
        yield f"largest error against PyTorch: {error:.1e}"
    if manifest.fp16_snr_db is not None:
        yield f"half precision on a GPU: {manifest.fp16_snr_db:.1f} dB SNR"
    leakage_db = manifest.wet_stem_leakage_db
    if manifest.has_wet_stems and leakage_db is not None:
        yield f"other stems in a wet stem: {leakage_db:g} dB"
    if not manifest.evaluation:
        yield "the benchmark was not run on it"


def _limits(manifest: Manifest) -> Iterator[str]:
    """Limits that its maker states, and those that follow from measurements."""
    yield from (visible(limit) for limit in manifest.limits)
    if not manifest.learnt_to_mix:
        yield "it has not learnt to mix"
    if not manifest.architecture.mixes_tracks:
        yield f"its mixes contain nothing above {manifest.sample_rate / 2000:g} kHz"
    if not manifest.has_wet_stems:
        yield "it makes no wet stems, so strips can only mute, solo and set the gain"
    elif manifest.wet_stem_leakage_db is None:
        yield "the crosstalk between its wet stems was never measured"
    elif not manifest.has_faithful_wet_stems:
        yield (
            f"its wet stems contain parts of one another (above {FAITHFUL_BELOW_DB:g} dB):"
            " moving one of them also moves the others"
        )
    if manifest.panning_limits_time_axis:
        yield "panning is normalised only at the beginning of a song, as in training"
    yield from (f"misses a target: {line}" for line in missed_targets(manifest.evaluation))
    if manifest.licence in _UNKNOWN_LICENCES:
        yield "the licence of its weights is not known"


def card_table(manifest: Manifest) -> Mapping[str, object]:
    """Fields of the card that are not in the manifest's own figures, for JSON."""
    return {"limits": list(_limits(manifest))}
