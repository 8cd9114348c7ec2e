"""Initial weights of networks of the paper's kind: random, or a network that already mixes.

From random weights, the first hours of training only teach the network to reconstruct its input. A
filter bank does so from the start; the average mix also gives every band of every stem's mid and
side the gain that, averaged in dB over the training songs, makes the normalised stem as loud there
as the wet one. Training would find these gains first anyway, and then improves on them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mixer.errors import SettingsError
from mixer.stems import STEMS
from training.data.dataset import ValidationSegments
from training.data.prepared_audio import read_dataset
from training.networks.filter_bank_start import start_as_filter_bank
from training.networks.fxnorm import FxNormNetwork
from training.run.config import AVERAGE_MIX, RANDOM, TrainingConfig

_EXCERPT_S, _EXCERPTS_PER_SONG = 4.0, 4
# A filter with less output, for a stem at about -25 LUFS, counts as silent.
_SILENT_POWER = 1e-9
_LARGEST_GAIN_DB = 18.0


def start_network(config: TrainingConfig, network: nn.Module) -> None:
    """Initialise a network as its configuration says.

    Raises:
        SettingsError: the start does not fit the network, or needs a data set that is not given.
        InputError: the data set cannot be used.
    """
    start = config.network.start
    if start == RANDOM or config.network.start_from:
        return
    if not isinstance(network, FxNormNetwork):
        raise SettingsError(f"network.start {start} needs network.kind fxnorm; leave it out")
    try:
        start_as_filter_bank(network)
    except ValueError as error:
        raise SettingsError(f"network.start {start}: {error}") from None
    if start == AVERAGE_MIX:
        if not config.data.folder:
            raise SettingsError("network.start average_mix needs a data set; set data.folder")
        _take_average_gains(network, config.data.folder)


def _take_average_gains(network: FxNormNetwork, folder: str) -> None:
    hyper = network.hyper
    gains_db = average_gains_db(network, folder)
    # A gain is applied twice, by the filter and by its transpose.
    scale = torch.from_numpy(10.0 ** (gains_db / 40.0)).to(torch.float32)
    with torch.no_grad():
        network.conv_1.weight.mul_(scale.view(hyper.n_filters, 1, 1))


@torch.no_grad()
def average_gains_db(network: FxNormNetwork, folder: str) -> np.ndarray:
    """Mean wet over normalised level in dB of each filter of a bank, over the training songs.

    Args:
        network: a network initialised as a filter bank, whose filters each respond to one stem.
        folder: path of a prepared data set.

    Returns:
        Gains in dB, (filters,); 0 for a filter without output.

    Raises:
        InputError: the data set cannot be used.
    """
    differences = [
        10.0 * np.log10(wet / normalised) for normalised, wet in _powers_by_song(network, folder)
    ]  # NaN where a song has nothing
    stacked = np.stack(differences)
    heard = np.isfinite(stacked)
    total = np.where(heard, stacked, 0.0).sum(axis=0)
    mean = total / np.maximum(heard.sum(axis=0), 1)
    return np.clip(mean, -_LARGEST_GAIN_DB, _LARGEST_GAIN_DB)


def _powers_by_song(network: FxNormNetwork, folder: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Power of normalised and of wet stems in each filter, by song; NaN if there is none."""
    data = read_dataset(folder)
    rate = data.sample_rate
    excerpts = ValidationSegments(
        data,
        round(_EXCERPT_S * rate),
        per_song=_EXCERPTS_PER_SONG,
        split="train",
        with_wet=True,
    )
    sums: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for index, (song, _) in enumerate(excerpts.excerpts):
        item = excerpts[index]
        normalised, wet = (_powers(network, item[name]) for name in ("inputs", "wet"))
        before = sums.get(song.id, (0.0, 0.0))
        sums[song.id] = (before[0] + normalised, before[1] + wet)
    for normalised, wet in sums.values():
        silent = (normalised < _SILENT_POWER) | (wet < _SILENT_POWER)
        yield np.where(silent, np.nan, normalised), np.where(silent, np.nan, wet)


def _powers(network: FxNormNetwork, stems: Tensor) -> np.ndarray:
    """Mean square of each filter's output, (filters,), for stems (..., samples)."""
    audio = stems.reshape(1, 2 * len(STEMS), -1)
    front = functional.conv1d(audio, network.conv_1.weight, stride=network.hyper.stride_samples)
    power: np.ndarray = front.square().mean(-1)[0].double().numpy()
    return power
