"""Whether stems sound raw: mono where no mix leaves them so, or a voice without any room.

Levels alone tell raw stems only where they are further from a usual balance than any mix. A dry
voice is nearly always one channel, and falls by 40 dB and more within a quarter of a second after a
phrase; in 360 composed mixes and six real ones rooms, echoes and doubles leave it two channels and
a fall of 27 dB at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, peak, power_to_db
from mixer.dsp.long_audio import parts_of
from mixer.dsp.running import running_mean
from mixer.network.track_mixer.features import TrackLevels, equal_within, window_samples
from mixer.network.track_mixer.together import gated_power

# Stems that a mix makes wide: the bass is mono in most.
_WIDE_IN_A_MIX = ("vocals", "drums", "other")
# The level around a frame of 23 ms, and where a phrase has ended: 190 and 260 ms.
_AROUND_FRAMES, _LATER_FRAMES = 8, 11
# A phrase is within this of the loudness.
_PHRASE_WITHIN_DB = 6.0
# One end in ten of a dry voice falls by so much, and there are a few of them.
_DRY_FALL_DB, _SHARE_OF_ENDS, _FEWEST_ENDS = 36.0, 10.0, 4
_LEAST_POWER = 1e-12


def sign_of_raw_stems(stems: Mapping[str, FloatArray], sample_rate: int) -> str | None:
    """Sign that stems are raw recordings, in words; None if there is none.

    Args:
        stems: those that sound, float32 (1 or 2, samples) each.
        sample_rate: in Hz.
    """
    mono = [stem for stem in _WIDE_IN_A_MIX if stem in stems and _is_mono(stems[stem])]
    voice = stems.get("vocals")
    return _sign(mono, None if voice is None or mono else _frame_power(voice, sample_rate))


def sign_of_raw_features(stems: Mapping[str, TrackLevels]) -> str | None:
    """The same from the features of stems."""
    mono = [stem for stem in _WIDE_IN_A_MIX if stem in stems and stems[stem].n_channels == 1]
    voice = stems.get("vocals")
    power = None if voice is None else 10.0 ** (voice.frame_db.astype(np.float64) / 10.0)
    return _sign(mono, power)


def _sign(mono: Sequence[str], voice: NDArray[np.float64] | None) -> str | None:
    if mono:
        return f"{mono[0]} {'is' if mono[0] == 'other' else 'are'} mono"
    return "vocals have no room" if voice is not None and is_dry_voice(voice) else None


def is_dry_voice(power: NDArray[np.float64]) -> bool:
    """Whether a voice falls silent after its phrases as no room lets it.

    Args:
        power: (frames,) of about 23 ms each, linear.
    """
    loudness_db = power_to_db(gated_power(power), _LEAST_POWER)
    around_db = power_to_db(running_mean(power, _AROUND_FRAMES), _LEAST_POWER)
    sings = around_db > loudness_db - _PHRASE_WITHIN_DB
    ends = np.flatnonzero(sings[:-1] & ~sings[1:])
    ends = ends[ends + _LATER_FRAMES < len(power)]
    if len(ends) < _FEWEST_ENDS:
        return False
    fallen_db = around_db[ends] - around_db[ends + _LATER_FRAMES]
    return bool(np.percentile(fallen_db, 100.0 - _SHARE_OF_ENDS) >= _DRY_FALL_DB)


def _is_mono(audio: FloatArray) -> bool:
    """Whether a recording is one channel, or two that are equal but for dither or a codec."""
    if audio.shape[0] == 1:
        return True
    largest = peak(audio)
    return all(
        peak(audio[0, part] - audio[1, part]) <= equal_within(largest) for part in parts_of(audio)
    )


def _frame_power(audio: FloatArray, sample_rate: int) -> NDArray[np.float64]:
    hop = window_samples(sample_rate) // 2
    n_frames = audio.shape[1] // hop
    power = np.zeros(n_frames)
    for channel in audio:
        frames = channel[: n_frames * hop].reshape(n_frames, hop)
        power += np.einsum("ij,ij->i", frames, frames)
    return power / hop
