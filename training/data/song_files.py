"""The files of a prepared song: recording their inputs, writing them, checking that they exist."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np

from mixer import audio as audio_io
from mixer.dsp.blocks import power_to_db
from mixer.errors import InputError, MixerError
from mixer.files.whole_file import hash_file
from mixer.song.recording import Recording
from training.data import prepared_audio
from training.data.multitracks import SAMPLE_RATE_HZ
from training.data.prepared import read_object

ENVELOPE_HOP_SAMPLES = SAMPLE_RATE_HZ // 2
BIT_DEPTH = "24"


class SongWriter:
    """Writes FLAC files of a song and records their sizes in bytes by path within its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sizes: dict[str, int] = {}

    def write(self, path: Path, audio: np.ndarray) -> None:
        """Write float32 (2, samples) at `SAMPLE_RATE_HZ`.

        Raises:
            OutputError: the disk is full or read-only.
        """
        audio_io.write_audio(
            path, audio, SAMPLE_RATE_HZ, file_format="flac", bit_depth=BIT_DEPTH, overwrite=True
        )
        self.sizes[path.relative_to(self.folder).as_posix()] = path.stat().st_size


def envelope_dbfs(audio: np.ndarray) -> list[float]:
    """RMS level in dBFS of each half second, rounded to 0.1 dB; the last one is zero-padded."""
    n_steps = -(-audio.shape[1] // ENVELOPE_HOP_SAMPLES)
    levels = []
    for step in range(n_steps):
        part = audio[:, step * ENVELOPE_HOP_SAMPLES : (step + 1) * ENVELOPE_HOP_SAMPLES]
        power = float(np.square(part, dtype=np.float64).sum()) / (2 * ENVELOPE_HOP_SAMPLES)
        floor = 10.0 ** (prepared_audio.ENVELOPE_FLOOR_DBFS / 10.0)
        levels.append(round(float(power_to_db(power, floor)), 1))
    return levels


class Input(TypedDict):
    """A recording from which a song was made, and the state of its file at that time."""

    file: str
    stem: str
    gain_db: float
    side: str | None
    stream: int
    sha256: str
    path: str
    bytes: int
    modified_ns: int


class SongRecord(TypedDict):
    """Contents of `song.json`, for all kinds of examples.

    Attributes:
        key: hash of everything that determines the song's files.
        files: sizes of the files in bytes, by name.
        was_there: whether the song already existed; returned to the caller, never written.
    """

    schema_version: int
    id: str
    name: str
    key: str
    inputs: list[Input]
    settings: Mapping[str, object]
    n_samples: int
    stems: list[str]
    notes: list[str]
    files: dict[str, int]
    was_there: NotRequired[bool]


def describe_inputs(recordings: tuple[Recording, ...], earlier: dict[str, object]) -> list[Input]:
    """Describe each recording with its file's hash, reusing it if size and time are unchanged."""
    inputs = earlier.get("inputs")
    known = {
        (i.get("path"), i.get("bytes"), i.get("modified_ns")): i.get("sha256")
        for i in (inputs if isinstance(inputs, list) else [])
        if isinstance(i, dict)
    }
    hashes: dict[Path, str] = {}
    described: list[Input] = []
    for recording in recordings:
        path = recording.source.path
        try:
            stat = path.stat()
            if path not in hashes:
                seen = known.get((str(path), stat.st_size, stat.st_mtime_ns))
                hashes[path] = seen or hash_file(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from None
        described.append(
            {
                "file": recording.file,
                "stem": recording.stem or prepared_audio.MIX,
                "gain_db": recording.gain_db,
                "side": recording.side,
                "stream": recording.source.stream,
                "sha256": hashes[path],
                "path": str(path),
                "bytes": stat.st_size,
                "modified_ns": stat.st_mtime_ns,
            }
        )
    return described


def identity(described: Input) -> dict[str, object]:
    """The properties of an input that determine the song's content, without its location."""
    return {k: v for k, v in described.items() if k not in ("path", "bytes", "modified_ns")}


def earlier_record(path: Path) -> dict[str, object]:
    """Read the record of an earlier run; empty if it is missing or cannot be read."""
    try:
        return read_object(path)
    except MixerError:
        return {}


def files_are_there(folder: Path, record: dict[str, object]) -> bool:
    """Whether all files of a song's record exist in its folder, with the recorded sizes."""
    files = record.get("files")
    if not isinstance(files, dict) or not files:
        return False
    return all(
        (folder / name).is_file() and (folder / name).stat().st_size == size
        for name, size in files.items()
    )
