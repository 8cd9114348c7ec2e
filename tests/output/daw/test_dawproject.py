"""The container is what DAWproject 1.0 says: elements and their order, references, audio."""

import hashlib
import os
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mixer.errors import OutputError
from mixer.output.daw.dawproject.write_dawproject import (
    write_dawproject,
)
from tests.output.daw.test_reaper import on_file
from tests.output.daw.workstation import validate_dawproject

# Children in the order of the schema, and attributes that it requires, for what a session uses.
ORDER = {
    "Project": ["Application", "Transport", "Structure", "Arrangement"],
    "Transport": ["Tempo", "TimeSignature"],
    "Structure": ["Track"],
    "Track": ["Channel", "Track"],
    "Channel": ["Devices", "Mute", "Pan", "Sends", "Volume"],
    "Devices": ["Equalizer", "Compressor"],
    "Equalizer": ["Enabled", "Band"],
    "Compressor": ["Enabled", "Attack", "Ratio", "Release", "Threshold"],
    "Band": ["Freq", "Gain", "Q", "Enabled"],
    "Sends": ["Send"],
    "Send": ["Volume"],
    "Arrangement": ["Lanes", "Markers"],
    "Lanes": ["Lanes", "Clips", "Points"],
    "Points": ["Target", "RealPoint"],
    "Clips": ["Clip"],
    "Clip": ["Audio"],
    "Audio": ["File"],
    "Markers": ["Marker"],
}
REQUIRED = {
    "Project": {"version"},
    "Application": {"name", "version"},
    "Tempo": {"unit"},
    "Pan": {"unit"},
    "Volume": {"unit"},
    "TimeSignature": {"numerator", "denominator"},
    "Clip": {"time"},
    "Audio": {"channels", "sampleRate", "duration"},
    "File": {"path"},
    "Marker": {"time"},
}


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "free.dawproject"


def read(path: Path) -> ET.Element:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return ET.fromstring(archive.read("project.xml"))


def tracks_of(project: ET.Element) -> dict[str, ET.Element]:
    return {track.get("name", ""): track for track in project.iter("Track")}


def test_elements_stand_as_the_schema_orders_them(session, session_of_odd_names, path) -> None:
    for made in (session, session_of_odd_names, replace(session, markers=(), tempo_bpm=None)):
        write_dawproject(made, path, overwrite=True)
        project = read(path)
        for element in project.iter():
            tags = [child.tag for child in element]
            order = ORDER.get(element.tag, [])
            assert set(tags) <= set(order), element.tag
            assert tags == sorted(tags, key=order.index), element.tag
            assert REQUIRED.get(element.tag, set()) <= set(element.keys()), element.tag
        assert all(len(markers) for markers in project.iter("Markers"))


