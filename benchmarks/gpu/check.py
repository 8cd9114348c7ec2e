"""All parts one after the other, within a time: what breaks or has no time left is said."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.gpu.batch import batch_speed
from benchmarks.gpu.parity import check_parity
from benchmarks.gpu.places import Places, Sizes
from benchmarks.gpu.report import MISSING, NO_TIME, Report
from benchmarks.gpu.speed import network_speeds, render_speeds
from benchmarks.gpu.training_speed import TrainingSpeed
from export.bundle import PAPER_EFFECTS, Description, write_bundle
from training.networks.fxnorm import FxNormNetwork

# The rest of eight minutes is for the part that runs when the time is up.
TIME_S = 360.0


def run_check(
    places: Places, sizes: Sizes, say: Callable[[str], None], time_s: float = TIME_S
) -> Report:
    """Measure everything.

    Args:
        places: where.
        sizes: how much.
        say: called with a line as each part begins.
        time_s: after which no further measurement begins.
    """
    began = time.monotonic()
    report = Report(places)

    def part(name: str, into: list[Any], measurements: Callable[[], Iterable[Any]]) -> None:
        """A part's measurements, as many as there is time for."""
        if time.monotonic() - began > time_s:
            report.left_out[name] = NO_TIME
            return
        say(f"{name} ...")
        try:
            for found in measurements():
                into.append(found)
                if time.monotonic() - began > time_s:
                    report.left_out[f"{name}, the rest"] = NO_TIME
                    return
        except ModuleNotFoundError as error:
            report.left_out[name] = f"{MISSING}{error.name}"
        # A failure on one machine must not cost the figures of the other parts.
        except Exception as error:
            said = (getattr(error, "stderr", "") or str(error)).strip().splitlines() or [""]
            report.left_out[name] = f"{type(error).__name__}: {said[-1]}"

    with tempfile.TemporaryDirectory(prefix="mixer-gpu-") as name:
        scratch = Path(name)
        say("exporting the paper's network ...")
        paper, paper_fp16 = write_paper_bundles(scratch, sizes)
        part("parity", report.parity, lambda: check_parity(paper, paper_fp16, places, sizes))
        part("training", report.training, lambda: training_speeds(places, sizes))
        bundles = (paper, paper_fp16, "default")
        part("network", report.speeds, lambda: network_speeds(bundles, places, sizes))
        part(
            "render",
            report.speeds,
            lambda: render_speeds((paper, "default"), places, sizes, scratch),
        )
        part("batch", report.batches, lambda: [batch_speed(paper, places, sizes, scratch)])
    report.seconds = time.monotonic() - began
    return report


def training_speeds(places: Places, sizes: Sizes) -> Iterator[TrainingSpeed]:
    """Training, whose libraries a bare machine may lack: they are loaded when it runs."""
    from benchmarks.gpu import training

    return training.training_speeds(places, sizes)


def write_paper_bundles(folder: Path, sizes: Sizes) -> tuple[Path, Path]:
    """The paper's network with random weights, once in float32 and once with half-precision twins
    of its graphs, which a GPU then prefers.
    """
    torch.manual_seed(0)
    network = FxNormNetwork(sizes.hyper).eval()
    folders = folder / "paper-full", folder / "paper-full-fp16"
    for path, fp16 in zip(folders, (False, True), strict=True):
        description = Description(
            path.name, PAPER_EFFECTS, "random weights", "none", warm_up_s=sizes.warm_up_s
        )
        write_bundle(network, path, description, fp16=fp16)
    return folders
