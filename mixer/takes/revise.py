"""The next take of a mix: only what was requested changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.audio.formats import DEFAULT_BIT_DEPTH
from mixer.console.settings import Console
from mixer.errors import InputError
from mixer.files.whole_file import hash_file
from mixer.files.wording import visible
from mixer.output.destination import Destination, Rendered, forecast_of, render_to
from mixer.output.output_settings import MIX_ALONE, OutputSettings
from mixer.output.recipe import Take
from mixer.output.recipe_reader import read_recipe
from mixer.output.recorded_mix import RecordedMix, RecordedTake
from mixer.output.replay import (
    DECISIVE,
    DifferenceKind,
    plan_again,
    refuse_plugins,
    settings_again,
    song_of,
)
from mixer.rendering.kept.kept_material import KeptMaterial, kept_alike
from mixer.rendering.mix import Mix, Premaster, without_parts
from mixer.rendering.pipeline import premaster
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings, with_targets
from mixer.rendering.timing.forecast import take_forecast
from mixer.rendering.timing.load_forecast import Rest, SongLoading, about_a_revision
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.song import Song
from mixer.song.tracks import tracks_of
from mixer.stems import RESIDUAL
from mixer.takes.asking import Asked, ask
from mixer.takes.bus_figures import bus_of, has_own_bus, recorded_own_bus_db
from mixer.takes.kept_song import kept_of
from mixer.takes.numbering import base_of, next_number, take_path, takes_beside
from mixer.takes.parts import Proof, proof_of, same_parts
from mixer.takes.take_settings import correction_requests, take_settings

MADE_BY = "revise"


@dataclass(frozen=True)
class Revision:
    """A take that is planned.

    Attributes:
        parent: the recipe that it starts from.
        song: as it is now.
        parent_plan, plan: of the mix before, and of this one.
        asked: the console, and what differs in it.
        texts: the requests, as they were given.
        number: of the take.
        destination: the paths that it is written to.
        is_elsewhere: other versions of the libraries, or another system, made the parent.
        clock: of the loading of the song, which is over.
    """

    parent: RecordedMix
    song: Song
    parent_plan: RenderPlan
    plan: RenderPlan
    asked: Asked
    texts: tuple[str, ...]
    number: int
    destination: Destination
    is_elsewhere: bool
    clock: StageClock


@dataclass(frozen=True)
class Revised:
    """A take that was made.

    Attributes:
        rendered: the mix, its recipe and what was delivered with it.
        take: how it came from its parent, as the recipe has it.
        n_reused: how often material of an earlier take was found and not made again.
    """

    rendered: Rendered
    take: Take
    n_reused: int


def revise(
    recipe_path: str | Path,
    *texts: str,
    song_folder: Path | None = None,
    hold_gain: bool = False,
    allow_plugins: bool = False,
    progress: Progress | None = None,
) -> Revised:
    """Render the next take of a mix and write it beside its parent, as `NAME.take2.wav`.

    Args:
        recipe_path: of the recipe, or of the mix beside it.
        texts: each `key=value` (a signed value adds) or a request in plain words.
        song_folder: the song's present folder; None for the one in the recipe.
        hold_gain: keep the bus's gain, whatever loudness results.
        allow_plugins: load the plug-ins that the recipe names.
        progress: as in `mixer.render`.

    Returns:
        The take: its mix, files and number, and which stems are unchanged bit for bit.

    Raises:
        MixerError: as in `plan_revision` and `make_take`.
    """
    revision = plan_revision(
        recipe_path,
        texts,
        song_folder=song_folder,
        hold_gain=hold_gain,
        allow_plugins=allow_plugins,
        progress=progress,
    )
    return make_take(revision, progress)


def plan_revision(
    recipe_path: str | Path,
    texts: Sequence[str],
    *,
    song_folder: Path | None = None,
    hold_gain: bool = False,
    allow_plugins: bool = False,
    wanted: OutputSettings = MIX_ALONE,
    translation_budget_db: float | None = None,
    progress: Progress | None = None,
) -> Revision:
    """Plan a take without rendering anything.

    Args:
        recipe_path: of the recipe, or of the mix beside it.
        texts: `key=value` or requests in plain words.
        song_folder: the song's present folder; None for the one in the recipe.
        hold_gain: keep the parent's bus gain, whatever loudness results.
        allow_plugins: load the plug-ins that the recipe names. They are programs.
        wanted: what else to write beside the take, whose format and depth are its parent's; stems
            and tracks are written in any case if the parent has them.
        translation_budget_db: also lift stems that are lost on small loudspeakers, each by at
            most this; the parent must have been checked, and the take is checked as well.
        progress: as in `mixer.render`; shows the loading of the song.

    Raises:
        InputError: the recipe or the song was not found, or the song or the model has changed.
        SettingsError: the request is not understood, out of range, or changes nothing.
        OutputError: a take of this number exists, or nothing can be written.
    """
    parent = read_recipe(recipe_path)
    if not allow_plugins:
        refuse_plugins(parent)
    with SongLoading(progress, _about(parent), hashes=True) as loading:
        song = song_of(parent, song_folder, loading)
        parent_plan, is_elsewhere = _plan_of_parent(parent, song)
        settings = parent_plan.settings
        console = _console_of(settings)
        if translation_budget_db is not None:
            texts = (*texts, *correction_requests(parent, translation_budget_db, console))
            wanted = replace(wanted, check_translation=True)
        asked = _asked(texts, console, parent_plan, song)
        plan = plan_render(
            song, take_settings(parent, settings, asked.console, hold_gain=hold_gain)
        )
        number = next_number(parent.path.parent, base_of(parent.path))
        destination = _destination(parent, number, wanted)
        destination.check(plan)
    return Revision(
        parent=parent,
        song=song,
        parent_plan=parent_plan,
        plan=plan,
        asked=asked,
        texts=tuple(visible(text, 1_000) for text in texts),
        number=number,
        destination=destination,
        is_elsewhere=is_elsewhere,
        clock=loading.clock,
    )


def _asked(texts: Sequence[str], console: Console, parent_plan: RenderPlan, song: Song) -> Asked:
    roles = frozenset(track.role for track in tracks_of(song))
    known, stems = parent_plan.known_changes, tuple(song.stems)
    return ask(texts, console, known=known, stems=stems, roles=roles)


def _about(parent: RecordedMix) -> Rest:
    """About how long the next take of a mix will take, before its song is loaded."""
    take, beside = parent.take, takes_beside(parent.path.parent, base_of(parent.path))
    return about_a_revision(
        parent.settings.model,
        is_first=take is None and len(beside) < 2,
        knows_parts=take is not None and bool(take.parts),
    )


def _console_of(settings: RenderSettings) -> Console:
    """The console with the targets that were requested."""
    return with_targets(settings.console or Console(), settings)


def _destination(parent: RecordedMix, number: int, wanted: OutputSettings) -> Destination:
    """Destination beside the parent, with its format, its deliverables and those requested."""
    folder, base = parent.path.parent, base_of(parent.path)
    return Destination(
        path=take_path(folder, base, number, parent.file_format),
        wanted=replace(
            wanted,
            format=parent.file_format,
            bit_depth=parent.bit_depth or DEFAULT_BIT_DEPTH,
            bitrate_kbps=parent.coding.bitrate_kbps,
            quality=parent.coding.quality,
            stems=wanted.stems or len(parent.outputs) > 1,
            tracks=wanted.tracks or any(name != RESIDUAL for name in parent.tracks),
        ),
    )


def make_take(revision: Revision, progress: Progress | None = None) -> Revised:
    """Render a planned take, prove what it left alone, and write it.

    Args:
        revision: from `plan_revision`.
        progress: as in `mixer.render`.

    Raises:
        MixerError: as in `mixer.render` and `mixer.write_mix`.
    """
    kept = _kept(revision)
    knows_parts = _knows_parts(revision)
    parent_s = {} if knows_parts else _making_s(revision, revision.parent_plan, kept)
    making_s = _making_s(revision, revision.plan, kept, follows=not knows_parts)
    writing_s = forecast_of(revision.destination, revision.plan, is_made=True)
    then_s = sum(writing_s.values())
    then_all_s, pace = sum(making_s.values()) + then_s, pace_for(progress)
    follows = revision.clock
    with StageClock(progress, parent_s, follows=follows, then_s=then_all_s, pace=pace) as clock:
        was = _proof_of_parent(revision, kept, clock)
    destination = revision.destination
    with StageClock(progress, making_s, follows=clock, then_s=then_s) as clock:
        made = _make(revision.plan, revision, kept, clock)
        now = proof_of(made)
        made = without_parts(made, destination.audio_of(revision.plan))
    takes: list[Take] = []

    def tell(mix: Mix) -> Take:
        takes.append(_take(revision, mix, was, now))
        return takes[-1]

    rendered = render_to(
        destination, revision.plan, progress=progress, follows=clock, made=made, take=tell
    )
    return Revised(rendered, takes[-1], 0 if kept is None else kept.n_found)


def _plan_of_parent(parent: RecordedMix, song: Song) -> tuple[RenderPlan, bool]:
    """The parent's plan, and whether another system or other libraries made it.

    Raises:
        InputError: the song or the model that it was made of has changed.
    """
    plan, differences = plan_again(parent, song)
    decisive = [str(difference) for difference in differences if difference.kind in DECISIVE]
    if plan is None or decisive:
        raise InputError(
            f"{visible(parent.path)}: its inputs have changed "
            f"({'; '.join(decisive)}), so more than you ask for would change; render the song again"
        )
    is_elsewhere = any(
        one.kind in (DifferenceKind.VERSION, DifferenceKind.PLATFORM) for one in differences
    )
    return replace(plan, settings=settings_again(parent)), is_elsewhere


def _kept(revision: Revision) -> KeptMaterial | None:
    """Results kept from earlier takes of the same song and settings."""
    inputs = revision.parent.inputs
    return kept_of(revision.plan, {name: recorded.sha256 for name, recorded in inputs.items()})


def _proof_of_parent(revision: Revision, kept: KeptMaterial | None, clock: StageClock) -> Proof:
    """The parent's proof, from its recipe if it was made here, else rendered again."""
    take = revision.parent.take
    if take is not None and _knows_parts(revision):
        return Proof(take.parts, _recorded_own_bus_db(take))
    return proof_of(_make(revision.parent_plan, revision, kept, clock))


