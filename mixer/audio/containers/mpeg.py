"""The frames of an MPEG audio file (MP3, MP2): what decodes, counted by their heads.

A length is in an MP3 only in its first frame, where an encoder put an Info, Xing or VBRI table;
without one libsndfile guesses from the bit rate, and stops where it guessed. Frames are found here
and given to it under a table of our own, without the tags, cuts and foreign bytes between them that
libmpg123 would print remarks about. Sources: ISO 11172-3 (section 2.4.1), 13818-3; the table of
Xing and its extension by LAME (gabriel.mp3-tech.org/mp3infotag.html).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mixer.audio.containers.mpeg_frames import (
    ID3V1_BYTES,
    after_id3v2,
    cut_frame,
    find_frames,
    frame_head,
)
from mixer.audio.containers.mpeg_side import begins_inside, broken_frames
from mixer.audio.containers.mpeg_table import DECODER_DELAY_SAMPLES, Table, read_table
from mixer.audio.containers.spliced_file import Pieces, Span
from mixer.files.regular_file import read_regular


@dataclass(frozen=True)
class MpegLayout:
    """Frames of an MPEG audio file, and any damage.

    Attributes:
        pieces: the bytes that libsndfile reads; None for the unchanged file.
        n_samples: length of the recording in samples.
        dropped: spans of decoded samples (first and end) that are not part of the recording.
        fault: how it is truncated or damaged, or None.
        remark: why its length was counted, or None if a table states it.
        is_uneven: it is cut, damaged, or files were concatenated: FFmpeg, which goes on
            decoding through what is broken, reads it better if it is there.
    """

    pieces: Pieces | None
    n_samples: int
    dropped: tuple[tuple[int, int], ...]
    fault: str | None
    remark: str | None
    is_uneven: bool = False


def mpeg_layout(path: Path) -> MpegLayout | None:
    """Find the frames; None if the file does not begin with two of them.

    Raises:
        OSError: the file cannot be read.
    """
    data = read_regular(path)
    found = find_frames(data)
    if found is None:
        return None
    frames, stray, rest = found
    if not frames:
        return None
    first = frame_head(data, frames[0].start)
    assert first is not None
    cut = cut_frame(data, rest, first)
    table = read_table(data, frames[0], first)
    audio = frames[1:] if table is not None else frames
    if not audio:
        return None
    n_all = (len(audio) + (cut is not None)) * first.n_samples
    broken = broken_frames(data, audio)
    is_uneven = cut is not None or stray > 0 or bool(broken) or _is_joined(data, audio)
    if table is not None and table.has_delay and (table.n_frames or len(audio)) < len(audio):
        is_uneven = True
    is_uneven = is_uneven or begins_inside(data, audio[0])
    is_right = table is not None and table.n_frames == len(audio) and table.has_delay
    is_right = is_right and _states_its_bytes(table, audio)
    fault = None
    if cut is not None:
        fault = f"truncated inside a frame after {n_all / first.sample_rate:.2f} s"
    elif _lacks_frames(table, audio):
        frame_s = first.n_samples / first.sample_rate
        fault = (
            f"truncated: {len(audio) * frame_s:.2f} of the "
            f"{((table and table.n_frames) or 0) * frame_s:.2f} s that its header promises"
        )
    elif stray:
        fault = f"damaged: {stray} bytes between its frames are not audio"
    elif broken:
        fault = f"damaged: {len(broken)} of its {len(audio)} frames cannot be decoded"
    if is_right and not is_uneven and fault is None and table is not None:
        n_samples = max(0, n_all - table.delay - table.padding)
        tidy = _contiguous([frames[0], *audio])
        is_whole = tidy == ((0, len(data)),) or _only_tags_around(data, tidy)
        pieces = None if is_whole else tuple(Span(*span) for span in tidy)
        return MpegLayout(pieces, n_samples, (), None, None)
    layout = _counted(data, audio, cut, table, broken)
    remark = "its header does not state its length"
    if table is not None and table.n_frames:
        remark = "its header states a wrong length"
    is_stated = table is not None and table.n_frames == len(audio)
    return replace(layout, fault=fault, is_uneven=is_uneven, remark=None if is_stated else remark)


def _states_its_bytes(table: Table | None, audio: list[Span]) -> bool:
    """Whether a table's count of bytes is about right, so that libmpg123 has nothing to say."""
    if table is None or table.n_bytes is None:
        return True
    there = sum(n_bytes for _, n_bytes in audio)
    return abs(table.n_bytes - there) <= 0.005 * there + 2_000


