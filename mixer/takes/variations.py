"""Variations of a mix: one pass through the network, then another desk and another bus for each.

Each is as loud as the first, has a recipe that names the first as its parent, and a preset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np

from mixer.audio.formats import DEFAULT_FORMAT
from mixer.console.settings import Console
from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.long_audio import memory_kept
from mixer.dsp.threads import Workers, available_threads, one_blas_thread
from mixer.errors import InputError, SettingsError
from mixer.files.whole_file import hash_file
from mixer.files.wording import visible
from mixer.network.runner import NetworkRunner
from mixer.output.destination import Destination, Rendered, finished, forecast_of, render_to
from mixer.output.names import FileRole, output_paths
from mixer.output.recipe import SongTable, Take, song_table
from mixer.output.recipe_reader import numbers, read_recipe
from mixer.output.replay import plan_again
from mixer.output.replay_differences import DECISIVE
from mixer.output.settings import OutputSettings
from mixer.output.writing_forecast import writing_forecast
from mixer.rendering.asked import load_asked
from mixer.rendering.axes import VariationTable, place_of
from mixer.rendering.forecast import making_forecast
from mixer.rendering.known_levels import KnownLevels
from mixer.rendering.material import Job
from mixer.rendering.mix import (
    Levels,
    Mix,
    Premaster,
    WetMeasurements,
    WetMix,
    measure_levels,
    unmade_of,
)
from mixer.rendering.pipeline import over_desk, wet_mix
from mixer.rendering.plan import RenderPlan
from mixer.rendering.planning import plan_render, with_desk
from mixer.rendering.progress import Progress, Stage, StageClock, parts_of
from mixer.rendering.settings import RenderSettings, with_console
from mixer.rendering.sound import measure_sound
from mixer.rendering.stages import NOMINAL_LUFS, staging_gain_db
from mixer.rendering.variation_step import movable, variation_target_lufs
from mixer.song.song import Song
from mixer.stems import VOCALS
from mixer.takes.blending import parse_blend
from mixer.takes.numbering import base_of, next_variation, variation_path
from mixer.takes.parts import REST, hash_parts, hash_samples
from mixer.takes.variation_plan import (
    Asked,
    First,
    Wanted,
    asked_variations,
    covariance,
    wet_stems_for,
)
from mixer.takes.variation_record import take_of, write_preset, write_table

# Memory that one variation takes beside the first's, in copies of a stereo mix.
_COPIES = 8


@dataclass(frozen=True)
class MadeVariation:
    """A variation that was made.

    Attributes:
        path: of its mix.
        preset: that renders it.
        take: as its recipe has it; `take["variation"]` tells where it stands.
        loudness_lufs, true_peak_dbtp: of its mix.
    """

    path: Path
    preset: Path
    take: Take
    loudness_lufs: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True)
class MadeVariations:
    """Variations of a mix that were made.

    Attributes:
        first: the first mix, where it was rendered; None if it was there already.
        first_path: its file.
        first_sound: its figures of `mixer.rendering.sound`.
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
    """Mix a song and make other mixes of it; see `make_variations`.

    Args:
        song_folder: with its recordings.
        n: number of variations to spread out; at least 1 without names and blends.
        names: of `mixer.rendering.axes.named_moves`, for example "brighter".
        blends: for example "first=0.6,brighter=0.4".
        away: distance from the first mix, in spreads between engineers.
        settings: of the first mix; without a console of its own, the song's counts.
        folder: output folder of all mixes.
        progress: as in `mixer.render`.

    Raises:
        MixerError: as in `make_variations`.
    """
    song, resolved = load_asked(Path(song_folder))
    settings = settings or RenderSettings()
    if settings.console is None:
        settings = with_console(settings, resolved.console)
    plan = plan_render(song, settings, presets=resolved.sources)
    name = f"{song.folder.name}.{DEFAULT_FORMAT}"
    destination = Destination(Path(folder) / name, OutputSettings(format=DEFAULT_FORMAT))
    there = is_there(plan, destination, song)
    if not there:
        destination.check(plan)
    wanted = Wanted(n, tuple(names), tuple((text, parse_blend(text)) for text in blends), away)
    return make_variations(plan, destination, wanted, first_is_there=there, progress=progress)


