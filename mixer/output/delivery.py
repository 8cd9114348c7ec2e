"""What is handed over with a mix beyond its audio and recipe: DAW sessions and the HTML report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mixer.baselines import INPUT_SUM
from mixer.errors import OutputError
from mixer.files.whole_file import hash_file, refuse_existing, whole_file, write_json
from mixer.output.daw.editable import editable_session
from mixer.output.daw.formats import DAW_FORMATS, DawFormat
from mixer.output.daw.recall import (
    RECALL_VERSION,
    Recall,
    recall_csv,
    recall_markdown,
    session_nulls,
    written_session,
)
from mixer.output.daw.session import DawSession, relative_path
from mixer.output.daw.wet import wet_session
from mixer.output.names import (
    LISTENING_COPIES,
    LISTENING_FORMAT,
    LISTENING_SUFFIX,
    RECALL_SUFFIXES,
    REPORT_SUFFIX,
    SESSION_SUFFIX,
    session_files,
)
from mixer.output.recipe import Recipe
from mixer.output.recipe_words import report_sections
from mixer.output.settings import DawAudio, OutputSettings
from mixer.rendering.mix import Mix
from mixer.report import report_data, write_listening_copies, write_report
from mixer.report.data import MIX, SessionNulls
from mixer.song.song import Song

REPORT = "report"


def delivered_paths(wanted: OutputSettings, mix_path: Path) -> dict[str, Path]:
    """Where each goes, beside the mix: keys of `DAW_FORMATS`, `RECALL_SUFFIXES`, `REPORT`."""
    base = mix_path.with_suffix("")
    paths = {daw: base.with_name(base.name + DAW_FORMATS[daw].suffix) for daw in wanted.daw}
    if wanted.edits:
        paths |= {role: base.with_name(base.name + s) for role, s in RECALL_SUFFIXES.items()}
    if wanted.has_report:
        paths[REPORT] = base.with_name(base.name + REPORT_SUFFIX)
    return paths


def listening_copies(wanted: OutputSettings, mix_path: Path) -> dict[str, Path]:
    """What the report and sessions play that is written nowhere else, as far as it is there."""
    base = mix_path.with_suffix("")
    copies = dict[str, Path]()
    if wanted.edits:
        folder = base.with_name(base.name + SESSION_SUFFIX)
        copies |= {role: folder / name for role, name in session_files(wanted.daw).items()}
    if wanted.has_copies:
        folder = base.with_name(base.name + LISTENING_SUFFIX)
        copies |= {key: folder / f"{key}.{LISTENING_FORMAT}" for key in LISTENING_COPIES}
    return copies


def refuse_names(
    wanted: OutputSettings, song: Song, mix_path: Path, home: Path | None = None
) -> None:
    """Find out before rendering what would keep a session from being written.

    Args:
        wanted: what is to be delivered.
        song: what is rendered.
        mix_path: the mix's file.
        home: as of `deliver`.

    Raises:
        OutputError: a file has a name that a session cannot hold.
    """
    paths = (mix_path.resolve(), *(r.source.path for r in song.recordings))
    for daw in wanted.daw:
        for path in paths:
            DAW_FORMATS[daw].refuse(relative_path(path, mix_path.parent, home))


def deliver(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    wanted: OutputSettings,
    *,
    home: Path | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write what is wanted with a mix that was written with its wet stems.

    Args:
        mix: rendered with `wet_stems` and, for a report, with `stages`.
        recipe: of the mix; tells where its files are.
        mix_path: the mix's file.
        wanted: what is to be delivered.
        home: folder in which everything that lies beside the mix will lie at last, where it is
            made in another one; links to the recordings lead from there. None for where it is made.
        overwrite: replace what is there.

    Returns:
        What could not be handed over in full, a line each.

    Raises:
        OutputError: something is there already, or the disk is full or read-only.
    """
    paths, remarks = delivered_paths(wanted, mix_path), list[str]()
    sessions = dict[str, DawSession]()
    for daw in wanted.daw:
        sessions[daw] = _session(mix, recipe, mix_path, DAW_FORMATS[daw], wanted)
        DAW_FORMATS[daw].write(sessions[daw], paths[daw], home=home, overwrite=overwrite)
    if wanted.edits:
        _write_recall(mix, sessions, paths, overwrite=overwrite)
    left_out = dict.fromkeys(f for session in sessions.values() for f in session.left_out)
    remarks += [f"not in the session: {file}" for file in left_out]
    if wanted.has_report:
        nulls = session_nulls(sessions) if wanted.edits else None
        _write_report(mix, recipe, mix_path, wanted, nulls, overwrite=overwrite)
    return tuple(remarks)


def _session(
    mix: Mix, recipe: Recipe, mix_path: Path, daw: DawFormat, wanted: OutputSettings
) -> DawSession:
    if wanted.daw_audio == DawAudio.WET:
        return wet_session(mix, recipe, mix.song.markers)
    return editable_session(mix, recipe, mix_path, daw, with_wet=wanted.daw_audio == DawAudio.BOTH)


def _write_recall(
    mix: Mix, sessions: dict[str, DawSession], paths: dict[str, Path], *, overwrite: bool
) -> None:
    texts = {"recall": recall_markdown(sessions), "recall table": recall_csv(sessions)}
    if not overwrite:
        refuse_existing([paths[role] for role in RECALL_SUFFIXES])
    for role, text in texts.items():
        try:
            with whole_file(paths[role]) as partial:
                partial.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"{paths[role]} cannot be written: {error.strerror}") from None
    recall: Recall = {
        "version": RECALL_VERSION,
        "song": str(mix.song.folder),
        "mixes_tracks": bool(mix.plan.tracks),
        "loudness_lufs": mix.settings.loudness_lufs,
        "sessions": {daw: written_session(own, mix.plan) for daw, own in sessions.items()},
        "files": {daw: hash_file(paths[daw]) for daw in sessions},
    }
    write_json(paths["recall numbers"], recall)


def _write_report(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    wanted: OutputSettings,
    nulls: SessionNulls | None,
    *,
    overwrite: bool,
) -> None:
    written = {name: Path(entry["path"]) for name, entry in recipe["output"]["files"].items()}
    files = {stem: written[stem] for stem in mix.wet_stems if stem in written}
    data = report_data(mix, files={**files, MIX: written[MIX]}, nulls=nulls)
    data = replace(data, sections=report_sections(recipe))
    if wanted.has_copies:
        folder = listening_copies(wanted, mix_path)[INPUT_SUM].parent
        data = write_listening_copies(folder, data, overwrite=overwrite)
    path = delivered_paths(wanted, mix_path)[REPORT]
    write_report(path, data, embed=not wanted.has_copies, overwrite=overwrite)
