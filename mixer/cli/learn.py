"""`mixer learn`: what an engineer changed in a session, as settings of the next render."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import click

from mixer.cli.console import answer, printable, say, talk, talk_warning
from mixer.cli.paths import FilePath
from mixer.errors import SettingsError
from mixer.files.wording import joined
from mixer.learn.recall_reader import WrittenMix, read_recall, recall_of
from mixer.learn.session_changes import Comparison, compare_session
from mixer.learn.song_toml import refuse_other_song, song_toml_with, write_song_toml
from mixer.learn.taste import Taste, taste_of
from mixer.learn.user_edit import Edit, edit_of
from mixer.output.daw.daw_formats import DAW_TITLES
from mixer.output.daw.session_reading import read_session
from mixer.preset.preset_writing import save_preset


@click.command(name="learn")
@click.argument(
    "sessions",
    nargs=-1,
    required=True,
    type=FilePath(exists=True, dir_okay=False, path_type=Path),
    metavar="SESSION...",
)
@click.option("--preset", "preset", help="Save the common changes as a preset of this name.")
@click.option(
    "--song",
    "song",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="The song's folder, if it has moved.",
)
@click.option(
    "--recall",
    "recall",
    type=FilePath(exists=True, dir_okay=False, path_type=Path),
    help="NAME.recall.json, if the session has moved away from it.",
)
@click.option("--overwrite", is_flag=True, help="Replace your preset of that name.")
@click.option("--dry-run", is_flag=True, help="Show the changes found; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    sessions: tuple[Path, ...],
    preset: str | None,
    song: Path | None,
    recall: Path | None,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read back faders, pans, EQ, automation, mutes and sends of edited sessions.

    Each session's changes go into its song's song.toml, so that the next `mixer render` gives
    that mix. With --preset, changes common to several sessions become a preset instead.
    """
    if len(sessions) > 1 and (song is not None or recall is not None):
        raise SettingsError("--song and --recall apply to one session; give only one")
    learnt = [_learn(path, song, recall) for path in sessions]
    taste = Taste()
    if preset:
        taste = taste_of([(one.written, one.comparison.changed) for one in learnt])
    written = _write(learnt, taste, preset, overwrite=overwrite) if not dry_run else []
    if as_json:
        answer(
            {
                "sessions": [_table(one) for one in learnt],
                "habits": [habit.words for habit in taste.habits],
                "no_habits": taste.others,
                "written": [str(path) for path in written],
            }
        )
        return
    for one in learnt:
        _show(one)
    for habit in taste.habits:
        say(habit.words)
    for other in taste.others:
        talk(f"note: not in the preset: {printable(other)}")
    if preset and not taste.habits:
        talk("note: no preset was written; it needs a change common to two sessions or more")
    for path in written:
        say(str(path))
    if written:
        talk(f"note: {_next_step(written, preset)}")


def _next_step(written: list[Path], preset: str | None) -> str:
    """How to render with the learnt changes."""
    if preset:
        return f"use it with: mixer render SONG --preset {preset}"
    songs = " or ".join(f"mixer render {shlex.quote(str(path.parent))}" for path in written)
    return f"to hear it: {songs}, with the presets and options of the first mix"


@dataclass(frozen=True)
class _Learnt:
    """Settings learnt from one session."""

    path: Path
    song: Path
    written: WrittenMix
    comparison: Comparison
    edits: tuple[Edit, ...]


def _learn(path: Path, song: Path | None, recall: Path | None) -> _Learnt:
    session = read_session(path)
    written = read_recall(recall or recall_of(path), session.daw)
    comparison = compare_session(written, session)
    edits = tuple(edit_of(changed, written) for changed in comparison.changed)
    return _Learnt(path, song or written.song, written, comparison, edits)


def _write(
    learnt: list[_Learnt], taste: Taste, preset: str | None, *, overwrite: bool
) -> list[Path]:
    if preset is not None:
        if not taste.habits:
            return []
        comments = [habit.words for habit in taste.habits]
        summary = f"Changes that {len(learnt)} {DAW_TITLES} sessions have in common."
        return [
            save_preset(
                preset, taste.table(), summary=summary, comments=comments, overwrite=overwrite
            )
        ]
    texts = list[tuple[Path, str]]()
    for one in learnt:
        if any(edit.table for edit in one.edits):
            refuse_other_song(one.song, [track.source for track in one.written.tracks])
            texts.append((one.song, song_toml_with(one.song, one.edits)))
    return [write_song_toml(folder, text) for folder, text in texts]


def _show(one: _Learnt) -> None:
    comparison = one.comparison
    if not comparison.changed:
        talk(f"{printable(str(one.path))}: nothing was changed")
    for changed, edit in zip(comparison.changed, one.edits, strict=True):
        say(printable(f"{changed.written.name}: {', '.join(changed.words())}"))
        for remark in edit.remarks:
            talk_warning(f"{printable(changed.written.name)}: {printable(remark)}")
    for name in comparison.added:
        talk(f"note: added track {printable(name)}: not a recording of the song, left alone")
    for name in comparison.gone:
        talk(f"note: {printable(name)} was removed from the session; mute it to drop it as well")
    for name, devices in comparison.foreign:
        talk(f"note: {printable(name)}: {printable(joined(list(devices), 'and'))} left alone")
    for remark in comparison.remarks:
        talk_warning(f"{printable(remark)}")


def _table(one: _Learnt) -> dict[str, object]:
    comparison = one.comparison
    return {
        "session": str(one.path),
        "song": str(one.song),
        "changed": {changed.written.name: changed.words() for changed in comparison.changed},
        "learnt": [{"keys": list(edit.keys), "table": edit.table} for edit in one.edits],
        "not_learnt": [remark for edit in one.edits for remark in edit.remarks],
        "added": list(comparison.added),
        "gone": list(comparison.gone),
        "foreign": {name: list(devices) for name, devices in comparison.foreign},
    }