def is_there(plan: RenderPlan, destination: Destination, song: Song) -> bool:
    """Whether the first mix exists already, made from the same song with the same settings.

    Args:
        plan: of the mix.
        destination: its paths.
        song: as it was loaded.
    """
    recipe = _recipe_path(destination.path)
    if destination.overwrite or not (recipe.is_file() and destination.path.is_file()):
        return False
    recorded = read_recipe(recipe)
    console = recorded.settings.console or Console()
    if replace(recorded.settings, console=console) != replace(plan.settings, console=plan.asked):
        return False
    again, differences = plan_again(recorded, song)
    is_same = again is not None and not any(one.kind in DECISIVE for one in differences)
    return is_same and recorded.outputs[FileRole.MIX].is_there(hash_file)


def make_variations(
    plan: RenderPlan,
    destination: Destination,
    wanted: Wanted,
    *,
    first_is_there: bool = False,
    progress: Progress | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
) -> MadeVariations:
    """Render a mix and variations of it with one pass through the network, and write them.

    Args:
        plan: of the first mix.
        destination: of the first mix; variations go beside it, with its format and depth.
        wanted: which variations.
        first_is_there: from `is_there`: the first mix is made again but not written.
        progress, network, threads: as in `mixer.render`.

    Raises:
        InputError: the mix is silent, or cannot be moved along any axis.
        SettingsError: a blend has an unknown part, or its parts cannot be blended.
        MixerError: as in `render_to`.
    """
    wanted_wet = True if destination.wanted.takes_stems else wet_stems_for(plan, wanted)
    has_report = destination.wanted.has_report
    asking = replace(plan, settings=replace(plan.settings, uncertainty=True))
    making_s = making_forecast(
        asking, wet_stems=bool(wanted_wet), stages=has_report, threads=threads
    )
    varying_s = _varying_forecast(plan, destination, wanted, threads)
    if not first_is_there:
        writing_s = forecast_of(destination, plan, is_made=True)
        varying_s[Stage.VARIATIONS] += sum(writing_s.values())
    making, varying = parts_of(progress, making_s, varying_s)
    cores = threads or available_threads()
    # One more than there are cores: a file that is on its way to the disk takes none.
    n_workers = cores + (cores > 1)
    with one_blas_thread, memory_kept(), Workers(n_workers, "variations") as pool:
        hashing = pool.submit(song_table, plan.song)
        tracks = destination.takes_tracks(plan)
        with StageClock(making, making_s) as clock:
            wet = wet_mix(Job(asking, clock, wanted_wet, tracks, has_report, network, threads))
            doubts = wet.measurements.get("doubts")
            answers = [] if doubts is None else doubts["answers"]
            wet = replace(wet, plan=plan, measurements=_as_asked(wet.measurements, plan))
            known = KnownLevels(plan.mix_rate, wet)
            listening = _listen(pool, wet, known)
            made = over_desk(wet, plan, clock, wet_stems=True)
        with StageClock(varying, varying_s) as clock:
            clock.start(Stage.VARIATIONS)
            recipe, song = _recipe_path(destination.path), hashing.result()
            writing = None if first_is_there else _write_first(pool, made, destination, song)
            first = _first(wet, made, known, recipe, writing, listening)
            del made
            axes, left_out = movable(plan, first.sound)
            unsure = covariance(axes, answers)
            asked = asked_variations(first, wanted, axes, unsure)
            done = _make_all(pool, first, asked, destination, clock, song, cores)
            written = None if writing is None else writing.rendered.result()
            clock.end("")
    table = write_table(destination.path.parent, base_of(first.recipe))
    spreads_db = np.sqrt(np.diag(unsure)) * np.array([axis.spread_db for axis in axes])
    return MadeVariations(
        first=written,
        first_path=destination.path,
        first_sound=first.sound,
        first_lufs=first.loudness_lufs,
        unsure_db={a.name: round(float(x), 2) for a, x in zip(axes, spreads_db, strict=True)},
        table=table,
        left_out=left_out,
        made=tuple(done),
    )


