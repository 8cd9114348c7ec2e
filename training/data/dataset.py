"""Segments of prepared songs: aligned windows of the network's input and its target.

Windows are read from disk one by one; no song is ever loaded. Item i of epoch e depends on the
seed, e and i alone, so workers, their number and a resumed run change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from mixer.audio import read_segment
from mixer.dsp.blocks import db_to_gain, peak
from mixer.errors import InputError, SettingsError
from mixer.stems import STEMS
from training.data.prepared_audio import MIX, PreparedDataset, PreparedSong, read_dataset
from training.data.windows import Windows, loud_starts, read_item, read_normalised

SILENCE_RMS_DBFS = -60.0
Item = dict[str, Tensor]


@dataclass(frozen=True)
class SegmentSettings:
    """Settings of the draw of training segments.

    Attributes:
        n_samples: length of a segment in samples.
        items_per_epoch: number of items; None for the total length of the songs over that of a
            segment.
        seed: random seed, 0 or more.
        swap_channels: exchange left and right in half of the items.
        input_gain_db: largest random gain in dB (0 to 60), up or down, of each input stem. The
            target keeps its level, so the network learns not to rely on input levels.
        remix_share: share of items made of stems of different songs, 0 to 1; the target is the sum
            of their wet stems.
        drop_share: share of items with two or more playing stems that lose one, 0 to 1; the target
            is the sum of the remaining wet stems.
        with_wet: also read the wet stems.
        silence_rms_dbfs: windows whose mix (in remixed items, whose stem) is below this level are
            not drawn.
    """

    n_samples: int
    items_per_epoch: int | None = None
    seed: int = 0
    swap_channels: bool = True
    input_gain_db: float = 0.0
    remix_share: float = 0.0
    drop_share: float = 0.0
    with_wet: bool = False
    silence_rms_dbfs: float = SILENCE_RMS_DBFS

    def __post_init__(self) -> None:
        if self.n_samples < 1 or (self.items_per_epoch is not None and self.items_per_epoch < 1):
            raise SettingsError(
                "a segment must have at least one sample, and an epoch at least one item"
            )
        if self.seed < 0:
            raise SettingsError(f"seed must be 0 or a positive whole number, not {self.seed}")
        if not 0.0 <= self.remix_share <= 1.0:
            raise SettingsError(f"remix share must be 0 to 1, not {self.remix_share:g}")
        if not 0.0 <= self.drop_share <= 1.0:
            raise SettingsError(f"drop share must be 0 to 1, not {self.drop_share:g}")
        if not 0.0 <= self.input_gain_db <= 60.0:
            raise SettingsError(f"input gain must be 0 to 60 dB, not {self.input_gain_db:g} dB")


class SegmentDataset(Dataset[Item]):
    """Random segments of the songs of a split; see `SegmentSettings`.

    Items are numbered through all epochs: item `e * len(self) + i` is number i of epoch e, which is
    what `EpochSampler` hands out. An item holds float32 tensors: `inputs` (8, samples), left and
    right of the stems in the order of `STEMS`; `target` (2, samples); with wet stems `wet`
    (4, 2, samples). Stems that a song does not have are zeros.
    """

    def __init__(
        self, data: PreparedDataset | str | Path, settings: SegmentSettings, split: str = "train"
    ) -> None:
        """
        Args:
            data: a prepared data set, or its folder.
            settings: how segments are drawn.
            split: "train", "valid" or "test".

        Raises:
            InputError: no such data set, no song in the split, or nothing in it but silence.
        """
        data = data if isinstance(data, PreparedDataset) else read_dataset(data)
        self.settings = settings
        self.sample_rate = data.sample_rate
        songs = data.of_split(split)
        size = (settings.n_samples, settings.silence_rms_dbfs)
        self._mixes = Windows(songs, MIX, *size)
        remixed = STEMS if settings.remix_share > 0.0 else ()
        self._stems: dict[str, Windows] = {stem: Windows(songs, stem, *size) for stem in remixed}
        if not self._mixes.n_windows:
            raise InputError(f"{data.folder}: the {split} songs are silent throughout")
        n_samples = sum(song.n_samples for song in songs)
        self._needs_wet = settings.with_wet or settings.drop_share > 0.0
        self._n_items = settings.items_per_epoch or max(1, n_samples // settings.n_samples)

    def __len__(self) -> int:
        """Number of items in an epoch."""
        return self._n_items

    def __getitem__(self, index: int) -> Item:
        if index < 0:
            raise IndexError(index)
        settings = self.settings
        rng = np.random.default_rng([settings.seed, *divmod(index, self._n_items)])
        swap = settings.swap_channels and rng.random() < 0.5
        remix = rng.random() < settings.remix_share
        gains_db = rng.uniform(-settings.input_gain_db, settings.input_gain_db, len(STEMS))
        item = self._remixed(rng) if remix else self._as_it_is(rng)
        if settings.drop_share and rng.random() < settings.drop_share:
            _drop_a_stem(item, rng)
        if not settings.with_wet:
            item.pop("wet", None)
        item["inputs"] *= db_to_gain(gains_db).astype(np.float32)[:, None, None]
        return _tensors(item, swap)

    def _as_it_is(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        song, start = self._mixes.draw(rng)
        variants = [int(rng.integers(len(song.gains_db.get(stem, (0.0,))))) for stem in STEMS]
        return read_item(song, start, self.settings.n_samples, variants, with_wet=self._needs_wet)

    def _remixed(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw each stem from a song and position of its own."""
        n_samples = self.settings.n_samples
        inputs = np.zeros((len(STEMS), 2, n_samples), np.float32)
        wet = np.zeros_like(inputs)
        for i, stem in enumerate(STEMS):
            if not self._stems[stem].n_windows:
                continue
            song, start = self._stems[stem].draw(rng)
            variant = int(rng.integers(len(song.gains_db[stem])))
            inputs[i] = read_normalised(song, stem, variant, start, n_samples)
            wet[i] = read_segment(song.wet_path(stem), start, n_samples)
        target = wet.sum(axis=0)
        # As in preparation, where a song whose sum exceeds full scale is turned down.
        gain = np.float32(1.0 / max(1.0, peak(target)))
        return {"inputs": inputs, "target": target * gain, "wet": wet * gain}


