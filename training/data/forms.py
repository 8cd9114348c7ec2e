"""Forms of data sets, one line each: how to prepare a song, and how to read the data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.data.prepare_bands import BANDS as BAND_PARAMETERS
from training.data.prepare_bands import prepare_bands
from training.data.prepare_song import prepare_song
from training.data.prepare_tracks import prepare_tracks
from training.data.prepared import Examples
from training.data.prepared_audio import read_dataset
from training.data.prepared_bands import read_bands
from training.data.prepared_tracks import read_tracks
from training.data.song_files import SongRecord
from training.data.song_task import SongTask
from training.data.workers import Report


@dataclass(frozen=True)
class Form:
    """A form of examples.

    Attributes:
        prepare: writes a song's files, in a process of its own, and returns its record.
        read: reads a data set's folder and returns the data for training.
        song_keys: keys of a song's record that the data set's description repeats.
        stated: further entries of the description.
    """

    prepare: Callable[[SongTask, Report], SongRecord]
    read: Callable[[str | Path], Any]
    song_keys: tuple[str, ...]
    stated: Mapping[str, object] = field(default_factory=dict)


_COMMON = ("n_samples", "stems", "notes", "key")
# Add a line here for a new form of examples.
FORMS: Mapping[str, Form] = {
    Examples.AUDIO: Form(prepare_song, read_dataset, (*_COMMON, "target", "normalised_gain_db")),
    Examples.BANDS: Form(
        prepare_bands,
        read_bands,
        (*_COMMON, "is_wet", "excerpts"),
        # An absent key means audio, as in data sets written before other forms existed.
        {
            "examples": Examples.BANDS,
            "bands": {"n_fft": BAND_PARAMETERS.n_fft, "n_bands": BAND_PARAMETERS.n_bands},
        },
    ),
    Examples.TRACKS: Form(
        prepare_tracks, read_tracks, (*_COMMON, "excerpts"), {"examples": Examples.TRACKS}
    ),
}
