"""The sessions that are handed over with a mix, and the recall sheets beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mixer.files.whole_file import hash_file, refuse_existing, write_json, write_output
from mixer.output.daw.daw_formats import DAW_FORMATS, DawFormat
from mixer.output.daw.daw_session import DawSession
from mixer.output.daw.editable import editable_session
from mixer.output.daw.recall import (
    RECALL_VERSION,
    Recall,
    recall_csv,
    recall_markdown,
    session_nulls,
    written_session,
)
from mixer.output.daw.wet_session import wet_session
from mixer.output.names import RECALL_SUFFIXES
from mixer.output.output_settings import DawAudio, OutputSettings
from mixer.output.recipe import Recipe
from mixer.rendering.mix import Mix
from mixer.report.data import SessionNulls


def write_sessions(
    mix: Mix,
    recipe: Recipe,
    mix_path: Path,
    wanted: OutputSettings,
    paths: Mapping[str, Path],
    *,
    home: Path | None,
    overwrite: bool,
    at: Callable[[str, float], None],
) -> tuple[tuple[str, ...], SessionNulls | None]:
    """Write a session for each workstation that is requested.

    Args:
        mix, recipe, mix_path, wanted, home, overwrite: as in `mixer.output.delivery.deliver`.
        paths: where each session and each recall sheet goes.
        at: told the name of each workstation whose session is made, and the share done.

    Returns:
        Files that are in no session; how deep the tracks of editable ones null, for a report.

    Raises:
        OutputError: something is there already, or the disk is full or read-only.
    """
    sessions = dict[str, DawSession]()
    for n_done, daw in enumerate(wanted.daw):
        at(daw, n_done / len(wanted.daw))
        sessions[daw] = _session(mix, recipe, mix_path, DAW_FORMATS[daw], wanted)
        DAW_FORMATS[daw].write(sessions[daw], paths[daw], home=home, overwrite=overwrite)
    if wanted.edits:
        _write_recall(mix, sessions, paths, overwrite=overwrite)
    left_out = dict.fromkeys(f for session in sessions.values() for f in session.left_out)
    nulls = session_nulls(sessions) if wanted.edits and wanted.has_report else None
    return tuple(left_out), nulls


def _session(
    mix: Mix, recipe: Recipe, mix_path: Path, daw: DawFormat, wanted: OutputSettings
) -> DawSession:
    if wanted.daw_audio == DawAudio.WET:
        return wet_session(mix, recipe, mix.song.markers)
    return editable_session(mix, recipe, mix_path, daw, with_wet=wanted.daw_audio == DawAudio.BOTH)


def _write_recall(
    mix: Mix, sessions: dict[str, DawSession], paths: Mapping[str, Path], *, overwrite: bool
) -> None:
    texts = {"recall": recall_markdown(sessions), "recall table": recall_csv(sessions)}
    if not overwrite:
        refuse_existing([paths[role] for role in RECALL_SUFFIXES])
    for role, text in texts.items():
        write_output(paths[role], text)
    recall: Recall = {
        "version": RECALL_VERSION,
        "song": str(mix.song.folder),
        "mixes_tracks": bool(mix.plan.tracks),
        "loudness_lufs": mix.settings.loudness_lufs,
        "sessions": {daw: written_session(own, mix.plan) for daw, own in sessions.items()},
        "files": {daw: hash_file(paths[daw]) for daw in sessions},
    }
    write_json(paths["recall numbers"], recall)
