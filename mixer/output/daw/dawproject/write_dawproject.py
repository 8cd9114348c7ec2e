"""DAWproject 1.0: a zip of project.xml, metadata.xml and audio, for Bitwig, Cubase, Studio One.

Source: https://github.com/bitwig/dawproject (Project.xsd, MetaData.xsd and their reference). Order
of elements is the schema's. Times are in seconds: nothing moves when the tempo is changed. Not
every workstation reads devices, so every number of a strip is in its track's comment too.
"""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mixer.dsp.blocks import db_to_gain
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, whole_file
from mixer.output.daw.daw_formats import EMBED_UP_TO_BYTES
from mixer.output.daw.daw_session import (
    DEFAULT_TEMPO_BPM,
    DawClip,
    DawGroup,
    DawSession,
    DawTrack,
    in_order,
    relative_path,
)
from mixer.output.daw.dawproject.dawproject_devices import (
    devices_of,
)
from mixer.output.daw.dawproject.xml_number import (
    number_text,
    parameter,
)
from mixer.output.daw.xml_names import refuse_name
from mixer.version import __version__

_TEMPO_RANGE_BPM = (20.0, 666.0)
_HIGHEST_GAIN = 2.0  # of the faders of the workstations that exchange the format
_MASTER_ID = "master"
# Equal sessions are equal files: the earliest date that a zip can hold.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_COPY_BYTES = 1 << 20


