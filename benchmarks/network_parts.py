"""Cost of the default model's work on four stems, part by part.

    python -m benchmarks --parts network_parts

In units of one short-time transform of the same stems and back, in turns with it, in processor time
of one core: nothing that changes spectra can be quicker. Each function that is a part is timed
without the parts that it calls, while the network runs as in a render; of several runs the quickest
is shown, so that its parts add up. "Two mono" is the demo song as it is, two of whose stems hold
the same samples in both channels.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from benchmarks.floor import N_FFT, cpu_s, there_and_back
from benchmarks.songs import song_of
from mixer.dsp import short_time
from mixer.dsp.erb_bands import BandSums
from mixer.dsp.threads import one_blas_thread
from mixer.network.band_mixer import bands, run, sums
from mixer.network.band_mixer.controls import BinGains, SpectralStrip
from mixer.network.model import read_bundle
from mixer.network.session import Network
from mixer.network.stream import run_network

_SONG_S, _N_TURNS, _N_READINGS = 60.0, 5, 2_000
_FIRST, _NETWORK, _SECOND = "first pass", "the network itself", "second pass"
_ROOM, _WIDTH, _WET_SPACE = "room of the mix", "width of the mix", "room and width of wet stems"
_REST = "rest"
# Rest of a pass: the first one meets the stems in memory.
_REST_OF = {_FIRST: "reading, equal channels, blocks of levels", _SECOND: _REST}

# Which function is which part: its owner, its name, and the part.
TIMED: tuple[tuple[object, str, str], ...] = (
    (run, "measure_levels", _FIRST),
    (Network, "run", _NETWORK),
    (sums.StemSums, "run", _SECOND),
    (run._Song, "add_space", _WET_SPACE),
    (short_time, "rfft", "transforms"),
    (short_time, "irfft", "inverse transforms"),
    (short_time.Analysis, "of", "windows"),
    (short_time.Synthesis, "add", "windows and overlap"),
    (bands._PowerReader, "read", "squares"),
    (BandSums, "sum_bins", "sums by bands"),
    (BinGains, "of", "gains of bins"),
    (SpectralStrip, "apply", "curves and balance"),
    (sums._Work, "run", "sums of stems"),
)
_PASSES = {_FIRST, _NETWORK, _SECOND, _ROOM, _WIDTH, _WET_SPACE}

# CPU seconds by pass and part.
Parts = Counter[tuple[str, str]]


class Taken(NamedTuple):
    """CPU seconds of a song: one transform there and back, and the parts of what was mixed."""

    floor_s: float
    mix: Parts
    wet: Parts


class Clock:
    """CPU seconds of nested parts, each without those inside it.

    Args:
        own_s: CPU seconds that a reading takes, which are not counted.
    """

    def __init__(self, own_s: float = 0.0) -> None:
        self.parts: Parts = Counter()
        self._own_s = own_s
        self._within: list[str] = []
        self._since_s = time.process_time()

    def count(self) -> None:
        """Give the time since the last call to the part that is running."""
        now_s = time.process_time()
        whole = next((name for name in self._within if name in _PASSES), _REST)
        part = self._within[-1] if self._within else _REST
        self.parts[whole, _REST if part in _PASSES else part] += now_s - self._since_s - self._own_s
        self._since_s = now_s

    @contextlib.contextmanager
    def within(self, part: str) -> Iterator[None]:
        """Time what the block does as a part."""
        self.count()
        self._within.append(part)
        try:
            yield
        finally:
            self.count()
            self._within.pop()

    def timed(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The function, timed as a part."""

        def call(*args: Any, **kwargs: Any) -> Any:
            with self.within(part):
                return function(*args, **kwargs)

        return call


