"""Batches for a track mixer: songs of a data set, and mixes without audio."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor, nn
from torch.utils.data import Dataset

from mixer.errors import SettingsError
from mixer.fxnorm.profile import profile_table
from training.data.prepared_tracks import read_tracks
from training.data.track_songs import SongKind, SongTracks
from training.run.config import TrainingConfig
from training.run.loading import TrainingData
from training.track_mixer.batches import collate
from training.track_mixer.draws import Curves, Sounds, draw, draw_human, sounds_of
from training.track_mixer.examples import Example, Strength
from training.track_mixer.human_mixes import MIXES_FILE, HumanMix, read_human_mixes, usual_curves

# Relative frequency of each kind of song, among the kinds that are available.
HUMAN_MIXES = "human_mixes"
SHARES = {
    SongKind.COMPOSED: 0.10,
    SongKind.ENGINEERED: 0.26,
    SongKind.ENGINEERED_STEMS: 0.24,
    SongKind.REAL: 0.16,
    SongKind.DRY_AND_WET: 0.12,
    SongKind.DRY_AND_MIXTURE: 0.12,
    HUMAN_MIXES: 0.17,
}


def open_songs(config: TrainingConfig, network: nn.Module, items_per_epoch: int) -> TrainingData:
    """Open the prepared data set that a configuration names, as `training.run.recipe` requires.

    Raises:
        SettingsError: the configuration names no data set.
        InputError: the folder is not a finished data set of tracks, is damaged, or has no training
            or validation songs.
    """
    del network
    if not config.data.folder:
        raise SettingsError("data.folder is empty; set data.folder=DIR to a prepared data set")
    prepared = read_tracks(Path(config.data.folder))
    mixes_file = prepared.folder / MIXES_FILE
    mixes = read_human_mixes(mixes_file) if mixes_file.is_file() else []
    train, valid = prepared.of_split("train"), prepared.of_split("valid")
    curves = usual_curves(mixes)
    return TrainingData(
        train=Draws(train, mixes, curves, items_per_epoch, config.run.seed),
        valid=SameDraws(valid, curves),
        identity={
            "sha256": prepared.sha256,
            "sample_rate": prepared.sample_rate,
            "effects": list(prepared.effects),
            "profile": profile_table(prepared.profile),
            "songs": len(train),
            "human_mixes": len(mixes),
        },
        batch=to_tensors,
        valid_batch=to_tensors,
    )


def to_tensors(examples: list[Example]) -> dict[str, Tensor]:
    """Combine examples into a padded batch: tensors by name."""
    return dict(vars(collate(examples)))


class Draws(Dataset[Example]):
    """Random draws; item `epoch * items_per_epoch + i` depends only on the seed and that number.

    Args:
        songs: songs to draw from.
        mixes: mixes without audio, which borrow the sounds of songs' tracks; mixes with a role that
            no song has are ignored.
        curves: usual EQ curves by role, from `usual_curves`.
        items_per_epoch: number of items in an epoch.
        seed: random seed of the choice.
    """

    def __init__(
        self,
        songs: Sequence[SongTracks],
        mixes: Sequence[HumanMix],
        curves: Curves,
        items_per_epoch: int,
        seed: int,
    ) -> None:
        self._songs: Mapping[str, list[SongTracks]] = _by_kind(songs)
        self._sounds: Sounds = sounds_of(
            [song for song in songs if song.kind in (SongKind.COMPOSED, SongKind.ENGINEERED)]
        )
        self._mixes = [mix for mix in mixes if set(mix.roles) <= set(self._sounds.powers)]
        self._curves, self._n_items, self._seed = curves, items_per_epoch, seed
        kinds = [*self._songs, *([HUMAN_MIXES] if self._mixes else [])]
        share = np.array([SHARES[kind] for kind in kinds])
        self._kinds, self._shares = kinds, share / share.sum()
        self._strength = Strength()

    def __len__(self) -> int:
        return self._n_items

    def __getitem__(self, index: int) -> Example:
        rng = np.random.default_rng([self._seed, *divmod(index, self._n_items)])
        kind = self._kinds[int(rng.choice(len(self._kinds), p=self._shares))]
        if kind == HUMAN_MIXES:
            mix = self._mixes[int(rng.integers(len(self._mixes)))]
            return draw_human(mix, self._sounds, self._strength, rng)
        songs = self._songs[kind]
        return draw(songs[int(rng.integers(len(songs)))], self._strength, rng, self._curves)


class SameDraws(Dataset[Example]):
    """One fixed draw of every song."""

    def __init__(self, songs: Sequence[SongTracks], curves: Curves) -> None:
        self._songs, self._curves = songs, curves
        self._strength = Strength(taste_db=0.0, group_taste_db=0.0, missing=0.0)

    def __len__(self) -> int:
        return len(self._songs)

    def __getitem__(self, index: int) -> Example:
        rng = np.random.default_rng([0, index])
        return draw(self._songs[index], self._strength, rng, self._curves)


def _by_kind(songs: Sequence[SongTracks]) -> dict[str, list[SongTracks]]:
    by_kind: dict[str, list[SongTracks]] = defaultdict(list)
    for song in songs:
        by_kind[song.kind].append(song)
    return dict(sorted(by_kind.items()))
