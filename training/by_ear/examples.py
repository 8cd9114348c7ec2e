"""Features of labelled recordings: each one unchanged, and disturbed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray
from mixer.files.array_file import read_arrays
from mixer.roles import UNKNOWN
from mixer.song.sound_features import (
    EXCERPT_S,
    N_EXCERPTS,
    RATE_HZ,
    describe_sound,
    excerpt_starts_s,
)
from training.by_ear.disturbance import disturb
from training.by_ear.recordings import Labelled

_DISTURBED_S = 24.0
_TEXTS = ("stems", "roles", "names", "artists")
# Classes of the classifier, and the roles that it treats as one.
ROLES = (
    "kick", "snare", "hihat", "toms", "overheads", "cymbals", "percussion", "drum_loop", "bass",
    "electric_guitar", "acoustic_guitar", "keys", "organ", "lead_synth", "pad", "arp", "strings",
    "brass", "fx", "lead_vocal", "backing_vocals",
)  # fmt: skip
_TAKEN_FOR = {"sub": "bass", "room": "overheads", "vocal_double": "lead_vocal"}


@dataclass(frozen=True)
class Examples:
    """Features and labels of recordings.

    Attributes:
        features: float32 (recordings, variants, features); the first variant is undisturbed.
        stems, roles: stem and role of each; `UNKNOWN` if the role is not in `ROLES`.
        names, artists: name and artist of each.
    """

    features: NDArray[np.float32]
    stems: tuple[str, ...]
    roles: tuple[str, ...]
    names: tuple[str, ...]
    artists: tuple[str, ...]

    def part(self, chosen: NDArray[np.bool_]) -> Examples:
        """Select examples by a mask (recordings,)."""
        rows = np.flatnonzero(chosen)
        texts = (tuple(column[row] for row in rows)
                 for column in (self.stems, self.roles, self.names, self.artists))  # fmt: skip
        return Examples(self.features[rows], *texts)


def make_examples(
    recordings: Iterable[Labelled], n_disturbed: int, rng: np.random.Generator
) -> Examples:
    """Extract features of recordings, unchanged and `n_disturbed` times disturbed."""
    features, found = [], []
    for recording in recordings:
        plain = describe_sound(excerpts_of(recording.audio))
        if plain is None:
            continue
        variants = [plain]
        for _ in range(n_disturbed):
            part = disturb(_stretch(recording.audio, rng), rng)
            heard = describe_sound(excerpts_of(part, float(rng.random())))
            variants.append(plain if heard is None else heard)
        features.append(np.stack(variants))
        found.append(recording)
    roles = [_TAKEN_FOR.get(r.role, r.role) for r in found]
    return Examples(
        np.stack(features),
        tuple(r.stem for r in found),
        tuple(role if role in ROLES else UNKNOWN for role in roles),
        tuple(r.name for r in found),
        tuple(r.artist for r in found),
    )


def excerpts_of(audio: FloatArray, shift: float = 0.5) -> FloatArray:
    """Excerpts (excerpts, channels, samples) of a recording in memory, as if read from a file."""
    length = round(EXCERPT_S * RATE_HZ)
    excerpts = np.zeros((N_EXCERPTS, audio.shape[0], length), np.float32)
    starts_s = excerpt_starts_s(audio.shape[1] / RATE_HZ, shift)
    for excerpt, start_s in zip(excerpts, starts_s, strict=True):
        part = audio[:, round(start_s * RATE_HZ) :][:, :length]
        excerpt[:, : part.shape[1]] = part
    return excerpts


def joined(parts: Iterable[Examples]) -> Examples:
    """Join sets of examples that have the same number of variants."""
    parts = list(parts)
    texts = (sum((getattr(part, name) for part in parts), ())
             for name in ("stems", "roles", "names", "artists"))  # fmt: skip
    return Examples(np.concatenate([part.features for part in parts]), *texts)


def write_examples(path: Path, examples: Examples) -> None:
    """Write examples to a file of plain arrays."""
    arrays: dict[str, Any] = {name: np.array(getattr(examples, name)) for name in _TEXTS}
    np.savez_compressed(path, features=examples.features, **arrays)


def read_examples(path: Path) -> Examples:
    """Read examples written by `write_examples`."""
    arrays = read_arrays(path)
    texts = (tuple(map(str, arrays[name])) for name in _TEXTS)
    return Examples(arrays["features"], *texts)


def _stretch(audio: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A random part of a recording, unless it is silent."""
    length = round(_DISTURBED_S * RATE_HZ)
    start = int(rng.integers(0, max(1, audio.shape[1] - length)))
    part = audio[:, start : start + length]
    return part if np.abs(part).max() > 0.003 else audio[:, : 2 * length]
