"""`NAME.mix.json` read back: what made a mix, checked field by field.

A recipe may come from anyone. Its size and its numbers are bounded, nothing in it is run, and of
the paths in it only the song's folder and what the settings name are ever opened, as a user could
name them; the files of the mix itself are looked for beside the recipe and nowhere else.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from mixer.audio.formats import BIT_DEPTHS, FORMATS
from mixer.console.settings import Console
from mixer.errors import InputError, SettingsError
from mixer.files.checked_table import MAX_TEXT, CheckedTable, is_number, leaves, read_table, shown
from mixer.output.recipe import RECIPE_SCHEMA_VERSION
from mixer.preset.schema import plain_table, read_console
from mixer.rendering.settings import RenderSettings
from mixer.song.folder_names import RECIPE_SUFFIX
from mixer.stems import STEMS

MIX = "mix"
_PLAIN = (bool, str, types.NoneType)
_CONTROL_SIGN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_OUTPUT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,63}")


@dataclass(frozen=True)
class RecordedInput:
    """A recording as it was when it was mixed; fields as of `mixer.song.song.Recording`."""

    file: str
    sha256: str
    stem: str
    gain_db: float
    side: str | None


@dataclass(frozen=True)
class RecordedOutput:
    """A file that was written: where it should lie now, beside the recipe, and its hash."""

    path: Path
    sha256: str

    def is_there(self, hash_file: Callable[[Path], str]) -> bool:
        """Whether the file is still there, unchanged."""
        try:
            return self.path.is_file() and hash_file(self.path) == self.sha256
        except OSError:
            return False


@dataclass(frozen=True)
class RecordedMix:
    """A recipe.

    Attributes:
        path: of the recipe.
        song_name: title of the song.
        song_folder: where it was.
        dry: whether the song was said to be dry.
        tempo_bpm: of the song; None where it was not told, or not recorded.
        inputs: the recordings by name.
        settings: what was asked for.
        model: name and hash of the manifest; None without a network.
        device: what ran the network; None without one.
        measurements: as they were written, not checked: read them with `numbers`.
        file_format, bit_depth: of the files; the depth is None for lossy formats.
        outputs: "mix" and each wet stem.
        versions: of python, mixer and the libraries.
        platform: the system.
    """

    path: Path
    song_name: str
    song_folder: Path
    dry: bool
    tempo_bpm: float | None
    inputs: Mapping[str, RecordedInput]
    settings: RenderSettings
    model: tuple[str, str] | None
    device: str | None
    measurements: Mapping[str, Any]
    file_format: str
    bit_depth: str | None
    outputs: Mapping[str, RecordedOutput]
    versions: Mapping[str, str]
    platform: str

    def plugins(self) -> tuple[str, ...]:
        """Files of the plug-ins that the settings load: programs, which a stranger may name."""
        table = dataclasses.asdict(self.settings)
        lists = (value for name, value in leaves(table) if name.split(".")[-1] == "path")
        return tuple(sorted({str(value) for value in lists if isinstance(value, str)}))


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
    table = read_table(path, f"recipe of a mix, NAME{RECIPE_SUFFIX}")
    version = table.number("schema_version", (1, 1 << 31))
    if version > RECIPE_SCHEMA_VERSION:
        raise InputError(f"{shown(path)} was written by a newer version of mixer; update mixer")
    song, output = table.table("song"), table.table("output")
    model = table.table("model") if table.value.get("model") is not None else None
    device = table.value.get("device")
    return RecordedMix(
        path=path,
        song_name=song.text("name"),
        song_folder=Path(song.text("folder")),
        dry=song.boolean("dry"),
        tempo_bpm=song.optional_number("tempo_bpm", (1.0, 1_000.0)),
        inputs=_inputs(song),
        settings=_settings(table.table("settings")),
        model=(model.text("name"), model.sha256("manifest_sha256")) if model else None,
        device=None if device is None else table.text("device"),
        measurements=table.table("measurements").value,
        file_format=output.choice("format", tuple(FORMATS)),
        bit_depth=None
        if output.value.get("bit_depth") is None
        else output.choice("bit_depth", tuple(BIT_DEPTHS)),
        outputs=_outputs(output),
        versions={
            shown(name): shown(version)[:100]
            for name, version in table.table("versions").value.items()
        },
        platform=table.text("platform"),
    )


def numbers(value: Any) -> dict[str, float | None]:
    """The numbers of a tree of tables and lists by dotted name; None where one has no value."""
    return {
        name: None if leaf is None else float(leaf)
        for name, leaf in leaves(value)
        if leaf is None or is_number(leaf)
    }


def settings_by_name(settings: RenderSettings) -> dict[str, Any]:
    """All settings by dotted name, those of tables and lists in them one by one."""
    plain = dataclasses.asdict(settings)
    plain["console"] = plain_table(settings.console or Console())
    return dict(leaves(plain))


def _inputs(song: CheckedTable) -> dict[str, RecordedInput]:
    found = {}
    for entry in song.tables("files"):
        side = entry.value.get("side")
        found[entry.text("file")] = RecordedInput(
            file=entry.text("file"),
            sha256=entry.sha256("sha256"),
            stem=entry.choice("stem", STEMS),
            gain_db=entry.number("gain_db", (-200.0, 200.0)),
            side=None if side is None else entry.choice("side", ("left", "right")),
        )
    return found


def _settings(table: CheckedTable) -> RenderSettings:
    known = {field.name for field in fields(RenderSettings)}
    unknown = sorted(set(table.value) - known)
    if unknown:
        table.fail(unknown[0], "is unknown: a newer version of mixer wrote it, so update mixer")
    # JSON has lists alone; settings, which may be compared and hashed, have tuples.
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in table.value.items()
    }
    for key, value in leaves(values):
        if isinstance(value, str) and (len(value) > MAX_TEXT or _CONTROL_SIGN.search(value)):
            table.fail(key, "must be a text of one line")
    for name, hint in typing.get_type_hints(RenderSettings).items():
        if name in values and not _fits(values[name], hint):
            table.fail(name, "is of a kind that it cannot be")
    try:
        if values.get("console") is not None:
            if not isinstance(values["console"], Mapping):
                table.fail("console", "must be a table")
            values["console"] = read_console(values["console"], str(table.path))
        return RenderSettings(**values)
    except (SettingsError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        table.fail("values", f"do not fit: {shown(error)[:200]}")


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is what a field is declared to hold; tables are left to their own readers."""
    kind, options = typing.get_origin(hint), typing.get_args(hint)
    if kind in (types.UnionType, typing.Union):
        return any(_fits(value, option) for option in options)
    if kind is tuple and options[-1] is Ellipsis:
        return isinstance(value, tuple) and all(_fits(part, options[0]) for part in value)
    if hint in (int, float):
        allowed = int if hint is int else int | float
        return isinstance(value, allowed) and not isinstance(value, bool)
    return not isinstance(hint, type) or hint not in _PLAIN or isinstance(value, hint)


def _outputs(output: CheckedTable) -> dict[str, RecordedOutput]:
    files = output.table("files")
    folder = Path(files.path).absolute().parent
    mix = _parts(files.table(MIX).text("path"))
    found = {}
    for name in files.value:
        if not _OUTPUT_NAME.fullmatch(name):
            files.fail(name, "is no name of a stem")
        entry = files.table(name)
        parts = _parts(entry.text("path"))
        # `mixes/a.stems/bass.wav` lay one folder deeper than `mixes/a.wav`; nothing lies elsewhere.
        inside = parts[len(mix) - 1 :]
        if parts[: len(mix) - 1] != mix[:-1] or len(inside) not in (1, 2) or ".." in inside:
            entry.fail("path", "is not beside the mix")
        path = folder.joinpath(*inside)
        if not path.is_relative_to(folder):  # on Windows a name may hold a drive
            entry.fail("path", "is not beside the mix")
        found[name] = RecordedOutput(path, entry.sha256("sha256"))
    return found


def _parts(path: str) -> tuple[str, ...]:
    """Folders and name of a path of whatever system wrote the recipe."""
    is_windows = PureWindowsPath(path).drive != ""
    return (PureWindowsPath(path) if is_windows else PurePosixPath(path)).parts
