"""Proof of unchanged parts of a take: a hash of every wet stem and track before the bus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.dsp.long_audio import parts_of
from mixer.output.names import TRACK_ROLE
from mixer.rendering.mix import Premaster
from mixer.takes.bus_figures import own_bus_db


def hash_samples(audio: np.ndarray) -> str:
    """SHA-256 of float32 samples, channel after channel.

    Args:
        audio: (channels, samples).
    """
    found = hashlib.sha256()
    for channel in audio:
        for part in parts_of(channel):
            found.update(np.ascontiguousarray(channel[part], np.float32).data)
    return found.hexdigest()


@dataclass(frozen=True)
class Proof:
    """Evidence that parts of a take are unchanged, and what the bus did to their sum.

    Attributes:
        parts: from `hash_parts`.
        own_bus_db: from `mixer.takes.bus_figures.own_bus_db`.
    """

    parts: Mapping[str, str]
    own_bus_db: float | None


def proof_of(made: Premaster) -> Proof:
    """The proof of a mix that was made with all its parts."""
    return Proof(hash_parts(made), own_bus_db(made))


# The name of all stems together that were not made by themselves.
REST = "rest"


def hash_rest(mix: np.ndarray, stems: Iterable[np.ndarray]) -> str:
    """`hash_samples` of a mix without some of its stems, float32 (channels, samples) each."""
    found, stems = hashlib.sha256(), list(stems)
    for place, channel in enumerate(mix):
        for part in parts_of(channel):
            rest = np.array(channel[part], np.float32)
            for stem in stems:
                rest -= stem[place, part]
            found.update(rest.data)
    return found.hexdigest()


def hash_parts(made: Premaster, known: Mapping[int, str] | None = None) -> dict[str, str]:
    """The hash of each wet stem, and of each wet track as `tracks/NAME`.

    Args:
        made: the mix.
        known: hashes by the `id` of arrays.
    """
    # One at a time: a track is read from the disk when it is looked at.
    return hash_stems(made.wet_stems, known or {}) | {
        f"{TRACK_ROLE}{name}": hash_samples(audio) for name, audio in made.wet_tracks.items()
    }


def hash_stems(stems: Mapping[str, np.ndarray], known: Mapping[int, str]) -> dict[str, str]:
    """The hash of each wet stem, as in `hash_parts`."""
    return {stem: known.get(id(audio)) or hash_samples(audio) for stem, audio in stems.items()}


def same_parts(
    was: Mapping[str, str], now: Mapping[str, str], unmade: Sequence[str] = ()
) -> list[str]:
    """Names of the parts that are bit for bit unchanged.

    Args:
        was, now: hashes, from `hash_parts`.
        unmade: the stems whose sum is `REST`.
    """
    same = (name for name, sha256 in now.items() if was.get(name) == sha256)
    return [stem for name in same for stem in (unmade if name == REST else (name,))]
