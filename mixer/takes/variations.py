"""Variations of a mix: one pass through the network, then a separate desk and bus for each.

Each is as loud as the first, has a recipe that names the first as its parent, and a preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixer.audio.formats import DEFAULT_FORMAT
from mixer.console.settings import Console
from mixer.dsp.long_audio import memory_kept
from mixer.dsp.threads import Workers, available_threads, one_blas_thread
from mixer.files.whole_file import hash_file
from mixer.network.runner import NetworkRunner
from mixer.output.destination import Destination, Rendered, forecast_of
from mixer.output.names import FileRole
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import SongTable, song_table
from mixer.output.recipe_reader import read_recipe
from mixer.output.recorded_mix import RecordedMix
from mixer.output.replay import plan_again
from mixer.output.replay_differences import DECISIVE
from mixer.output.writing_forecast import a_file_s
from mixer.rendering.asked_song import load_asked
from mixer.rendering.choices.axes import Axis
from mixer.rendering.job import Job
from mixer.rendering.mix import Premaster, WetMix
from mixer.rendering.pipeline import over_desk, wet_mix
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings, with_console
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.variation_step import movable
from mixer.rendering.timing.forecast import a_variation_s, first_of_variations_s, making_forecast
from mixer.rendering.timing.load_forecast import Rest, SongLoading, about_variations
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.song.song import Song
from mixer.takes.blending import parse_blend
from mixer.takes.each_variation import MadeVariation, make_all
from mixer.takes.first_mix import Listening, Writing, first_of, listen, recipe_path, write_first
from mixer.takes.kept_song import kept_of
from mixer.takes.numbering import base_of, variations_beside
from mixer.takes.variation_plan import (
    First,
    FloatMatrix,
    Wanted,
    asked_variations,
    covariance,
    wet_stems_for,
)
from mixer.takes.variation_record import write_table

# Others of the same song need the network's answer alone. With the normalised stems three times as
# much would be written, of use only to a revision of one of them, which keeps them itself.
_KEPT = frozenset({Stage.NETWORK, Stage.LISTEN})


@dataclass(frozen=True)
class MadeVariations:
    """Variations of a mix that were made.

    Attributes:
        first: the first mix, where it was rendered; None if it was there already.
        first_path: its file.
        first_sound: its figures of `mixer.rendering.sound.sound`.
        first_lufs: its loudness.
        unsure_db: by axis, the standard deviation between the model's answers; 0 if it cannot
            be asked.
        table: JSON of all variations beside it.
        left_out: why an axis could not be moved, a line each.
        made: the variations, in order.
    """

    first: Rendered | None
    first_path: Path
    first_sound: Mapping[str, float]
    first_lufs: float
    unsure_db: Mapping[str, float]
    table: Path
    left_out: tuple[str, ...]
    made: tuple[MadeVariation, ...]


def variations(
    song_folder: str | Path,
    n: int = 0,
    *,
    names: Sequence[str] = (),
    blends: Sequence[str] = (),
    away: float = 1.0,
    settings: RenderSettings | None = None,
    folder: str | Path = "mixes",
    progress: Progress | None = None,
) -> MadeVariations:
    """Mix a song, and write other mixes of it that are equally loud.

    Args:
        song_folder: with its recordings.
        n: number of variations to spread out; at least 1 without names and blends.
        names: of `mixer.rendering.choices.axes.named_moves`, for example "brighter".
        blends: shares of settings that sum to 1, for example "first=0.6,brighter=0.4".
        away: distance from the first mix, in spreads between engineers.
        settings: of the first mix; without a console of its own, the song's counts.
        folder: output folder of all mixes.
        progress: as in `mixer.render`.

    Returns:
        The variations with their files and places among the axes.

    Raises:
        MixerError: as in `make_variations`.
    """
    wanted = Wanted(n, tuple(names), tuple((text, parse_blend(text)) for text in blends), away)
    settings = settings or RenderSettings()
    path = Path(folder) / f"{Path(song_folder).resolve().name}.{DEFAULT_FORMAT}"
    about = about_making(settings.model, wanted, path)
    with SongLoading(progress, about, hashes=True) as loading:
        song, resolved = load_asked(Path(song_folder), loading=loading)
        if settings.console is None:
            settings = with_console(settings, resolved.console)
        plan = plan_render(song, settings, presets=resolved.sources)
        destination = Destination(path, OutputSettings(format=DEFAULT_FORMAT))
        there = find_first(plan, destination, song)
        table = hashed_song(plan, there)
    if there is None:
        destination.check(plan)
    return make_variations(
        plan,
        destination,
        wanted,
        there=there,
        song=table,
        progress=progress,
        follows=loading.clock,
    )


def about_making(model: str | None, wanted: Wanted, mix: Path) -> Rest:
    """About how long `make_variations` will take, before the song is loaded.

    Args:
        model: of the first mix.
        wanted: which variations.
        mix: file of the first mix; beside it are variations that were made before.
    """
    beside = variations_beside(mix.parent, base_of(mix))
    return about_variations(model, wanted.n, is_first=not beside)


def find_first(plan: RenderPlan, destination: Destination, song: Song) -> RecordedMix | None:
    """The recipe of the first mix, if it exists already, made from the same song and settings.

    Args:
        plan: of the mix.
        destination: its paths.
        song: as it was loaded.
    """
    recipe = recipe_path(destination.path)
    if destination.overwrite or not (recipe.is_file() and destination.path.is_file()):
        return None
    recorded = read_recipe(recipe)
    console = recorded.settings.console or Console()
    if replace(recorded.settings, console=console) != replace(plan.settings, console=plan.asked):
        return None
    again, differences = plan_again(recorded, song)
    is_same = again is not None and not any(one.kind in DECISIVE for one in differences)
    return recorded if is_same and recorded.outputs[FileRole.MIX].is_there(hash_file) else None


def make_variations(
    plan: RenderPlan,
    destination: Destination,
    wanted: Wanted,
    *,
    there: RecordedMix | None = None,
    song: SongTable | None = None,
    progress: Progress | None = None,
    follows: StageClock | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
) -> MadeVariations:
    """Render a mix and variations of it with one pass through the network, and write them.

    Args:
        plan: of the first mix.
        destination: of the first mix; variations go beside it, with its format and depth.
        wanted: which variations.
        there: from `find_first`: the first mix is made again but not written.
        song: from `hashed_song`, where the song's files were hashed already.
        follows: the clock of what was done before, such as loading the song.
        progress, network, threads: as in `mixer.render`.

    Raises:
        InputError: the mix is silent, or cannot be moved along any axis.
        SettingsError: a blend has an unknown part, or its parts cannot be blended.
        MixerError: as in `render_to`.
    """
    song = song or hashed_song(plan, there)
    job = _job(plan, destination, wanted, network, threads, song)
    making_s = _making_forecast(job, plan)
    varying_s = _varying_forecast(plan, destination, wanted, threads, there is None)
    cores = threads or available_threads()
    # One more than there are cores: a file that is on its way to the disk takes none, and of an odd
    # number of variations none is left to the end alone.
    with one_blas_thread, memory_kept(), Workers(cores + (cores > 1), "variations") as pool:
        pace, then_s = pace_for(progress), sum(varying_s.values())
        with StageClock(progress, making_s, follows=follows, then_s=then_s, pace=pace) as clock:
            begun = _begin(pool, replace(job, clock=clock), plan, _after_wet(making_s))
        with StageClock(progress, varying_s, follows=clock) as clock:
            clock.start(Stage.VARIATIONS)
            standing = there or write_first(pool, begun.made, destination, song)
            first = first_of(
                begun.wet,
                begun.made,
                begun.known,
                recipe_path(destination.path),
                standing,
                begun.listening,
            )
            varied = _vary(pool, first, begun.answers, wanted, destination, clock, song)
            clock.end("")
    if isinstance(standing, Writing):
        return replace(varied, first=standing.rendered.result())
    return varied


def hashed_song(plan: RenderPlan, there: RecordedMix | None) -> SongTable:
    """The song and its recordings, each hashed, unless it was compared with a recipe just now.

    Args:
        plan: of the first mix.
        there: from `find_first`.
    """
    hashes = {} if there is None else {name: own.sha256 for name, own in there.inputs.items()}
    return song_table(plan.song, hashes)


def _job(
    plan: RenderPlan,
    destination: Destination,
    wanted: Wanted,
    network: NetworkRunner | None,
    threads: int | None,
    song: SongTable,
) -> Job:
    """The first mix up to its desk, with all that it and the variations need."""
    hashes = {file["file"]: file["sha256"] for file in song["files"]}
    audio = destination.audio_of(plan)
    return Job(
        replace(plan, settings=replace(plan.settings, uncertainty=True)),
        StageClock(),
        replace(audio, wet_stems=audio.wet_stems or wet_stems_for(plan, wanted)),
        network,
        threads,
        kept_of(plan, hashes, _KEPT),
    )


def _making_forecast(job: Job, plan: RenderPlan) -> dict[Stage, float]:
    """Forecast of the seconds up to the first mix before it is written."""
    kept = job.kept
    making_s = making_forecast(
        job.plan,
        job.audio,
        threads=job.threads,
        kept={} if kept is None else kept.holds(job.plan, job.audio),
        keeps=() if kept is None else kept.keeps,
    )
    first_s = first_of_variations_s(plan)
    making_s[Stage.MASTER] = first_s["master"]
    making_s[_after_wet(making_s)] += first_s["listen"]
    return making_s


def _after_wet(making_s: Mapping[Stage, float]) -> Stage:
    """The stage that follows the wet mix: it begins with listening to it."""
    return Stage.CONSOLE if Stage.CONSOLE in making_s else Stage.MASTER


@dataclass(frozen=True)
class _Begun:
    """The first mix before its master, what is measured of it, and the model's doubts."""

    wet: WetMix
    made: Premaster
    known: KnownLevels
    listening: Listening
    answers: Sequence[Mapping[str, float]]


