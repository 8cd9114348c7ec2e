"""Write a mix: the audio, its wet stems, and its recipe beside them, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from mixer import audio as audio_io
from mixer.audio.codecs.encoding import refuse_without_encoder
from mixer.audio.formats import (
    BIT_DEPTHS,
    DEFAULT_BIT_DEPTH,
    FORMATS,
    USUAL_CODING,
    FileCoding,
    LossyCoding,
    refuse_coding,
    refuse_depth,
    refuse_rate,
)
from mixer.dsp.blocks import with_gain
from mixer.dsp.exact_rest import ExactRest
from mixer.errors import SettingsError
from mixer.files.interruption import interruptions_held_back
from mixer.files.staging import publish, staging_folder
from mixer.files.whole_file import (
    refuse_existing,
    refuse_same,
    refuse_unwritable,
    write_json,
)
from mixer.output.audio_files import AudioFiles, Wrote, dither_seed
from mixer.output.deliverables import make_versions
from mixer.output.earlier_mix import parts_of_earlier_mix, remove_parts
from mixer.output.names import (
    TRACK_ROLE,
    VERSION_ROLE,
    FileRole,
    format_of,
    output_paths,
    track_paths,
)
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import (
    OutputTable,
    Recipe,
    SongTable,
    VersionFile,
    output_table,
    recipe_of,
    song_table,
)
from mixer.output.versions import version_paths
from mixer.rendering.mix import Mix, measure_levels
from mixer.song.song import Song
from mixer.stems import RESIDUAL


def check_output(
    mix_path: Path,
    stem_names: list[str],
    track_names: Sequence[str] = (),
    *,
    coding: FileCoding,
    sample_rate: int,
    overwrite: bool,
    song: Song | None = None,
    beside: Sequence[Path] = (),
) -> None:
    """Check before rendering that the result can be written.

    `beside` are further files that will be written with the mix.

    Raises:
        SettingsError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, is a recording of the song, or cannot be written.
    """
    file_format, bit_depth = coding.format, coding.bit_depth
    if file_format not in FORMATS:
        raise SettingsError(f"format {file_format!r} is not one of {', '.join(FORMATS)}")
    if bit_depth not in BIT_DEPTHS:
        raise SettingsError(f"bit depth {bit_depth!r} is not one of {', '.join(BIT_DEPTHS)}")
    refuse_depth(file_format, bit_depth)
    refuse_rate(file_format, sample_rate)
    refuse_coding(file_format, coding.lossy)
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
        coding: bit rate in kbit/s or quality of a lossy format.
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
    file_coding = FileCoding(format_of(path, file_format), bit_depth, coding)
    check_output(
        path,
        [*mix.wet_stems, RESIDUAL] if mix.wet_stems else [],
        list(mix.wet_tracks),
        coding=file_coding,
        sample_rate=mix.sample_rate,
        overwrite=overwrite,
        song=mix.song,
    )
    with staging_folder(path.parent) as staging:
        staged, home = staging / path.name, path.parent.resolve()
        recipe = write_audios(mix, staged, file_coding)
        recipe = write_recipe(recipe, staged, home)
        bring(staged, path, mix.song, overwrite=overwrite)
    return recipe


def write_audios(
    mix: Mix,
    path: Path,
    coding: FileCoding,
    *,
    hashed: Callable[[], None] = lambda: None,
    wrote: Wrote = lambda name, share: None,
    song: SongTable | None = None,
) -> Recipe:
    """Write a mix with its wet stems and tracks into a staging folder.

    Args:
        mix: from `mixer.render`.
        path: of the mix in the staging folder, under the name that it will have at last.
        coding: of the files, checked.
        hashed: called when the recordings are hashed, before anything is written.
        wrote: called with the name of a file and the share of it that is written, 0 to 1.
        song: the mix's, from `song_table`, if that was made already.

    Returns:
        The recipe, with the present paths of the files.

    Raises:
        OutputError: the disk is full or read-only.
    """
    stems = dict(mix.wet_stems)
    if stems:
        stems[RESIDUAL] = mix.residual
    paths = output_paths(path, list(stems), coding.format)
    of_tracks = track_paths(path, list(mix.wet_tracks), coding.format)
    # Before anything is written: these are the files that were read.
    song = song_table(mix.song) if song is None else song
    hashed()
    files = AudioFiles(mix, coding, wrote)
    written = files.write({FileRole.MIX: mix.audio, **stems}.items(), paths)
    tracks = files.write(_with_residual(mix, coding), of_tracks)
    clipped = written.beyond + [TRACK_ROLE + name for name in tracks.beyond]
    output = output_table(mix, written.files, tracks.files, clipped, coding)
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
    stale = parts_of_earlier_mix(recipe_path, path)
    with interruptions_held_back():
        is_recipe = Path(recipe_path.name).__eq__
        written = publish(staged.parent, path.parent, last=is_recipe, overwrite=overwrite)
        remove_parts(stale.difference(written), song)


def write_versions(
    mix: Mix,
    recipe: Recipe,
    path: Path,
    wanted: OutputSettings,
    *,
    wrote: Wrote = lambda name, share: None,
) -> Recipe:
    """Write the versions of a mix into a staging folder, one at a time.

    Args:
        mix: with its wet stems and what else `mixer.output.deliverables` asks for.
        recipe: from `write_audios`.
        path: of the mix, as given there.
        wanted: which versions, and how they are called and written.
        wrote: called with the name of a version and the share of it that is written, 0 to 1.

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
    # Not above: most mixes have no versions.
    from mixer.rendering.frozen_bus import MixParts

    parts, files = MixParts(mix), AudioFiles(mix, wanted.file_coding)
    entries: dict[str, VersionFile] = {}
    output: OutputTable = {**recipe["output"], "clipped": list(recipe["output"]["clipped"])}
    for name, made in make_versions(mix, parts, wanted.deliver):
        audio = with_gain(made.audio, wanted.deliver_gain_db)
        written = files.write([(name, audio)], targets)
        if not wanted.file_coding.holds_any_level:
            output["clipped"] += [VERSION_ROLE + each for each in written.beyond]
        levels = measure_levels(audio, mix.sample_rate)
        entries[name] = {
            **written.files[name],
            "loudness_lufs": levels["loudness_lufs"],
            "true_peak_dbtp": levels["true_peak_dbtp"],
            "limited_db": made.limited_db,
            "over_ceiling_db": _over_db(levels["true_peak_dbtp"], mix.settings.true_peak_dbtp),
        }
        wrote(name, 1.0)
    output |= {"versions": entries, "versions_error_dbfs": parts.error_dbfs}
    if wanted.deliver_gain_db:
        output["versions_gain_db"] = wanted.deliver_gain_db
    return {**recipe, "output": output}


def _over_db(peak_dbtp: float | None, ceiling_dbtp: float | None) -> float:
    """Excess of a peak over the ceiling in dB; 0 for silence, and without a ceiling."""
    if peak_dbtp is None or ceiling_dbtp is None:
        return 0.0
    return max(0.0, peak_dbtp - ceiling_dbtp)


def _with_residual(mix: Mix, coding: FileCoding) -> Iterator[tuple[str, np.ndarray]]:
    """Every wet track, one at a time, and the residual.

    The residual makes up for what lossless files round, so that their sum is the mix's file.
    """
    if not mix.wet_tracks:
        return
    depth = "32f" if FORMATS[coding.format].is_lossy else coding.bit_depth
    seed = mix.settings.seed
    rest = ExactRest(mix.audio, audio_io.as_written(mix.audio, depth, seed))
    for name, audio in mix.wet_tracks.items():
        yield name, audio
        rest.take(audio, audio_io.as_written(audio, depth, dither_seed(seed, name)))
    yield RESIDUAL, rest.audio
