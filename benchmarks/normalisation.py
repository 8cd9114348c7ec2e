"""Time of normalisation, effect by effect: `python -m benchmarks.normalisation`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

from benchmarks.songs import SAMPLE_RATE_HZ, song_of
from mixer.dsp.threads import Workers, one_blas_thread
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import read_profile
from mixer.normalisations import EFFECTS

SONG_S = 60
CHAIN = ("eq", "compression", "panning", "loudness")


@one_blas_thread
def table() -> Iterator[str]:
    """Each effect alone on one core, then a chain as a render runs it; a table in Markdown."""
    profile = read_profile("musdb18")
    stems = song_of(SONG_S)
    yield f"| normalisation of four stems of {SONG_S} s | seconds for each second of song |"
    yield "| --- | --- |"
    for effect in EFFECTS:
        began_s = time.process_time()
        for stem, audio in stems.items():
            normalise_stem(audio, SAMPLE_RATE_HZ, stem, profile, (effect,))
        taken_s = time.process_time() - began_s
        yield f"| {effect.replace('_', '-')} | {taken_s / SONG_S:.4f} of one core |"
    began_s, n_threads = time.perf_counter(), os.cpu_count() or 1
    with Workers(n_threads) as pool:
        for job in [
            pool.submit(normalise_stem, audio, SAMPLE_RATE_HZ, stem, profile, CHAIN)
            for stem, audio in stems.items()
        ]:
            job.result()
    taken_s = time.perf_counter() - began_s
    chain, pace = ", ".join(CHAIN), taken_s / SONG_S
    yield f"| **{chain}**, {n_threads} threads | **{pace:.4f}** by the clock |"
    yield ""
    yield "Each row measures the stem before and after."


if __name__ == "__main__":
    for line in table():
        sys.stdout.write(line + "\n")
