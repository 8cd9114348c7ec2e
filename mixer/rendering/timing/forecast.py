"""Forecast of each stage of a mix, so that progress and the time left are true.

The cost of each step is in `mixer.rendering.timing.unit_costs`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from mixer.audio.formats import FORMATS
from mixer.audio.source import AudioSource
from mixer.console.split import is_neutral_console
from mixer.dsp.threads import available_threads
from mixer.network.output import is_wanted
from mixer.normalisations import NORMALISATIONS
from mixer.rendering.choices.level_words import AUTO, RAW
from mixer.rendering.doubts.doubt import HEARD_S
from mixer.rendering.levels.stem_levels import asks_for_levels
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.desk_forecast import LEVEL, desk_steps_s
from mixer.rendering.timing.progress import Stage
from mixer.rendering.timing.stem_forecast import StemForecast
from mixer.rendering.wanted_audio import MIX_ALONE, WantedAudio

_USUAL_RATE_HZ = 44_100
# Loudness up to which mixes mostly keep all of their peaks.
_LIMITED_ABOVE_LUFS = -19.0
_NONE_KEPT = MappingProxyType[Stage, int]({})
# Steps of asking a network: what its stems' levels mean, or to hear its tracks; to open it, to run
# it, to ask how sure it is, to keep its answer.
LEVELS, HEAR, ASK, OPEN, RUN, KEEP = "levels", "hear", "ask", "open", "run", "keep"


def making_forecast(
    plan: RenderPlan,
    audio: WantedAudio = MIX_ALONE,
    *,
    threads: int | None = None,
    kept: Mapping[Stage, int] = _NONE_KEPT,
    keeps: Collection[Stage] = (),
) -> dict[Stage, float]:
    """Seconds that each stage up to the finished mix is foreseen to take, in their order.

    Args:
        plan: of the render.
        audio: what is wanted besides the mix, and besides the wet stems that the plan needs.
        threads: as in `mixer.render`.
        kept: stages whose material earlier mixes have kept, and how many arrays are to be read.
        keeps: stages of which what is made is kept for later mixes.
    """
    song_s = song_seconds(plan)
    cores = threads or available_threads()
    needed = {stem for stem in plan.song.stems if is_wanted(stem, audio.wet_stems)}
    needed |= plan.needed_wet_stems.intersection(plan.song.stems)
    found = _material_s(
        plan, cores, share_wet=len(needed) / len(plan.song.stems), kept=kept, keeps=keeps
    )
    if audio.wet_tracks and Stage.TRACKS in found:
        found[Stage.TRACKS] += song_s * costs.KEEP_A_TRACK * len(plan.tracks)
    if Stage.TRACKS in kept and Stage.TRACKS in found:
        found_s = len(plan.tracks) * costs.FIND_A_TRACK + (len(plan.song.stems) + 1) * costs.A_BUS
        found[Stage.TRACKS] = costs.BEGIN_S + song_s * found_s
    if audio.stages or is_blended(plan):
        n_passes = 1 + audio.stages + (bool(audio.wet_stems) and plan.settings.amount != 1.0)
        found[Stage.BLEND] = song_s * costs.READ_AGAIN * n_passes * len(plan.song.recordings)
    if plan.reference is not None or plan.settings.held_reference is not None:
        steps_s = matching_steps_s(plan)
        is_found = plan.settings.held_reference is not None
        found[Stage.REFERENCE] = steps_s["move"] if is_found else sum(steps_s.values())
    if not is_neutral_console(plan.console):
        found[Stage.CONSOLE] = sum(desk_steps_s(plan, plan.song.stems, song_s).values())
    found[Stage.MASTER] = song_s * costs.MASTER + mastering_s(plan, len(needed))
    return found


def mastering_s(plan: RenderPlan, n_wet: int) -> float:
    """Seconds to bring a mix that was measured to its loudness, and to measure so many stems."""
    return limiting_s(plan) + song_seconds(plan) * n_wet * costs.MEASURE_A_WET_STEM


def limiting_s(plan: RenderPlan) -> float:
    """Seconds to find the gain at which a limited mix is as loud as its plan asks.

    How often the limiter runs depends on the mix. The models' own mixes are so soft that none is
    limited on its way to a soft target.
    """
    target_lufs = plan.settings.loudness_lufs
    if target_lufs is None or target_lufs <= _LIMITED_ABOVE_LUFS:
        return 0.0
    return song_seconds(plan) * costs.TO_A_LOUDNESS


def _material_s(
    plan: RenderPlan,
    cores: int,
    *,
    share_wet: float,
    kept: Mapping[Stage, int],
    keeps: Collection[Stage],
) -> dict[Stage, float]:
    song_s = song_seconds(plan)
    if plan.material is MaterialKind.TRACKS:
        n_buses = len(plan.song.stems) + 1
        n_at_once = _n_at_once(plan, cores)
        strips_s = song_s * n_at_once * costs.STRIP_OF_A_TRACK
        return {
            Stage.LISTEN: sum(
                listening_steps_s(
                    plan, cores, is_found=Stage.LISTEN in kept, keeps=Stage.LISTEN in keeps
                ).values()
            ),
            Stage.TRACKS: costs.BEGIN_S + strips_s + song_s * n_buses * costs.A_BUS,
        }
    if plan.material is MaterialKind.RECORDINGS:
        return {}
    found = {Stage.NORMALISE: 0.0}
    if kept.get(Stage.NORMALISE, 1):
        stems = stem_forecasts(plan, keeps=Stage.NORMALISE in keeps)
        for stem in stems.values() if Stage.NORMALISE in kept else ():
            stem.find()
        found[Stage.NORMALISE] = normalisation_s(plan, stems.values(), cores)
    if plan.bundle is not None:
        n_found = kept.get(Stage.NETWORK)
        steps_s = network_steps_s(
            plan, cores, share_wet, n_found=n_found, keeps=Stage.NETWORK in keeps
        )
        # Without normalised stems there is only an answer to be found.
        if n_found is not None and kept.get(Stage.NORMALISE) == 0:
            found[Stage.NETWORK] = _find_answer_s(song_s, n_found, cores)
        else:
            found[Stage.NETWORK] = sum(steps_s.values())
    return found


def listening_steps_s(
    plan: RenderPlan, cores: int, *, is_found: bool = False, keeps: bool = False
) -> dict[str, float]:
    """Seconds that each step of listening to tracks takes, by name, in their order.

    Args:
        plan: of a mix of tracks.
        cores: that they are listened to on.
        is_found: an earlier mix has kept what was heard.
        keeps: what is heard is kept for later mixes.
    """
    song_s, n_at_once = song_seconds(plan), _n_at_once(plan, cores)
    a_stem_s = song_s * len(plan.song.stems)
    hear_s = costs.BEGIN_S + n_at_once * (costs.BEGIN_A_TRACK_S + song_s * costs.LISTEN_TO_A_TRACK)
    if is_found:
        hear_s = costs.FIND[Stage.LISTEN] * a_stem_s
    elif keeps:
        hear_s += costs.KEEP[Stage.LISTEN] * a_stem_s
    asked_s = (
        costs.BEGIN_TO_ASK_TRACKS_S + song_s * costs.ASK_TRACKS
        if plan.settings.uncertainty
        else 0.0
    )
    return {HEAR: hear_s, OPEN: costs.BEGIN_A_NETWORK_S, ASK: asked_s}


def _n_at_once(plan: RenderPlan, cores: int) -> float:
    """How many of a song's tracks one core works on."""
    return len(plan.tracks) / max(1, min(cores, len(plan.tracks)))


