"""Figures of the training data's way from disk to the network.

python -m benchmarks.dataset DATASET prints them as JSON; DATASET is a prepared data set.
"""

import json
import math
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from torch.utils.data import DataLoader

from training.data.dataset import EpochSampler, SegmentDataset, SegmentSettings
from training.data.prepared_audio import read_dataset

SEGMENT_S = 10.0
BATCH_ITEMS = 4


def loader_throughput(
    folder: str | Path, *, n_workers: int = 2, n_items: int = 64, **settings
) -> dict[str, float]:
    """Seconds of audio (inputs and target) that a loader gives in a second, after its first batch.

    Args:
        folder: a prepared data set.
        n_workers: of the loader; 0 reads in this process.
        n_items: windows of 10 s.
        settings: further ones of `SegmentSettings`.

    Returns:
        `wall` for each second of time, and without workers `process` for each of processor time.
    """
    data = read_dataset(folder)
    n_samples = int(SEGMENT_S * data.sample_rate)
    segments = SegmentDataset(
        data, SegmentSettings(n_samples, items_per_epoch=n_items + BATCH_ITEMS, **settings)
    )
    loader = DataLoader(
        segments, BATCH_ITEMS, sampler=EpochSampler(len(segments)), num_workers=n_workers
    )
    batches = iter(loader)
    next(batches)
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    audio_s = sum(SEGMENT_S * len(batch["inputs"]) for batch in batches)
    figures = {"wall": audio_s / (time.perf_counter() - start_s)}
    if n_workers == 0:
        figures["process"] = audio_s / (time.process_time() - start_cpu_s)
    return figures


def flac_figures(folder: str | Path) -> dict[str, dict[str, float]]:
    """Size and error of a data set's normalised stems in 16 and 24 bit.

    Returns:
        For "16" and "24": the SNR of the median and of the quietest stem (rounding with TPDF
        dither at 16 bit, plain at 24), the size, and the speed of decoding on one core.
    """
    data = read_dataset(folder)
    paths = [song.normalised_path(stem, 0) for song in data.songs for stem in song.stems]
    stems = [soundfile.read(path, dtype="float64")[0] for path in paths]
    powers = sorted(float(np.mean(audio**2)) for audio in stems)
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        for bits, noise_steps in (("16", 0.25), ("24", 1.0 / 12.0)):
            path = Path(scratch) / f"{bits}.flac"
            seconds = n_bytes = cpu_s = 0.0
            for audio in stems[:8]:
                soundfile.write(path, audio, data.sample_rate, subtype=f"PCM_{bits}")
                n_bytes += path.stat().st_size
                seconds += len(audio) / data.sample_rate
                start_cpu_s = time.process_time()
                soundfile.read(path, dtype="float32")
                cpu_s += time.process_time() - start_cpu_s
            noise_power = noise_steps * 4.0 ** (1 - int(bits))
            figures[bits] = {
                "median_snr_db": 10.0 * math.log10(powers[len(powers) // 2] / noise_power),
                "worst_snr_db": 10.0 * math.log10(powers[0] / noise_power),
                "megabytes_a_minute": n_bytes / 1e6 / (seconds / 60.0),
                "seconds_a_second": seconds / cpu_s,
            }
    return figures


def main(folder: str) -> None:
    """Write every figure to stdout."""
    figures = {
        "two workers": loader_throughput(folder),
        "two workers, wet stems": loader_throughput(folder, with_wet=True),
        "two workers, all remixed": loader_throughput(folder, remix_share=1.0),
        "one process": loader_throughput(folder, n_workers=0),
        "flac": flac_figures(folder),
    }
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
