"""Forecast of the time to write a mix and what goes with it.

The cost of each step is in `mixer.rendering.timing.unit_costs`.
"""

from __future__ import annotations

from mixer.dsp.threads import available_threads
from mixer.output.output_settings import OutputSettings
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.forecast import hashing_s, is_encoded, song_seconds
from mixer.rendering.timing.progress import Stage
from mixer.report.previews import N_ENCODERS, PREVIEW_S

# Steps of a report: to measure what it shows, to make what it plays.
MEASURE, AUDIO = "measure", "audio"


def writing_forecast(
    plan: RenderPlan, wanted: OutputSettings, n_files: int, n_versions: int
) -> dict[Stage, float]:
    """Seconds that each stage after the finished mix is foreseen to take, in their order.

    Args:
        plan: of the mix.
        wanted: what is written.
        n_files, n_versions: audio files of the mix and its parts, and versions of it.
    """
    song_s, a_file = song_seconds(plan), costs.A_FILE.get(wanted.format, costs.A_LOSSY_FILE)
    found = {Stage.WRITE: _hashing_s(plan) + _files_s(plan, wanted, n_files)}
    if wanted.has_versions:
        found[Stage.VERSIONS] = costs.BEGIN_VERSIONS_S + song_s * n_versions * (
            a_file + costs.MEASURE_A_FILE + costs.A_VERSION
        )
    if wanted.check_translation:
        found[Stage.TRANSLATION] = costs.BEGIN_TRANSLATION_S + song_s * costs.TRANSLATION
    if wanted.daw:
        session = costs.A_SESSION + len(plan.song.recordings) * costs.STRIP_IN_A_SESSION
        found[Stage.SESSIONS] = len(wanted.daw) * (costs.BEGIN_SESSION_S + song_s * session)
    if wanted.has_report:
        found[Stage.REPORT] = sum(report_steps_s(plan, wanted).values())
    return found


def report_steps_s(plan: RenderPlan, wanted: OutputSettings) -> dict[str, float]:
    """Seconds that each step of a report takes, by name, in their order; arguments as above."""
    song_s = song_seconds(plan)
    return {
        MEASURE: costs.BEGIN_REPORT_S + song_s * costs.MEASURE_A_REPORT,
        AUDIO: song_s * costs.COPIES if wanted.has_copies else _previews_s(plan, song_s),
    }


def _previews_s(plan: RenderPlan, song_s: float) -> float:
    """Seconds that it takes to encode an excerpt of each source, some at once."""
    # Sources besides the stems: the recordings, the normalised stems, the mix.
    n_sources = len(plan.song.stems) + 3
    preview_s = min(song_s, PREVIEW_S) * costs.A_PREVIEW
    return n_sources * preview_s / min(available_threads(), N_ENCODERS, n_sources)


def hashing_share(plan: RenderPlan, wanted: OutputSettings, n_files: int) -> float:
    """Share of writing that it takes to hash the recordings; arguments as above."""
    hashing_s = _hashing_s(plan)
    return hashing_s / (hashing_s + _files_s(plan, wanted, n_files))


def _hashing_s(plan: RenderPlan) -> float:
    n_hashed = sum(not is_encoded(recording.source) for recording in plan.song.recordings)
    return costs.BEGIN_TO_WRITE_S + hashing_s(n_hashed * song_seconds(plan), n_hashed)


def _files_s(plan: RenderPlan, wanted: OutputSettings, n_files: int) -> float:
    measured_s = (n_files - 1) * song_seconds(plan) * costs.MEASURE_A_FILE
    return n_files * a_file_s(plan, wanted.format) + measured_s


def a_file_s(plan: RenderPlan, file_format: str) -> float:
    """Seconds that it takes to write a file of a mix, in one of `mixer.audio.formats.FORMATS`."""
    return song_seconds(plan) * costs.A_FILE.get(file_format, costs.A_LOSSY_FILE)
