"""Windows of prepared songs: finding those that are not silent, and reading them."""

from __future__ import annotations

import numpy as np

from mixer.audio import read_segment
from mixer.dsp.blocks import db_to_gain
from mixer.stems import STEMS
from training.data.prepared_audio import MIX, PreparedSong, read_envelope_dbfs


class Windows:
    """Positions in songs at which a window of the mix, or of one stem, is not silent."""

    def __init__(
        self,
        songs: tuple[PreparedSong, ...],
        content: str,
        n_samples: int,
        silence_rms_dbfs: float,
    ) -> None:
        """
        Args:
            songs: songs of a prepared data set; those without the stem are skipped.
            content: `MIX` or the name of a stem.
            n_samples: length of a window in samples.
            silence_rms_dbfs: RMS level below which windows are not drawn.

        Raises:
            InputError: a song's record is damaged.
        """
        self._n_samples = n_samples
        self._songs: list[PreparedSong] = []
        self._starts: list[np.ndarray] = []
        self._hops: list[int] = []
        for song in songs:
            if content != MIX and content not in song.stems:
                continue
            starts, hop_samples = loud_starts(song, content, n_samples, silence_rms_dbfs)
            if len(starts):
                self._songs.append(song)
                self._starts.append(starts)
                self._hops.append(hop_samples)
        self._ends = np.cumsum([len(starts) for starts in self._starts], dtype=np.int64)
        self.n_windows = int(self._ends[-1]) if self._songs else 0

    def draw(self, rng: np.random.Generator) -> tuple[PreparedSong, int]:
        """Draw a song and the first sample of a window in it; all positions are equally likely."""
        number = int(rng.integers(self.n_windows))
        which = int(np.searchsorted(self._ends, number, side="right"))
        starts, song = self._starts[which], self._songs[which]
        start = int(starts[number - int(self._ends[which])])
        start += int(rng.integers(self._hops[which]))
        return song, min(start, max(0, song.n_samples - self._n_samples))


def read_item(
    song: PreparedSong, start: int, n_samples: int, variants: list[int], *, with_wet: bool
) -> dict[str, np.ndarray]:
    """Read one window of a song, without augmentation.

    Args:
        song: a song of a prepared data set.
        start: first sample of the window.
        n_samples: length in samples; zero-padded after the end of the song.
        variants: number of the reverb variant of each stem, in the order of `STEMS`.
        with_wet: also read the wet stems.

    Returns:
        float32 `inputs` (4, 2, samples), `target` (2, samples) and, if requested, `wet` (4, 2,
        samples).

    Raises:
        InputError: a file is missing or damaged.
    """
    inputs = np.zeros((len(STEMS), 2, n_samples), np.float32)
    for i, stem in enumerate(STEMS):
        if stem in song.stems:
            inputs[i] = read_normalised(song, stem, variants[i], start, n_samples)
    item = {"inputs": inputs, "target": read_segment(song.mixture_path, start, n_samples)}
    if with_wet:
        wet = np.zeros_like(inputs)
        for i, stem in enumerate(STEMS):
            if stem in song.stems:
                wet[i] = read_segment(song.wet_path(stem), start, n_samples)
        item["wet"] = wet
    return item


def read_normalised(
    song: PreparedSong, stem: str, variant: int, start: int, n_samples: int
) -> np.ndarray:
    """Read a window of a normalised stem, float32 (2, samples), at its normalised level.

    Raises:
        InputError: the file is missing or damaged.
    """
    audio = read_segment(song.normalised_path(stem, variant), start, n_samples)
    stored_gain_db = song.gains_db[stem][variant]
    return audio if stored_gain_db == 0.0 else audio * np.float32(db_to_gain(-stored_gain_db))


def loud_starts(
    song: PreparedSong, content: str, n_samples: int, silence_rms_dbfs: float
) -> tuple[np.ndarray, int]:
    """First samples of the windows that are not silent, each a multiple of the envelope's step.

    Returns:
        First samples, int64 (windows,), and the step in samples.

    Raises:
        InputError: the song's record is damaged.
    """
    level_dbfs, hop_samples = read_envelope_dbfs(song, content)
    length = -(-n_samples // hop_samples)
    energy = np.concatenate([[0.0], np.cumsum(10.0 ** (level_dbfs / 10.0))])
    last = max(0, song.n_samples - n_samples) // hop_samples
    first = np.arange(last + 1)
    end = np.minimum(first + length, len(level_dbfs))
    mean_power = (energy[end] - energy[first]) / length
    return first[mean_power >= 10.0 ** (silence_rms_dbfs / 10.0)] * hop_samples, hop_samples
