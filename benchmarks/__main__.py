"""`make bench`: speed and memory on this machine, side by side with what they are compared to.

The figures of docs/performance.md come from here, from `benchmarks.lengths` and
`benchmarks.batch`. The song is the demo song, repeated: real enough for
every effect to work, and there on every machine.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks import network
from benchmarks.render_cost import cost_of
from benchmarks.songs import SAMPLE_RATE_HZ, song_of, write_song
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import read_profile
from mixer.normalisations import EFFECTS

SONG_S = 180
LONG_SONG_S = 600


def main() -> None:
    """Print every table."""
    sections: list[tuple[str, Callable[[], Iterator[str]]]] = [
        ("machine", machine),
        (f"effect normalisation, four stems of {SONG_S} s", normalisation),
        ("network", network.report),
        (f"whole render of {SONG_S} s", whole_render),
        (f"peak memory of a render of {LONG_SONG_S} s", memory),
        ("start", start_up),
    ]
    for title, lines in sections:
        print(f"\n## {title}", flush=True)
        for line in lines():
            print(line, flush=True)


def machine() -> Iterator[str]:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":")[1] for line in cpuinfo.open() if line.startswith("model name")]
        model = names[0].strip() if names else model
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    yield f"{model}, {os.cpu_count()} cores, {memory_gb:.0f} GB, {platform.platform()}"
    yield f"Python {platform.python_version()}, numpy {np.__version__}"


def normalisation() -> Iterator[str]:
    """Each effect alone on one core, then the chain as a render runs it."""
    profile = read_profile("musdb18")
    stems = song_of(SONG_S)
    for effect in EFFECTS:
        seconds = 0.0
        for stem, audio in stems.items():
            began = time.process_time()
            normalise_stem(audio, SAMPLE_RATE_HZ, stem, profile, (effect,))
            seconds += time.process_time() - began
        yield f"{effect:<12} {seconds / SONG_S:.4f} s of CPU per second of song"
    chain = ("eq", "compression", "panning", "loudness")
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(normalise_stem, audio, SAMPLE_RATE_HZ, stem, profile, chain)
            for stem, audio in stems.items()
        ]
        for job in jobs:
            job.result()
    wall = (time.perf_counter() - began) / SONG_S
    yield f"{'+'.join(chain)}: {wall:.4f} s per second of song, {os.cpu_count()} threads"


def whole_render() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = write_song(Path(name) / "song", SONG_S)
        for model in ("default", "none"):
            cost = cost_of(folder, Path(name) / f"{model}.wav", model)
            yield (
                f"mixer render --model {model:<8} {cost.clock_s:.1f} s, {cost.cpu_s:.1f} s of CPU, "
                f"{SONG_S / cost.clock_s:.1f}x real time, {cost.peak_gb:.2f} GB"
            )


def memory() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = write_song(Path(name) / "song", LONG_SONG_S)
        paper = network.write_paper_bundle(Path(name) / "paper")
        for label, model in (("default", "default"), ("paper's full size", str(paper))):
            cost = cost_of(folder, Path(name) / f"{label}.wav", model)
            yield f"{label:<18} {cost.peak_gb:.2f} GB, {cost.clock_s:.0f} s"


def start_up() -> Iterator[str]:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "mixer", "--help"], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    yield f"mixer --help {sorted(times)[2]:.2f} s"


if __name__ == "__main__":
    main()
