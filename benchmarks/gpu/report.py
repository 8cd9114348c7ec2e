"""Results as one JSON object and as tables in Markdown."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from benchmarks.gpu.batch import BatchSpeed
from benchmarks.gpu.parity import Parity
from benchmarks.gpu.places import Places
from benchmarks.gpu.speed import Speed
from benchmarks.gpu.training_speed import TrainingSpeed

# On an H100 or H200: seconds of the paper's network a second of song, and audio trained a second.
NETWORK_GOAL_S, TRAINING_GOAL_S_PER_S = 0.005, 300.0


@dataclass
class Report:
    """Everything, and what could not be measured."""

    places: Places
    parity: list[Parity] = field(default_factory=list)
    speeds: list[Speed] = field(default_factory=list)
    batches: list[BatchSpeed] = field(default_factory=list)
    training: list[TrainingSpeed] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all comparisons held and nothing broke, short of time or libraries."""
        broke = [why for why in self.left_out.values() if not why.startswith((NO_TIME, MISSING))]
        return bool(self.parity) and all(found.passed for found in self.parity) and not broke

    def write(self, folder: Path) -> tuple[Path, Path]:
        """`gpu.json` and `gpu.md`; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        as_json, as_text = folder / "gpu.json", folder / "gpu.md"
        table = {
            "machine": machine(),
            "passed": self.passed,
            **asdict(self),
            "limits": {_name(speed): speed.limit for speed in [*self.speeds, *self.training]},
        }
        as_json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
        as_text.write_text("\n".join(self.lines()) + "\n", encoding="utf-8")
        return as_json, as_text

    def lines(self) -> Iterator[str]:
        """The report in Markdown."""
        about = machine()
        yield f"# CUDA against the CPU: {'passed' if self.passed else 'FAILED'}"
        yield ""
        yield ", ".join(f"{name} {value}" for name, value in about.items())
        yield (
            f"ONNX Runtime on {self.places.network}, PyTorch on {self.places.torch};"
            f" {self.seconds:.0f} s in all"
        )
        yield from _table("Parity", self.parity, _PARITY)
        yield from _table("Speed, seconds a second of song", self.speeds, _SPEED)
        yield from _table("Batch, one process a GPU", self.batches, _BATCH)
        yield from _table("Training, paper-lb", self.training, _TRAINING)
        if self.places.has_gpu:
            yield from ("", "## Goals for an H100 or H200", *self._goals())
        if self.left_out:
            yield from ("", "## Not measured", "")
            yield from (f"- {name}: {why}" for name, why in self.left_out.items())

    def _goals(self) -> Iterator[str]:
        own = [s for s in self.speeds if s.what == "network" and s.bundle.startswith("paper-full")]
        if own:
            best = min(speed.seconds for speed in own)
            yield f"- network, the paper's size: {best:.4f} s (asked {NETWORK_GOAL_S:g} at most)"
        if self.training:
            best = max(speed.audio_s_per_s for speed in self.training)
            yield (
                f"- training: {best:.0f} s of audio a second"
                f" (asked {TRAINING_GOAL_S_PER_S:g} at least)"
            )


NO_TIME, MISSING = "no time was left", "not installed here: "
Column = tuple[str, Callable[[Any], str]]
_PARITY: tuple[Column, ...] = (
    ("bundle", lambda p: p.bundle),
    ("against", lambda p: p.against),
    ("device", lambda p: p.device),
    ("largest error", lambda p: f"{p.max_abs_error:.1e}"),
    ("SNR, dB", lambda p: "-" if p.snr_db is None else f"{p.snr_db:.1f}"),
    ("bound", lambda p: p.bound),
    ("", lambda p: "passed" if p.passed else "FAILED"),
)
_SPEED: tuple[Column, ...] = (
    ("what", lambda s: s.what),
    ("bundle", lambda s: s.bundle),
    ("device", lambda s: s.device),
    ("song, s", lambda s: f"{s.song_s:g}"),
    ("chunk", lambda s: "-" if s.chunk_samples is None else str(s.chunk_samples)),
    ("seconds", lambda s: f"{s.seconds:.4f}"),
    ("normalisation", lambda s: _share(s.shares.get("normalise"))),
    ("most of it", lambda s: s.limit),
    ("GPU memory, GB", lambda s: _gb(s.peak_gpu_gb)),
)
_BATCH: tuple[Column, ...] = (
    ("bundle", lambda b: b.bundle),
    ("devices", lambda b: b.devices),
    ("songs", lambda b: f"{b.songs} x {b.song_s:g} s"),
    ("seconds a second of song", lambda b: f"{b.seconds:.4f}"),
    ("GPU memory, GB", lambda b: _gb(b.peak_gpu_gb)),
)
_TRAINING: tuple[Column, ...] = (
    ("precision", lambda t: t.precision),
    ("device", lambda t: t.device),
    ("batch", lambda t: f"{t.batch_size} x {t.segment_s:g} s"),
    ("step, s", lambda t: f"{t.step_s:.3f}"),
    ("audio, s a second", lambda t: f"{t.audio_s_per_s:.1f}"),
    ("most of it", lambda t: t.limit),
    ("GPU memory, GB", lambda t: _gb(t.peak_gpu_gb)),
)


def machine() -> dict[str, str]:
    """The machine of the figures."""
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {
        "GPU": gpu,
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
    }


def _name(found: Speed | TrainingSpeed) -> str:
    if isinstance(found, TrainingSpeed):
        return f"training, {found.precision}"
    chunk = "" if found.chunk_samples is None else f", chunks of {found.chunk_samples}"
    return f"{found.what}, {found.bundle}, {found.song_s:g} s{chunk}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.0f} %"


def _gb(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _table(title: str, rows: Sequence[Any], columns: Sequence[Column]) -> Iterator[str]:
    if not rows:
        return
    yield from ("", f"## {title}", "")
    yield "| " + " | ".join(heading for heading, _ in columns) + " |"
    yield "| " + " | ".join("---" for _ in columns) + " |"
    for row in rows:
        yield "| " + " | ".join(cell(row) for _, cell in columns) + " |"
