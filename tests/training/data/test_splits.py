"""Splits by song: official, stable, and never without validation."""

from pathlib import Path

import numpy as np
import pytest

from mixer.errors import InputError, SettingsError
from mixer.song.song import Song
from training.data.multitracks import Multitrack
from training.data.splits import assign_splits


def multitracks(names, split: str | None = None) -> list[Multitrack]:
    return [Multitrack(n, Song(n, Path(n), (), (), 44_100, 1), None, split) for n in names]


def test_shares_by_hash_are_kept() -> None:
    splits = assign_splits(multitracks(f"song {i}" for i in range(4_000)), "hash", 0.2, 0.1)
    # three standard deviations of a binomial draw
    for split, share in (("train", 0.7), ("valid", 0.2), ("test", 0.1)):
        spread = 3.0 * np.sqrt(4_000 * share * (1.0 - share))
        assert abs(splits.count(split) - 4_000 * share) < spread


def test_songs_that_are_added_move_no_other() -> None:
    names = [f"song {i}" for i in range(60)]
    few = dict(zip(names[:40], assign_splits(multitracks(names[:40])), strict=True))
    all_of_them = dict(zip(names, assign_splits(multitracks(reversed(names)))[::-1], strict=True))
    assert all(all_of_them[name] == split for name, split in few.items())
    assert len(set(few.values())) == 3


@pytest.mark.parametrize("n_songs", range(2, 9))
def test_few_songs_have_training_and_validation(n_songs: int) -> None:
    for start in range(20):
        names = [f"{start}-{i}" for i in range(n_songs)]
        splits = assign_splits(multitracks(names), "hash", 0.1, 0.1)
        assert {"train", "valid"} <= set(splits)


def test_what_the_source_says_goes_before_the_hash() -> None:
    songs = multitracks(["a", "b"], "train") + multitracks(["c"], "test") + multitracks(["d"])
    splits = assign_splits(songs, "auto", 0.0, 0.0)
    assert splits == ["train", "train", "test", "train"]
    assert assign_splits(songs, "hash", 0.0, 0.0) == ["train"] * 4
    # the official test songs stay where they are, the validation song comes from the others
    assert assign_splits(songs, "auto")[2] == "test"
    assert "valid" in assign_splits(songs, "auto")


def test_musdb_demands_an_official_place() -> None:
    with pytest.raises(InputError, match="b: not in a train or test folder"):
        assign_splits(multitracks(["a"], "train") + multitracks(["b"]), "musdb")


@pytest.mark.parametrize(("valid", "test"), [(-0.1, 0.1), (0.5, 0.5), (0.1, 1.0)])
def test_shares_leave_something_to_train_on(valid: float, test: float) -> None:
    with pytest.raises(SettingsError, match="together below 1"):
        assign_splits(multitracks(["a", "b"]), "auto", valid, test)