class ValidationSegments(Dataset[Item]):
    """A fixed set of excerpts, evenly spread over the parts of each song that are not silent.

    Items are as in `SegmentDataset`, with the first reverb variant and without augmentation.
    """

    def __init__(
        self,
        data: PreparedDataset | str | Path,
        n_samples: int,
        *,
        per_song: int = 3,
        split: str = "valid",
        with_wet: bool = False,
    ) -> None:
        """
        Args:
            data: a prepared data set, or its folder.
            n_samples: length of an excerpt in samples.
            per_song: largest number of excerpts of each song.
            split: "valid" or "test", or "train" to measure how well the training songs are learnt.
            with_wet: also read the wet stems.

        Raises:
            InputError: no such data set, no song in the split, or nothing in it but silence.
        """
        data = data if isinstance(data, PreparedDataset) else read_dataset(data)
        self.sample_rate = data.sample_rate
        self._n_samples = n_samples
        self._with_wet = with_wet
        self.excerpts: list[tuple[PreparedSong, int]] = []
        for song in data.of_split(split):
            starts = loud_starts(song, MIX, n_samples, SILENCE_RMS_DBFS)[0]
            if len(starts):
                places = np.linspace(0, len(starts) - 1, per_song + 2)[1:-1].round().astype(int)
                self.excerpts += [(song, int(starts[place])) for place in np.unique(places)]
        if not self.excerpts:
            raise InputError(f"{data.folder}: the {split} songs are silent throughout")

    def __len__(self) -> int:
        return len(self.excerpts)

    def __getitem__(self, index: int) -> Item:
        song, start = self.excerpts[index]
        variants = [0] * len(STEMS)
        return _tensors(
            read_item(song, start, self._n_samples, variants, with_wet=self._with_wet), False
        )


class EpochSampler(Sampler[int]):
    """Item numbers of one epoch for one of several processes, from any item onwards.

    Before iterating, set `epoch`, and `start` to resume a run in the middle of an epoch.
    """

    def __init__(self, n_items: int, *, rank: int = 0, n_ranks: int = 1) -> None:
        """
        Args:
            n_items: number of items in an epoch over all processes; a remainder is left out.
            rank, n_ranks: index of this process, from 0, and the number of processes.
        """
        self.n_items = n_items // n_ranks * n_ranks
        self._epoch_items = n_items
        self.rank, self.n_ranks = rank, n_ranks
        self.epoch, self.start = 0, 0

    def __len__(self) -> int:
        return (self.n_items - self.start) // self.n_ranks

    def __iter__(self) -> Iterator[int]:
        first = self.epoch * self._epoch_items
        return iter(range(first + self.start + self.rank, first + self.n_items, self.n_ranks))


def _drop_a_stem(item: dict[str, np.ndarray], rng: np.random.Generator) -> None:
    """Silence one stem of an item with wet stems, if another one still plays."""
    playing = np.flatnonzero(item["wet"].any(axis=(1, 2)))
    if len(playing) < 2:
        return
    dropped = int(rng.choice(playing))
    item["target"] = item["target"] - item["wet"][dropped]
    item["inputs"][dropped] = item["wet"][dropped] = 0.0


def _tensors(item: dict[str, np.ndarray], swap: bool) -> Item:
    """Convert an item to tensors; the input's stems and channels become one axis."""
    if swap:
        item = {name: audio[..., ::-1, :] for name, audio in item.items()}
    tensors = {name: torch.from_numpy(np.ascontiguousarray(a)) for name, a in item.items()}
    tensors["inputs"] = tensors["inputs"].flatten(0, 1)
    return tensors