def _as_asked(measured: WetMeasurements, plan: RenderPlan) -> WetMeasurements:
    """The measurements of a render that was not asked how sure its model is, where it was not."""
    kept = measured.copy()
    if not plan.settings.uncertainty:
        kept.pop("doubts", None)
    return kept


@dataclass(frozen=True)
class _Writing:
    """The first mix, finished, on its way to its file."""

    mix: Mix
    rendered: Future[Rendered]


@dataclass(frozen=True)
class _Listening:
    """What is found of the wet stems while the first mix is made of them."""

    levels: Sequence[Future[float | None]]
    hashes: Mapping[str, Future[str]]


def _listen(pool: Workers, wet: WetMix, known: KnownLevels) -> _Listening:
    """Levels by which every variation's voice is told, and the hashes of all parts."""
    stems, levels = dict(wet.wet_stems), list[Future[float | None]]()
    # A mix of tracks has a part for each track, which nothing has hashed.
    hashes = {} if wet.plan.tracks else {s: pool.submit(hash_samples, a) for s, a in stems.items()}
    if hashes and known.has_unmade:
        hashes[REST] = pool.submit(_hash_unmade, wet)
    vocals = stems.pop(VOCALS, None)
    if vocals is not None and (stems or known.has_unmade) and not wet.plan.touches_stems:
        levels.append(pool.submit(known.loudness_lufs, vocals))
        levels.append(pool.submit(known.loudness_lufs, *stems.values(), with_unmade=True))
    return _Listening(levels, hashes)


def _hash_unmade(wet: WetMix) -> str:
    unmade = unmade_of(wet)
    assert unmade is not None
    return hash_samples(unmade)


def _write_first(
    pool: Workers, made: Premaster, destination: Destination, song: SongTable
) -> _Writing:
    """The first mix, as a render writes it, while the others are made."""
    plan = made.plan
    if not destination.wanted.takes_stems:
        made = replace(made, wet_stems={}, wet_levels=_levels(plan, made))
    mix = finished(destination, made)
    return _Writing(mix, pool.submit(render_to, destination, plan, made=mix, song=song))


def _first(
    wet: WetMix,
    made: Premaster,
    known: KnownLevels,
    recipe: Path,
    writing: _Writing | None,
    listening: _Listening,
) -> First:
    """Raises InputError where it is silent."""
    plan = wet.plan
    if writing is None:
        loudness_lufs = numbers(read_recipe(recipe).measurements).get("master.loudness_lufs")
    else:
        loudness_lufs = writing.mix.measurements["master"]["loudness_lufs"]
    if loudness_lufs is None:
        raise InputError(f"{visible(recipe)}: a silent mix has no variations")
    held_db = plan.settings.held_staging_db
    if held_db is None:
        held_db = _staging_gain_db(wet, made)
    for each in listening.levels:
        each.result()
    found = {name: sha256.result() for name, sha256 in listening.hashes.items()}
    hashes = {id(wet.wet_stems[name]): found[name] for name in found if name != REST}
    parts = hash_parts(made, hashes) if found else {}
    parts |= {REST: found[REST]} if REST in found else {}
    return First(
        wet=wet,
        known=known,
        parts=parts,
        hashes=hashes,
        sound=measure_sound(made, known),
        recipe=recipe,
        settings=replace(
            plan.settings,
            held_staging_db=held_db,
            held_gain_db=None,
            loudness_lufs=variation_target_lufs(loudness_lufs),
        ),
        loudness_lufs=loudness_lufs,
        is_written=(lambda: None) if writing is None else writing.rendered.result,
    )


def _staging_gain_db(wet: WetMix, made: Premaster) -> float:
    """What brings the mix to the desk's level; it was measured where no desk has changed it."""
    measured_lufs = made.measurements["before_master"]["loudness_lufs"]
    if made.audio is wet.audio and measured_lufs is not None:
        return NOMINAL_LUFS - measured_lufs
    return staging_gain_db(wet.audio, wet.plan.mix_rate)


def _levels(plan: RenderPlan, made: Premaster) -> Mapping[str, Levels]:
    """Levels of the wet stems, where a plain render measures them."""
    if not plan.touches_stems:
        return {}
    return {
        stem: measure_levels(audio, plan.mix_rate)
        for stem, audio in made.wet_stems.items()
        if stem in plan.needed_wet_stems
    }