def write_dawproject(
    session: DawSession,
    path: Path,
    *,
    embed: bool | None = None,
    home: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Write a session; the same session and audio give the same bytes.

    Args:
        session: from `mixer.output.daw.wet_session` or `mixer.output.daw.editable`.
        path: of the file; it appears once it is whole.
        embed: True copies the audio into the file; False refers to it by relative paths. None
            copies up to `EMBED_UP_TO_BYTES` in all and refers beyond.
        home: folder to which the file and what lies beside it are then moved; None if they stay.
        overwrite: replace a file that is there.

    Raises:
        OutputError: the file exists, an audio file cannot be read or named, or the disk is full.
    """
    if not overwrite:
        refuse_existing([path])
    try:
        if embed is None:
            embed = sum(p.stat().st_size for p in _files(session)) <= EMBED_UP_TO_BYTES
        names = _inside(session) if embed else _outside(session, path.parent, home)
        project, metadata = project_xml(session, names, embedded=embed), metadata_xml(session)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial, zipfile.ZipFile(partial, "w") as archive:
            for name, text in (("project.xml", project), ("metadata.xml", metadata)):
                archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), text)
            for source in _files(session) if embed else ():
                _copy(archive, source, names[source])
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}){where}") from None


def project_xml(session: DawSession, names: dict[Path, str], *, embedded: bool) -> bytes:
    """`project.xml`, UTF-8; `names` tells how each audio file is referred to."""
    project = ET.Element("Project", version="1.0")
    ET.SubElement(project, "Application", name="mixer", version=__version__)
    _transport(project, session)
    lines = _structure(ET.SubElement(project, "Structure"), session)
    _arrangement(project, session, lines, names, embedded)
    ET.indent(project, " ")
    return _encoded(project)


def metadata_xml(session: DawSession) -> bytes:
    """`metadata.xml`, UTF-8."""
    metadata = ET.Element("MetaData")
    ET.SubElement(metadata, "Title").text = session.title
    ET.indent(metadata, " ")
    return _encoded(metadata)


def _transport(project: ET.Element, session: DawSession) -> None:
    transport = ET.SubElement(project, "Transport")
    tempo_bpm = session.tempo_bpm or DEFAULT_TEMPO_BPM
    low, high = min(_TEMPO_RANGE_BPM[0], tempo_bpm), max(_TEMPO_RANGE_BPM[1], tempo_bpm)
    parameter(transport, "Tempo", "tempo", "bpm", tempo_bpm, (low, high))
    ET.SubElement(transport, "TimeSignature", id="time-signature", numerator="4", denominator="4")


@dataclass(frozen=True)
class _Lane:
    """One line of the arrangement: a track's clip, or the automation of a strip.

    Attributes:
        key: of the track's ids.
        node: what it belongs to.
        clip: what plays there; None for none.
        gain: the fader as a factor, which automation multiplies.
    """

    key: str
    node: DawTrack | DawGroup
    clip: DawClip | None
    gain: float


def _structure(structure: ET.Element, session: DawSession) -> list[_Lane]:
    """Every track within its folder; what plays on each, and moves."""
    nodes = list(in_order(session))
    keys = {id(node): f"{'group' if isinstance(node, DawGroup) else 'track'}-{number}"
            for number, (node, _) in enumerate(nodes, 1)}  # fmt: skip
    returns = {node.name: keys[id(node)] for node, _ in nodes
               if isinstance(node, DawTrack) and node.is_return}  # fmt: skip
    parents, lanes = [(structure, _MASTER_ID)], list[_Lane]()
    for node, depth in nodes:
        del parents[depth + 1 :]
        parent, destination = parents[-1]
        key = keys[id(node)]
        is_group = isinstance(node, DawGroup)
        clips = () if isinstance(node, DawGroup) else node.clips
        # A pair is two tracks, each on its side, after the strip of one.
        is_alone = len(clips) == 1 and 0.0 in (clips[0].pan, node.strip.pan)
        holds_tracks = is_group or bool(clips and not is_alone)
        element = _track(parent, key, node, contents="tracks" if holds_tracks else "audio")
        own = clips[0] if is_alone else None
        gain = (own.gain if own else 1.0) * float(db_to_gain(node.strip.gain_db))
        role = "submix" if holds_tracks else "effect" if key in returns.values() else "regular"
        pan = node.strip.pan + (own.pan if own else 0.0)
        _channel(element, key, destination, role, node, (gain, pan), returns)
        lanes.append(_Lane(key, node, own, gain))
        if is_group:
            parents.append((element, key))
        elif holds_tracks:
            lanes += [
                _half(element, f"{key}-{number}", key, node, clip)
                for number, clip in enumerate(clips, 1)
                if isinstance(node, DawTrack)
            ]
    master = _track(structure, _MASTER_ID, DawGroup("Master"), contents="audio")
    _channel(master, _MASTER_ID, None, "master", DawGroup("Master"), (1.0, 0.0), returns)
    return lanes


def _half(parent: ET.Element, key: str, destination: str, track: DawTrack, clip: DawClip) -> _Lane:
    """One file of a pair, on a track within the pair's."""
    half = DawTrack(f"{track.name} {key[-1]}", track.color, (clip,))
    element = _track(parent, key, half, contents="audio")
    _channel(element, key, destination, "regular", half, (clip.gain, clip.pan), {})
    return _Lane(key, half, clip, clip.gain)


def _track(parent: ET.Element, key: str, node: DawTrack | DawGroup, *, contents: str) -> ET.Element:
    track = ET.SubElement(parent, "Track", id=key, name=node.name, contentType=contents)
    track.set("loaded", "true")
    if node.color is not None:
        track.set("color", node.color)
    if node.notes:
        track.set("comment", "; ".join(node.notes))
    return track


def _channel(
    parent: ET.Element,
    key: str,
    destination: str | None,
    role: str,
    node: DawTrack | DawGroup,
    gain_and_pan: tuple[float, float],
    returns: dict[str, str],
) -> None:
    gain, pan = gain_and_pan
    channel = ET.SubElement(parent, "Channel", id=f"{key}-channel", role=role)
    is_track = isinstance(node, DawTrack) and role == "regular"
    channel.set(
        "audioChannels", str(node.channels if isinstance(node, DawTrack) and is_track else 2)
    )
    channel.set("solo", "true" if node.strip.soloed else "false")
    if destination is not None:
        channel.set("destination", f"{destination}-channel")
    devices_of(channel, key, node)
    ET.SubElement(channel, "Mute", id=f"{key}-mute", value="true" if node.strip.muted else "false")
    parameter(channel, "Pan", f"{key}-pan", "normalized", 0.5 + 0.5 * pan, (0.0, 1.0))
    if node.strip.sends:
        sends = ET.SubElement(channel, "Sends")
        for number, (name, level_db) in enumerate(node.strip.sends, 1):
            send = ET.SubElement(sends, "Send", id=f"{key}-send-{number}", type="post")
            send.set("destination", f"{returns[name]}-channel")
            level = float(db_to_gain(level_db))
            parameter(send, "Volume", f"{key}-send-{number}-volume", "linear", level,
                      (0.0, max(1.0, level)))  # fmt: skip
    highest = max(_HIGHEST_GAIN, gain * max((f for _, f in node.strip.automation), default=1.0))
    parameter(channel, "Volume", f"{key}-volume", "linear", gain, (0.0, highest))


def _arrangement(
    project: ET.Element,
    session: DawSession,
    lines: list[_Lane],
    names: dict[Path, str],
    embedded: bool,
) -> None:
    arrangement = ET.SubElement(project, "Arrangement", id="arrangement")
    lanes = ET.SubElement(arrangement, "Lanes", id="lanes", timeUnit="seconds")
    for line in lines:
        if line.clip is None and not line.node.strip.automation:
            continue
        lane = ET.SubElement(lanes, "Lanes", id=f"{line.key}-lane", track=line.key)
        if line.clip is not None:
            _clip(lane, line, line.clip, names[line.clip.path], embedded)
        if line.node.strip.automation:
            _automation(lane, line)
    if session.markers:
        markers = ET.SubElement(arrangement, "Markers", id="markers", timeUnit="seconds")
        for marker in session.markers:
            ET.SubElement(markers, "Marker", name=marker.name, time=number_text(marker.time_s))


def _clip(lane: ET.Element, line: _Lane, clip: DawClip, name: str, embedded: bool) -> None:
    clips = ET.SubElement(lane, "Clips", id=f"{line.key}-clips")
    element = ET.SubElement(
        clips,
        "Clip",
        name=line.node.name,
        time=number_text(clip.position_s),
        duration=number_text(clip.heard_s),
    )
    element.set("contentTimeUnit", "seconds")
    element.set("playStart", number_text(clip.offset_s))
    audio = ET.SubElement(
        element, "Audio", id=f"{line.key}-audio", duration=number_text(clip.duration_s)
    )
    audio.set("channels", str(clip.channels))
    audio.set("sampleRate", str(clip.sample_rate))
    file = ET.SubElement(audio, "File", path=name)
    file.set("external", "false" if embedded else "true")


def _automation(lane: ET.Element, line: _Lane) -> None:
    """The volume over time: here automation stands for the fader, where REAPER's stands beside."""
    points = ET.SubElement(lane, "Points", id=f"{line.key}-automation", unit="linear")
    ET.SubElement(points, "Target", parameter=f"{line.key}-volume")
    for time_s, factor in line.node.strip.automation:
        ET.SubElement(
            points,
            "RealPoint",
            time=number_text(time_s),
            value=number_text(line.gain * factor),
            interpolation="linear",
        )


def _files(session: DawSession) -> list[Path]:
    """Every audio file once."""
    return list(dict.fromkeys(clip.path for track in session.tracks for clip in track.clips))


def _inside(session: DawSession) -> dict[Path, str]:
    """Names in the container, made of the tracks' own, which are unique."""
    names = {clip.path: track.name for track in reversed(session.tracks) for clip in track.clips}
    return {
        path: f"audio/{number:02d} {_file_name(names[path])}{path.suffix.lower()}"
        for number, path in enumerate(_files(session), 1)
    }


def _file_name(name: str) -> str:
    """Without what some system forbids in a file name."""
    return "".join("_" if sign in '<>:"/\\|?*' else sign for sign in name).strip(" .")


def _outside(session: DawSession, folder: Path, home: Path | None) -> dict[Path, str]:
    """Paths relative to the session's folder; absolute where none exists, as between drives."""
    names = {}
    for source in _files(session):
        names[source] = relative_path(source, folder, home)
        refuse_name(names[source])
    return names


def _entry(name: str, compression: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.compress_type = compression
    entry.create_system = 3  # the same on every system
    entry.external_attr = 0o644 << 16
    return entry


def _copy(archive: zipfile.ZipFile, source: Path, name: str) -> None:
    # Audio hardly shrinks by deflating, and workstations read stored entries in place.
    entry = _entry(name, zipfile.ZIP_STORED)
    entry.file_size = source.stat().st_size
    with source.open("rb") as file, archive.open(entry, "w") as target:
        shutil.copyfileobj(file, target, _COPY_BYTES)


def _encoded(element: ET.Element) -> bytes:
    text = ET.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
