"""REAPER's project file, parsed back by a library that reads them."""

from dataclasses import replace
from pathlib import Path

import pytest
import rpp

from mixer.errors import OutputError
from mixer.output.daw.daw_session import DawTrack
from mixer.output.daw.reaper.write_reaper import (
    native_color,
    quoted,
    write_reaper,
)


@pytest.fixture
def path(tmp_path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "free.rpp"


def parsed(path: Path) -> rpp.Element:
    return rpp.loads(path.read_text(encoding="utf-8"))


def values(element: rpp.Element, name: str) -> list[str]:
    (line,) = [line for line in element if isinstance(line, list) and line[0] == name]
    return line[1:]


def on_file(track: DawTrack, path: Path) -> DawTrack:
    return replace(track, clips=(replace(track.clips[0], path=path),))


def audio_tracks(project: rpp.Element) -> list[rpp.Element]:
    return [track for track in project.findall("TRACK") if track.find("ITEM") is not None]


def test_tracks_say_what_the_session_says(session, path) -> None:
    write_reaper(session, path)
    found = audio_tracks(parsed(path))
    assert len(found) == len(session.tracks)
    for track, element in zip(session.tracks, found, strict=True):
        assert values(element, "NAME") == [track.name]
        assert int(values(element, "PEAKCOL")[0]) == native_color(track.color)
        gain, pan = (float(v) for v in values(element, "VOLPAN")[:2])
        assert (gain, pan) == (1.0, 0.0)
        assert values(element, "MUTESOLO")[0] == str(int(track.strip.muted))
        clip = track.clips[0]
        item = element.find("ITEM")
        assert float(values(item, "POSITION")[0]) == 0.0
        assert float(values(item, "LENGTH")[0]) == pytest.approx(clip.duration_s, abs=1e-9)
        take = [float(v) for v in values(item, "VOLPAN")]
        assert take[1:3] == [clip.pan, pytest.approx(clip.gain, rel=1e-12)]
        source = item.find("SOURCE")
        assert source.attrib == ["WAVE"]
        (file,) = values(source, "FILE")
        assert not Path(file).is_absolute()
        assert (path.parent / file).samefile(clip.path)


def test_folders_open_and_close_around_their_tracks(session, path) -> None:
    write_reaper(session, path)
    depth, folder, found = 0, "", {}
    for track in parsed(path).findall("TRACK"):
        (name,) = values(track, "NAME")
        kind, change = (int(v) for v in values(track, "ISBUS"))
        if kind == 1:
            folder = name
        else:
            assert depth == 1
            found[name] = folder
        depth += change
        assert depth in (0, 1)
    assert depth == 0
    assert found == {track.name: track.group for track in session.tracks}


def test_tempo_rate_markers_and_title(session, path) -> None:
    write_reaper(session, path)
    project = parsed(path)
    assert float(values(project, "TEMPO")[0]) == 97.5
    assert values(project, "SAMPLERATE")[0] == "44100"
    assert values(project, "TITLE") == ['Free & "Easy"']
    markers = [line[1:4] for line in project if line[0] == "MARKER"]
    assert [(int(n), float(t), name) for n, t, name in markers] == [
        (1, 0.25, 'Verse `A` "B"'.replace("`", "'")),
        (2, 0.75, "Chorus <1>"),
    ]


def test_names_with_quotes_spaces_and_signs_survive(session_of_odd_names, path) -> None:
    write_reaper(session_of_odd_names, path)
    names = [values(track, "NAME")[0] for track in audio_tracks(parsed(path))]
    expected = [track.name for track in session_of_odd_names.tracks]
    assert names == ["a\"b'c'd", *expected[1:]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kick", '"Kick"'),
        ("", '""'),
        ('5" tom', "'5\" tom'"),
        ("5\" 'tom'", "`5\" 'tom'`"),
        ("\"'`", "`\"''`"),
        ("> end", '"> end"'),
    ],
)
def test_text_takes_the_quote_that_it_does_not_hold(text, expected) -> None:
    assert quoted(text) == expected


def test_colours_are_blue_green_red_with_a_bit_for_set() -> None:
    assert native_color("#ff0000") == 0x10000FF
    assert native_color("#102030") == 0x1302010


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.flac", "FLAC"), ("a.MP3", "MP3"), ("a.ogg", "VORBIS"), ("a.opus", "OPUS"),
     ("a.m4a", "VIDEO"), ("a.aiff", "WAVE"), ("a.WAV", "WAVE")],
)  # fmt: skip
def test_each_format_has_its_source(session, path, name, kind) -> None:
    track = on_file(session.tracks[0], path.parent / name)
    write_reaper(replace(session, tracks=(track,)), path)
    (element,) = audio_tracks(parsed(path))
    assert element.find("ITEM").find("SOURCE").attrib == [kind]


def test_file_names_that_are_no_text_keep_their_bytes(session, path) -> None:
    track = on_file(session.tracks[0], path.parent / "Snare \udcff\udce9.wav")
    write_reaper(replace(session, tracks=(track,)), path)
    assert b'FILE "Snare \xff\xe9.wav"' in path.read_bytes()


def test_file_names_that_cannot_be_written_down_are_refused(session, path) -> None:
    for name in ("two\nlines.wav", "a\"b'c`d.wav"):
        track = on_file(session.tracks[0], path.parent / name)
        with pytest.raises(OutputError, match="rename it"):
            write_reaper(replace(session, tracks=(track,)), path)
        assert not path.exists()


def test_equal_sessions_are_equal_files_and_none_is_overwritten_unasked(session, path) -> None:
    write_reaper(session, path)
    first = path.read_bytes()
    with pytest.raises(OutputError, match="already exists"):
        write_reaper(session, path)
    write_reaper(session, path, overwrite=True)
    assert path.read_bytes() == first