def network_steps_s(
    plan: RenderPlan,
    cores: int,
    share_wet: float,
    *,
    n_found: int | None = None,
    keeps: bool = False,
) -> dict[str, float]:
    """Seconds that each step of asking a network of stems takes, by name, in their order.

    Args:
        plan: with such a network.
        cores: that it runs on.
        share_wet: of the stems whose wet ones are wanted, 0 to 1.
        n_found: an earlier mix has kept its answer, so many arrays; None if it is to be asked.
        keeps: its answer is kept for later mixes.
    """
    assert plan.bundle is not None
    song_s, manifest, warm_up_s = song_seconds(plan), plan.bundle.manifest, plan.settings.warm_up_s
    network_s = song_s + (manifest.warm_up_s if warm_up_s is None else warm_up_s)
    cost = manifest.architecture.cost(manifest.hyper_parameters, manifest.sample_rate)
    cost *= 1.0 + (costs.WITH_WET_STEMS - 1.0) * share_wet
    steps_s = {LEVELS: song_s * costs.USUAL_LEVELS} if _may_bring_levels(plan) else {}
    run_s = share_wet * costs.BEGIN_WET_STEMS_S + network_s * cost / cores
    asked_s, open_s = 0.0, costs.BEGIN_A_NETWORK_S
    if n_found is not None:  # and nothing to keep, unless it turns out to be damaged
        run_s = _find_answer_s(song_s, n_found, cores)
        open_s, keeps = 0.0, False
    if plan.asks_how_sure:
        asked_s = costs.BEGIN_TO_ASK_S + min(song_s, HEARD_S) * costs.ASK
        if cores > 1 and plan.settings.abstain == 0.0:  # asked beside the network
            run_s, asked_s = max(run_s, asked_s), 0.0
    n_kept = keeps * (1 + round(share_wet * len(plan.song.stems)))
    keeping_s = song_s * costs.KEEP[Stage.NETWORK] * _in_turn(n_kept, cores)
    return steps_s | {ASK: asked_s, OPEN: open_s, RUN: run_s, KEEP: keeping_s}