def _begin(pool: Workers, job: Job, plan: RenderPlan, after_wet: Stage) -> _Begun:
    wet, answers = _without_answers(wet_mix(job), plan)
    known = KnownLevels(plan.mix_rate, wet)
    job.clock.start(after_wet)
    listening = listen(pool, wet, known)
    made = over_desk(wet, plan, job.clock, wet_stems=True, known=known)
    return _Begun(wet, made, known, listening, answers)


def _vary(
    pool: Workers,
    first: First,
    answers: Sequence[Mapping[str, float]],
    wanted: Wanted,
    destination: Destination,
    clock: StageClock,
    song: SongTable,
) -> MadeVariations:
    axes, left_out = movable(first.wet.plan, first.sound)
    unsure = covariance(axes, answers)
    asked = asked_variations(first, wanted, axes, unsure)
    done = make_all(pool, first, asked, destination, clock, song)
    return MadeVariations(
        first=None,
        first_path=destination.path,
        first_sound=first.sound,
        first_lufs=first.loudness_lufs,
        unsure_db=_unsure_db(axes, unsure),
        table=write_table(destination.path.parent, base_of(first.recipe)),
        left_out=left_out,
        made=tuple(done),
    )


def _varying_forecast(
    plan: RenderPlan,
    destination: Destination,
    wanted: Wanted,
    threads: int | None,
    writes_first: bool,
) -> dict[Stage, float]:
    """Forecast of the seconds to measure and write the first mix, and to make the others."""
    n = wanted.n
    file_s = a_file_s(plan, destination.wanted.format)
    at_once = max(1, min(threads or available_threads(), n))
    varying_s = n / at_once * (a_variation_s(plan) + file_s)
    varying_s += first_of_variations_s(plan)["hash"]
    if writes_first:
        beside = forecast_of(destination, plan, is_made=True)
        varying_s += file_s + sum(
            seconds for stage, seconds in beside.items() if stage not in (Stage.MASTER, Stage.WRITE)
        )
    return {Stage.VARIATIONS: varying_s}


def _unsure_db(axes: Sequence[Axis], unsure: FloatMatrix) -> dict[str, float]:
    """Standard deviation between the model's answers along each axis, in its units."""
    spreads = np.sqrt(np.diag(unsure))
    return {
        axis.name: round(float(spread) * axis.spread_db, 2)
        for axis, spread in zip(axes, spreads, strict=True)
    }


def _without_answers(wet: WetMix, plan: RenderPlan) -> tuple[WetMix, list[dict[str, float]]]:
    """Wet material as its plan has it, and the model's answers on how sure it is.

    Variations always ask; the measurements keep the doubts only if the plan asks for them. The
    answers are empty if the model cannot be asked.
    """
    measured = wet.measurements.copy()
    doubts = measured.get("doubts")
    if not plan.settings.uncertainty:
        measured.pop("doubts", None)
    answers = [] if doubts is None else doubts["answers"]
    return replace(wet, plan=plan, measurements=measured), answers
