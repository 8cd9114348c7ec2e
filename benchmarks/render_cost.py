"""Cost of one render: a process of its own, measured by the system."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the process and its children, seconds of the clock, peak memory in GB."""

    cpu_s: float
    clock_s: float
    peak_gb: float


def cost_of(
    song: Path, out: Path, model: str, *more: str, of: str = "render", overwrite: bool = True
) -> Cost:
    """Render a song, or make variations of it.

    Args:
        song: its folder.
        out: the mix.
        model: as in `mixer render --model`.
        more: further options.
        of: the command, `render` or `variations`.
        overwrite: replace the mix if it is there.
    """
    command = [sys.executable, "-m", "mixer", of, str(song)]
    command += ["-o", str(out), "--model", model, "--quiet", *more]
    command += ["--overwrite"] if overwrite else []
    # The render must be the only child whose memory is counted.
    script = (
        "import json, resource, subprocess;"
        f"subprocess.run({command!r}, check=True);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    clock_s = time.perf_counter() - began
    cpu_s, largest = json.loads(done.stdout)
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    return Cost(cpu_s, clock_s, largest * unit_bytes / 1e9)
