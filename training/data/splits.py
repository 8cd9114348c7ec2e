"""Assignment of songs to the training, validation and test splits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mixer.errors import InputError, SettingsError
from training.data.multitracks import Multitrack

METHODS = ("auto", "musdb", "hash")


def assign_splits(
    multitracks: Sequence[Multitrack],
    method: str = "auto",
    valid_share: float = 0.1,
    test_share: float = 0.1,
) -> list[str]:
    """Assign a split to each song: "train", "valid" or "test".

    With hashing, a song's split depends on its name alone, so that adding songs does not move
    others. If there are at least two songs, the one with the smallest hash is always used for
    validation and the one with the largest for training.

    Args:
        multitracks: the songs.
        method: "auto" uses the split stated by the source (MUSDB18's official lists, or folders
            named train, valid and test) and hashes the rest; "musdb" requires a stated split for
            every song; "hash" ignores stated splits.
        valid_share, test_share: shares of the hashed songs, each 0 to 1, together below 1.

    Raises:
        SettingsError: the shares are out of range.
        InputError: with "musdb", a song is not in a train or test folder.
    """
    if min(valid_share, test_share) < 0.0 or valid_share + test_share >= 1.0:
        raise SettingsError(
            "the shares for validation and test must be 0 or more and together below 1, not "
            f"{valid_share:g} and {test_share:g}"
        )
    splits: list[str] = []
    hashed: set[int] = set()
    for index, multitrack in enumerate(multitracks):
        if method != "hash" and multitrack.split is not None:
            splits.append(multitrack.split)
        elif method == "musdb":
            raise InputError(
                f"{multitrack.name}: not in a train or test folder of MUSDB18; use --split hash"
            )
        else:
            hashed.add(index)
            share = _hash_share(multitrack.name)
            is_valid, is_test = share < valid_share, share < valid_share + test_share
            splits.append("valid" if is_valid else "test" if is_test else "train")
    by_hash = sorted(range(len(splits)), key=lambda i: _hash_share(multitracks[i].name))
    if len(splits) > 1:
        _ensure(splits, "train", [i for i in reversed(by_hash) if i in hashed])
    if len(splits) > 1 and valid_share > 0.0:
        kept_for_test = [i for i in by_hash if splits[i] == "test" and i in hashed]
        trained = [i for i in by_hash if splits[i] == "train"]
        _ensure(splits, "valid", trained if len(trained) > 1 else kept_for_test)
    return splits


def _ensure(splits: list[str], wanted: str, candidates: list[int]) -> None:
    """Assign the first candidate to a split that has no song."""
    if wanted not in splits and candidates:
        splits[candidates[0]] = wanted


def _hash_share(name: str) -> float:
    """Map a name to a number from 0 to 1, evenly distributed and the same on every machine."""
    digest = hashlib.sha256(f"song/{name.casefold().strip()}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
