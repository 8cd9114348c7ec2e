"""How long each stage of making a mix will take, so that progress and the time left are true.

Every constant is seconds of one core for each second of song, stereo at 44.1 kHz, measured by
`python -m benchmarks.clock`. Only their ratios matter: a slow machine is slow in all of them.
"""

from __future__ import annotations

from collections.abc import Collection

from mixer.audio.formats import FORMATS
from mixer.audio.source import AudioSource
from mixer.console.settings import Strip
from mixer.console.split import is_neutral_console
from mixer.dsp.threads import available_threads
from mixer.normalisations import NORMALISATIONS
from mixer.rendering.plan import MaterialKind, RenderPlan
from mixer.rendering.progress import Stage
from mixer.rendering.stem_forecast import StemForecast

_USUAL_RATE_HZ = 44_100
# To begin, whatever the length: a library that is loaded, a model that is opened.
_BEGIN_S = 0.021
_LISTEN_TO_A_TRACK, _STRIP_OF_A_TRACK = 0.0013, 0.0015
# The bus of a group, or of all of them: one thread.
_BUS = 0.0013
# To read a recording, or a track, once more.
_READ = 0.00021
_REFERENCE = 0.018
# A strip on the desk, by what is in it.
_STRIP = 0.0014
_IN_A_STRIP = {"compressor": 0.0042, "saturation": 0.0056, "gate": 0.0028, "de_esser": 0.0042}
_PLUGIN, _SEND = 0.007, 0.0035
# A network that answers with all wet stems as well, beside one that answers with a mix alone.
_WITH_WET_STEMS = 1.9
_MASTER, _TO_A_LOUDNESS, _MEASURE_A_WET_STEM = 0.0007, 0.021, 0.00063


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
    song_s = song_seconds(plan)
    cores = threads or available_threads()
    needed = [stem for stem in plan.song.stems if wet_stems or stem in plan.needed_wet_stems]
    found = _material_s(plan, song_s, cores, share_wet=len(needed) / len(plan.song.stems))
    if stages or is_blended(plan):
        n_passes = 1 + stages + (wet_stems and plan.settings.amount != 1.0)
        found[Stage.BLEND] = song_s * _READ * n_passes * len(plan.song.recordings)
    if plan.reference is not None or plan.settings.held_reference is not None:
        found[Stage.REFERENCE] = song_s * _REFERENCE
    if not is_neutral_console(plan.console):
        strips = [plan.console.strip(stem) for stem in plan.song.stems if plan.touches_stems]
        strips.append(plan.console.master)
        found[Stage.CONSOLE] = song_s * sum(_strip_cost(strip) for strip in strips)
    master = _MASTER + len(needed) * _MEASURE_A_WET_STEM
    master += 0.0 if plan.settings.loudness_lufs is None else _TO_A_LOUDNESS
    found[Stage.MASTER] = song_s * master
    return found


def _strip_cost(strip: Strip) -> float:
    n_sends = sum(level is not None for level in (strip.reverb_db, strip.delay_db))
    effects = sum(cost for name, cost in _IN_A_STRIP.items() if getattr(strip, name) is not None)
    return _STRIP + effects + n_sends * _SEND + len(strip.plugins) * _PLUGIN


def _material_s(
    plan: RenderPlan, song_s: float, cores: int, *, share_wet: float
) -> dict[Stage, float]:
    if plan.material is MaterialKind.TRACKS:
        n_buses = len(plan.song.stems) + 1
        at_once_s = song_s * len(plan.tracks) / min(cores, len(plan.tracks))
        return {
            Stage.LISTEN: _BEGIN_S + at_once_s * _LISTEN_TO_A_TRACK,
            Stage.TRACKS: _BEGIN_S + at_once_s * _STRIP_OF_A_TRACK + song_s * n_buses * _BUS,
        }
    if plan.material is MaterialKind.RECORDINGS:
        return {}
    stems = stem_forecasts(plan).values()
    found = {Stage.NORMALISE: normalisation_s(plan, stems, cores)}
    if plan.bundle is not None:
        manifest = plan.bundle.manifest
        warm_up_s = plan.settings.warm_up_s
        network_s = song_s + (manifest.warm_up_s if warm_up_s is None else warm_up_s)
        cost = manifest.architecture.cost(manifest.hyper_parameters, manifest.sample_rate)
        cost *= 1.0 + (_WITH_WET_STEMS - 1.0) * share_wet
        n_passes = 2 if plan.settings.uncertainty else 1
        found[Stage.NETWORK] = _BEGIN_S + network_s * n_passes * cost / cores
    return found


def stem_forecasts(plan: RenderPlan) -> dict[str, StemForecast]:
    """The normalisation of each of a plan's stems, by name."""
    stages = {
        effect.name: effect.stage() for effect in NORMALISATIONS if effect.name in plan.effects
    }
    song, found = plan.handled_song, dict[str, StemForecast]()
    for stem in song.stems:
        own = [name for name, stage in stages.items() if stage.is_for(stem)]
        recordings = [r for r in song.recordings if r.stem == stem]
        found[stem] = StemForecast(own, [is_encoded(r.source) for r in recordings])
    return found


def normalisation_s(plan: RenderPlan, stems: Collection[StemForecast], cores: int) -> float:
    """Seconds that all stems' normalisation takes, what is done included.

    Args:
        plan: of the render.
        stems: each one's forecast, as far as it is known.
        cores: that they are made on.
    """
    whole_s = sum(stem.done_s + stem.left_s for stem in stems)
    return _BEGIN_S + song_seconds(plan) * whole_s / max(1, min(cores, len(stems)))


def is_encoded(source: AudioSource) -> bool:
    """Whether a file must be decoded, which takes longer than to read samples."""
    written_as = FORMATS.get(source.path.suffix[1:].lower())
    return written_as is not None and written_as.is_compressed


def bus_in_tracks(n_tracks: int, threads: int | None) -> float:
    """How many tracks' strips take as long as a bus; arguments as for `making_forecast`."""
    return _BUS / _STRIP_OF_A_TRACK * max(1, min(threads or available_threads(), n_tracks))


def song_seconds(plan: RenderPlan) -> float:
    """The length that costs go by: seconds of song at the usual rate."""
    return plan.song.duration_s * plan.mix_rate / _USUAL_RATE_HZ


def is_blended(plan: RenderPlan) -> bool:
    """Whether the wet material is brought to another rate, or mixed with the recordings."""
    return plan.settings.amount != 1.0 or plan.sample_rate != plan.mix_rate
