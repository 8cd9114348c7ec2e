"""The mixture of dry recordings, as the target from which their wet versions are estimated."""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import FloatArray, zero_padded
from mixer.errors import InputError
from mixer.evaluate.alignment import find_alignment
from mixer.song.recording import Recording
from training.data.multitracks import DRY_FOLDER, SAMPLE_RATE_HZ, Multitrack, read_target

# Smallest share of a mixture's power that its dry stems must explain: stems of another song explain
# 1 to 7 %, those of an engineer's own mix 85 % and more.
LEAST_EXPLAINED = 0.5


def recordings_to_read(multitrack: Multitrack) -> tuple[Recording, ...]:
    """All recordings of a song that are read, wet or dry; those of a dry song with its mixture.

    Raises:
        InputError: the song is dry, but also has dry recordings in a folder of their own.
    """
    if not multitrack.song.dry:
        dry = multitrack.dry
        return multitrack.song.recordings + (dry.recordings if dry else ())
    if multitrack.dry is not None:
        raise InputError(
            f"song.toml says that its stems are dry, but it also has a folder {DRY_FOLDER};"
            " remove one of the two"
        )
    return multitrack.recordings


def aligned_mixture(multitrack: Multitrack, dry_sum: FloatArray, notes: list[str]) -> FloatArray:
    """Read a dry song's mixture, float32 (2, `n_samples`), moved in time to where its parts are.

    Args:
        multitrack: the song.
        dry_sum: the sum of its dry recordings, float32 (2, samples).
        notes: findings are added to it.

    Raises:
        InputError: the mixture is missing or damaged.
    """
    mixture = read_target(multitrack)
    if mixture is None:
        raise InputError("its stems are dry and it has no mix, so nothing can be learnt from it")
    lag = find_alignment(mixture, dry_sum, SAMPLE_RATE_HZ)
    if lag.lag_samples:
        notes.append(f"its mixture was moved by {-lag.lag_ms:.1f} ms to align with its dry stems")
    # Filters are short, so a constant delay of the whole song is compensated first.
    return zero_padded(mixture, lag.lag_samples, lag.lag_samples + mixture.shape[1])


class ExplainedShares:
    """Shares of a mixture's power that its dry recordings explain, excerpt by excerpt.

    Args:
        parts: what the recordings are, "stems" or "tracks".
    """

    def __init__(self, parts: str) -> None:
        self._parts = parts
        self._used: list[float] = []
        self._best = 0.0

    def is_enough(self, explained: float) -> bool:
        """Whether the wet versions can be estimated, with that share explained, 0 to 1."""
        self._best = max(self._best, explained)
        return explained >= LEAST_EXPLAINED

    def use(self, explained: float) -> None:
        """Count an excerpt that is used."""
        self._used.append(explained)

    def conclude(self, notes: list[str]) -> None:
        """Add the mean share of the excerpts used to `notes`.

        Raises:
            InputError: no excerpt was explained well enough.
        """
        if not self._used and 0.0 < self._best < LEAST_EXPLAINED:
            raise InputError(
                f"its dry {self._parts} explain only {100.0 * self._best:.0f} % of its mixture;"
                f" export both from the same edit, or put the wet {self._parts} in its folder and"
                f" the dry ones in a folder {DRY_FOLDER} beside them"
            )
        if self._used:
            percent = 100.0 * float(np.mean(self._used))
            notes.append(
                f"wet {self._parts} estimated: the dry ones explain {percent:.0f} % of the mixture"
            )
