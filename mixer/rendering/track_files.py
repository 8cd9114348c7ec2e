"""Wet tracks by name, kept on the disk: a song may have more of them than memory holds."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.errors import OutputError


class TrackFiles(Mapping[str, FloatArray]):
    """Tracks in files of one folder, each float32 (2, samples); every look reads a track anew."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Look into a folder.

        Args:
            folder: that is there; files appear in it as tracks are kept.
            names: of all the tracks, in their order.
        """
        self._folder = folder
        self._places = {name: place for place, name in enumerate(names)}

    def keep(self, name: str, audio: FloatArray) -> None:
        """Write a track, in place of what was kept of it before.

        Raises:
            OutputError: the disk is full or read-only.
        """
        try:
            np.save(self._path(name), audio, allow_pickle=False)
        except OSError as error:
            raise OutputError(
                f"{self._folder}: wet tracks cannot be kept there ({error.strerror}); free some "
                "room, or name another folder with the environment variable TMPDIR"
            ) from None

    def __getitem__(self, name: str) -> FloatArray:
        audio: FloatArray = np.load(self._path(name), allow_pickle=False)
        return audio

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _path(self, name: str) -> Path:
        return self._folder / f"track-{self._places[name]}.npy"


class ScratchTracks(TrackFiles):
    """The same in a folder of its own among the system's temporary ones, gone with this object."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="mixer-tracks-")), names)
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)


class GainedTracks(Mapping[str, FloatArray]):
    """Tracks with a gain, each made when it is looked at."""

    def __init__(self, tracks: Mapping[str, FloatArray], gain: np.float32) -> None:
        self._tracks, self._gain = tracks, gain

    def __getitem__(self, name: str) -> FloatArray:
        return self._tracks[name] * self._gain

    def __iter__(self) -> Iterator[str]:
        return iter(self._tracks)

    def __len__(self) -> int:
        return len(self._tracks)
