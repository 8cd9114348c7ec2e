"""The samples of recordings, where they are in the song: block by block, and summed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mixer import audio as audio_io
from mixer.dsp.long_audio import silence, unfilled
from mixer.song.names.sides import Side
from mixer.song.recording import Recording
from mixer.song.song import Song

# Which channels a side goes to; a side signal is subtracted from the right as well.
_PLACES = {
    Side.LEFT: slice(0, 1),
    Side.RIGHT: slice(1, 2),
    Side.MID: slice(0, 2),
    None: slice(0, 2),
}


def read_sum(
    recordings: Sequence[Recording],
    n_samples: int,
    sample_rate: int,
    *,
    to_the_end: bool = True,
) -> np.ndarray:
    """Decode recordings and sum them: mono to both sides, pairs to theirs, each where it starts.

    Args:
        recordings: any of a song's.
        n_samples: the song's length at `sample_rate`.
        sample_rate: in Hz; files at another are resampled.
        to_the_end: decode files to their ends, which tells whether they are damaged; False stops
            after `n_samples`, for an excerpt.

    Returns:
        float32 (2, n_samples). Besides it, memory holds one block at most.

    Raises:
        InputError: a file is damaged.
        OutputError: the song is too long for this machine's memory and disk.
    """
    total = silence(2, n_samples)
    for recording in recordings:
        for position, block in recording_blocks(
            recording, n_samples, sample_rate, to_the_end=to_the_end
        ):
            end = position + block.shape[1]
            if (
                recording.side == Side.SIDE
            ):  # left is the mid and the side, right the mid without it
                total[0, position:end] += block[0]
                total[1, position:end] -= block[0]
            else:
                total[_PLACES[recording.side], position:end] += block
    return total


def read_alone(
    recording: Recording, n_samples: int, sample_rate: int, *, to_the_end: bool = True
) -> np.ndarray:
    """Decode a recording that is not half of a pair, where it starts, in its own channels.

    Args, raises: as `read_sum`.

    Returns:
        float32 (1 or 2, n_samples): a mono one takes half the memory and time.
    """
    audio, done = unfilled(recording.source.channels, n_samples), 0
    for position, block in recording_blocks(
        recording, n_samples, sample_rate, to_the_end=to_the_end
    ):
        audio[:, done:position] = 0.0
        done = position + block.shape[1]
        # Added, not copied: a sum with silence has no negative zeros.
        np.add(block, np.float32(0.0), out=audio[:, position:done])
    audio[:, done:] = 0.0
    return audio


def recording_blocks(
    recording: Recording, n_samples: int, sample_rate: int, *, to_the_end: bool = True
) -> Iterator[tuple[int, np.ndarray]]:
    """Decode one recording block by block, where it is in the song, with gain and polarity.

    Args:
        recording: any of a song's.
        n_samples: the song's length at `sample_rate`; what lies beyond either end is cut.
        sample_rate: in Hz; a file at another is resampled.
        to_the_end: as in `read_sum`.

    Yields:
        The position of a block's first sample in the song, and float32 (channels, samples).

    Raises:
        InputError: the file is damaged.
    """
    # Not above: to look at songs, as plans do by the thousand, takes no signal processing.
    from mixer.dsp.blocks import db_to_gain

    gain = np.float32(db_to_gain(recording.gain_db) * (-1.0 if recording.inverted else 1.0))
    position = round(recording.start_s * sample_rate)
    for block in audio_io.read_resampled_blocks(recording.source, sample_rate):
        if position >= n_samples and not to_the_end:
            return
        start, end = max(position, 0), min(position + block.shape[1], n_samples)
        if start < end:
            part = block[:, start - position : end - position]
            yield start, part if gain == 1.0 else part * gain
        position += block.shape[1]


def read_stem(song: Song, stem: str, sample_rate: int) -> np.ndarray:
    """Sum one stem's recordings at a rate: float32 (2, `song.n_samples_at(sample_rate)`).

    Raises:
        InputError, OutputError: as `read_sum`.
    """
    own = [r for r in song.recordings if r.stem == stem]
    return read_sum(own, song.n_samples_at(sample_rate), sample_rate)


def read_stems(song: Song, sample_rate: int) -> dict[str, np.ndarray]:
    """Every stem by name, each as from `read_stem`, in the order of `song.stems`."""
    return {stem: read_stem(song, stem, sample_rate) for stem in song.stems}
