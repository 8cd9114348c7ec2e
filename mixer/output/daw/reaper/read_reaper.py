"""REAPER's projects, read back: tracks, folders, faders, ReaEQ, envelopes, sends, markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixer.errors import InputError
from mixer.output.daw.read_session import (
    LEAST_GAIN,
    LONGEST_MARKER,
    MOST_CLIPS,
    MOST_GAIN,
    MOST_TRACKS,
    ReadClip,
    ReadSession,
    ReadTrack,
)
from mixer.output.daw.reaper.reaeq import NAME, read_reaeq
from mixer.output.daw.reaper.rpp_text import (
    Block,
    number_at,
    read_project,
)
from mixer.output.daw.strips.native_strip import EqBand, Points, Strip
from mixer.song.song_file import MARKER_RANGE_S, TEMPO_RANGE_BPM, Marker

_MIDDLE_MODE = 2
_DEVICES = ("VST", "JS", "AU", "CLAP", "DX", "LV2", "VIDEO_EFFECT")
_DEFAULT_RATE_HZ = 44_100
_RATES_HZ = (8_000, 768_000)


def read_reaper(path: Path) -> ReadSession:
    """Read a project.

    Raises:
        InputError: as `mixer.output.daw.reaper.rpp_text.read_project`, or it has too many tracks or
            items.
    """
    project = read_project(path)
    blocks = project.all("TRACK")
    rate = int(project.number("SAMPLERATE", 0, _DEFAULT_RATE_HZ))
    rate = rate if _RATES_HZ[0] <= rate <= _RATES_HZ[1] else _DEFAULT_RATE_HZ
    n_items = sum(len(block.all("ITEM")) for block in blocks)
    if len(blocks) > MOST_TRACKS or n_items > MOST_CLIPS:
        raise InputError(f"{path} has {len(blocks)} tracks and {n_items} items: too many to read")
    tracks = [_track(block, rate) for block in blocks]
    tempo_bpm = project.number("TEMPO", 0, 0.0)
    low, high = TEMPO_RANGE_BPM
    return ReadSession(
        path=path,
        daw="reaper",
        title=" ".join(project.line("TITLE")),
        tempo_bpm=tempo_bpm if low <= tempo_bpm <= high else None,
        tracks=tuple(_with_sends(_in_folders(tracks, blocks), blocks)),
        markers=tuple(_markers(project)),
    )


def _track(block: Block, rate: int) -> ReadTrack:
    remarks = list[str]()
    volume = min(max(abs(block.number("VOLPAN", 0, 1.0)), LEAST_GAIN), MOST_GAIN)
    clips = tuple(_clips(block))
    bands, foreign = _devices(block, rate, remarks)
    strip = Strip(
        gain_db=20.0 * float(np.log10(volume)),
        pan=float(np.clip(block.number("VOLPAN", 1, 0.0), -1.0, 1.0)),
        muted=block.number("MUTESOLO", 0, 0.0) != 0.0,
        soloed=block.number("MUTESOLO", 1, 0.0) != 0.0,
        width=_width(clips),
        bands=bands,
        automation=_automation(block, remarks),
    )
    name = " ".join(block.line("NAME"))
    identity = next(iter(block.line("TRACKID")), None) or next(iter(block.values), None)
    return ReadTrack(name, identity, False, None, strip, clips, foreign, tuple(remarks))


def _in_folders(tracks: list[ReadTrack], blocks: list[Block]) -> list[ReadTrack]:
    """The same, each with the folder that it is in."""
    placed, open_folders = list[ReadTrack](), list[int]()
    for number, (track, block) in enumerate(zip(tracks, blocks, strict=True)):
        kind = int(block.number("ISBUS", 0, 0.0))
        change = int(np.clip(block.number("ISBUS", 1, 0.0), -MOST_TRACKS, 1))
        parent = open_folders[-1] if open_folders else None
        placed.append(replace(track, is_group=kind == 1, parent=parent))
        if kind == 1:
            open_folders.append(number)
        elif change < 0:
            del open_folders[max(0, len(open_folders) + change) :]
    return placed


def _with_sends(tracks: list[ReadTrack], blocks: list[Block]) -> list[ReadTrack]:
    """Sends stand at the track that receives."""
    sends: dict[int, list[tuple[str, float]]] = {}
    for track, block in zip(tracks, blocks, strict=True):
        for words in block.lines:
            if not words or words[0] != "AUXRECV":
                continue
            place, level = number_at(words, 1, -1.0), abs(number_at(words, 3, 1.0))
            level = min(level, MOST_GAIN)
            muted = number_at(words, 5, 0.0) != 0.0
            if 0 <= place < len(tracks) and level > LEAST_GAIN and not muted:
                level_db = 20.0 * float(np.log10(level))
                sends.setdefault(int(place), []).append((track.name, level_db))
    return [
        replace(track, strip=replace(track.strip, sends=tuple(sends.get(number, ()))))
        for number, track in enumerate(tracks)
    ]


def _devices(
    block: Block, rate: int, remarks: list[str]
) -> tuple[tuple[EqBand, ...], tuple[str, ...]]:
    """The bands of every ReaEQ that is on, and the names of all other devices."""
    chain = block.first("FXCHAIN")
    bands, foreign = list[EqBand](), list[str]()
    is_bypassed = False
    for entry in chain.order if chain is not None else ():
        if isinstance(entry, list):
            if entry[:1] == ["BYPASS"]:
                is_bypassed = number_at(entry, 1, 0.0) != 0.0
            continue
        if entry.name not in _DEVICES or is_bypassed:
            continue
        name = entry.values[0] if entry.values else entry.name
        if not name.startswith(NAME):
            foreign.append(name)
            continue
        try:
            bands += read_reaeq([words[0] for words in entry.lines if words], rate)
        except ValueError:
            remarks.append("an equaliser whose state is not understood")
    return tuple(bands), tuple(foreign)


def _automation(block: Block, remarks: list[str]) -> Points:
    envelope = block.first("VOLENV2")
    if envelope is None or envelope.number("ACT", 0, 1.0) == 0.0:
        return ()
    points, curved = list[tuple[float, float]](), False
    for words in envelope.lines:
        if words and words[0] == "PT":
            factor = min(abs(number_at(words, 2, 1.0)), MOST_GAIN)
            points.append((number_at(words, 1, 0.0), factor))
            curved = curved or number_at(words, 3, 0.0) != 0.0
    if curved:
        remarks.append("automation that is not straight between its points, read as if it were")
    return tuple(sorted(points))


def _clips(block: Block) -> Iterator[ReadClip]:
    for item in block.all("ITEM"):
        source = item.first("SOURCE")
        while source is not None and source.values[:1] == ["SECTION"]:
            source = source.first("SOURCE")
        file = source.line("FILE") if source is not None else []
        if not file or item.number("MUTE", 0, 0.0) != 0.0:
            continue
        yield ReadClip(
            file=file[0],
            position_s=max(0.0, item.number("POSITION", 0, 0.0)),
            offset_s=max(0.0, item.number("SOFFS", 0, 0.0)),
            length_s=max(0.0, item.number("LENGTH", 0, 0.0)),
            gain=float(np.clip(_gain_of(item), -MOST_GAIN, MOST_GAIN)),
            pan=float(np.clip(item.number("VOLPAN", 1, 0.0), -1.0, 1.0)),
            is_middle=item.number("CHANMODE", 0, 0.0) == _MIDDLE_MODE,
        )


def _gain_of(item: Block) -> float:
    """Two factors, whose product may be beyond all numbers."""
    return item.number("VOLPAN", 0, 1.0) * item.number("VOLPAN", 2, 1.0)


def _width(clips: tuple[ReadClip, ...]) -> float:
    """Take a track of one file that is there as a whole and as its middle."""
    whole = [clip.gain for clip in clips if not clip.is_middle]
    middle = [clip.gain for clip in clips if clip.is_middle]
    if len(whole) != 1 or len(middle) != 1 or whole[0] + middle[0] == 0.0:
        return 1.0
    return whole[0] / (whole[0] + middle[0])


def _markers(project: Block) -> Iterator[Marker]:
    found = []
    for words in project.lines:
        if words and words[0] == "MARKER" and len(words) > 3:
            time_s, name = number_at(words, 2, -1.0), words[3].strip()[:LONGEST_MARKER]
            if MARKER_RANGE_S[0] <= time_s <= MARKER_RANGE_S[1] and name:
                found.append(Marker(name, time_s))
    yield from sorted(found, key=lambda marker: marker.time_s)