def _recorded_own_bus_db(take: RecordedTake) -> float | None:
    now = take.bus.get("now")
    return recorded_own_bus_db(now) if isinstance(now, Mapping) else None


def _knows_parts(revision: Revision) -> bool:
    """Whether the parent's recipe has the proof of all parts, as made on this system."""
    take = revision.parent.take
    if take is None or revision.is_elsewhere or not set(take.parts) >= set(revision.song.stems):
        return False
    return not has_own_bus(revision.parent_plan) or _recorded_own_bus_db(take) is not None


def _make(
    plan: RenderPlan,
    revision: Revision,
    kept: KeptMaterial | None,
    clock: StageClock,
) -> Premaster:
    return premaster(plan, _audio_of(plan, revision), clock=clock, kept=kept)


def _audio_of(plan: RenderPlan, revision: Revision) -> WantedAudio:
    """All parts, whose hashes are compared; of the new take also what its report shows."""
    return WantedAudio(
        wet_stems=plan.has_wet_stems,
        wet_tracks=bool(plan.tracks),
        stages=revision.destination.wanted.has_report and plan is revision.plan,
    )


def _making_s(
    revision: Revision, plan: RenderPlan, kept: KeptMaterial | None, *, follows: bool = False
) -> dict[Stage, float]:
    """Seconds that each stage of `_make` is foreseen to take.

    Args:
        revision: of the take.
        plan: of the take, or of its parent.
        kept: what earlier takes made of the same song.
        follows: the parent is made just before, and what it is made of is kept.
    """
    there, audio = dict[Stage, int](), _audio_of(plan, revision)
    if kept is not None:
        there = kept.holds(plan, audio)
    if kept is not None and follows:
        there |= kept_alike(plan, revision.parent_plan, audio)
    is_parent = plan is revision.parent_plan
    return take_forecast(
        plan,
        audio,
        kept=there,
        keeps=() if kept is None else kept.keeps,
        is_measured=not (is_parent or revision.destination.wanted.takes_stems),
        again=follows,
    )


def _take(revision: Revision, mix: Mix, was: Proof, now: Proof) -> Take:
    parent, same = revision.parent, same_parts(was.parts, now.parts)
    return {
        "number": revision.number,
        "made_by": MADE_BY,
        "parent": {"file": parent.path.name, "sha256": hash_file(parent.path)},
        "asked": list(revision.texts),
        "changes": list(revision.asked.changes),
        "parts": dict(now.parts),
        "same": same,
        "different": [name for name in now.parts if name not in same],
        "bus": {
            "was": bus_of(parent.measurements, was.own_bus_db),
            "now": bus_of(mix.measurements, now.own_bus_db),
        },
    }
