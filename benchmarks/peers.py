"""Alternatives to mixer, side by side in one run: files in, a file out.

    python -m benchmarks.peers                 # a table in Markdown, and the commands under it
    python -m benchmarks.peers --seconds 20 --turns 1

Each is a process of its own, from its start to its written file, on all cores; the turns of all of
them alternate. The networks have random weights, which take as long as trained ones. A tool that
is not installed is left out, with a line that says so.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.machine import machine, print_lines
from benchmarks.songs import write_song

SONG_S, N_TURNS = 60.0, 3
# Whole-file PyTorch at the paper's full size takes 0.1 GB for each second; demucs, seconds.
NETWORK_SONG_S, DEMUCS_SONG_S = 20.0, 12.0
_LOUDNORM = "loudnorm=I=-14:TP=-1:LRA=11"
_SUM = "amix=inputs=4:normalize=0"


@dataclass(frozen=True)
class Peer:
    """One way of making a mix.

    Attributes:
        name: in the table.
        song_s: seconds of the song that it is given.
        command: as one would type it, with SONG for the folder.
        run: makes a mix of the song in a folder into a file, in other processes.
        missing: why it cannot be run here; empty if it can.
    """

    name: str
    song_s: float
    command: str
    run: Callable[[Path, Path], None] = field(repr=False)
    missing: str = ""


def peers(song_s: float, bundle: Path) -> list[Peer]:
    """All of them.

    Args:
        song_s: seconds of the songs of those that take less than real time.
        bundle: the paper's network at its full size, random weights.
    """
    network_s, demucs_s = min(song_s, NETWORK_SONG_S), min(song_s, DEMUCS_SONG_S)
    has_ffmpeg = shutil.which("ffmpeg") is not None
    return [
        Peer("plain sum (soundfile, numpy)", song_s, _shown("plain_sum"), _python("plain_sum")),
        Peer(
            "pedalboard: high-pass, peak, compressor a stem; compressor, limiter",
            song_s, _shown("pedalboard_chain"), _python("pedalboard_chain"),
            _missing("pedalboard"),
        ),
        Peer(
            "ffmpeg-normalize's manner: two-pass loudnorm of the sum",
            song_s, f"ffmpeg -i SONG/... -filter_complex {_SUM},{_LOUDNORM} (twice)",
            two_pass_loudnorm, "" if has_ffmpeg else "ffmpeg is not installed",
        ),
        Peer("mixer, default model", song_s, "mixer render SONG", _mixer("default")),
        Peer(
            "mixer, default model, to -14 LUFS", song_s, "mixer render SONG --loudness -14",
            _mixer("default", "--loudness", "-14"),
        ),
        Peer("mixer, normalised sum", song_s, "mixer render SONG --model none", _mixer("none")),
        Peer(
            "mixer, the paper's network at full size", network_s,
            "mixer render SONG --model FULL_SIZE", _mixer(str(bundle)),
        ),
        Peer(
            "PyTorch, the same network's plain layers as published, without normalisation",
            network_s, _shown("plain_network"), _python("plain_network"), _missing("torch"),
        ),
        Peer(
            "demucs' manner: HTDemucs on the sum, chunks of 7.8 s overlapping by a quarter",
            demucs_s, _shown("demucs"), _python("demucs"), _missing("demucs_infer"),
        ),
    ]  # fmt: skip


def _mixer(model: str, *more: str) -> Callable[[Path, Path], None]:
    def run(song: Path, out: Path) -> None:
        command = [sys.executable, "-m", "mixer", "render", str(song), "-o", str(out)]
        command += ["--model", model, "--overwrite", "--quiet", *more]
        subprocess.run(command, check=True)

    return run


def _python(name: str) -> Callable[[Path, Path], None]:
    def run(song: Path, out: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.peer", name, str(song), str(out)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return run


def _shown(name: str) -> str:
    return f"python -m benchmarks.peer {name} SONG mix.wav"


def _missing(package: str) -> str:
    found = importlib.util.find_spec(package) is not None
    return "" if found else f"{package} is not installed"


def two_pass_loudnorm(song: Path, out: Path) -> None:
    """Measure the sum, then bring it to -14 LUFS by what was measured."""
    inputs = [word for stem in sorted(song.glob("*.wav")) for word in ("-i", str(stem))]
    start = ["ffmpeg", "-nostdin", "-hide_banner", "-y", *inputs, "-filter_complex"]
    heard = subprocess.run(
        [*start, f"{_SUM},{_LOUDNORM}:print_format=json", "-f", "null", "-"],
        check=True, capture_output=True, text=True,
    ).stderr  # fmt: skip
    found = json.loads(re.findall(r"\{[^{}]*\}", heard)[-1])
    names = ("i", "tp", "lra", "thresh")
    measured = ":".join(f"measured_{name.upper()}={found[f'input_{name}']}" for name in names)
    measured = measured.replace("measured_THRESH", "measured_thresh")
    second = f"{_SUM},{_LOUDNORM}:{measured}:offset={found['target_offset']}:linear=true"
    subprocess.run(
        [*start, second, "-ar", "44100", "-c:a", "pcm_s24le", str(out)],
        check=True, capture_output=True,
    )  # fmt: skip


def measure(all_of_them: Sequence[Peer], folder: Path, turns: int) -> dict[str, list[float]]:
    """Seconds of each turn by name, those that are missing left out."""
    songs = {
        song_s: write_song(folder / f"song of {song_s:g} s", song_s)
        for song_s in {peer.song_s for peer in all_of_them}
    }
    taken_s: dict[str, list[float]] = {}
    for _ in range(turns):
        for peer in all_of_them:
            if not peer.missing:
                began_s = time.perf_counter()
                peer.run(songs[peer.song_s], folder / "mix.wav")
                taken_s.setdefault(peer.name, []).append(time.perf_counter() - began_s)
    return taken_s


def table(song_s: float = SONG_S, turns: int = N_TURNS) -> Iterator[str]:
    """The table in Markdown, line by line."""
    from benchmarks.network import write_paper_bundle

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        all_of_them = peers(song_s, write_paper_bundle(folder / "full-size"))
        taken_s = measure(all_of_them, folder, turns)
    yield "| four stems to a mix, command to file | song | median | range | real time |"
    yield "| --- | --- | --- | --- | --- |"
    for peer in all_of_them:
        if peer.missing:
            yield f"| {peer.name} | left out: {peer.missing} | | | |"
            continue
        own_s = taken_s[peer.name]
        yield (
            f"| {peer.name} | {peer.song_s:g} s | {median(own_s):.1f} s | {min(own_s):.1f} to "
            f"{max(own_s):.1f} s | {peer.song_s / median(own_s):.1f}x |"
        )
    yield ""
    yield "Commands, in the order of the rows:"
    yield ""
    yield "<!-- block: parsed, SONG stands for any song -->"
    yield "```sh"
    yield from (peer.command for peer in all_of_them)
    yield "```"


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare mixer with alternatives.")
    parser.add_argument("--seconds", type=float, default=SONG_S, help="length of the song")
    parser.add_argument("--turns", type=int, default=N_TURNS)
    asked = parser.parse_args()
    print_lines(itertools.chain(machine(), [""], table(asked.seconds, asked.turns)))


if __name__ == "__main__":
    main()
