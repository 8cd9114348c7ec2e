"""Size of a song from its files' headers: memory, disk and time, before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.audio.formats import DEFAULT_BIT_DEPTH, FORMATS, fitting_rate
from mixer.batch.memory import render_bytes
from mixer.batch.requests.identity import Identity
from mixer.batch.requests.manifest import Row
from mixer.batch.unmixed import Unmixed, unmixed_of
from mixer.errors import MixerError
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.output.names import LISTENING_COPIES, LISTENING_FORMAT
from mixer.output.versions import titles
from mixer.report.previews import PREVIEW_S

if TYPE_CHECKING:
    from mixer.song.song import Song

# Seconds of one thread for each second of song with the default model, until this output folder
# knows better: as the benchmarks measure it, rounded up.
ROUGH_SECONDS_PER_SECOND = 0.15
# Two channels of float.
_RESIDUAL_BYTES_PER_SAMPLE = 8
_PER_FILE_BYTES = 65_536
# The figures of a report and its scripts; its previews, as base64. As they come out, rounded up.
_REPORT_BYTES = 400_000
_PREVIEW_BYTES_PER_S = 55_000


@dataclass(frozen=True)
class Size:
    """A song's size.

    Attributes:
        duration_s: length of the song in seconds.
        need_bytes: peak memory of rendering it, without the worker's own.
        output_bytes: disk space of its files.
        premaster_bytes: disk space of an album's song between its two phases.
        unmixed: files that will not be in its mix.
    """

    duration_s: float
    need_bytes: int
    output_bytes: int
    premaster_bytes: int
    unmixed: Unmixed


def read_headers(folder: Path) -> Song:
    """Read a row's song from file names and headers; as `mixer.song.load.read_song_headers`."""
    from mixer.song.load import read_song_headers

    return read_song_headers(folder)


def survey_song(
    row: Row,
    file_format: str,
    identity: Identity,
    threads: int,
    read: Callable[[Path], Song] = read_headers,
) -> Size:
    """A song's size, from the headers of its files.

    Args:
        row: the song and the request.
        file_format: of its mix.
        identity: of its model.
        threads: cores that it is rendered on.
        read: reads a song; a caching one serves rows that mix the same song again.

    Raises:
        MixerError: the song cannot be rendered; the message is that of a render.
    """
    song = read(row.song)
    stems = song.stems
    rate = row.settings.get("sample_rate") or fitting_rate(file_format, song.sample_rate)
    n_own = song.n_samples_at(rate)
    n_files = 1 + (len(stems) + 1 if row.wanted.stems else 0)
    has_report = row.wanted.has_report
    n_tracks = _n_tracks(song) + 1 if row.wanted.tracks else 0
    hears = row.wanted.takes_stems or row.album_sound > 0.0
    n_files += n_tracks + len(titles(row.wanted.deliver, stems))
    kept = (
        1 + n_tracks + (len(stems) if hears else 0) + (len(LISTENING_COPIES) if has_report else 0)
    )
    mix_bytes = n_files * (
        FORMATS[file_format].file_bytes(row.wanted.bit_depth, n_own, song.duration_s)
        + _PER_FILE_BYTES
    )
    return Size(
        duration_s=song.duration_s,
        need_bytes=render_bytes(
            song.n_samples_at(identity.sample_rate),
            len(stems),
            threads,
            own_samples=n_own,
            wet_stems=hears,
            network_bytes=identity.bytes_a_thread * threads
            + int(identity.latent_bytes_per_s * song.duration_s),
            report=has_report,
        ),
        output_bytes=mix_bytes
        + _session_bytes(row, song, mix_bytes)
        + _report_bytes(row, n_own, song.duration_s, len(stems)),
        premaster_bytes=n_own * 8 * kept if row.album is not None else 0,
        unmixed=unmixed_of(song),
    )


def survey_or_say(
    row: Row,
    file_format: str,
    identity: Identity,
    threads: int,
    memory_bytes: int | None,
    read: Callable[[Path], Song] = read_headers,
) -> Size | str:
    """Survey a song like `survey_song`; the reason instead if it cannot be rendered here.

    Args:
        row, file_format, identity, threads, read: as in `survey_song`.
        memory_bytes: memory of the machine; None if unknown.
    """
    try:
        size = survey_song(row, file_format, identity, threads, read)
    except MixerError as error:
        return str(error)
    except Exception as error:
        return f"internal error ({type(error).__name__}: {error}); this is a bug: please report it"
    if memory_bytes is not None and size.need_bytes > memory_bytes:
        need_gb, there_gb = size.need_bytes / 1e9, memory_bytes / 1e9
        return (
            f"{size.duration_s / 3600:.1f} hours of audio need about {need_gb:.0f} GB of memory, "
            f"but this machine has {there_gb:.0f} GB; split the song"
        )
    return size


def _n_tracks(song: Song) -> int:
    from mixer.song.tracks import tracks_of

    return len(tracks_of(song))


def _session_bytes(row: Row, song: Song, mix_bytes: int) -> int:
    """Sessions: a residual each, and copies of all audio in those that embed it up to a limit."""
    if not row.wanted.daw:
        return 0
    residual_bytes = _RESIDUAL_BYTES_PER_SAMPLE * song.n_samples
    total = (_PER_FILE_BYTES + residual_bytes) * len(row.wanted.daw)
    recordings = {r.source.path for r in song.recordings}
    audio = mix_bytes + residual_bytes + sum(path.stat().st_size for path in recordings)
    embedding = [daw for daw in row.wanted.daw if audio <= DAW_FORMATS[daw].embeds_up_to_bytes]
    return total + audio * len(embedding)


def _report_bytes(row: Row, n_samples: int, duration_s: float, n_stems: int) -> int:
    """The page, and two listening copies or a preview of each source."""
    if not row.wanted.has_report:
        return 0
    if not row.wanted.has_copies:
        n_sources = n_stems + 1 + len(LISTENING_COPIES)
        return _REPORT_BYTES + int(_PREVIEW_BYTES_PER_S * min(duration_s, PREVIEW_S) * n_sources)
    copy_bytes = FORMATS[LISTENING_FORMAT].file_bytes(DEFAULT_BIT_DEPTH, n_samples, duration_s)
    return _REPORT_BYTES + len(LISTENING_COPIES) * copy_bytes
