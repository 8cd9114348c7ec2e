"""The same mix again from its recipe, bit for bit, or what exactly differs.

What decides a mix is compared before anything is rendered: recordings, what `song.toml` says of
them, model, profile. Where one of these differs the same mix cannot be made. Versions and the
system are compared too, but only the result tells whether they matter.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np

from mixer.audio import read_audio
from mixer.console.settings import Console
from mixer.dsp.blocks import gain_to_db
from mixer.errors import InputError, MixerError, ModelError, OutputError, PresetError
from mixer.files.whole_file import hash_file
from mixer.files.wording import visible
from mixer.output.destination import Destination, render_to
from mixer.output.names import TRACK_ROLE, VERSION_ROLE, FileRole, output_paths, track_paths
from mixer.output.recipe import Recipe, library_versions
from mixer.output.recipe_reader import RecordedInput, RecordedMix, RecordedOutput
from mixer.output.settings import OutputSettings
from mixer.output.used_files import used_files
from mixer.output.versions import words_of
from mixer.rendering.plan import RenderPlan
from mixer.rendering.planning import plan_render
from mixer.rendering.progress import Progress
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from mixer.song.recording import Recording
from mixer.song.song import Song
from mixer.stems import RESIDUAL


class DifferenceKind(StrEnum):
    """What of a recipe is another here."""

    INPUT = "input"
    SONG = "song"
    MODEL = "model"
    PROFILE = "profile"
    DEVICE = "device"
    VERSION = "version"
    PLATFORM = "platform"
    OUTPUT = "output"
    PLUGIN = "plug-in"
    ROOM = "room"


# With another of these there is nothing to render: it would be another mix.
DECISIVE = (
    DifferenceKind.INPUT,
    DifferenceKind.SONG,
    DifferenceKind.MODEL,
    DifferenceKind.PROFILE,
    DifferenceKind.ROOM,
)
_HASH_SHOWN = 12
_ANY_BIT_DEPTH = "24"  # lossy formats have none and ignore it
Named = TypeVar("Named")


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the recipe has it.

    Attributes:
        kind: "input", "song", "model", "profile", "room", "plug-in", "device", "version",
            "platform" or "output".
        what: which file, library or value.
        was, now: as recorded, and here; None for what was not, or is not, there.
    """

    kind: DifferenceKind
    what: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.what}: {self.was or 'absent'} -> {self.now or 'absent'}"


@dataclass(frozen=True)
class Replay:
    """What came out.

    Attributes:
        differences: before rendering, then of device and output.
        written: name to file of what was rendered; empty where nothing was.
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
    """Compare what is here with what the recipe has; renders nothing.

    Args:
        recipe: from `read_recipe`.
        song_folder: where the song is now; None for where it was.

    Raises:
        InputError: no such folder, or nothing in it that can be mixed.
        PresetError: a mistake in `song.toml`.
        DeviceError: the settings name a device that there cannot be.
    """
    song = song_of(recipe, song_folder)
    plan, differences = plan_again(recipe, song)
    return (song if plan is None else plan.song), differences


def song_of(recipe: RecordedMix, song_folder: Path | None) -> Song:
    """The song that a recipe is of, as it is now.

    Raises:
        InputError: no such folder, or nothing in it that can be mixed.
        PresetError: a mistake in `song.toml`.
    """
    folder = song_folder or recipe.song_folder
    if not folder.is_dir():
        raise InputError(
            f"{visible(folder)}: no such folder; say with --song where the song is now"
        )
    return load_song(folder)


def plan_again(recipe: RecordedMix, song: Song) -> tuple[RenderPlan | None, list[Difference]]:
    """The plan of a recorded mix, None where its model is not here, and what differs.

    Args:
        recipe: from `read_recipe`.
        song: from `song_of`.

    Raises:
        MixerError: as of `mixer.rendering.planning.plan_render`.
    """
    plan, of_plan = _plan(recipe, song)
    if plan is not None:
        song = plan.song  # as it is mixed: what is mended between microphones is in the recipe
    named = [*_of_used(recipe), *_of_versions(recipe)]
    return plan, [*_of_song(recipe, song), *of_plan, *named]


def refuse_plugins(recipe: RecordedMix) -> None:
    """Raise where a recipe loads plug-ins: they are programs, and it may come from anyone.

    Raises:
        PresetError: naming the first one.
    """
    if recipe.plugins():
        raise PresetError(
            f"the recipe loads a plug-in, {visible(recipe.plugins()[0])}, which is a program: add "
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
        folder: where the mix, its stems and its recipe go; nothing there is replaced.
        name: of the mix's file; None for the recorded one.
        song_folder: where the song is now; None for where it was.
        allow_plugins: load the plug-ins that the recipe names. They are programs.
        progress: as of `render`.

    Raises:
        MixerError: as `find_differences`, `render` and `write_mix`; PresetError also where plug-ins
            are not allowed.
    """
    if not allow_plugins:
        refuse_plugins(recipe)
    plan, differences = plan_again(recipe, song_of(recipe, song_folder))
    if plan is None or any(difference.kind in DECISIVE for difference in differences):
        return Replay(tuple(differences))
    path = folder / (name or recipe.outputs[FileRole.MIX].path.name)
    stems = [name for name in recipe.outputs if name != FileRole.MIX]
    tracks = [name for name in recipe.tracks if name != RESIDUAL]
    targets = output_paths(path, stems, recipe.file_format)
    for target in (*targets.values(), *track_paths(path, tracks, recipe.file_format).values()):
        if target.exists():
            raise OutputError(f"{target} already exists; choose another --output")
    # What it is called is in the files, so in their hashes: whatever song.toml says now.
    song = replace(plan.song, name=recipe.song_name, title=recipe.title, artist=recipe.artist)
    plan = replace(plan, settings=settings_again(recipe), song=song)
    destination = Destination(
        path,
        OutputSettings(
            recipe.file_format,
            recipe.bit_depth or _ANY_BIT_DEPTH,
            bitrate_kbps=recipe.coding.bitrate_kbps,
            quality=recipe.coding.quality,
            stems=bool(stems),
            tracks=bool(tracks),
            deliver=words_of(recipe.delivered),
        ),
    )
    destination.check(plan)
    done = render_to(destination, plan, progress=progress)
    if done.mix.device != recipe.device:
        differences.append(
            Difference(
                DifferenceKind.DEVICE, "that ran the network", _text(recipe.device), done.mix.device
            )
        )
    tracks_and_versions = _in(TRACK_ROLE, recipe.tracks) | _in(VERSION_ROLE, recipe.delivered)
    recorded = {**recipe.outputs, **tracks_and_versions}
    written = _written(done.recipe)
    differences += _of_outputs(recorded, written)
    return Replay(tuple(differences), {name: path for name, (path, _) in written.items()})


