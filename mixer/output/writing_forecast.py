"""How long it will take to write a mix and what goes with it; constants as of the render's own.

See `mixer.rendering.forecast`.
"""

from __future__ import annotations

from mixer.output.settings import OutputSettings
from mixer.rendering.forecast import is_encoded, song_seconds
from mixer.rendering.plan import RenderPlan
from mixer.rendering.progress import Stage

_BEGIN_S = 0.02
# To hash a recording; to write a file, by formats; to measure one that is not the mix, which was
# measured; to make a version.
_HASH, _MEASURE = 0.00016, 0.0008
_FILES = {"wav": 0.0006, "flac": 0.0032}
_LOSSY_FILE = 0.028
_VERSION, _TRANSLATION, _REPORT = 0.0003, 0.035, 0.0355
# To begin with each of them, whatever the length.
_BEGIN_VERSIONS_S, _BEGIN_TRANSLATION_S, _BEGIN_REPORT_S = 0.1, 0.15, 0.14
# To make the 30 s of each source that a report plays from inside, on two cores.
_PREVIEWS_S = 1.9
# A session, and each recording's strip in it.
_BEGIN_SESSION_S, _SESSION, _STRIP_IN_A_SESSION = 0.2, 0.025, 0.0078


def writing_forecast(
    plan: RenderPlan, wanted: OutputSettings, n_files: int, n_versions: int
) -> dict[Stage, float]:
    """Seconds that each stage after the finished mix is foreseen to take, in their order.

    Args:
        plan: of the mix.
        wanted: what is written.
        n_files, n_versions: audio files of the mix and its parts, and versions of it.
    """
    song_s, a_file = song_seconds(plan), _FILES.get(wanted.format, _LOSSY_FILE)
    found = {Stage.WRITE: _hashing_s(plan) + _files_s(plan, wanted, n_files)}
    if wanted.has_versions:
        found[Stage.VERSIONS] = _BEGIN_VERSIONS_S + song_s * n_versions * (
            a_file + _MEASURE + _VERSION
        )
    if wanted.check_translation:
        found[Stage.TRANSLATION] = _BEGIN_TRANSLATION_S + song_s * _TRANSLATION
    if wanted.daw:
        session = _SESSION + len(plan.song.recordings) * _STRIP_IN_A_SESSION
        found[Stage.SESSIONS] = len(wanted.daw) * (_BEGIN_SESSION_S + song_s * session)
    if wanted.has_report:
        found[Stage.REPORT] = _BEGIN_REPORT_S + song_s * _REPORT
        if not wanted.has_copies:
            found[Stage.REPORT] += _PREVIEWS_S
    return found


def hashing_share(plan: RenderPlan, wanted: OutputSettings, n_files: int) -> float:
    """Share of writing that it takes to hash the recordings; arguments as above."""
    hashing_s = _hashing_s(plan)
    return hashing_s / (hashing_s + _files_s(plan, wanted, n_files))


def _hashing_s(plan: RenderPlan) -> float:
    n_hashed = sum(not is_encoded(recording.source) for recording in plan.song.recordings)
    return _BEGIN_S + song_seconds(plan) * n_hashed * _HASH


def _files_s(plan: RenderPlan, wanted: OutputSettings, n_files: int) -> float:
    measured_s = (n_files - 1) * song_seconds(plan) * _MEASURE
    return n_files * a_file_s(plan, wanted.format) + measured_s


def a_file_s(plan: RenderPlan, file_format: str) -> float:
    """Seconds that it takes to write a file of a mix, in one of `mixer.audio.formats.FORMATS`."""
    return song_seconds(plan) * _FILES.get(file_format, _LOSSY_FILE)
