"""How long it will take to write a mix and what goes with it; constants as of the render's own.

See `mixer.rendering.forecast`.
"""

from __future__ import annotations

from mixer.output.settings import OutputSettings
from mixer.rendering.plan import RenderPlan
from mixer.rendering.progress import Stage

_USUAL_RATE_HZ = 44_100
_BEGIN_S = 0.05
# To hash a recording; to write a file, its levels measured; by formats.
_HASH = 0.0005
_FILES = {"wav": 0.006, "flac": 0.008}
_LOSSY_FILE = 0.02
_VERSION, _TRANSLATION, _SESSION, _REPORT = 0.02, 0.1, 0.03, 0.06


def writing_forecast(
    plan: RenderPlan, wanted: OutputSettings, n_files: int, n_versions: int
) -> dict[Stage, float]:
    """Seconds that each stage behind the finished mix is foreseen to take, in their order.

    Args:
        plan: of the mix.
        wanted: what is written.
        n_files, n_versions: audio files of the mix and its parts, and versions of it.
    """
    song_s = plan.song.duration_s * plan.mix_rate / _USUAL_RATE_HZ
    a_file = _FILES.get(wanted.format, _LOSSY_FILE)
    found = {
        Stage.WRITE: _BEGIN_S + song_s * (n_files * a_file + len(plan.song.recordings) * _HASH)
    }
    if wanted.has_versions:
        found[Stage.VERSIONS] = song_s * n_versions * (a_file + _VERSION)
    if wanted.check_translation:
        found[Stage.TRANSLATION] = song_s * _TRANSLATION
    if wanted.daw:
        found[Stage.SESSIONS] = len(wanted.daw) * (_BEGIN_S + song_s * _SESSION)
    if wanted.has_report:
        found[Stage.REPORT] = _BEGIN_S + song_s * _REPORT
    return found
