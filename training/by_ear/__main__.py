"""Train the weights of `mixer.song.by_ear` from scratch, and evaluate them.

apt-get install fluidsynth fluid-soundfont-gm klettres-data sonic-pi-samples
python -m training.by_ear --shared ../shared --judge
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import torch

from mixer.errors import SettingsError
from mixer.roles import STEM_OF_ROLE
from mixer.song.by_ear import WEIGHTS, write_classifier
from training.by_ear.examples import Examples, joined, make_examples, read_examples, write_examples
from training.by_ear.fit import fit
from training.by_ear.judge import held_out_chances, in_words
from training.by_ear.machines import SAMPLES, sampled_tracks, synth_tracks
from training.by_ear.recordings import (
    Labelled,
    composed_recordings,
    real_folders,
    real_recordings,
)
from training.by_ear.voices import SYLLABLES, speakers, voice_tracks

_FIRST_SEED = 500_000
_N_SYNTH_TRACKS, _TRACKS_A_SPEAKER = 160, 9
_N_NETWORKS, _N_NETWORKS_JUDGED = 5, 2
# Weight of each set of examples.
_COMPOSED, _VOICES, _MACHINES, _REAL = 1.0, 0.5, 1.0, 1.0


def main() -> None:
    """Make examples (cached), fit, write the weights, and evaluate them if requested."""
    arguments = _arguments()
    torch.set_num_threads(1)
    cache = arguments.cache
    cache.mkdir(parents=True, exist_ok=True)
    others = [
        (_composed(cache, arguments.songs), _COMPOSED),
        (_cached(cache / "voices.npz", partial(_voices, arguments.voices)), _VOICES),
        (_cached(cache / "machines.npz", partial(_machines, arguments.samples)), _MACHINES),
    ]
    real = joined(
        _cached(cache / f"real-{number}.npz", partial(_real, folder, number))
        for number, folder in enumerate(real_folders(arguments.shared))
    )
    write_classifier(arguments.output, fit([*others, (real, _REAL)], range(_N_NETWORKS)))
    n_made = sum(len(part.stems) for part, _ in others)
    _say(f"{arguments.output}: trained on {len(real.stems)} real and {n_made} synthetic recordings")
    if arguments.judge:
        songs = [name.split("/")[1] for name in real.names]
        for what, groups in (("artist", real.artists), ("song", songs)):
            chances = held_out_chances(others, real, _REAL, groups, range(_N_NETWORKS_JUDGED))
            _say(f"\nEach {what}, judged by classifiers trained without it:")
            _say("\n".join(in_words(chances, real)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.by_ear",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--shared", type=Path, required=True, help="Folder of real songs.")
    parser.add_argument(
        "--voices", type=Path, default=SYLLABLES, help="Folder of recorded syllables."
    )
    parser.add_argument("--samples", type=Path, default=SAMPLES, help="Folder of sampled sounds.")
    parser.add_argument("--songs", type=int, default=48, help="Number of songs to compose.")
    parser.add_argument(
        "--cache", type=Path, default=Path("by_ear"), help="Folder for the computed features."
    )
    parser.add_argument("--output", "-o", type=Path, default=WEIGHTS, help="File for the weights.")
    parser.add_argument("--judge", action="store_true", help="Report the accuracy.")
    arguments = parser.parse_args()
    for folder in (arguments.shared, arguments.voices, arguments.samples):
        if not folder.is_dir():
            raise SettingsError(f"{folder}: no such folder; --help names the packages to install")
    return arguments


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _cached(path: Path, make: Callable[[], Examples]) -> Examples:
    if not path.exists():
        write_examples(path, make())
        _say(path.name)
    return read_examples(path)


def _composed(cache: Path, n_songs: int) -> Examples:
    seeds = range(_FIRST_SEED, _FIRST_SEED + n_songs)
    return joined(_cached(cache / f"composed-{seed}.npz", partial(_song, seed)) for seed in seeds)


def _song(seed: int) -> Examples:
    return make_examples(composed_recordings(seed), 1, np.random.default_rng((seed, 9)))


def _real(folder: Path, number: int) -> Examples:
    return make_examples(real_recordings(folder), 2, np.random.default_rng((7, number)))


def _voices(folder: Path) -> Examples:
    def sing() -> Iterator[Labelled]:
        for number, (language, files) in enumerate(speakers(folder)):
            own = np.random.default_rng((5, number))
            for role, audio in voice_tracks(files, _TRACKS_A_SPEAKER, own):
                yield Labelled(audio, "vocals", role, f"voices/{language}", language)

    return make_examples(sing(), 1, np.random.default_rng(6))


def _machines(folder: Path) -> Examples:
    rng = np.random.default_rng(8)
    tracks = chain(synth_tracks(_N_SYNTH_TRACKS, rng), sampled_tracks(folder, rng))
    labelled = (
        Labelled(audio, STEM_OF_ROLE[role], role, f"machines/{role}", "machines")
        for role, audio in tracks
    )
    return make_examples(labelled, 1, np.random.default_rng(10))


if __name__ == "__main__":
    main()
