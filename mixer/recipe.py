"""What made a mix, and writing both: the audio, its wet stems, and a `.mix.json` beside them."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mixer import audio as audio_io
from mixer.errors import OutputError, PresetError
from mixer.files import refuse_existing, write_json
from mixer.rendering import Mix
from mixer.song import Recording, Song
from mixer.version import __version__

RECIPE_SCHEMA_VERSION = 1
RECIPE_SUFFIX = ".mix.json"
STEMS_SUFFIX = ".stems"
RESIDUAL = "residual"
MP3_MAX_RATE_HZ = 48_000
_LIBRARIES = ("numpy", "scipy", "pedalboard", "pyloudnorm", "soundfile", "soxr")
_RUNTIMES = ("onnxruntime-gpu", "onnxruntime")
_HASH_BLOCK_BYTES = 1 << 20


def output_paths(mix_path: Path, stem_names: list[str], file_format: str) -> dict[str, Path]:
    """Where everything of a mix goes: keys "mix", "recipe", and each wet stem's name."""
    base = mix_path.with_suffix("")
    folder = base.with_name(base.name + STEMS_SUFFIX)
    paths = {"mix": mix_path, "recipe": base.with_name(base.name + RECIPE_SUFFIX)}
    return paths | {name: folder / f"{name}.{file_format}" for name in stem_names}


def check_output(
    mix_path: Path,
    stem_names: list[str],
    *,
    file_format: str,
    bit_depth: str,
    sample_rate: int,
    overwrite: bool,
) -> None:
    """Find out before rendering what would keep the result from being written.

    Raises:
        PresetError: the format is unknown, or cannot hold the bit depth or the sample rate.
        OutputError: something is there already, or its folder is a file.
    """
    if file_format not in audio_io.FORMATS:
        raise PresetError(f"format {file_format!r} is none of {', '.join(audio_io.FORMATS)}")
    if bit_depth not in audio_io.BIT_DEPTHS:
        raise PresetError(f"bit depth {bit_depth!r} is none of {', '.join(audio_io.BIT_DEPTHS)}")
    if file_format == "flac" and bit_depth == "32f":
        raise PresetError("FLAC holds 16 or 24 bit, not 32f; choose --format wav or --bit-depth 24")
    if file_format == "mp3" and sample_rate > MP3_MAX_RATE_HZ:
        raise PresetError(
            f"MP3 holds at most {MP3_MAX_RATE_HZ} Hz, not {sample_rate}; add --sample-rate 48000"
        )
    if not overwrite:
        refuse_existing(list(output_paths(mix_path, stem_names, file_format).values()))
    for parent in mix_path.parents:
        if parent.exists():
            if not parent.is_dir():
                raise OutputError(f"{parent} is a file, not a folder; choose another --output")
            break


def write_mix(
    mix: Mix,
    path: str | Path,
    *,
    file_format: str = "wav",
    bit_depth: str = "24",
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write a mix, its wet stems where it has them, and its recipe.

    Args:
        mix: from `mixer.render`.
        path: of the mix; stems go to `NAME.stems/` and the recipe to `NAME.mix.json` beside it.
        file_format: "wav", "flac", "mp3" or "ogg".
        bit_depth: "16", "24" or "32f"; lossy formats have none and ignore it.
        overwrite: replace what is there.

    Returns:
        The recipe, as written.

    Raises:
        PresetError: the format cannot hold the bit depth or the sample rate.
        OutputError: something is there already, or the disk is full or read-only.
    """
    path = Path(path)
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
    )
    paths = output_paths(path, list(stems), file_format)
    for name, audio in {"mix": mix.audio, **stems}.items():
        audio_io.write_audio(
            paths[name],
            audio,
            mix.sample_rate,
            file_format=file_format,
            bit_depth=bit_depth,
            overwrite=overwrite,
            seed=mix.settings.seed,
        )
    written = {name: paths[name] for name in ("mix", *stems)}
    recipe = _recipe(mix, written, file_format, bit_depth)
    write_json(paths["recipe"], recipe)
    return recipe


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


def _recipe(mix: Mix, written: dict[str, Path], file_format: str, bit_depth: str) -> dict[str, Any]:
    lossless = file_format in ("wav", "flac")
    return {
        "schema_version": RECIPE_SCHEMA_VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "song": _song(mix.song),
        "settings": asdict(mix.settings),
        "model": mix.model,
        "device": mix.device,
        "measurements": mix.measurements,
        "output": {
            "format": file_format,
            "bit_depth": bit_depth if lossless else None,
            "sample_rate": mix.sample_rate,
            "n_samples": mix.audio.shape[1],
            "files": {
                name: {"path": str(path.resolve()), "sha256": hash_file(path)}
                for name, path in written.items()
            },
        },
        "seconds": {stage: round(seconds, 3) for stage, seconds in mix.seconds.items()},
        "real_time_factor": round(mix.real_time_factor, 2),
        "versions": library_versions(),
        "platform": platform.platform(),
    }


def _song(song: Song) -> dict[str, Any]:
    return {
        "name": song.name,
        "folder": str(song.folder),
        "dry": song.dry,
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
