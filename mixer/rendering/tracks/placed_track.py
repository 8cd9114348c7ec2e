"""A wet track and its place between left and right: one channel stays one until it is summed."""

from __future__ import annotations

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import parts_of, unfilled


class PlacedTrack:
    """A track after its strip, which becomes stereo part by part, as it is added to its group.

    Stereo is twice the memory, and for a mono recording twice the same samples.
    """

    def __init__(
        self,
        audio: FloatArray,
        gains: tuple[np.float32, np.float32] | None = None,
        side: FloatArray | None = None,
    ) -> None:
        """Place a track.

        Args:
            audio: float32 (1 or 2, samples), not to be changed any more.
            gains: of left and right, linear; None if the audio is stereo and is in its place.
            side: added left and subtracted right after the gains, float32 (1, samples), or None.
        """
        self._audio, self._side = audio, side
        self._gains = None if gains is None else np.array(gains, np.float32)[:, None]

    def part(self, where: slice) -> FloatArray:
        """Some of the track's samples, float32 (2, part), which must not be changed."""
        if self._gains is None:
            return self._audio[:, where]
        stereo: FloatArray = self._audio[:, where] * self._gains
        if self._side is not None:
            stereo[0] += self._side[0, where]
            stereo[1] -= self._side[0, where]
        return stereo

    def is_silent(self, where: slice) -> bool:
        """Whether some of the track's samples are all zero."""
        is_played = self._audio[:, where].any()
        return not (is_played or (self._side is not None and self._side[:, where].any()))

    def whole(self) -> FloatArray:
        """The whole track, float32 (2, samples), which must not be changed."""
        if self._gains is None:
            return self._audio
        stereo = unfilled(2, self._audio.shape[1])
        for part in parts_of(stereo):
            stereo[:, part] = self.part(part)
        return stereo