def _written(recipe: Recipe) -> dict[str, tuple[Path, str]]:
    """Path and hash of every audio file of a mix that was just written, by its role."""
    output = recipe["output"]
    files = {
        **output["files"],
        **_in(TRACK_ROLE, output.get("tracks", {})),
        **_in(VERSION_ROLE, output.get("versions", {})),
    }
    return {name: (Path(file["path"]), file["sha256"]) for name, file in files.items()}


def settings_again(recipe: RecordedMix) -> RenderSettings:
    """The recorded settings on the device that ran then; `auto` may be another one today.

    What references came down to is held: their files are not opened, and need not be there.
    """
    settings = replace(recipe.settings, held_reference=recipe.reference_moves)
    if settings.device != "auto" or recipe.device is None:
        return settings
    return replace(settings, device=recipe.device.partition(" ")[0])


def _of_song(recipe: RecordedMix, song: Song) -> Iterator[Difference]:
    here = {recording.file: recording for recording in song.recordings}
    left_out = {recording.file: recording.reason for recording in song.left_out}
    for name in dict.fromkeys((*recipe.inputs, *here)):
        was, now = recipe.inputs.get(name), here.get(name)
        if was is None:
            yield Difference(DifferenceKind.INPUT, visible(name), None, "a recording of the song")
        elif now is None:
            reason = left_out.get(name)
            gone = None if reason is None else f"left out ({visible(reason)})"
            yield Difference(DifferenceKind.INPUT, visible(name), "a recording of the song", gone)
        else:
            sha256 = hash_file(now.source.path)
            if sha256 != was.sha256:
                yield Difference(
                    DifferenceKind.INPUT, visible(name), _hash(was.sha256), _hash(sha256)
                )
            yield from _of_recording(name, was, now)
    if recipe.settings.dry is None and recipe.dry != song.dry:
        yield Difference(DifferenceKind.SONG, "dry", _word(recipe.dry), _word(song.dry))
    if recipe.tempo_bpm is not None and recipe.tempo_bpm != song.tempo_bpm:
        now_bpm = None if song.tempo_bpm is None else f"{song.tempo_bpm:g}"
        yield Difference(DifferenceKind.SONG, "tempo_bpm", f"{recipe.tempo_bpm:g}", now_bpm)


def _of_recording(name: str, was: RecordedInput, now: Recording) -> Iterator[Difference]:
    """What `song.toml`, or the rules for names, now say otherwise."""
    for what in ("stem", "gain_db", "side", "start_s", "inverted"):
        before, after = getattr(was, what), getattr(now, what)
        if before != after:
            yield Difference(
                DifferenceKind.SONG, f"{visible(name)}, {what}", _text(before), _text(after)
            )


