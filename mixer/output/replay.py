"""Reproduction of a mix from its recipe, bit for bit, or a list of exact differences.

Everything that determines a mix is compared before rendering: recordings, their settings in
`song.toml`, model, profile. If one of these differs, the same mix cannot be made. Versions and the
system are compared too, but only the result shows whether they matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from mixer.errors import InputError, ModelError, OutputError, PresetError
from mixer.files.wording import visible
from mixer.output.destination import Destination, render_to
from mixer.output.names import TRACK_ROLE, VERSION_ROLE, FileRole, output_paths, track_paths
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import Recipe
from mixer.output.recorded_mix import RecordedMix
from mixer.output.replay_differences import (
    DECISIVE,
    Difference,
    DifferenceKind,
    difference_of_device,
    differences_of_outputs,
    differences_of_plan,
    differences_of_song,
    differences_of_used,
    differences_of_versions,
    in_role,
    short_hash,
)
from mixer.output.versions import words_of
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.rendering.timing.load_forecast import SongLoading, about_a_mix
from mixer.rendering.timing.progress import Progress
from mixer.song.load import load_song
from mixer.song.load_progress import Loading, unwatched
from mixer.song.song import Song
from mixer.stems import RESIDUAL

_ANY_BIT_DEPTH = "24"  # lossy formats have none and ignore it


@dataclass(frozen=True)
class Replay:
    """Result of a replay.

    Attributes:
        differences: before rendering, then of device and output.
        written: name to file of what was rendered; empty if nothing was.
    """

    differences: tuple[Difference, ...]
    written: dict[str, Path] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether it was rendered, and every file is bit for bit the recorded one."""
        return bool(self.written) and not any(
            d.kind == DifferenceKind.OUTPUT for d in self.differences
        )


def find_differences(
    recipe: RecordedMix, song_folder: Path | None = None
) -> tuple[Song, list[Difference]]:
    """Compare the present song, model and system with the recipe, without rendering.

    Args:
        recipe: from `read_recipe`.
        song_folder: the song's present folder; None for the one in the recipe.

    Raises:
        InputError: no such folder, or nothing in it that can be mixed.
        PresetError: a mistake in `song.toml`.
        DeviceError: the settings name an invalid device.
    """
    song = song_of(recipe, song_folder)
    plan, differences = plan_again(recipe, song)
    return (song if plan is None else plan.song), differences


def song_of(recipe: RecordedMix, song_folder: Path | None, loading: Loading = unwatched) -> Song:
    """The song that a recipe is of, as it is now.

    Args:
        recipe: from `read_recipe`.
        song_folder: the song's present folder; None for the one in the recipe.
        loading: as in `mixer.song.load.load_song`.

    Raises:
        InputError: no such folder, or nothing in it that can be mixed.
        PresetError: a mistake in `song.toml`.
    """
    folder = song_folder or recipe.song_folder
    if not folder.is_dir():
        raise InputError(
            f"{visible(folder)}: no such folder; if the song has moved, give its folder with --song"
        )
    return load_song(folder, loading=loading)


def plan_again(recipe: RecordedMix, song: Song) -> tuple[RenderPlan | None, list[Difference]]:
    """The plan of a recorded mix, None if its model is not here, and what differs.

    Args:
        recipe: from `read_recipe`.
        song: from `song_of`.

    Raises:
        MixerError: as in `mixer.rendering.plans.planning.plan_render`.
    """
    plan, of_plan = _plan(recipe, song)
    if plan is not None:
        song = plan.song  # as it is mixed: what is repaired between microphones is in the recipe
    named = [*differences_of_used(recipe), *differences_of_versions(recipe)]
    return plan, [*differences_of_song(recipe, song), *of_plan, *named]


def refuse_plugins(recipe: RecordedMix) -> None:
    """Raise if a recipe loads plug-ins: they are programs, and it may come from anyone.

    Raises:
        PresetError: naming the first one.
    """
    if recipe.plugins():
        raise PresetError(
            f"the recipe loads a plug-in, {visible(recipe.plugins()[0])}, which is a program; add "
            "--allow-plugins if you trust it"
        )


