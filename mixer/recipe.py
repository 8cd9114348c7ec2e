"""What made a mix, and writing both: the audio, its wet stems, and a `.mix.json` beside them."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from mixer import audio as audio_io
from mixer.audio.broadcast import BroadcastInfo
from mixer.broadcast_levels import measure_broadcast
from mixer.errors import OutputError, PresetError
from mixer.files import refuse_existing, refuse_same, refuse_unwritable, write_json
from mixer.mix import Mix
from mixer.preset.schema import plain_table
from mixer.song import RECIPE_SUFFIX, Recording, Song
from mixer.version import __version__

RECIPE_SCHEMA_VERSION = 1
STEMS_SUFFIX = ".stems"
RESIDUAL = "residual"
_LIBRARIES = ("numpy", "scipy", "pedalboard", "pyloudnorm", "soundfile", "soxr")
_RUNTIMES = ("onnxruntime-gpu", "onnxruntime")
_HASH_BLOCK_BYTES = 1 << 20
_LONGEST_RECIPE_BYTES = 1 << 24


def output_paths(mix_path: Path, stem_names: list[str], file_format: str) -> dict[str, Path]:
    """Where everything of a mix goes: keys "mix", "recipe", and each wet stem's name."""
    base = mix_path.with_suffix("")
    folder = base.with_name(base.name + STEMS_SUFFIX)
    paths = {"mix": mix_path, "recipe": base.with_name(base.name + RECIPE_SUFFIX)}
    return paths | {name: folder / f"{name}.{file_format}" for name in stem_names}


def format_of(path: Path, file_format: str | None = None) -> str:
    """The format that a mix's file name asks for, unless it is given.

    Raises:
        PresetError: the ending is none of the formats', or another's than the one given.
    """
    ending = path.suffix.lower().lstrip(".")
    if file_format is None and ending not in audio_io.FORMATS:
        formats = ", .".join(audio_io.FORMATS)
        raise PresetError(f"{path} does not end in a format that can be written: .{formats}")
    if file_format is not None and ending in audio_io.FORMATS and file_format != ending:
        raise PresetError(f"{path} ends in .{ending}, but --format says {file_format}")
    return file_format or ending