def _reading_s() -> float:
    """CPU seconds that a clock takes for a reading: a few millionths, but thousands are made."""
    clock = Clock()
    for _ in range(_N_READINGS // 2):
        with clock.within(_FIRST):
            pass
    return clock.parts.total() / _N_READINGS


def parts_of(do: Callable[[], object]) -> Parts:
    """Run something that works on one thread at a time; CPU seconds of its parts."""
    clock = Clock(_reading_s())
    add_returns = run.add_returns

    def returns_apart(mix: Any, sample_rate: int, width: Any, room: Any) -> None:
        # The same work, in the same order.
        clock.timed(add_returns, _ROOM)(mix, sample_rate, None, room)
        clock.timed(add_returns, _WIDTH)(mix, sample_rate, width, None)

    with contextlib.ExitStack() as patches:
        patches.enter_context(mock.patch.object(run, "add_returns", returns_apart))
        for owner, name, part in TIMED:
            timed = clock.timed(getattr(owner, name), part)
            patches.enter_context(mock.patch.object(owner, name, timed))
        do()
        clock.count()
    return clock.parts


def measured(network: Network, stems: list[NDArray[np.float32]]) -> Taken:
    """The quickest of several turns, each of the floor, a mix, and a mix with wet stems."""
    own = [np.empty_like(stem) for stem in stems]

    def mixed(*, wet_stems: bool) -> Parts:
        # As in a render, into the memory of the stems.
        given = [stem.copy() for stem in stems]
        return parts_of(
            lambda: run_network(
                network, given, warm_up_s=0.0, wet_stems=wet_stems, threads=1, consume=True
            )
        )

    turns = [
        Taken(
            cpu_s(lambda: there_and_back(stems, own, N_FFT)),
            mixed(wet_stems=False),
            mixed(wet_stems=True),
        )
        for _ in range(_N_TURNS)
    ]
    return Taken(
        min(turn.floor_s for turn in turns),
        min((turn.mix for turn in turns), key=Counter.total),
        min((turn.wet for turn in turns), key=Counter.total),
    )


def songs() -> dict[str, list[NDArray[np.float32]]]:
    """The demo song as it is, with mono stems alone, and with stereo stems alone."""
    stems = list(song_of(_SONG_S).values())
    return {
        "two mono": stems,
        "all mono": [np.repeat(stem[:1], 2, axis=0) for stem in stems],
        "all stereo": [np.stack([stem[0], 0.9 * np.roll(stem[1], 7)]) for stem in stems],
    }


def table() -> Iterator[str]:
    """Parts of a mix and of a mix with wet stems, in Markdown."""
    network = Network(read_bundle("default"), "cpu")
    with one_blas_thread:
        found = {name: measured(network, stems) for name, stems in songs().items()}
    yield "| part, in transforms of the same stems and back | " + " | ".join(found) + " |"
    yield "| --- |" + " --- |" * len(found)

    def row(title: str, own_s: Callable[[Taken], float]) -> str:
        figures = (f"{own_s(taken) / taken.floor_s:.2f}" for taken in found.values())
        return f"| {title} | " + " | ".join(figures) + " |"

    for whole, part in _in_order(taken.mix for taken in found.values()):
        title = whole if part == _REST and whole not in _REST_OF else f"{whole}: {part}"
        title = title.replace(_REST, _REST_OF.get(whole, _REST))
        yield row(title, lambda taken, key=(whole, part): taken.mix[key])  # type: ignore[misc]
    yield row("**mix**", lambda taken: taken.mix.total())
    for whole in (_SECOND, _WET_SPACE):
        title = whole if whole == _WET_SPACE else f"wet stems, in the {whole}"
        yield row(title, lambda taken, own=whole: _more_s(taken, own))  # type: ignore[misc]
    yield row("**mix and wet stems**", lambda taken: taken.wet.total())


def _in_order(songs: Iterator[Parts]) -> list[tuple[str, str]]:
    """Pass by pass, the largest part first, the rest last."""
    largest: Parts = Counter()
    for parts in songs:
        largest |= parts
    order = [_FIRST, _NETWORK, _SECOND, _ROOM, _WIDTH, _REST]
    return sorted(largest, key=lambda at: (order.index(at[0]), at[1] == _REST, -largest[at]))


def _more_s(taken: Taken, whole: str) -> float:
    """Additional time of a pass with wet stems."""
    both = (sum(s for at, s in parts.items() if at[0] == whole) for parts in (taken.wet, taken.mix))
    with_wet_s, without_s = both
    return with_wet_s - without_s