def _lacks_frames(table: Table | None, audio: list[Span]) -> bool:
    """Whether a table promises frames that are missing: by its bytes too, or it is merely wrong."""
    if table is None or table.n_frames is None or table.n_bytes is None:
        return False
    there = sum(n_bytes for _, n_bytes in audio)
    return table.n_frames > len(audio) + 1 and table.n_bytes > there + 4_096


def _counted(
    data: bytes, audio: list[Span], cut: Span | None, table: Table | None, broken: set[int]
) -> MpegLayout:
    """A layout under a table of our own, with what an encoder's table says about both ends.

    A silent frame goes in front, since libmpg123 takes 529 samples off if a table does not say
    otherwise; the decoder is in the same state after it as at the start.
    """
    first = frame_head(data, audio[0].start)
    assert first is not None
    n_frames = len(audio) + (cut is not None)
    if first.layer != 3:
        n_samples = n_frames * first.n_samples
        return MpegLayout(tuple(audio), n_samples, (), None, None)
    silent = _silent_frame(data, audio[0])
    stated = bytearray(silent)
    at = 4 + first.side_bytes
    stated[at : at + 12] = b"Info" + (1).to_bytes(4, "big") + (n_frames + 1).to_bytes(4, "big")
    pieces: list[bytes | Span] = [bytes(stated), silent]
    pieces += _with_silence(data, audio, broken)
    if cut is not None:
        head = frame_head(data, cut.start)
        pieces.append(_silent_frame(data, Span(cut.start, head.n_bytes if head else 4)))
    lead = first.n_samples - DECODER_DELAY_SAMPLES
    n_samples = n_frames * first.n_samples
    dropped = [(0, lead)]
    if table is not None and table.has_delay:
        dropped.append((lead, lead + min(table.delay, n_samples)))
        if table.n_frames is not None:
            end = table.n_frames * first.n_samples
            start = max(end - table.padding, table.delay)
            if start < min(end, n_samples):
                dropped.append((lead + start, lead + min(end, n_samples)))
    n_samples -= sum(end - start for start, end in dropped[1:])
    return MpegLayout(tuple(pieces), max(0, n_samples), tuple(dropped), None, None)


def _silent_frame(data: bytes, span: Span) -> bytes:
    """A frame like that one, of zeros and without a checksum."""
    head = data[span.start : span.start + 4]
    return bytes([head[0], head[1] | 1, head[2], head[3]]) + bytes(span.n_bytes - 4)


def _with_silence(data: bytes, audio: list[Span], broken: set[int]) -> list[bytes | Span]:
    """The frames, with silent ones in place of those that do not decode."""
    pieces: list[bytes | Span] = []
    start = 0
    for index in [*sorted(broken), len(audio)]:
        pieces += [Span(*run) for run in _contiguous(audio[start:index])]
        if index < len(audio):
            pieces.append(_silent_frame(data, audio[index]))
        start = index + 1
    return pieces


def _is_joined(data: bytes, audio: list[Span]) -> bool:
    """Whether another file's table or tag stands between the frames."""
    return len(_contiguous(audio)) > 1 or any(
        data.find(name, audio[0].start, audio[-1].start) >= 0
        and any(_table_at(data, span) for span in audio)
        for name in (b"Info", b"Xing")
    )


def _table_at(data: bytes, span: Span) -> bool:
    head = frame_head(data, span.start)
    return head is not None and read_table(data, span, head) is not None


def _contiguous(spans: list[Span]) -> tuple[tuple[int, int], ...]:
    """Neighbours joined: start and bytes of each run."""
    runs: list[list[int]] = []
    for start, n_bytes in spans:
        if runs and runs[-1][0] + runs[-1][1] == start:
            runs[-1][1] += n_bytes
        else:
            runs.append([start, n_bytes])
    return tuple((start, n_bytes) for start, n_bytes in runs)


def _only_tags_around(data: bytes, runs: tuple[tuple[int, int], ...]) -> bool:
    """Whether nothing but an ID3v2 tag before and an ID3v1 tag after is not frames."""
    if len(runs) != 1 or runs[0][0] != after_id3v2(data, 0):
        return False
    tail = data[runs[0][0] + runs[0][1] :]
    return not tail or (len(tail) == ID3V1_BYTES and tail[:3] == b"TAG")