def _recipe_path(mix: Path) -> Path:
    return output_paths(mix, [], mix.suffix)[FileRole.RECIPE]


def _make_all(
    pool: Workers,
    first: First,
    asked: Sequence[Asked],
    destination: Destination,
    clock: StageClock,
    song: SongTable,
    cores: int,
) -> list[MadeVariation]:
    """Each in its turn, in order; as many are mixed at once as there are cores and memory."""
    folder, base = destination.path.parent, base_of(first.recipe)
    number, of_first = next_variation(folder, base), destination.wanted
    wanted = OutputSettings(format=of_first.format, bit_depth=of_first.bit_depth)
    n_bytes = _COPIES * first.wet.audio.nbytes
    turns = BoundedSemaphore(max(1, min(cores, available_memory_bytes() // n_bytes)))
    plans = [_plan(first, each) for each in asked]

    def one(place: int) -> MadeVariation:
        path = variation_path(folder, base, number + place, wanted.format)
        to = Destination(path, wanted)
        with turns:
            mixed = _mix(first, asked[place], plans[place], to)
        return _write(first, asked[place], mixed, to, song)

    done: list[MadeVariation] = []
    for made in pool.map(one, range(len(asked))):
        done.append(made)
        clock.at(made.path.name, len(done) / len(asked))
    return done


def _varying_forecast(
    plan: RenderPlan, destination: Destination, wanted: Wanted, threads: int | None
) -> dict[Stage, float]:
    """Seconds that it is foreseen to take to measure the first mix, and to make the others."""
    making = making_forecast(plan, wet_stems=True, threads=threads)
    once_s = sum(making.get(each, 0.0) for each in (Stage.CONSOLE, Stage.MASTER))
    plain = OutputSettings(format=destination.wanted.format)
    once_s += sum(writing_forecast(plan, plain, 1, 0).values())
    n = wanted.spread + len(wanted.names) + len(wanted.blends)
    return {Stage.VARIATIONS: once_s * (1.0 + n / min(threads or available_threads(), n))}


def _plan(first: First, asked: Asked) -> RenderPlan:
    """Raises SettingsError where another pass through the network would be needed."""
    try:
        return with_desk(first.wet.plan, replace(first.settings, console=asked.console))
    except ValueError:
        raise SettingsError(
            f"{asked.text}: changes what the model sets, or single tracks, which variations "
            "share; use 'mixer revise' for that"
        ) from None


@dataclass(frozen=True)
class _Mixed:
    """A variation before it is written: where it stands, and hashes of its parts."""

    mix: Mix
    place: VariationTable
    parts: Mapping[str, str]


def _mix(first: First, asked: Asked, plan: RenderPlan, destination: Destination) -> _Mixed:
    wet = first.wet
    made = over_desk(
        replace(wet, wet_tracks={}, stages={}),
        plan,
        StageClock(None),
        wet_stems=True,
        tells_loudness=False,
    )
    place = place_of(
        measure_sound(made, first.known), first.sound, first.loudness_lufs, asked.moves
    )
    parts = hash_parts(made, first.hashes) if first.parts else {}
    # What no strip touches comes from one array of all.
    parts |= {REST: first.parts[REST]} if REST in first.parts else {}
    made = replace(made, wet_stems={})
    # A desk that does nothing hands on the first mix itself, which the others need.
    mix = finished(destination, made, consume=made.audio is not wet.audio)
    return _Mixed(mix, place, parts)


def _write(
    first: First, asked: Asked, mixed: _Mixed, destination: Destination, song: SongTable
) -> MadeVariation:
    path, place = destination.path, mixed.place

    def tell(mix: Mix) -> Take:
        first.is_written()
        number = int(path.suffixes[-2].removeprefix(".var"))
        return take_of(
            mix, first.recipe, number, asked.text, place, parts=mixed.parts, was=first.parts
        )

    done = render_to(destination, mixed.mix.plan, made=mixed.mix, take=tell, song=song)
    master = mixed.mix.measurements["master"]
    preset = write_preset(path, mixed.mix.settings, place["words"])
    take = done.recipe["take"]
    return MadeVariation(path, preset, take, master["loudness_lufs"], master["true_peak_dbtp"])
