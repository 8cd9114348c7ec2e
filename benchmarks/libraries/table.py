"""Libraries that the console's passes could run on, each beside what they run on here.

    python -m benchmarks --parts libraries

Every pass is one that a render makes, on one core. A library's result is compared with
ours. Those that are not installed have no row: numba, numexpr, pyfftw and ducc0 are needed for
nothing else, `pip install numba numexpr pyfftw ducc0` before the command shows them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.libraries import elementwise, filters, resampling, transforms
from benchmarks.libraries.passes import Pass, Run
from mixer.dsp.threads import one_blas_thread

PASSES = (
    *filters.PASSES,
    *transforms.PASSES,
    *elementwise.PASSES,
    *resampling.PASSES,
)
_LEAST_S, _N_TURNS = 0.02, 7
# A library that earns its start after more audio than this never does: the gain is within noise.
_EVER_S = 7 * 86_400.0
# Module of each library, and the packages that come with it beyond ours.
_PACKAGES = {
    "numba": ("numba", "llvmlite"),
    "numexpr": ("numexpr",),
    "pyfftw": ("pyfftw",),
    "ducc0": ("ducc0",),
    "scipy.signal": ("scipy",),
    "onnxruntime": ("onnxruntime-gpu",),
    "pedalboard": ("pedalboard",),
    "soundfile": ("soundfile",),
    "torch": ("torch",),
}
_IMPORT = "import numpy, time; a = time.process_time(); import {0}; print(time.process_time() - a)"


class Row(NamedTuple):
    """A library in a pass.

    Attributes:
        ratio: our CPU time over its own.
        difference_db: largest difference over our largest sample; -inf for the same bits.
        first_s: CPU seconds of building and of the first call, compiling included.
        earned_after_s: seconds of audio after which import and first call are earned back.
    """

    library: str
    ratio: float
    difference_db: float
    first_s: float
    earned_after_s: float


def table() -> Iterator[str]:
    """The passes, then the libraries, in Markdown."""
    starts = {name: imported for name in _PACKAGES if (imported := import_cost(name)) is not None}
    yield "| pass | by | times as fast | difference | first call | earns its start after |"
    yield "| --- | --- | --- | --- | --- | --- |"
    with one_blas_thread:
        for each in PASSES:
            yield f"| {each.title} | **{each.by}**, as here | 1 | | | |"
            import_s = {"numpy": 0.0} | {name: cost[0] for name, cost in starts.items()}
            for row in rows(each, import_s):
                yield (
                    f"| | {row.library} | {row.ratio:.2f} | {_decibels(row.difference_db)} | "
                    f"{row.first_s:.2f} s | {_duration(row.earned_after_s)} |"
                )
    yield ""
    yield "| library | version | import after numpy | on disk |"
    yield "| --- | --- | --- | --- |"
    for name, (import_s, megabytes) in starts.items():
        yield f"| {name} | {version(_PACKAGES[name][0])} | {import_s:.2f} s | {megabytes:.0f} MB |"


def rows(asked: Pass, import_s: dict[str, float]) -> Iterator[Row]:
    """Time each way of a pass by turns with ours."""
    ours = asked.ours()
    expected = np.asarray(ours(), np.float64)
    for way in asked.ways:
        if way.needs not in import_s:
            continue
        import_module(way.needs)
        began_s = time.process_time()
        theirs = way.build()
        found = np.asarray(theirs(), np.float64)
        first_s = time.process_time() - began_s
        largest = float(np.max(np.abs(found - expected)))
        with np.errstate(divide="ignore"):
            difference_db = 20.0 * float(np.log10(largest / np.max(np.abs(expected))))
        ours_s, own_s = by_turns(ours, theirs)
        saved = (ours_s - own_s) / asked.audio_s
        start_s = import_s[way.needs] + max(first_s - own_s, 0.0)
        earned_after_s = start_s / saved if saved > 0.0 else np.inf
        yield Row(way.title, ours_s / own_s, difference_db, first_s, earned_after_s)


def by_turns(*runs: Run) -> list[float]:
    """CPU seconds of each, the least of several turns; short ones are repeated in a turn."""
    n_times = [_repeats(run) for run in runs]
    least_s = [np.inf] * len(runs)
    for _ in range(_N_TURNS):
        for at, (run, n) in enumerate(zip(runs, n_times, strict=True)):
            began_s = time.process_time()
            for _ in range(n):
                run()
            least_s[at] = min(least_s[at], (time.process_time() - began_s) / n)
    return least_s


def _repeats(run: Callable[[], object]) -> int:
    """How often to run for the processor's clock to tell."""
    began_s = time.process_time()
    run()
    return max(1, int(_LEAST_S / max(time.process_time() - began_s, 1e-6)))


def import_cost(name: str) -> tuple[float, float] | None:
    """CPU seconds that a library takes to import after numpy, and its MB on disk; None without."""
    command = [sys.executable, "-c", _IMPORT.format(name)]
    took = [subprocess.run(command, capture_output=True, text=True) for _ in range(3)]
    if any(run.returncode for run in took):
        return None
    return min(float(run.stdout.split()[-1]) for run in took), _megabytes(name)


def _megabytes(name: str) -> float:
    n_bytes = 0
    for package in _PACKAGES[name]:
        try:
            files = distribution(package).files or []
        except PackageNotFoundError:
            continue
        paths = (Path(str(file.locate())) for file in files)
        n_bytes += sum(path.stat().st_size for path in paths if path.exists())
    return n_bytes / 1e6


def _decibels(difference_db: float) -> str:
    return "none" if difference_db == -np.inf else f"{difference_db:.0f} dB"


def _duration(duration_s: float) -> str:
    if duration_s > _EVER_S:
        return "never"
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes} min" if minutes >= 10 else f"{minutes}:{seconds:02d} min"
