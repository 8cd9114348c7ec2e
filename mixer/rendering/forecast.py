"""How long each stage of making a mix will take, so that progress and the time left are true.

Every constant is seconds of one core for each second of song, stereo at 44.1 kHz, measured by
`python -m benchmarks.clock`. Only their ratios matter: a slow machine is slow in all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from mixer.console.settings import Strip
from mixer.console.split import is_neutral_console
from mixer.dsp.threads import available_threads
from mixer.rendering.plan import MaterialKind, RenderPlan
from mixer.rendering.progress import Stage

_USUAL_RATE_HZ = 44_100
# To begin, whatever the length: a library that is loaded, a model that is opened.
_BEGIN_S = 0.03
# To read a stem and measure it before and after; each effect on it, measured after it.
_STEM = 0.0014
_EFFECTS = {
    "pre_reverb": 0.0045,
    "reverb": 0.0045,
    "eq": 0.0032,
    "compression": 0.0044,
    "panning": 0.003,
    "balance": 0.0004,
    "loudness": 0.0014,
}
_LISTEN_TO_A_TRACK, _STRIP_OF_A_TRACK = 0.002, 0.003
_READ = 0.0005
_REFERENCE = 0.026
# A strip on the desk, by what is in it.
_STRIP = 0.002
_IN_A_STRIP = {"compressor": 0.006, "saturation": 0.008, "gate": 0.004, "de_esser": 0.006}
_PLUGIN, _SEND = 0.01, 0.005
# A network that answers with wet stems as well, beside one that answers with a mix alone.
_WITH_WET_STEMS = 1.6
_MASTER, _TO_A_LOUDNESS, _MEASURE_A_WET_STEM = 0.0016, 0.03, 0.0015


def making_forecast(
    plan: RenderPlan, *, wet_stems: bool = False, stages: bool = False, threads: int | None = None
) -> dict[Stage, float]:
    """Seconds that each stage up to the finished mix is foreseen to take, in their order.

    Args:
        plan: of the render.
        wet_stems: each wet stem is wanted as well.
        stages: so are the sums of the recordings and of the normalised stems.
        threads: as in `mixer.render`.
    """
    song_s = plan.song.duration_s * plan.mix_rate / _USUAL_RATE_HZ
    cores = threads or available_threads()
    has_wet = wet_stems or bool(plan.needed_wet_stems)
    found = _material_s(plan, song_s, cores, has_wet=has_wet)
    if stages or is_blended(plan):
        n_passes = 1 + stages + (wet_stems and plan.settings.amount != 1.0)
        found[Stage.BLEND] = song_s * _READ * n_passes * len(plan.song.recordings)
    if plan.reference is not None or plan.settings.held_reference is not None:
        found[Stage.REFERENCE] = song_s * _REFERENCE
    if not is_neutral_console(plan.console):
        strips = [plan.console.strip(stem) for stem in plan.song.stems if plan.touches_stems]
        strips.append(plan.console.master)
        found[Stage.CONSOLE] = song_s * sum(_strip_cost(strip) for strip in strips)
    n_measured = len(plan.song.stems) if has_wet else 0
    master = _MASTER + n_measured * _MEASURE_A_WET_STEM
    master += 0.0 if plan.settings.loudness_lufs is None else _TO_A_LOUDNESS
    found[Stage.MASTER] = song_s * master
    return found


def _strip_cost(strip: Strip) -> float:
    n_sends = sum(level is not None for level in (strip.reverb_db, strip.delay_db))
    effects = sum(cost for name, cost in _IN_A_STRIP.items() if getattr(strip, name) is not None)
    return _STRIP + effects + n_sends * _SEND + len(strip.plugins) * _PLUGIN


def _material_s(
    plan: RenderPlan, song_s: float, cores: int, *, has_wet: bool
) -> dict[Stage, float]:
    n_stems = len(plan.song.stems)
    if plan.material is MaterialKind.TRACKS:
        at_once_s = song_s * len(plan.tracks) / min(cores, len(plan.tracks))
        return {
            Stage.LISTEN: _BEGIN_S + at_once_s * _LISTEN_TO_A_TRACK,
            Stage.TRACKS: _BEGIN_S + at_once_s * _STRIP_OF_A_TRACK,
        }
    if plan.material is MaterialKind.RECORDINGS:
        return {}
    a_stem = _STEM + sum(_EFFECTS[effect] for effect in plan.effects)
    found = {Stage.NORMALISE: _BEGIN_S + song_s * n_stems * a_stem / min(cores, n_stems)}
    if plan.bundle is not None:
        manifest = plan.bundle.manifest
        warm_up_s = plan.settings.warm_up_s
        network_s = song_s + (manifest.warm_up_s if warm_up_s is None else warm_up_s)
        cost = manifest.architecture.cost(manifest.hyper_parameters, manifest.sample_rate)
        cost *= _WITH_WET_STEMS if has_wet else 1.0
        n_passes = 2 if plan.settings.uncertainty else 1
        found[Stage.NETWORK] = _BEGIN_S + network_s * n_passes * cost / cores
    return found


def shares_before_effects(effects: Sequence[str]) -> dict[str, float]:
    """Share of a stem's normalisation that is done when each of its effects begins, 0 to 1."""
    costs = [_STEM, *(_EFFECTS[effect] for effect in effects)]
    done = [sum(costs[: place + 1]) / sum(costs) for place in range(len(effects))]
    return dict(zip(effects, done, strict=True))


def is_blended(plan: RenderPlan) -> bool:
    """Whether the wet material is brought to another rate, or mixed with the recordings."""
    return plan.settings.amount != 1.0 or plan.sample_rate != plan.mix_rate
