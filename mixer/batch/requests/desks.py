"""The console of each row: presets, the song's own table, `--set` and the row's columns.

Resolved once for every combination of these, before anything is rendered. The targets of loudness
and true peak that a preset or a song brings become settings of the row, if its cells are silent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mixer.batch.requests.columns import COLUMNS
from mixer.batch.requests.defaults import Defaults
from mixer.batch.requests.identity import UNKNOWN, Identity
from mixer.batch.requests.manifest import Row
from mixer.batch.requests.row_mistakes import mistake
from mixer.batch.requests.row_request import RowSettings
from mixer.console.settings import TARGETS
from mixer.errors import Gathered, InputError, MixerError, PresetError
from mixer.output.config import Config
from mixer.rendering.choices.platforms import PLATFORMS
from mixer.rendering.choices.shipped import AUTO_MODEL
from mixer.rendering.settings import asked_ceiling
from mixer.song.folders.folder_names import SONG_FILE

if TYPE_CHECKING:
    from mixer.console.settings import Console
    from mixer.preset.merge import Resolved


@dataclass(frozen=True)
class Desk:
    """A row's desk.

    Attributes:
        console: as a plain table, without the targets, for `mixer.preset.schema.read_console`.
        song_table: what the song's own file said under `console` when it was resolved.
        sources: name, path and sha256 of every file that contributed to it.
    """

    console: Mapping[str, object] = field(default_factory=dict)
    song_table: Mapping[str, object] = field(default_factory=dict)
    sources: tuple[Mapping[str, str], ...] = ()


NEUTRAL = Desk()


def check_defaults(defaults: Defaults) -> None:
    """Raise PresetError for a mistake on the command line itself, before any row is read."""
    from mixer.preset.assignments import read_assignment
    from mixer.preset.merge import resolve
    from mixer.preset.trust import refuse_foreign_plugins

    gathered = Gathered(PresetError)
    with gathered.gathering():
        resolved = resolve(defaults.presets)
        if not defaults.allow_plugins:
            refuse_foreign_plugins(resolved.sources)
    for text in defaults.sets:
        with gathered.gathering():
            read_assignment(text)
    gathered.refuse()


def read_desks(rows: Sequence[Row], defaults: Defaults) -> tuple[list[Row], list[Desk], list[str]]:
    """The desk of each row; the rows with the targets that it brings; and the mistakes."""
    resolved = _Resolver(defaults)
    done, desks, mistakes = list[Row](), list[Desk](), list[str]()
    for row in rows:
        desk, settings = NEUTRAL, row.settings
        song_table, wrong = _song_table(row.song)
        try:
            if row.presets or row.sets or song_table:
                found = resolved(row, song_table)
                settings = _with_targets(row.settings, found.console)
                desk = Desk(_without_targets(found), song_table, found.sources)
        except MixerError as error:
            wrong += error.lines
        if wrong:
            mistakes += dict.fromkeys(_mistake_of(row, line) for line in wrong)
            row = replace(row, has_mistakes=True)
        settings = _with_config(settings, defaults.config)
        done.append(row if settings is row.settings else replace(row, settings=settings))
        desks.append(desk)
    return done, desks, mistakes


def find_misfits(
    rows: Sequence[Row], desks: Sequence[Desk], identities: Sequence[Identity]
) -> list[str]:
    """Mistakes of rows whose desk needs wet stems or tracks that their model does not make."""
    from mixer.console.settings import Strip
    from mixer.console.split import is_neutral_console, split_console
    from mixer.preset.schema import read_console

    mistakes: list[str] = []
    for row, desk, identity in zip(rows, desks, identities, strict=True):
        if not identity.mixes_tracks and identity != UNKNOWN:
            mistakes += _tracks_of_no_use(row, desk)
        if identity.has_wet_stems or not desk.console or row.settings.get("amount") == 0.0:
            continue
        _, rest = split_console(read_console(desk.console, "manifest"))
        if not is_neutral_console(replace(rest, master=Strip())):
            what = f"{row.settings['model']!r} makes no wet stems, so strips can only "
            what += "mute, solo and set the gain; remove the other settings or use another model"
            mistakes.append(mistake(row.number, "model", what))
    return mistakes


def _tracks_of_no_use(row: Row, desk: Desk) -> Iterator[str]:
    """Settings of tracks by name for a model that mixes stems; roles may not be in the song."""
    from mixer.preset.console_shape import TRACKS
    from mixer.rendering.user_strips import more_than_gains

    # By name to what is said of it: the desk's own table has been read before.
    of_tracks = cast("Mapping[str, Mapping[str, object]]", desk.console.get(TRACKS, {}))
    said = (((TRACKS, name), table) for name, table in of_tracks.items())
    model = str(row.settings.get("model", AUTO_MODEL))
    return (mistake(row.number, "model", what) for what in more_than_gains(said, model))


class _Resolver:
    """Resolves what rows say, the same only once."""

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults
        self._known: dict[tuple[Any, ...], Resolved | Exception] = {}

    def __call__(self, row: Row, song_table: Mapping[str, object]) -> Resolved:
        song_path = row.song / SONG_FILE if song_table else None
        return self._once(
            (row.presets, row.sets, song_path),
            partial(self._resolve, row.presets, song_table, row.sets, song_path),
        )

    def _once(self, key: tuple[Any, ...], make: Callable[[], Resolved]) -> Resolved:
        if key not in self._known:
            try:
                self._known[key] = make()
            except MixerError as error:
                self._known[key] = error
        found = self._known[key]
        if isinstance(found, Exception):
            raise found
        return found

    def _resolve(
        self,
        presets: tuple[str, ...],
        song_table: Mapping[str, object] | None = None,
        sets: tuple[str, ...] = (),
        song_path: Path | None = None,
    ) -> Resolved:
        from mixer.preset.merge import resolve
        from mixer.preset.trust import refuse_foreign_plugins

        resolved = resolve(presets, song_table, sets, song_path=song_path)
        if not self._defaults.allow_plugins:
            refuse_foreign_plugins(resolved.sources, song_path=song_path)
        return resolved


def _song_table(song: Path) -> tuple[Mapping[str, object], list[str]]:
    """Console settings of the song's file, and a line for each mistake in the rest of it."""
    # Most songs have none: one look, without the exceptions and objects of a read.
    if not os.path.exists(f"{song}/{SONG_FILE}"):  # noqa: PTH110 - 10 000 of them
        return {}, []
    path = song / SONG_FILE
    from mixer.audio.codecs.video import is_recording_file
    from mixer.preset.layer import song_table
    from mixer.song.folders.folder import list_song_folder
    from mixer.song.song_file import read_song_file

    try:
        names = [file.name for file in list_song_folder(song) if is_recording_file(file.place)]
    except InputError:
        return {}, []  # that song fails, with this reason; the manifest has no mistake
    try:
        return read_song_file(song, names).console, []
    except OSError as error:
        return {}, [f"{path}: cannot be read ({error.strerror})"]
    except PresetError as error:
        try:
            return song_table(path), list(error.lines)
        except PresetError:  # not even TOML, as the error says
            return {}, list(error.lines)


