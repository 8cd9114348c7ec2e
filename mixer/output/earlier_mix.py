"""Stems, tracks and versions of an earlier mix at the same place, which a new one replaces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mixer.errors import OutputError
from mixer.files.whole_file import hash_file, refuse_same
from mixer.output.names import FileRole, output_paths, tracks_folder, versions_folder
from mixer.output.recipe import HashedFile
from mixer.song.song import Song
from mixer.stems import RESIDUAL

_LONGEST_RECIPE_BYTES = 1 << 24


def parts_of_earlier_mix(recipe_path: Path, mix_path: Path) -> set[Path]:
    """Stems and tracks beside a mix that its recipe names and that are still as it says."""
    try:
        with recipe_path.open("rb") as file:
            output = json.loads(file.read(_LONGEST_RECIPE_BYTES))["output"]
        stems = {name: entry for name, entry in output["files"].items() if name != FileRole.MIX}
        tracks = dict(output.get("tracks", {}))
        versions = dict(output.get("versions", {}))
        folder = output_paths(mix_path, [RESIDUAL], "wav")[RESIDUAL].parent
        found = _unchanged(folder, stems) | _unchanged(tracks_folder(mix_path), tracks)
        return found | _unchanged(versions_folder(mix_path), versions)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return set()


def _unchanged(folder: Path, entries: Mapping[str, HashedFile]) -> set[Path]:
    """The files of a recipe's entries that are in a folder and were not changed since."""
    named = {Path(entry["path"]).name: entry["sha256"] for entry in entries.values()}
    # Names alone, in this one folder: a recipe that was tampered with reaches nothing else.
    found = {folder / name: sha256 for name, sha256 in named.items() if name != ".."}
    return {path for path, sha256 in found.items() if _is_unchanged(path, sha256)}


def _is_unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and not path.is_symlink() and hash_file(path) == sha256


def remove_parts(stale: set[Path], song: Song) -> None:
    """Remove parts of an earlier mix, and their folders if nothing else is in them."""
    try:
        for path in stale:
            refuse_same([path], [r.source.path for r in song.recordings])
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in stale}:
            if not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        raise OutputError(
            f"{error.filename}, of an earlier mix, cannot be removed ({error.strerror})"
        ) from None