def _find_answer_s(song_s: float, n_arrays: int, cores: int) -> float:
    return song_s * costs.FIND[Stage.NETWORK] * _in_turn(n_arrays, cores)


def _may_bring_levels(plan: RenderPlan) -> bool:
    """Whether stems are brought to usual levels, unless they turn out to have them."""
    return asks_for_levels(plan) and plan.settings.levels in (AUTO, RAW)


def _in_turn(n_arrays: int, cores: int) -> float:
    """How many arrays one core reads or writes."""
    return n_arrays / max(1, min(cores, n_arrays))


def take_forecast(
    plan: RenderPlan,
    audio: WantedAudio,
    *,
    kept: Mapping[Stage, int],
    keeps: Collection[Stage],
    is_measured: bool,
    again: bool = False,
) -> dict[Stage, float]:
    """As `making_forecast`, of a mix before its master whose parts are hashed.

    Args:
        plan, audio, kept, keeps: as for `making_forecast`.
        is_measured: its stems are measured as well.
        again: what is kept was kept or found in this process before.
    """
    found = making_forecast(plan, audio, kept=kept, keeps=keeps)
    song_s, n_stems = song_seconds(plan), len(plan.song.stems)
    for stage in set(costs.FIND).intersection(found, kept) if again else ():
        n_found = _in_turn(kept[stage], available_threads())
        found[stage] -= (1.0 - costs.FIND_AGAIN) * song_s * costs.FIND[stage] * n_found
    parts_s = costs.HASH_A_PART * len(plan.tracks or plan.song.stems)
    parts_s += costs.MEASURE_A_WET_STEM * n_stems * is_measured
    found[Stage.MASTER] = song_s * (costs.MASTER + parts_s)
    return found


def first_of_variations_s(plan: RenderPlan) -> dict[str, float]:
    """Seconds to bring the first of several variations from its desk to its sound.

    Returns:
        "listen", to measure it before its desk; "master", before it is written; "hash", its tracks,
        since stems are hashed while it is listened to.
    """
    song_s = song_seconds(plan)
    return {
        "listen": song_s * costs.LISTEN_TO_THE_FIRST,
        "master": song_s * costs.MASTER,
        "hash": song_s * costs.HASH_A_PART * len(plan.tracks),
    }


