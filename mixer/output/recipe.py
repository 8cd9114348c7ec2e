"""The recipe of a mix, the table beside it in `NAME.mix.json`."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, NotRequired, TypedDict

from mixer.audio.formats import FORMATS, FileCoding
from mixer.dsp.processor import processor_paths
from mixer.dsp.threads import Workers, available_threads
from mixer.files.whole_file import hash_file
from mixer.output.used_files import UsedFiles, used_files
from mixer.preset.schema import plain_table
from mixer.rendering.mix import Measurements, Mix
from mixer.rendering.plans.plan import MaterialKind, ModelIdentity
from mixer.song.file_listing import LeftOutFile, MixedFile, left_out_files, mixed_file
from mixer.song.recording import Recording
from mixer.song.song import Song
from mixer.version import __version__

if TYPE_CHECKING:
    from mixer.reference.record import ReferenceRecord
    from mixer.rendering.choices.axes import VariationTable
    from mixer.rendering.mix_translation import Translation

RECIPE_SCHEMA_VERSION = 1
_LIBRARIES = ("numpy", "scipy", "pedalboard", "pyloudnorm", "soundfile", "soxr", "av")
_RUNTIMES = ("onnxruntime-gpu", "onnxruntime")


class HashedFile(TypedDict):
    """A file that was written: its whole path, and its SHA-256 in hex."""

    path: str
    sha256: str


class VersionFile(HashedFile):
    """A version of the mix that was written.

    No loudness is silence. `limited_db` is what the ceiling took beyond what it took of the mix,
    `over_ceiling_db` by how much a version that goes through the mix's own bus lies above it.
    """

    loudness_lufs: float | None
    true_peak_dbtp: float | None
    limited_db: float
    over_ceiling_db: float


class OutputTable(TypedDict):
    """The files that were written.

    `clipped` names what went beyond full scale in a format that cannot hold it, `files` are the mix
    and its wet stems, `tracks` are there where wet tracks were written, `versions` and
    `versions_error_dbfs`, by which the stems among them miss the mix, where versions were;
    `versions_gain_db`, by which they are softer than in the mix, if that was requested.
    `wet_stem_leakage_db` is present if a network's wet stems were: see `mixer.network.manifest`;
    None was never measured. `bitrate_kbps` or `quality` is present if it was requested, `tags`
    if the song has a title or an artist.
    """

    format: str
    bit_depth: str | None
    sample_rate: int
    n_samples: int
    clipped: list[str]
    files: dict[str, HashedFile]
    bitrate_kbps: NotRequired[int]
    quality: NotRequired[float]
    tags: NotRequired[dict[str, str]]
    tracks: NotRequired[dict[str, HashedFile]]
    wet_stem_leakage_db: NotRequired[float | None]
    versions: NotRequired[dict[str, VersionFile]]
    versions_error_dbfs: NotRequired[float]
    versions_gain_db: NotRequired[float]


class SongFile(MixedFile):
    """A recording that is mixed, and what was in it."""

    sha256: str
    sample_rate: int
    channels: int
    n_samples: int


class SongTable(TypedDict):
    """The song."""

    name: str
    folder: str
    dry: bool
    tempo_bpm: float | None
    sample_rate: int
    n_samples: int
    files: list[SongFile]
    left_out: list[LeftOutFile]
    notes: list[str]


class TakeParent(TypedDict):
    """The recipe that a take came from: its file's name, beside the take's, and its hash."""

    file: str
    sha256: str


class ChangedSetting(TypedDict):
    """A setting of the console that a take changes; None is what was not, or is not, there."""

    key: str
    was: str | float | bool | None
    now: str | float | bool | None


class BusMoves(TypedDict):
    """The bus before and now: `MasterFigures`, and the desk's staging gain."""

    was: Mapping[str, float | None]
    now: Mapping[str, float | None]


class Take(TypedDict):
    """Origin of a mix in another one.

    Attributes:
        number: 1 is a mix that came from none.
        made_by: the command that made it.
        parent: recipe that it came from.
        asked: the request as given.
        changes: every setting that differs.
        parts: SHA-256 of the samples of each wet stem and track, before the bus; "rest" is the sum
            of the stems that were not made by themselves.
        same, different: parts that are, and are not, bit for bit the parent's.
        bus: figures of the bus before and now.
        variation: place of a variation along the axes.
    """

    number: int
    made_by: str
    parent: TakeParent
    asked: list[str]
    changes: list[ChangedSetting]
    parts: dict[str, str]
    same: list[str]
    different: list[str]
    bus: BusMoves
    variation: NotRequired[VariationTable]