def test_references_lead_to_what_they_mean(session, path) -> None:
    write_dawproject(session, path)
    project = read(path)
    ids = [element.get("id") for element in project.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    tracks = {track.get("id"): track for track in project.iter("Track")}
    channels = {channel.get("id"): channel for channel in project.iter("Channel")}
    (master,) = [c for c in channels.values() if c.get("role") == "master"]
    for channel in channels.values():
        steps = 0
        while channel is not master:
            channel = channels[channel.get("destination")]
            steps += 1
        assert steps <= 2
    for track in tracks.values():
        holds_tracks = track.find("Track") is not None
        assert (track.get("contentType") == "tracks") == holds_tracks
        assert (track.find("Channel").get("role") == "submix") == holds_tracks
    lanes = project.find("Arrangement/Lanes")
    assert lanes is not None
    clips = {tracks[lane.get("track")].get("name"): lane.find("Clips/Clip") for lane in lanes}
    assert list(clips) == [track.name for track in session.tracks]


def test_faders_pans_and_mutes_are_set(session, path) -> None:
    write_dawproject(session, path)
    tracks = tracks_of(read(path))
    volume = {name: float(t.find("Channel/Volume").get("value")) for name, t in tracks.items()}
    assert volume.pop("bass (dry)") == pytest.approx(10 ** (7.5 / 20))
    assert set(volume.values()) == {1.0}
    bass = tracks["bass (dry)"].find("Channel/Volume")
    assert float(bass.get("max")) >= float(bass.get("value"))
    pan = {name: float(t.find("Channel/Pan").get("value")) for name, t in tracks.items()}
    assert (pan.pop("Git L (dry)"), pan.pop("Git R (dry)")) == (0.0, 1.0)
    assert set(pan.values()) == {0.5}
    muted = {n for n, t in tracks.items() if t.find("Channel/Mute").get("value") == "true"}
    assert muted == {track.name for track in session.tracks if track.strip.muted}
    assert tracks["vocals"].get("color") == session.tracks[0].color


def test_tempo_and_markers(session, path) -> None:
    write_dawproject(session, path)
    project = read(path)
    assert float(project.find("Transport/Tempo").get("value")) == 97.5
    markers = project.find("Arrangement/Markers")
    assert markers.get("timeUnit") == "seconds"
    found = [(m.get("name"), float(m.get("time"))) for m in markers]
    assert found == [(m.name, m.time_s) for m in session.markers]


def test_audio_inside_is_the_audio_outside(session, path) -> None:
    write_dawproject(session, path)
    project = read(path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        for track, file in zip(session.tracks, project.iter("File"), strict=True):
            assert file.get("external") == "false"
            inside = hashlib.sha256(archive.read(file.get("path"))).digest()
            assert inside == hashlib.sha256(track.clips[0].path.read_bytes()).digest()
        title = ET.fromstring(archive.read("metadata.xml")).findtext("Title")
    assert title == 'Free & "Easy"'
    assert len(names) == len(set(names)) == 2 + len(session.tracks)


def test_names_inside_the_container_are_safe_everywhere(session_of_odd_names, path) -> None:
    write_dawproject(session_of_odd_names, path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert not set(name.removeprefix("audio/")) & set('<>:"/\\|?*')
            assert ".." not in Path(name).parts
    shown = set(tracks_of(read(path)))
    assert shown >= {track.name for track in session_of_odd_names.tracks}


def test_audio_outside_is_found_from_where_the_session_is(session, path) -> None:
    write_dawproject(session, path, embed=False)
    for track, file in zip(session.tracks, read(path).iter("File"), strict=True):
        assert file.get("external") == "true"
        assert not Path(file.get("path")).is_absolute()
        assert (path.parent / file.get("path")).samefile(track.clips[0].path)


def test_much_audio_stays_outside_unless_it_is_asked_for(session, path, monkeypatch) -> None:
    monkeypatch.setattr(
        "mixer.output.daw.dawproject.write_dawproject.EMBED_UP_TO_BYTES",
        1_000,
    )
    write_dawproject(session, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["project.xml", "metadata.xml"]
    write_dawproject(session, path, embed=True, overwrite=True)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 2 + len(session.tracks)


def test_equal_sessions_are_equal_files(session, path) -> None:
    write_dawproject(session, path)
    first = path.read_bytes()
    os.utime(session.tracks[0].clips[0].path, (0, 0))
    write_dawproject(session, path, overwrite=True)
    assert path.read_bytes() == first


def test_nothing_is_overwritten_unasked_nor_left_half_written(session, path) -> None:
    path.write_text("mine")
    with pytest.raises(OutputError, match="already exists"):
        write_dawproject(session, path)
    gone = replace(session, tracks=(on_file(session.tracks[0], path.parent / "no.wav"),))
    for embed in (None, True):
        with pytest.raises(OutputError, match=r"no\.wav"):
            write_dawproject(gone, path, embed=embed, overwrite=True)
    assert path.read_text() == "mine"
    assert not list(path.parent.glob(".*"))


def test_it_validates_against_the_published_schema(session, session_of_odd_names, path) -> None:
    for made in (session, session_of_odd_names, replace(session, markers=(), tempo_bpm=None)):
        write_dawproject(made, path, overwrite=True)
        validate_dawproject(path)