def check_output(
    mix_path: Path,
    stem_names: list[str],
    *,
    file_format: str,
    bit_depth: str,
    sample_rate: int,
    overwrite: bool,
    song: Song | None = None,
    beside: Sequence[Path] = (),
) -> None:
    """Find out before rendering what would keep the result from being written.

    `beside` are further files that will be written with the mix.

    Raises:
        PresetError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, is a recording of the song, or cannot be written.
    """
    if file_format not in audio_io.FORMATS:
        raise PresetError(f"format {file_format!r} is none of {', '.join(audio_io.FORMATS)}")
    if bit_depth not in audio_io.BIT_DEPTHS:
        raise PresetError(f"bit depth {bit_depth!r} is none of {', '.join(audio_io.BIT_DEPTHS)}")
    if file_format == "flac" and bit_depth == "32f":
        raise PresetError("FLAC holds 16 or 24 bit, not 32f; choose --format wav or --bit-depth 24")
    audio_io.refuse_rate(file_format, sample_rate)
    paths = [*output_paths(mix_path, stem_names, file_format).values(), *beside]
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
    bit_depth: str = "24",
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a mix, its wet stems where it has them, and its recipe.

    Args:
        mix: from `mixer.render`.
        path: of the mix; stems go to `NAME.stems/` and the recipe to `NAME.mix.json` beside it.
        file_format: "wav", "flac", "mp3" or "ogg"; None for what `path` ends in.
        bit_depth: "16", "24" or "32f"; lossy formats have none and ignore it.
        overwrite: replace what is there, and remove stems that an earlier mix left there.

    Returns:
        The recipe, as written; `["output"]["clipped"]` names what went beyond full scale in a
        format that cannot hold it.

    Raises:
        PresetError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, is a recording of the song, or the disk is full
            or read-only.
    """
    path = Path(path)
    file_format = format_of(path, file_format)
    stems = dict(mix.wet_stems)
    if stems:
        stems[RESIDUAL] = mix.residual
    check_output(
        path,
        list(stems),
        file_format=file_format,
        bit_depth=bit_depth,
        sample_rate=mix.sample_rate,
        overwrite=overwrite,
        song=mix.song,
    )
    paths = output_paths(path, list(stems), file_format)
    # Before anything is written: these are the files that were read.
    song = _song(mix.song)
    stale = _stems_of_earlier_mix(paths["recipe"], path) - set(paths.values())
    for name, audio in {"mix": mix.audio, **stems}.items():
        audio_io.write_audio(
            paths[name],
            audio,
            mix.sample_rate,
            file_format=file_format,
            bit_depth=bit_depth,
            overwrite=overwrite,
            seed=mix.settings.seed,
            broadcast=_broadcast(mix, name, audio) if file_format == "wav" else None,
        )
    written = {name: paths[name] for name in ("mix", *stems)}
    output = _output(mix, stems, written, file_format, bit_depth)
    recipe = _recipe(mix, song, output)
    write_json(paths["recipe"], recipe)
    _remove(stale, mix.song)
    return recipe


def _broadcast(mix: Mix, name: str, audio: np.ndarray) -> BroadcastInfo:
    return measure_broadcast(audio, mix.sample_rate, f"{mix.song.name}: {name}")


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Versions of everything that computes samples."""
    found = {"python": platform.python_version(), "mixer": __version__}
    for name in (*_LIBRARIES, *_RUNTIMES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _stems_of_earlier_mix(recipe_path: Path, mix_path: Path) -> set[Path]:
    """Stems beside a mix that its recipe names and that are still as the recipe says."""
    try:
        with recipe_path.open("rb") as file:
            recipe = json.loads(file.read(_LONGEST_RECIPE_BYTES))
        entries = dict(recipe["output"]["files"])
        named = {Path(e["path"]).name: e["sha256"] for n, e in entries.items() if n != "mix"}
        folder = output_paths(mix_path, [RESIDUAL], "wav")[RESIDUAL].parent
        # Names alone, in this one folder: a recipe that was tampered with reaches nothing else.
        found = {folder / name: sha256 for name, sha256 in named.items() if name != ".."}
        return {p for p, sha256 in found.items() if _is_unchanged(p, sha256)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return set()


def _is_unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and not path.is_symlink() and hash_file(path) == sha256


def _remove(stale: set[Path], song: Song) -> None:
    """Remove stems of an earlier mix, and their folder where nothing else is in it."""
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


def _recipe(mix: Mix, song: dict[str, Any], output: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": RECIPE_SCHEMA_VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "song": song,
        "settings": {**asdict(mix.settings), "console": plain_table(mix.console)},
        "model": mix.model,
        "device": mix.device,
        "presets": [dict(source) for source in mix.presets],
        "measurements": mix.measurements,
        "output": output,
        "seconds": {stage: round(seconds, 3) for stage, seconds in mix.seconds.items()},
        "real_time_factor": round(mix.real_time_factor, 2),
        "versions": library_versions(),
        "platform": platform.platform(),
    }


def _output(
    mix: Mix,
    stems: dict[str, np.ndarray],
    written: dict[str, Path],
    file_format: str,
    bit_depth: str,
) -> dict[str, Any]:
    lossless = file_format in ("wav", "flac")
    holds_any_level = lossless and bit_depth == "32f"
    audios = {"mix": mix.audio, **stems}
    return {
        "format": file_format,
        "bit_depth": bit_depth if lossless else None,
        "sample_rate": mix.sample_rate,
        "n_samples": mix.audio.shape[1],
        "clipped": []
        if holds_any_level
        else [name for name, audio in audios.items() if _peak(audio) > 1.0],
        "files": {
            name: {"path": str(path.resolve()), "sha256": hash_file(path)}
            for name, path in written.items()
        },
    }


def _peak(audio: np.ndarray) -> float:
    # Not of the absolute values: that would be a second copy of the audio.
    return max(float(audio.max(initial=0.0)), -float(audio.min(initial=0.0)))


def _song(song: Song) -> dict[str, Any]:
    return {
        "name": song.name,
        "folder": str(song.folder),
        "dry": song.dry,
        "tempo_bpm": song.tempo_bpm,
        "sample_rate": song.sample_rate,
        "n_samples": song.n_samples,
        "files": [_recording(r) for r in song.recordings],
        "left_out": [{"file": r.file, "reason": r.reason} for r in song.left_out],
    }


def _recording(recording: Recording) -> dict[str, Any]:
    return {
        "file": recording.file,
        "sha256": hash_file(recording.source.path),
        "stem": recording.stem,
        "reason": recording.reason,
        "gain_db": recording.gain_db,
        "side": recording.side,
        "sample_rate": recording.source.sample_rate,
        "channels": recording.source.channels,
        "n_samples": recording.source.n_samples,
    }