class Recipe(TypedDict):
    """All of `NAME.mix.json`.

    `settings` are the fields of `RenderSettings`, with the whole console as a preset says it.
    """

    schema_version: int
    made: str
    song: SongTable
    settings: Mapping[str, object]
    model: ModelIdentity | None
    device: str | None
    presets: list[dict[str, str]]
    measurements: Measurements
    output: OutputTable
    seconds: dict[str, float]
    real_time_factor: float
    used: UsedFiles
    versions: dict[str, str]
    platform: str
    take: NotRequired[Take]
    verdict: NotRequired[str]
    translation: NotRequired[Translation]
    reference: NotRequired[ReferenceRecord]


def library_versions() -> dict[str, str]:
    """Versions of all that computes or decodes samples, and the paths that they take here."""
    own = {"python": platform.python_version(), "mixer": __version__}
    return own | _installed() | processor_paths()


@cache
def _installed() -> dict[str, str]:
    """Versions of the libraries, which are looked up in their folders once for all recipes."""
    found = {}
    for name in (*_LIBRARIES, *_RUNTIMES):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def recipe_of(mix: Mix, song: SongTable, output: OutputTable) -> Recipe:
    measurements = mix.measurements.copy()
    reference = measurements.pop("reference", None)
    recipe: Recipe = {
        "schema_version": RECIPE_SCHEMA_VERSION,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "song": song,
        "settings": {**asdict(mix.settings), "console": plain_table(mix.console)},
        "model": mix.model,
        "device": mix.device,
        "presets": [dict(source) for source in mix.presets],
        "measurements": measurements,
        "output": output,
        "seconds": {stage: round(seconds, 3) for stage, seconds in mix.seconds.items()},
        "real_time_factor": round(mix.real_time_factor, 2),
        "used": used_files(mix.settings, mix.console),
        "versions": library_versions(),
        "platform": platform.platform(),
    }
    if mix.verdict is not None:
        recipe["verdict"] = mix.verdict
    if reference is not None:
        recipe["reference"] = reference
    return recipe


def output_table(
    mix: Mix,
    written: dict[str, HashedFile],
    written_tracks: dict[str, HashedFile],
    beyond_full_scale: list[str],
    coding: FileCoding,
) -> OutputTable:
    table: OutputTable = {
        "format": coding.format,
        "bit_depth": None if FORMATS[coding.format].is_lossy else coding.bit_depth,
        "sample_rate": mix.sample_rate,
        "n_samples": mix.audio.shape[1],
        "clipped": [] if coding.holds_any_level else beyond_full_scale,
        "files": written,
    }
    if coding.lossy.bitrate_kbps is not None:
        table["bitrate_kbps"] = coding.lossy.bitrate_kbps
    if coding.lossy.quality is not None:
        table["quality"] = coding.lossy.quality
    if tags := tags_of(mix.song):
        table["tags"] = tags
    if written_tracks:
        table["tracks"] = written_tracks
    if mix.wet_stems and mix.plan.material is MaterialKind.NETWORK:
        assert mix.plan.bundle is not None
        table["wet_stem_leakage_db"] = mix.plan.bundle.manifest.wet_stem_leakage_db
    return table


def tags_of(song: Song) -> dict[str, str]:
    """Title and artist, as far as the song has them, as tags of its mix."""
    said = {"title": song.title, "artist": song.artist}
    return {name: text for name, text in said.items() if text}


def song_table(song: Song, hashes: Mapping[str, str] | None = None) -> SongTable:
    """The song and its recordings, each hashed.

    Args:
        song: as it is mixed.
        hashes: by file, SHA-256 in hex of recordings that were hashed already.
    """
    n_at_once = max(1, min(len(song.recordings), available_threads()))
    with Workers(n_at_once, "hashing") as pool:
        files = list(pool.map(partial(_recording, hashes=hashes or {}), song.recordings))
    return {
        "name": song.name,
        "folder": str(song.folder),
        "dry": song.dry,
        "tempo_bpm": song.tempo_bpm,
        "sample_rate": song.sample_rate,
        "n_samples": song.n_samples,
        "files": files,
        "left_out": left_out_files(song),
        "notes": list(song.notes),
    }


def _recording(recording: Recording, hashes: Mapping[str, str]) -> SongFile:
    return {
        **mixed_file(recording),
        "sha256": hashes.get(recording.file) or hash_file(recording.source.path),
        "sample_rate": recording.source.sample_rate,
        "channels": recording.source.channels,
        "n_samples": recording.source.n_samples,
    }