def a_variation_s(plan: RenderPlan) -> float:
    """Seconds of one core to mix, measure and master a variation of a mix."""
    song_s, desk_s = song_seconds(plan), 0.0
    if not is_neutral_console(plan.console):
        steps_s = desk_steps_s(plan, plan.song.stems, song_s, reports_loudness=False)
        desk_s = sum(steps_s.values()) - steps_s[LEVEL]  # which is that of the first mix
    return desk_s + song_s * costs.A_VARIATION_OF_A_MIX


def matching_steps_s(plan: RenderPlan) -> dict[str, float]:
    """Seconds that each step of matching a mix with a reference takes, by name, in their order."""
    song_s = song_seconds(plan)
    # Through the model's own bus the gain that holds the loudness takes about two tries.
    to_level = 2 * (costs.A_BUS + costs.HEAR_A_LOUDNESS) if plan.sums_wet_stems else 0.0
    return {
        "measure": costs.BEGIN_TO_MEASURE_S + song_s * costs.MEASURE_STEMS,
        "solve": costs.BEGIN_TO_SOLVE_S + song_s * costs.SOLVE,
        "move": song_s * (costs.MOVE_STEMS + to_level),
        # Some stems that were mono are wide now.
        "measure again": costs.BEGIN_TO_MEASURE_S + song_s * costs.MEASURE_MOVED,
    }


def stem_forecasts(plan: RenderPlan, *, keeps: bool = False) -> dict[str, StemForecast]:
    """The normalisation of each of a plan's stems, by name; `keeps`: these are kept."""
    stages = {
        effect.name: effect.stage() for effect in NORMALISATIONS if effect.name in plan.effects
    }
    song, found = plan.handled_song, dict[str, StemForecast]()
    for stem in song.stems:
        own = [name for name, stage in stages.items() if stage.is_for(stem)]
        recordings = [r for r in song.recordings if r.stem == stem]
        found[stem] = StemForecast(own, [is_encoded(r.source) for r in recordings], keeps=keeps)
    return found


def normalisation_s(plan: RenderPlan, stems: Collection[StemForecast], cores: int) -> float:
    """Seconds that all stems' normalisation takes, what is done included.

    Args:
        plan: of the render.
        stems: each one's forecast, as far as it is known.
        cores: that they are made on.
    """
    whole_s = sum(stem.done_s + stem.left_s for stem in stems)
    return costs.BEGIN_S + song_seconds(plan) * whole_s / max(1, min(cores, len(stems)))


def is_encoded(source: AudioSource) -> bool:
    """Whether a file must be decoded, which takes longer than to read samples."""
    written_as = FORMATS.get(source.path.suffix[1:].lower())
    return written_as is not None and written_as.is_compressed


def looking_s(sources: Collection[AudioSource], threads: int | None = None) -> float:
    """Seconds that it takes to decode recordings for their damage, on so many cores."""
    at_once = max(1, min(threads or available_threads(), len(sources)))
    return (
        costs.LOOK_FOR_DAMAGE
        * sum(source.n_samples / _USUAL_RATE_HZ for source in sources)
        / at_once
    )


def hashing_s(audio_s: float, n_files: int) -> float:
    """Seconds to hash so many recordings of so many seconds in all."""
    return audio_s * costs.HASH_A_RECORDING / max(1, min(available_threads(), n_files))


def bus_in_tracks(n_tracks: int, threads: int | None, *, is_kept: bool = False) -> float:
    """Number of tracks whose strips take as long as a bus.

    Args:
        n_tracks, threads: as for `making_forecast`.
        is_kept: the tracks are only to be found.
    """
    a_track = costs.FIND_A_TRACK if is_kept else costs.STRIP_OF_A_TRACK
    return costs.A_BUS / a_track * max(1, min(threads or available_threads(), n_tracks))


def song_seconds(plan: RenderPlan) -> float:
    """The length that costs go by: seconds of song at the usual rate."""
    return plan.song.duration_s * plan.mix_rate / _USUAL_RATE_HZ


def is_blended(plan: RenderPlan) -> bool:
    """Whether the wet material is brought to another rate, or mixed with the recordings."""
    return plan.settings.amount != 1.0 or plan.sample_rate != plan.mix_rate