def _with_targets(settings: RowSettings, console: Console) -> RowSettings:
    """The row's settings; a cell wins over what presets and song bring."""
    brought = {"loudness_lufs": console.loudness_lufs, "true_peak_dbtp": asked_ceiling(console)}
    said = {name: brought[name] for name in TARGETS if getattr(console, name) is not None}
    return cast(RowSettings, said | dict(settings))


def _with_config(settings: RowSettings, config: Config) -> RowSettings:
    """The settings over the user's own defaults, a platform's targets told as those of a cell."""
    if not config.settings:
        return settings
    weaker = config.settings_beside(settings)
    weaker = {name: value for name, value in weaker.items() if name in COLUMNS}
    if weaker.get("platform") is not None:
        place = PLATFORMS[weaker["platform"]]
        targets = {name: getattr(place, name) for name in TARGETS}
        weaker = targets | weaker
    return cast(RowSettings, weaker | dict(settings))


def _without_targets(resolved: Resolved) -> dict[str, object]:
    from mixer.preset.schema import plain_table

    bare = replace(resolved.console, loudness_lufs=None, true_peak_dbtp=None)
    # As JSON has it: it goes into the ledger, and to workers.
    table: dict[str, object] = json.loads(json.dumps(plain_table(bare)))
    return table


def _mistake_of(row: Row, error: str) -> str:
    """A line about the cell that is to blame."""
    if error.startswith(str(row.song / SONG_FILE)):
        return mistake(row.number, "song", error)
    if error.startswith("--set"):
        own = [text.partition("=")[0] for text in row.sets[len(row.sets) - row.n_own_sets :]]
        what = error.removeprefix("--set: ")
        column = next((name for name in own if what.startswith(name.rpartition(".")[0])), None)
        return mistake(row.number, column or "--set", what)
    return mistake(row.number, "preset", error)
