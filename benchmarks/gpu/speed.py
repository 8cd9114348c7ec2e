"""Speed of the network and of a whole render on the device, and what takes the time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.gpu.memory import gpu_memory
from benchmarks.gpu.places import Places, Sizes
from benchmarks.gpu.shares import largest_part
from benchmarks.network import SAMPLE_RATE_HZ, noise_song
from mixer.network.model import Bundle, read_bundle
from mixer.network.runner import LocalRunner
from mixer.network.session import Network
from mixer.network.stream import run_network


@dataclass(frozen=True)
class Speed:
    """One measurement; seconds are per second of song.

    Attributes:
        what: "network", or "render" from folder to file.
        bundle, device: that ran.
        song_s: length of the song.
        chunk_samples: of the network's chunks where another size than its own was tried.
        seconds: of wall clock.
        shares: of the time, by graph or by stage; they add up to 1.
        peak_gpu_gb: most GPU memory in use; None without a GPU.
    """

    what: str
    bundle: str
    device: str
    song_s: float
    chunk_samples: int | None
    seconds: float
    shares: Mapping[str, float]
    peak_gpu_gb: float | None

    @property
    def limit(self) -> str:
        """The part that takes most of the time."""
        return largest_part(self.shares)


class TimedNetwork(Network):
    """A network that knows how long each of its graphs ran, over all threads."""

    def __init__(self, bundle: Bundle, device: str) -> None:
        super().__init__(bundle, device, is_own=True)
        self.graph_s: dict[str, float] = {}
        self._clock = threading.Lock()

    def run(
        self, graph: str, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]
    ) -> list[NDArray[np.float32]]:
        began = time.perf_counter()
        answers = super().run(graph, feeds, outputs)
        taken_s = time.perf_counter() - began
        with self._clock:
            self.graph_s[graph] = self.graph_s.get(graph, 0.0) + taken_s
        return answers


def network_speeds(bundles: Sequence[Path | str], places: Places, sizes: Sizes) -> Iterator[Speed]:
    """Each bundle alone, at every length; the first one with chunks of several sizes too."""
    for folder in bundles:
        network = TimedNetwork(read_bundle(folder), places.network)
        for song_s in sizes.durations_s:
            yield _time_network(network, song_s, None)
    network = TimedNetwork(read_bundle(bundles[0]), places.network)
    hop = network.bundle.manifest.hyper_parameters.hop_samples
    for chunk_samples in sizes.chunks_samples:
        yield _time_network(network, sizes.durations_s[0], chunk_samples, hop)


def _time_network(
    network: TimedNetwork, song_s: float, chunk_samples: int | None, hop_samples: int = 1
) -> Speed:
    stems = noise_song(song_s)
    chunk_frames = max(1, chunk_samples // hop_samples) if chunk_samples else None
    options: dict[str, Any] = {"warm_up_s": 0.0, "chunk_frames": chunk_frames}
    # Algorithms are chosen for each shape when it first comes.
    run_network(network, [stem[:, : 2 * SAMPLE_RATE_HZ] for stem in stems], **options)
    network.graph_s.clear()
    with gpu_memory() as peak:
        began = time.perf_counter()
        output = run_network(network, stems, **options)
        seconds = time.perf_counter() - began
    in_graphs = sum(network.graph_s.values())
    # Threads run graphs side by side, so that their times may add up to more than the clock's.
    whole = max(in_graphs, seconds)
    shares = {name: taken_s / whole for name, taken_s in network.graph_s.items()}
    shares["host"] = 1.0 - in_graphs / whole
    return Speed(
        "network",
        network.bundle.name,
        output.device,
        song_s,
        chunk_samples,
        seconds / song_s,
        shares,
        peak.gb,
    )


def render_speeds(
    bundles: Sequence[Path | str], places: Places, sizes: Sizes, scratch: Path
) -> Iterator[Speed]:
    """Songs from folder to file, as `mixer render` does it, without starting Python."""
    from benchmarks.songs import write_song

    for song_s in sizes.durations_s:
        folder = scratch / f"{song_s:g} s"
        folder.mkdir()
        write_song(folder, song_s)
        for bundle in bundles:
            yield _time_render(folder, str(bundle), song_s, places.network)


def _time_render(folder: Path, model: str, song_s: float, device: str) -> Speed:
    from mixer.output.write import write_mix
    from mixer.rendering.pipeline import render
    from mixer.rendering.settings import RenderSettings
    from mixer.song.load import load_song

    with gpu_memory() as peak:
        began = time.perf_counter()
        song = load_song(folder)
        loaded = time.perf_counter()
        network = LocalRunner(Network(read_bundle(model), device, is_own=True))
        mix = render(song, RenderSettings(model=model, device=device), network=network)
        rendered = time.perf_counter()
        write_mix(mix, folder.with_name(f"{folder.name} {Path(model).name}.wav"))
        seconds = time.perf_counter() - began
    parts = {
        "load": loaded - began,
        **mix.seconds,
        "write": began + seconds - rendered,
    }
    parts["rest"] = max(0.0, seconds - sum(parts.values()))
    return Speed(
        "render",
        Path(model).name,
        mix.device or "cpu",
        song_s,
        None,
        seconds / song_s,
        {name: taken_s / seconds for name, taken_s in parts.items()},
        peak.gb,
    )
