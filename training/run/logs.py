"""Logs of a run: one JSON line per event, and TensorBoard with audio."""

from __future__ import annotations

import contextlib
import io
import json
import math
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from mixer.errors import OutputError
from mixer.files.whole_file import write_output

LOG_FILE = "log.jsonl"
TENSORBOARD_FOLDER = "tensorboard"
# Suffix of our files' names, by which they are recognised; TensorBoard reads them all the same.
_OURS = ".mixer"
# Events with measurements, and the group of curves that each belongs to: the validation before
# training is the first point of the validation curves.
_CURVES = {"step": "step", "epoch": "epoch", "untrained": "epoch"}
# Progress of a run, which would only be a straight line as a curve.
_COUNTS = ("step", "steps", "epoch", "best_epoch", "left_s")


# Values of an event by name: numbers, and text for people.
Value = str | float | None
Values = Mapping[str, Value]


class Log(Protocol):
    """Receiver of events."""

    def write(self, event: str, values: Values) -> None:
        """Record an event and its values; `step` is always among them."""

    def hear(self, name: str, audio: Tensor, sample_rate: int, step: int) -> None:
        """Record a stereo excerpt, float (2, samples)."""


class JsonLines:
    """Events as lines of JSON.

    Args:
        path: the log file; created if it does not exist.
        step: last step of a resumed run; entries that an interrupted run wrote after it are
            removed.
    """

    def __init__(self, path: Path, step: int = 0) -> None:
        self._path = path
        if path.exists():
            kept = [line for line in path.read_text("utf-8").splitlines() if _upto(line, step)]
            write_output(path, "".join(f"{line}\n" for line in kept))

    def write(self, event: str, values: Values) -> None:
        """Append a line; NaN and infinite values are written as null."""
        plain = {name: _finite(value) for name, value in values.items()}
        line = json.dumps({"event": event, **plain}, ensure_ascii=False, allow_nan=False)
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise OutputError(f"{self._path}: cannot be written ({error.strerror})") from None

    def hear(self, name: str, audio: Tensor, sample_rate: int, step: int) -> None:
        """Ignore the excerpt: a text log has no audio."""


class TensorBoard:
    """Log of events as curves and of excerpts as stereo audio.

    Args:
        folder: TensorBoard's log folder.
        step: last step of a resumed run, from which curves continue.

    Raises:
        ImportError: tensorboard is not installed.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        purge_step = step + 1 if step else None
        self._writer: Any = SummaryWriter(str(folder), purge_step=purge_step, filename_suffix=_OURS)

    def write(self, event: str, values: Values) -> None:
        """Write measurements as points of curves over steps; counts and text are left out."""
        curves = _CURVES.get(event)
        if curves is None:
            return
        for name, value in values.items():
            if name not in _COUNTS and isinstance(value, int | float):
                self._writer.add_scalar(f"{curves}/{name}", value, values["step"])
        self._writer.flush()

    def hear(self, name: str, audio: Tensor, sample_rate: int, step: int) -> None:
        """Write a stereo excerpt; the writer's own method supports mono only."""
        from tensorboard.compat.proto.summary_pb2 import Summary

        samples = audio.detach().float().clamp(-1.0, 1.0).cpu().numpy()
        sound = Summary.Audio(
            sample_rate=sample_rate,
            num_channels=samples.shape[0],
            length_frames=samples.shape[1],
            encoded_audio_string=wav_bytes(samples, sample_rate),
            content_type="audio/wav",
        )
        summary = Summary(value=[Summary.Value(tag=name, audio=sound)])
        self._writer.file_writer.add_summary(summary, step)
        self._writer.flush()


def remove_tensorboard(folder: Path) -> None:
    """Remove the log files of an earlier run; all other files in the folder are kept.

    Raises:
        OSError: a file cannot be removed.
    """
    for path in folder.glob(f"*tfevents*{_OURS}"):
        path.unlink()
    with contextlib.suppress(OSError):  # not there, or something is in it
        folder.rmdir()


def wav_bytes(audio: np.ndarray, sample_rate: int) -> bytes:
    """Encode float audio (channels, samples) within -1 to 1 as a 16-bit WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(audio.shape[0])
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.rint(audio.T * 32_767.0).astype("<i2").tobytes())
    return buffer.getvalue()


def _upto(line: str, step: int) -> bool:
    try:
        return int(json.loads(line)["step"]) <= step
    except (ValueError, KeyError, TypeError):
        return False  # a line that an interruption cut short


def _finite(value: Value) -> Value:
    return None if isinstance(value, float) and not math.isfinite(value) else value
