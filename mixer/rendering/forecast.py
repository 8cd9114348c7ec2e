"""How long each stage of making a mix will take, so that progress and the time left are true.

Every constant is seconds of one core for each second of song, stereo at 44.1 kHz, measured by
`python -m benchmarks.clock`. Only their ratios matter: a slow machine is slow in all of them.
"""

from __future__ import annotations

from mixer.console.split import is_neutral_console
from mixer.dsp.threads import available_threads
from mixer.rendering.plan import MaterialKind, RenderPlan
from mixer.rendering.progress import Stage

_USUAL_RATE_HZ = 44_100
# To begin, whatever the length: libraries that are loaded, a model that is opened.
_BEGIN_S = 0.05
_READ_A_STEM, _READ_A_TRACK = 0.0015, 0.0015
# To measure a stem before its normalisation and after it, and each effect on it.
_MEASURE_A_STEM = 0.002
_EFFECTS = {
    "reverb": 0.002,
    "prereverb": 0.002,
    "eq": 0.0035,
    "compression": 0.005,
    "panning": 0.0025,
    "balance": 0.0005,
    "loudness": 0.001,
}
_NETWORKS = {"band_mixer": 0.03, "fxnorm": 0.05, "wave_u_net": 0.2}
_STRIP_OF_A_TRACK, _BUS = 0.006, 0.002
_STRIP_OF_A_STEM, _REFERENCE = 0.006, 0.03
_MASTER, _MEASURE_A_WET_STEM = 0.012, 0.004


def making_forecast(
    plan: RenderPlan, *, wet_stems: bool = False, stages: bool = False, threads: int | None = None
) -> dict[Stage, float]:
    """Seconds that each stage up to the finished mix is foreseen to take, in their order.

    Args:
        plan: of the render.
        wet_stems: each wet stem is wanted as well.
        stages: so are the sums of the recordings and of the normalised stems.
        threads: as of `mixer.render`.
    """
    song_s = plan.song.duration_s * plan.mix_rate / _USUAL_RATE_HZ
    cores = threads or available_threads()
    found = _material_s(plan, song_s, cores)
    if stages or is_blended(plan):
        found[Stage.BLEND] = song_s * _READ_A_STEM * 2 * len(plan.song.stems)
    if plan.reference is not None or plan.settings.held_reference is not None:
        found[Stage.REFERENCE] = song_s * _REFERENCE
    if not is_neutral_console(plan.console):
        n_strips = len(plan.song.stems) if plan.touches_stems else 1
        found[Stage.CONSOLE] = song_s * _STRIP_OF_A_STEM * n_strips
    n_measured = len(plan.song.stems) if wet_stems or plan.needs_wet_stems else 0
    found[Stage.MASTER] = _BEGIN_S + song_s * (_MASTER + n_measured * _MEASURE_A_WET_STEM)
    return found


def _material_s(plan: RenderPlan, song_s: float, cores: int) -> dict[Stage, float]:
    n_stems = len(plan.song.stems)
    if plan.material is MaterialKind.TRACKS:
        n_tracks = len(plan.tracks)
        strips = n_tracks * (_READ_A_TRACK + _STRIP_OF_A_TRACK) / min(cores, n_tracks)
        return {
            Stage.LISTEN: _BEGIN_S + song_s * n_tracks * 0.003 / min(cores, n_tracks),
            Stage.TRACKS: song_s * (strips + _BUS * (n_stems + 1)),
        }
    if plan.material is MaterialKind.RECORDINGS:
        return {}
    effects = sum(_EFFECTS.get(effect, 0.0) for effect in plan.effects)
    a_stem = _READ_A_STEM + _MEASURE_A_STEM + effects
    found = {Stage.NORMALISE: _BEGIN_S + song_s * n_stems * a_stem / min(cores, n_stems)}
    if plan.bundle is not None:
        found[Stage.NETWORK] = (
            _BEGIN_S + song_s * _NETWORKS.get(plan.bundle.manifest.architecture.kind, 0.1) / cores
        )
    return found


def is_blended(plan: RenderPlan) -> bool:
    """Whether the wet material is brought to another rate, or mixed with the recordings."""
    return plan.settings.amount != 1.0 or plan.sample_rate != plan.mix_rate
