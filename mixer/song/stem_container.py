"""One stem container, as MUSDB18 comes in them, as a song by itself."""

from __future__ import annotations

from pathlib import Path

from mixer import audio as audio_io
from mixer.audio.formats import is_stem_container_name, without_audio_suffix
from mixer.errors import InputError
from mixer.song.load import load_song
from mixer.song.recording import Recording
from mixer.song.recordings_of_file import STEM_CONTAINER_STREAMS
from mixer.song.song import Song
from mixer.stems import STEMS


def open_song(path: Path) -> Song:
    """The song of a folder, or of a single `.stem.mp4`.

    Raises:
        InputError: a file of another kind, or as in `load_song` and `load_container`.
        PresetError: a mistake in `song.toml`.
    """
    if not path.is_file():
        return load_song(path)
    if not is_stem_container_name(path.name):
        raise InputError(f"{path} is a file; give the song's folder, or a .stem.mp4")
    return load_container(path)


def load_container(path: Path) -> Song:
    """One `.stem.mp4` as a song, whatever stands beside it.

    Raises:
        InputError: not readable, not five streams, or the codecs extra is not installed.
    """
    sources = audio_io.probe(path)
    if len(sources) != len(STEM_CONTAINER_STREAMS):
        raise InputError(f"{len(sources)} audio streams where a stem container has five")
    recordings = [
        Recording(
            source,
            f"{path.name}#{content}",
            content if content in STEMS else None,
            f"stream {source.stream} of a stem container: {content}",
        )
        for source, content in zip(sources, STEM_CONTAINER_STREAMS, strict=True)
    ]
    stems = tuple(r for r in recordings if r.stem is not None)
    rate = max(r.source.sample_rate for r in stems)
    return Song(
        name=without_audio_suffix(path.name),
        folder=path.parent,
        recordings=stems,
        left_out=tuple(r for r in recordings if r.stem is None),
        sample_rate=rate,
        n_samples=max(
            audio_io.resampled_length(r.source.n_samples, r.source.sample_rate, rate) for r in stems
        ),
    )