def _plan(recipe: RecordedMix, song: Song) -> tuple[RenderPlan | None, list[Difference]]:
    try:
        held = replace(recipe.settings, held_reference=recipe.reference_moves)
        plan = plan_render(song, held)
    except ModelError as error:
        name, sha256 = recipe.model or (recipe.settings.model, "")
        what = f"{visible(name)}" if recipe.model else "or profile"
        was = _hash(sha256) if sha256 else "used"
        return None, [Difference(DifferenceKind.MODEL, what, was, f"not here: {visible(error)}")]
    return plan, list(_of_plan(recipe, plan))


def _of_plan(recipe: RecordedMix, plan: RenderPlan) -> Iterator[Difference]:
    if recipe.settings.amount > 0.0:
        yield from _of_model(recipe, plan)
    profile = recipe.measurements.get("profile_sha256")
    if isinstance(profile, str) and profile != plan.profile.sha256:
        yield Difference(
            DifferenceKind.PROFILE, "to normalise to", _hash(profile), _hash(plan.profile.sha256)
        )


def _of_model(recipe: RecordedMix, plan: RenderPlan) -> Iterator[Difference]:
    was = recipe.model
    now = None
    if plan.identity is not None:
        now = (str(plan.identity["name"]), str(plan.identity["manifest_sha256"]))
    if was == now:
        return
    if was is not None and now is not None and was[0] == now[0]:
        yield Difference(DifferenceKind.MODEL, visible(was[0]), _hash(was[1]), _hash(now[1]))
    else:
        names = (None if m is None else f"{visible(m[0])} {_hash(m[1])}" for m in (was, now))
        yield Difference(DifferenceKind.MODEL, "of the mix", *names)


def _of_used(recipe: RecordedMix) -> Iterator[Difference]:
    """Plug-ins and rooms; of recipes from before they were recorded nothing is said."""
    here = used_files(recipe.settings, recipe.settings.console or Console())
    pairs = (
        (DifferenceKind.PLUGIN, recipe.used.plugins, here["plugins"]),
        (DifferenceKind.ROOM, recipe.used.rooms, here["rooms"]),
    )
    for kind, was, now in pairs:
        for path in dict.fromkeys((*was, *now)) if was else ():
            if was.get(path) != now.get(path):
                hashes = (None if h is None else _hash(h) for h in (was.get(path), now.get(path)))
                yield Difference(kind, visible(path), *hashes)


def _of_versions(recipe: RecordedMix) -> Iterator[Difference]:
    here = library_versions()
    for name in dict.fromkeys((*recipe.versions, *here)):
        was, now = recipe.versions.get(name), here.get(name)
        if was != now:
            yield Difference(DifferenceKind.VERSION, name, was, now)
    if recipe.platform != platform.platform():
        yield Difference(
            DifferenceKind.PLATFORM, "of the render", visible(recipe.platform), platform.platform()
        )


def _in(role: str, files: Mapping[str, Named]) -> dict[str, Named]:
    return {f"{role}{name}": file for name, file in files.items()}


def _of_outputs(
    recorded: Mapping[str, RecordedOutput], written: Mapping[str, tuple[Path, str]]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*recorded, *written)):
        was, now = recorded.get(name), written.get(name)
        if was is None or now is None:
            before = None if was is None else _hash(was.sha256)
            now_hash = None if now is None else _hash(now[1])
            yield Difference(DifferenceKind.OUTPUT, visible(name), before, now_hash)
        elif was.sha256 != now[1]:
            how = f"{_hash(now[1])} ({_audible(was, now[0])})"
            yield Difference(DifferenceKind.OUTPUT, visible(name), _hash(was.sha256), how)


def _audible(was: RecordedOutput, now: Path) -> str:
    """How far the samples are apart, where the recorded file is still there to tell."""
    if not was.is_there(hash_file):
        return "the recorded file is not here to compare samples with"
    try:
        (before, _), (after, _) = read_audio(was.path), read_audio(now)
    except MixerError as error:
        return f"the recorded file cannot be compared: {error}"
    if before.shape != after.shape:
        return f"{after.shape[1]} samples where there were {before.shape[1]}"
    largest = float(np.max(np.abs(before - after), initial=0.0))
    if largest == 0.0:
        return "equal samples, in another file around them"
    return f"samples differ by at most {float(gain_to_db(largest, -400.0)):.1f} dBFS"


def _hash(sha256: str) -> str:
    return f"sha256 {visible(sha256)[:_HASH_SHOWN]}"


def _word(value: bool) -> str:
    return "true" if value else "false"


def _text(value: object) -> str | None:
    return None if value is None else visible(value)