def replay(
    recipe: RecordedMix,
    folder: Path,
    *,
    name: str | None = None,
    song_folder: Path | None = None,
    allow_plugins: bool = False,
    progress: Progress | None = None,
) -> Replay:
    """Render the same mix again and compare it with the recorded one.

    Args:
        recipe: from `read_recipe`.
        folder: destination of the mix, its stems and its recipe; no file is replaced.
        name: of the mix's file; None for the recorded one.
        song_folder: the song's present folder; None for the one in the recipe.
        allow_plugins: load the plug-ins that the recipe names. They are programs.
        progress: as in `render`.

    Raises:
        MixerError: as `find_differences`, `render` and `write_mix`; PresetError also where plug-ins
            are not allowed.
    """
    if not allow_plugins:
        refuse_plugins(recipe)
    about = about_a_mix(recipe.settings.model)
    with SongLoading(progress, about, hashes=True) as loading:
        plan, differences = plan_again(recipe, song_of(recipe, song_folder, loading))
    if plan is None or any(difference.kind in DECISIVE for difference in differences):
        return Replay(tuple(differences))
    destination = _destination(recipe, folder / (name or recipe.outputs[FileRole.MIX].path.name))
    # The title is in the files, so in their hashes, whatever song.toml says now.
    song = replace(plan.song, name=recipe.song_name, title=recipe.title, artist=recipe.artist)
    plan = replace(plan, settings=settings_again(recipe), song=song)
    destination.check(plan)
    done = render_to(destination, plan, progress=progress, follows=loading.clock)
    differences += difference_of_device(recipe, done.mix.device)
    tracks_and_versions = in_role(TRACK_ROLE, recipe.tracks) | in_role(
        VERSION_ROLE, recipe.delivered
    )
    recorded = {**recipe.outputs, **tracks_and_versions}
    written = _written(done.recipe)
    differences += differences_of_outputs(recorded, written)
    return Replay(tuple(differences), {name: path for name, (path, _) in written.items()})


def _destination(recipe: RecordedMix, path: Path) -> Destination:
    """Destination of a replay: the files that the recipe lists, none of which may exist."""
    stems = [name for name in recipe.outputs if name != FileRole.MIX]
    tracks = [name for name in recipe.tracks if name != RESIDUAL]
    targets = output_paths(path, stems, recipe.file_format)
    for target in (*targets.values(), *track_paths(path, tracks, recipe.file_format).values()):
        if target.exists():
            raise OutputError(f"{target} already exists; choose another --output")
    return Destination(
        path,
        OutputSettings(
            recipe.file_format,
            recipe.bit_depth or _ANY_BIT_DEPTH,
            bitrate_kbps=recipe.coding.bitrate_kbps,
            quality=recipe.coding.quality,
            stems=bool(stems),
            tracks=bool(tracks),
            deliver=words_of(recipe.delivered),
            deliver_gain_db=recipe.delivered_gain_db,
        ),
    )


def _written(recipe: Recipe) -> dict[str, tuple[Path, str]]:
    """Path and hash of every audio file of a mix that was just written, by its role."""
    output = recipe["output"]
    files = {
        **output["files"],
        **in_role(TRACK_ROLE, output.get("tracks", {})),
        **in_role(VERSION_ROLE, output.get("versions", {})),
    }
    return {name: (Path(file["path"]), file["sha256"]) for name, file in files.items()}


def settings_again(recipe: RecordedMix) -> RenderSettings:
    """The recorded settings on the device that ran then; `auto` may be another one today.

    The moves of references are reused: their files are not opened, and need not exist.
    """
    settings = replace(recipe.settings, held_reference=recipe.reference_moves)
    if settings.device != "auto" or recipe.device is None:
        return settings
    return replace(settings, device=recipe.device.partition(" ")[0])


def _plan(recipe: RecordedMix, song: Song) -> tuple[RenderPlan | None, list[Difference]]:
    try:
        held = replace(recipe.settings, held_reference=recipe.reference_moves)
        plan = plan_render(song, held)
    except ModelError as error:
        name, sha256 = recipe.model or (recipe.settings.model, "")
        what = f"{visible(name)}" if recipe.model else "or profile"
        was = short_hash(sha256) if sha256 else "used"
        return None, [Difference(DifferenceKind.MODEL, what, was, f"not here: {visible(error)}")]
    return plan, list(differences_of_plan(recipe, plan))
