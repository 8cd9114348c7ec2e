"""Instrument of a recording by its sound: a small classifier for unrecognised file names.

The weights are trained by `python -m training.by_ear`, which also reports their accuracy on
held-out recordings; `training/EXPERIMENTS.md` has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.audio import AudioSource
from mixer.audio.excerpts import read_excerpts
from mixer.dsp.blocks import FloatArray
from mixer.errors import InputError
from mixer.files.array_file import read_arrays
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE, UNKNOWN
from mixer.song.sound_features import EXCERPT_S, RATE_HZ, describe_sound, excerpt_starts_s
from mixer.stems import STEMS

WEIGHTS = Path(__file__).with_name("by_ear.npz")
# From this probability on a stem is believed of a file whose name says nothing.
BELIEVED_FROM = 0.9
# From this one on, over the whole and each half of what was heard, it speaks against a name.
CONTRADICTS_FROM = 0.97
# A role is named if it has this share of its stem's probability.
_ROLE_FROM = 0.6


@dataclass(frozen=True)
class HeardPart:
    """Instrument that a recording sounds like.

    Attributes:
        role: one of `mixer.roles.ROLE_NAMES`; `UNKNOWN` where only the stem is clear.
        stem: one of `mixer.stems.STEMS`.
        probability: of the stem, 0 to 1.
    """

    role: str
    stem: str
    probability: float

    @property
    def in_words(self) -> str:
        """The instrument in words for the user."""
        stem = "another instrument" if self.stem == "other" else self.stem
        what = stem if self.role == UNKNOWN else self.role.replace("_", " ")
        return f"sounds like {what} ({self.probability:.2f})"

    @property
    def is_believed(self) -> bool:
        """Whether it is certain enough to override a name."""
        return self.probability >= BELIEVED_FROM


def listen_for_role(source: AudioSource) -> HeardPart | None:
    """Classify a file by its sound; None for silence or an unreadable file.

    Args:
        source: from `mixer.audio.probe`.
    """
    excerpts = _excerpts(source)
    return None if excerpts is None else judge_sound(excerpts)


def listen_against(source: AudioSource, stem: str) -> HeardPart | None:
    """Classify a file that clearly does not sound like its stem; None if it may belong there.

    All excerpts together, and each half of them by itself, must contradict the stem.
    """
    excerpts = _excerpts(source)
    whole = None if excerpts is None else judge_sound(excerpts)
    if excerpts is None or not _is_against(whole, stem):
        return None
    halves = [judge_sound(excerpts[start::2]) for start in (0, 1)]
    return whole if all(_is_against(half, stem) for half in halves) else None


def _is_against(part: HeardPart | None, stem: str) -> bool:
    return part is not None and part.stem != stem and part.probability >= CONTRADICTS_FROM


def _excerpts(source: AudioSource) -> FloatArray | None:
    starts_s = excerpt_starts_s(source.n_samples / source.sample_rate)
    try:
        return read_excerpts(source, starts_s, EXCERPT_S, RATE_HZ)
    except InputError:
        return None


def judge_sound(excerpts: FloatArray) -> HeardPart | None:
    """Classify a recording by its features.

    Args:
        excerpts: float32 (excerpts, channels, samples) as `describe_sound` takes them.

    Returns:
        The most likely role and stem; None for silence.
    """
    features = describe_sound(excerpts)
    if features is None:
        return None
    classifier = _classifier()
    chances = dict(zip(classifier.roles, classifier.chances(features[None])[0], strict=True))
    by_stem = {
        stem: {
            role: float(chance) for role, chance in chances.items() if STEM_OF_ROLE[role] == stem
        }
        for stem in STEMS
    }
    stem = max(STEMS, key=lambda name: sum(by_stem[name].values()))
    total = sum(by_stem[stem].values())
    role = max(by_stem[stem], key=lambda name: by_stem[stem][name])
    return HeardPart(role if by_stem[stem][role] >= _ROLE_FROM * total else UNKNOWN, stem, total)


@dataclass(frozen=True)
class Classifier:
    """An ensemble of small networks over the same features.

    Attributes:
        roles: role of each output.
        mean, scale: float32 (features,), mean and standard deviation in the training data.
        layers: weight (networks, inputs, outputs) and bias (networks, 1, outputs) of each layer.
    """

    roles: tuple[str, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    def chances(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, roles) of features (n, features): the networks' mean."""
        signal = ((features - self.mean) / self.scale)[None]
        for number, (weight, bias) in enumerate(self.layers):
            signal = signal @ weight + bias
            if number < len(self.layers) - 1:
                signal = np.maximum(signal, 0.0)
        odds = np.exp(signal.astype(np.float64) - signal.max(axis=-1, keepdims=True))
        return np.asarray((odds / odds.sum(axis=-1, keepdims=True)).mean(axis=0))


def read_classifier(path: Path) -> Classifier:
    """Read the weights that `write_classifier` wrote.

    Raises:
        ValueError: the shapes do not match, or a role is unknown.
    """
    arrays = read_arrays(path)
    roles = tuple(str(role) for role in arrays["roles"])
    n_layers = sum(name.startswith("weight_") for name in arrays)
    layers = tuple((arrays[f"weight_{n}"], arrays[f"bias_{n}"]) for n in range(n_layers))
    mean, scale = arrays["mean"], arrays["scale"]
    if not set(roles) <= set(ROLE_NAMES) or layers[-1][0].shape[-1] != len(roles):
        raise ValueError(f"{path.name}: its outputs are not all known roles")
    return Classifier(roles, mean, scale, layers)


def write_classifier(path: Path, classifier: Classifier) -> None:
    """Write weights as plain arrays."""
    layers: dict[str, Any] = {
        f"{kind}_{number}": array
        for number, layer in enumerate(classifier.layers)
        for kind, array in zip(("weight", "bias"), layer, strict=True)
    }
    np.savez_compressed(
        path,
        roles=np.array(classifier.roles),
        mean=classifier.mean,
        scale=classifier.scale,
        **layers,
    )


@cache
def _classifier() -> Classifier:
    return read_classifier(WEIGHTS)
