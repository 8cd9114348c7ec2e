"""Write a mix: the audio, its wet stems, and its recipe beside them, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mixer import audio as audio_io
from mixer.audio.broadcast import BroadcastInfo
from mixer.audio.encoding import refuse_without_encoder
from mixer.audio.formats import (
    BIT_DEPTHS,
    DEFAULT_BIT_DEPTH,
    FORMATS,
    USUAL_CODING,
    LossyCoding,
    refuse_coding,
    refuse_depth,
    refuse_rate,
)
from mixer.dsp.blocks import with_gain
from mixer.errors import OutputError, SettingsError
from mixer.files.interruption import interruptions_held_back
from mixer.files.staging import publish, staging_folder
from mixer.files.whole_file import (
    hash_file,
    refuse_existing,
    refuse_same,
    refuse_unwritable,
    write_json,
)
from mixer.meters.broadcast_levels import measure_broadcast
from mixer.output.deliverables import make_versions
from mixer.output.names import (
    TRACK_ROLE,
    VERSION_ROLE,
    FileRole,
    format_of,
    output_paths,
    track_paths,
    tracks_folder,
    versions_folder,
)
from mixer.output.recipe import (
    HashedFile,
    OutputTable,
    Recipe,
    SongTable,
    VersionFile,
    hashed,
    output_table,
    recipe_of,
    song_table,
    tags_of,
)
from mixer.output.settings import OutputSettings
from mixer.output.versions import version_paths
from mixer.rendering.frozen_bus import MixParts
from mixer.rendering.mix import Mix, measure_levels
from mixer.song.song import Song
from mixer.stems import RESIDUAL

_LONGEST_RECIPE_BYTES = 1 << 24


def check_output(
    mix_path: Path,
    stem_names: list[str],
    track_names: Sequence[str] = (),
    *,
    file_format: str,
    bit_depth: str,
    sample_rate: int,
    overwrite: bool,
    coding: LossyCoding = USUAL_CODING,
    song: Song | None = None,
    beside: Sequence[Path] = (),
) -> None:
    """Check before rendering that the result can be written.

    `beside` are further files that will be written with the mix.

    Raises:
        SettingsError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, is a recording of the song, or cannot be written.
    """
    if file_format not in FORMATS:
        raise SettingsError(f"format {file_format!r} is not one of {', '.join(FORMATS)}")
    if bit_depth not in BIT_DEPTHS:
        raise SettingsError(f"bit depth {bit_depth!r} is not one of {', '.join(BIT_DEPTHS)}")
    refuse_depth(file_format, bit_depth)
    refuse_rate(file_format, sample_rate)
    refuse_coding(file_format, coding)
    if FORMATS[file_format].encoder:
        refuse_without_encoder(FORMATS[file_format].title)
    paths = [
        *output_paths(mix_path, stem_names, file_format).values(),
        *track_paths(mix_path, track_names, file_format).values(),
        *beside,
    ]
    if song is not None:
        refuse_same(paths, [r.source.path for r in song.recordings])
    if not overwrite:
        refuse_existing(paths)
    refuse_unwritable(paths)


def write_mix(
    mix: Mix,
    path: str | Path,
    *,
    file_format: str | None = None,
    bit_depth: str = DEFAULT_BIT_DEPTH,
    coding: LossyCoding = USUAL_CODING,
    overwrite: bool = False,
) -> Recipe:
    """Write a mix, its wet stems and tracks if it has them, and its recipe.

    Args:
        mix: from `mixer.render`.
        path: of the mix; stems go to `NAME.stems/`, tracks to `NAME.tracks/` and the recipe to
            `NAME.mix.json` beside it.
        file_format: "wav", "flac", "mp3", "ogg", "opus" or "m4a" (AAC, with the codecs extra); None
            for what `path` ends in.
        bit_depth: "16", "24" or "32f"; lossy formats have none and ignore it.
        coding: of lossy formats: bit rate or quality.
        overwrite: replace existing files, and remove stems and tracks of an earlier mix.

    Returns:
        The recipe, as written; `["output"]["clipped"]` names what went beyond full scale in a
        format that cannot hold it.

    Raises:
        SettingsError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, is a recording of the song, or the disk is full
            or read-only.
    """
    path = Path(path)
    file_format = format_of(path, file_format)
    check_output(
        path,
        [*mix.wet_stems, RESIDUAL] if mix.wet_stems else [],
        list(mix.wet_tracks),
        file_format=file_format,
        bit_depth=bit_depth,
        coding=coding,
        sample_rate=mix.sample_rate,
        overwrite=overwrite,
        song=mix.song,
    )
    with staging_folder(path.parent) as staging:
        staged, home = staging / path.name, path.parent.resolve()
        recipe = write_audios(
            mix, staged, file_format=file_format, bit_depth=bit_depth, coding=coding
        )
        recipe = write_recipe(recipe, staged, home)
        bring(staged, path, mix.song, overwrite=overwrite)
    return recipe


def write_audios(
    mix: Mix,
    path: Path,
    *,
    file_format: str,
    bit_depth: str,
    coding: LossyCoding = USUAL_CODING,
    wrote: Callable[[str], None] = lambda name: None,
    song: SongTable | None = None,
) -> Recipe:
    """Write a mix with its wet stems and tracks into a staging folder.

    Args:
        mix: from `mixer.render`.
        path: of the mix in the staging folder, under the name that it will have at last.
        file_format, bit_depth, coding: as in `write_mix`, checked.
        wrote: told the name of each file that is written.
        song: the mix's, from `song_table`, if that was made already.

    Returns:
        The recipe, with the present paths of the files.

    Raises:
        OutputError: the disk is full or read-only.
    """
    stems = dict(mix.wet_stems)
    if stems:
        stems[RESIDUAL] = mix.residual
    paths = output_paths(path, list(stems), file_format)
    of_tracks = track_paths(path, list(mix.wet_tracks), file_format)
    # Before anything is written: these are the files that were read.
    song = song_table(mix.song) if song is None else song
    how = _How(mix, file_format, bit_depth, coding, wrote)
    clipped = _write_audios({FileRole.MIX: mix.audio, **stems}.items(), paths, how)
    clipped += [TRACK_ROLE + name for name in _write_audios(_with_residual(mix), of_tracks, how)]
    written = {name: paths[name] for name in (FileRole.MIX, *stems)}
    output = output_table(mix, written, of_tracks, clipped, file_format, bit_depth, coding)
    return recipe_of(mix, song, output)


def write_recipe(recipe: Recipe, path: Path, home: Path) -> Recipe:
    """Write a recipe beside a mix that is moved to another folder with all that lies beside it.

    Args:
        recipe: from `write_audios`.
        path: of the mix, as given there.
        home: the folder where the files will lie.

    Returns:
        The recipe as written: its files are where they will lie.

    Raises:
        OutputError: the disk is full or read-only.
    """
    output, folder = recipe["output"], path.parent.resolve()
    for files in (output["files"], output.get("tracks", {}), output.get("versions", {})):
        for entry in files.values():
            entry["path"] = str(home / Path(entry["path"]).relative_to(folder))
    write_json(output_paths(path, [], output["format"])[FileRole.RECIPE], recipe)
    return recipe


def bring(staged: Path, path: Path, song: Song, *, overwrite: bool) -> None:
    """Bring a mix and all that was made beside it to its place, the recipe last.

    Stems, tracks and versions of an earlier mix go, if its recipe names them and nobody changed
    them.

    Args:
        staged: of the mix in the staging folder.
        path: of the mix at last.
        song: what was mixed, none of whose recordings is ever removed.
        overwrite: replace existing files.

    Raises:
        OutputError: a file is there already or cannot be written; then nothing is changed.
    """
    recipe_path = output_paths(path, [], path.suffix)[FileRole.RECIPE]
    stale = _parts_of_earlier_mix(recipe_path, path)
    with interruptions_held_back():
        is_recipe = Path(recipe_path.name).__eq__
        written = publish(staged.parent, path.parent, last=is_recipe, overwrite=overwrite)
        _remove(stale.difference(written), song)


def write_versions(
    mix: Mix,
    recipe: Recipe,
    path: Path,
    wanted: OutputSettings,
    *,
    wrote: Callable[[str], None] = lambda name: None,
) -> Recipe:
    """Write the versions of a mix into a staging folder, one at a time.

    Args:
        mix: with its wet stems and what else `mixer.output.deliverables` asks for.
        recipe: from `write_audios`.
        path: of the mix, as given there.
        wanted: which versions, and how they are called and written.
        wrote: told the name of each version that is written.

    Returns:
        The recipe with them.

    Raises:
        OutputError: the disk is full or read-only.
    """
    targets = version_paths(
        wanted.deliver,
        wanted.deliver_names,
        path,
        song=mix.song.name,
        stems=list(mix.wet_stems),
        rate=mix.sample_rate,
        bits=wanted.bit_depth,
    )
    parts, how = MixParts(mix), _How(mix, wanted.format, wanted.bit_depth, wanted.coding)
    entries: dict[str, VersionFile] = {}
    output: OutputTable = {**recipe["output"], "clipped": list(recipe["output"]["clipped"])}
    holds_any_level = not FORMATS[wanted.format].is_lossy and wanted.bit_depth == "32f"
    for name, made in make_versions(mix, parts, wanted.deliver):
        audio = with_gain(made.audio, wanted.deliver_gain_db)
        beyond = _write_audios([(name, audio)], targets, how)
        output["clipped"] += [] if holds_any_level else [VERSION_ROLE + each for each in beyond]
        levels = measure_levels(audio, mix.sample_rate)
        entries[name] = {
            **hashed({name: targets[name]})[name],
            "loudness_lufs": levels["loudness_lufs"],
            "true_peak_dbtp": levels["true_peak_dbtp"],
            "limited_db": made.limited_db,
            "over_ceiling_db": _over_db(levels["true_peak_dbtp"], mix.settings.true_peak_dbtp),
        }
        wrote(name)
    output |= {"versions": entries, "versions_error_dbfs": parts.error_dbfs}
    if wanted.deliver_gain_db:
        output["versions_gain_db"] = wanted.deliver_gain_db
    return {**recipe, "output": output}


def _over_db(peak_dbtp: float | None, ceiling_dbtp: float | None) -> float:
    """Excess of a peak over the ceiling in dB; 0 for silence, and without a ceiling."""
    if peak_dbtp is None or ceiling_dbtp is None:
        return 0.0
    return max(0.0, peak_dbtp - ceiling_dbtp)


class _How(NamedTuple):
    """How the files of a mix are written."""

    mix: Mix
    file_format: str
    bit_depth: str
    coding: LossyCoding
    wrote: Callable[[str], None] = lambda name: None


def _with_residual(mix: Mix) -> Iterator[tuple[str, np.ndarray]]:
    """Every wet track, one at a time, and the residual."""
    yield from mix.wet_tracks.items()
    if mix.wet_tracks:
        yield RESIDUAL, mix.residual_of_tracks


def _write_audios(
    audios: Iterable[tuple[str, np.ndarray]], targets: dict[str, Path], how: _How
) -> list[str]:
    """Write each to its file; return the names of those that clip."""
    beyond, mix = [], how.mix
    for name, audio in audios:
        audio_io.write_audio(
            targets[name],
            audio,
            mix.sample_rate,
            file_format=how.file_format,
            bit_depth=how.bit_depth,
            seed=mix.settings.seed,
            broadcast=_broadcast(mix, name, audio) if how.file_format == "wav" else None,
            coding=how.coding,
            tags=_tags(mix.song, name),
        )
        beyond += [name] if _peak(audio) > 1.0 else []
        how.wrote(name)
    return beyond


def _tags(song: Song, name: str) -> dict[str, str]:
    """Title and artist of one of a mix's files; a part has its name after the title."""
    tags = tags_of(song)
    if name != FileRole.MIX and "title" in tags:
        tags["title"] += f" ({name})"
    return tags


def _peak(audio: np.ndarray) -> float:
    # Not of the absolute values: that would be a second copy of the audio.
    return max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))


def _broadcast(mix: Mix, name: str, audio: np.ndarray) -> BroadcastInfo:
    master = mix.measurements["master"]
    is_mix = audio is mix.audio
    return measure_broadcast(
        audio,
        mix.sample_rate,
        f"{mix.song.name}: {name}",
        master["true_peak_dbtp"] if is_mix else None,
        mix.energies if is_mix else None,
    )


def _parts_of_earlier_mix(recipe_path: Path, mix_path: Path) -> set[Path]:
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


def _remove(stale: set[Path], song: Song) -> None:
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
            f"{error.filename}, of an earlier mix, cannot be removed: {error.strerror}"
        ) from None
