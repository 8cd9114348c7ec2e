"""Wet tracks by name, kept on disk, since a song may have more of them than fit in memory."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from mixer.dsp.blocks import FloatArray
from mixer.errors import OutputError
from mixer.files.array_file import read_array


class TrackFiles(Mapping[str, FloatArray]):
    """Tracks in files of one folder, each float32 (2, samples), read again on every access."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        """Open a folder of tracks.

        Args:
            folder: an existing folder; files appear in it as tracks are written.
            names: of all tracks, in order.
        """
        self._folder = folder
        self._places = {name: place for place, name in enumerate(names)}

    def keep(self, name: str, audio: FloatArray) -> None:
        """Write a track, float32 (2, samples), replacing an earlier version.

        Raises:
            OutputError: the disk is full or read-only.
        """
        try:
            np.save(self._path(name), audio, allow_pickle=False)
        except OSError as error:
            raise OutputError(
                f"{self._folder}: wet tracks cannot be kept there ({error.strerror}); free some "
                "space, or name another folder with the environment variable TMPDIR"
            ) from None

    def __getitem__(self, name: str) -> FloatArray:
        audio: FloatArray = read_array(self._path(name))
        return audio

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def _path(self, name: str) -> Path:
        return self._folder / f"track-{self._places[name]}.npy"


class ScratchTracks(TrackFiles):
    """Track files in a temporary folder, which is removed together with this object."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="mixer-tracks-")), names)
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)


class GainedTracks(Mapping[str, FloatArray]):
    """Tracks with a gain, each computed on access."""

    def __init__(self, tracks: Mapping[str, FloatArray], gain: np.float32) -> None:
        self._tracks, self._gain = tracks, gain

    def __getitem__(self, name: str) -> FloatArray:
        return self._tracks[name] * self._gain

    def __iter__(self) -> Iterator[str]:
        return iter(self._tracks)

    def __len__(self) -> int:
        return len(self._tracks)
