"""Reader of `NAME.mix.json`, the recipe of a mix, checked field by field.

A recipe may come from anyone. Its size and its numbers are bounded, nothing in it is run, and of
the paths in it only the song's folder and what the settings name are ever opened, as a user could
name them; the files of the mix itself are looked for beside the recipe and nowhere else.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mixer.audio.formats import BIT_DEPTHS, FORMATS, LossyCoding
from mixer.console.settings import Console
from mixer.errors import InputError
from mixer.files.document import Document, read_json
from mixer.files.fields import (
    LONGEST_PROSE,
    MISSING,
    TextKind,
    choice,
    entries,
    flag,
    number,
    sha256,
    text,
)
from mixer.files.mistakes import Mistake, leaves
from mixer.files.shape import Leaf, LeafKind, Table, table_of
from mixer.files.wording import visible
from mixer.output.names import FileRole
from mixer.output.recipe import RECIPE_SCHEMA_VERSION
from mixer.output.recorded_mix import (
    RecordedFiles,
    RecordedInput,
    RecordedMix,
    RecordedOutput,
    RecordedReference,
    RecordedTake,
    RecordedTranslation,
)
from mixer.preset.console_shape import CONSOLE
from mixer.preset.schema import find_gaps, plain_table
from mixer.rendering.settings import RenderSettings
from mixer.song.folders.folder_names import RECIPE_SUFFIX
from mixer.stems import STEM_NAME

MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class _Song:
    name: str = text(kind=TextKind.RAW)
    folder: str = text(kind=TextKind.RAW)
    dry: bool = flag()
    files: tuple[RecordedInput, ...] = entries()
    tempo_bpm: float | None = number(None, 1.0, 1_000.0)


@dataclass(frozen=True)
class _Model:
    name: str = text(kind=TextKind.RAW)
    manifest_sha256: str = sha256()


@dataclass(frozen=True)
class _File:
    path: str = text(kind=TextKind.RAW)
    sha256: str = sha256()


@dataclass(frozen=True)
class _Output:
    format: str = choice(MISSING, tuple(FORMATS))
    files: Mapping[str, _File] = entries()
    bit_depth: str | None = choice(None, tuple(BIT_DEPTHS))
    bitrate_kbps: int | None = number(None, 1, 1_000)
    quality: float | None = number(None, 0.0, 10.0)
    tags: Mapping[str, str] = entries(default={})
    tracks: Mapping[str, _File] = entries(default={}, names=TextKind.RAW)
    versions: Mapping[str, _File] = entries(default={}, names=TextKind.RAW)
    versions_gain_db: float = number(0.0, -12.0, 0.0)


@dataclass(frozen=True)
class _Recipe:
    song: _Song
    settings: RenderSettings
    measurements: Mapping[str, Any]
    output: _Output
    versions: Mapping[str, Any]
    platform: str = text(kind=TextKind.RAW)
    model: _Model | None = None
    device: str | None = text(None, kind=TextKind.RAW)
    take: RecordedTake | None = None
    used: RecordedFiles | None = None
    translation: RecordedTranslation | None = None
    reference: RecordedReference | None = None


def _recipe_table() -> Table:
    settings = table_of(RenderSettings)
    fields = {
        name: replace(shape, text=TextKind.NAME, longest=LONGEST_PROSE)
        if isinstance(shape, Leaf) and shape.kind == LeafKind.TEXT
        else shape
        for name, shape in settings.fields.items()
    }
    fields["console"] = replace(CONSOLE, optional=True)
    advice = "a newer version of mixer wrote it, so update mixer"
    settings = replace(settings, fields=fields, advice=advice)
    recipe = table_of(_Recipe, is_open=True)
    return replace(recipe, fields={**recipe.fields, "settings": settings})


_RECIPE = _recipe_table()


def read_recipe(path: str | Path) -> RecordedMix:
    """Read what `write_mix` wrote beside a mix.

    Args:
        path: of `NAME.mix.json`, or of the mix beside it.

    Raises:
        InputError: no such file, not a recipe, or a value in it that no recipe can have.
    """
    path = Path(path)
    if path.suffix.lower().lstrip(".") in FORMATS:
        path = path.with_name(path.stem + RECIPE_SUFFIX)
    document = read_json(
        path, f"a recipe of a mix, NAME{RECIPE_SUFFIX}", InputError, most_bytes=MOST_BYTES
    )
    document.check_version("schema_version", RECIPE_SCHEMA_VERSION)
    document.check(_RECIPE)
    console = document.table["settings"].get("console") or {}
    document.refuse(
        Mistake(("settings", "console", *keys), what) for keys, what in find_gaps(console)
    )
    recipe: _Recipe = document.build(_RECIPE)
    song, output, model = recipe.song, recipe.output, recipe.model
    return RecordedMix(
        path=path,
        song_name=song.name,
        song_folder=Path(song.folder),
        dry=song.dry,
        tempo_bpm=song.tempo_bpm,
        inputs={recording.file: recording for recording in song.files},
        settings=recipe.settings,
        model=(model.name, model.manifest_sha256) if model else None,
        device=recipe.device,
        measurements=recipe.measurements,
        file_format=output.format,
        bit_depth=output.bit_depth,
        coding=LossyCoding(output.bitrate_kbps, output.quality),
        title=output.tags.get("title"),
        artist=output.tags.get("artist"),
        outputs=_outputs(document, output.files, path),
        tracks=_tracks(document, output, path),
        versions={visible(key): visible(v, 100) for key, v in recipe.versions.items()},
        platform=recipe.platform,
        delivered=_beside(document, "versions", output.versions, output.files[FileRole.MIX], path),
        delivered_gain_db=output.versions_gain_db,
        take=recipe.take,
        used=recipe.used or RecordedFiles(),
        translation=recipe.translation.rows if recipe.translation else (),
        reference_moves=recipe.reference.moves if recipe.reference else None,
    )


def settings_by_name(settings: RenderSettings) -> dict[str, object]:
    """All settings by dotted name, those of tables and lists in them one by one."""
    plain = dataclasses.asdict(settings)
    del plain["held_reference"]  # of a take; what was requested is `reference`
    plain["console"] = plain_table(settings.console or Console())
    return dict(leaves(plain))


def _outputs(
    document: Document, files: Mapping[str, _File], recipe_path: Path
) -> dict[str, RecordedOutput]:
    wrong = (
        [Mistake(("output", "files", FileRole.MIX), "is missing")]
        if FileRole.MIX not in files
        else []
    )
    wrong += [
        Mistake(("output", "files", name), "is not a valid name for a stem file")
        for name in files
        if not STEM_NAME.fullmatch(name)
    ]
    document.refuse(wrong)
    return _beside(document, "files", files, files[FileRole.MIX], recipe_path)


def _tracks(document: Document, output: _Output, recipe_path: Path) -> dict[str, RecordedOutput]:
    return _beside(document, "tracks", output.tracks, output.files[FileRole.MIX], recipe_path)


def _beside(
    document: Document, key: str, files: Mapping[str, _File], mix_file: _File, recipe_path: Path
) -> dict[str, RecordedOutput]:
    """Expected files beside the recipe; refuse one in another folder."""
    folder = recipe_path.absolute().parent
    mix = _parts(mix_file.path)
    found = {}
    for name, entry in files.items():
        parts = _parts(entry.path)
        # `mixes/a.stems/bass.wav` lay one folder deeper than `mixes/a.wav`; nothing lies elsewhere.
        inside = parts[len(mix) - 1 :]
        is_outside = parts[: len(mix) - 1] != mix[:-1] or ".." in inside
        path = folder.joinpath(*inside)
        # on Windows a name may hold a drive
        if is_outside or len(inside) not in (1, 2) or not path.is_relative_to(folder):
            raise document.refusal(("output", key, name, "path"), "is not beside the mix")
        found[name] = RecordedOutput(path, entry.sha256)
    return found


def _parts(path: str) -> tuple[str, ...]:
    """Folders and name of a path of whatever system wrote the recipe."""
    is_windows = PureWindowsPath(path).drive != ""
    return (PureWindowsPath(path) if is_windows else PurePosixPath(path)).parts
