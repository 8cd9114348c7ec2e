"""Profile of a render: the most expensive functions, in all threads.

    python -m benchmarks.profile                # the ten of three minutes of four stems
    python -m benchmarks.profile --seconds 600 --model tracks --top 20

The stack of each working thread is sampled every few milliseconds, at negligible cost.
Compiled loops count for the function that calls them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from benchmarks.machine import machine
from benchmarks.songs import write_song
from mixer import RenderSettings, load_song, render, write_mix

SONG_S, TOP = 180, 10
_EVERY_S = 0.005
# A thread whose innermost function is in one of these waits for others.
_WAITING = ("threading.py", "queue.py", "selectors.py", "thread.py", "long_audio.py")


@contextmanager
def sampled() -> Iterator[Counter[str]]:
    """Count what the threads of this process are found at while the block runs."""
    found: Counter[str] = Counter()
    ended = threading.Event()

    def look() -> None:
        own = threading.get_ident()
        while not ended.wait(_EVERY_S):
            for thread, frame in sys._current_frames().items():
                if thread != own and Path(frame.f_code.co_filename).name not in _WAITING:
                    found[_name(frame)] += 1

    sampler = threading.Thread(target=look, daemon=True)
    sampler.start()
    try:
        yield found
    finally:
        ended.set()
        sampler.join()


def _name(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.name} {frame.f_code.co_name}"


def main() -> int:
    parser = argparse.ArgumentParser(description="The functions that a render spends most time in.")
    parser.add_argument("--seconds", type=int, default=SONG_S)
    parser.add_argument("--model", default="default")
    parser.add_argument("--top", type=int, default=TOP)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = write_song(Path(name) / "song", options.seconds)
        began, began_cpu_s = time.perf_counter(), time.process_time()
        with sampled() as found:
            song = load_song(folder)
            mix = render(song, RenderSettings(model=options.model))
            write_mix(mix, Path(name) / "mix.wav")
    clock_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu_s
    for line in machine():
        print(line)
    print(f"{options.seconds} s of song: {clock_s:.1f} s, {cpu_s:.1f} s of CPU")
    n_samples = max(1, found.total())
    for function, count in found.most_common(options.top):
        print(f"{count / n_samples:6.1%}  {function}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
