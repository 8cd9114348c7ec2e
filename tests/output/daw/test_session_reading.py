"""Sessions read back: what anybody may have written is bounded, and refused with a line."""

import math
import zipfile
from pathlib import Path

import pytest

from mixer.errors import InputError
from mixer.output.daw.read_session import ReadTrack
from mixer.output.daw.reaper.read_reaper import read_reaper
from mixer.output.daw.reaper.reaeq import (
    NAME,
    bandwidth_octaves,
    read_reaeq,
    reaeq_lines,
)
from mixer.output.daw.reaper.rpp_text import words_of
from mixer.output.daw.session_reading import read_session
from mixer.output.daw.strips.native_strip import EqBand

# A state that REAPER 7 wrote: a high-pass at 100 Hz that is on, four bands that are off.
BY_REAPER = [
    "cWVlcu5e7f4CAAAAAQAAAAAAAAACAAAAAAAAAAIAAAABAAAAAAAAAAIAAAAAAAAAzQAAAAEAAAAAABAA",
    "IQAAAAUAAAAEAAAAAQAAAG9ScPi3GllAAAAAAAAA8D8AAAAAAAAAQAEAAAAAAAAAAAQEaDDZCWlAAAAAAAAA8D8AAAAAAAAAQAEIAAAA"
    "AAAAAAEaHb6ED4lAAAAAAAAA8D8AAAAAAADwPwEIAAAAAAAAAHfH++l3aKdAAAAAAAAA8D8AAAAAAADwPwEBAAAAAAAAAKWt3qUPUL9A"
    "AAAAAAAA8D8AAAAAAAAAQAEBAAAAAQAAAAAAAAAAAPA/AAAAAP0BAABcAQAAAgAAAA==",
    "AFByb2dyYW0gMQAQAAAA",
]


def project(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "a.rpp"
    path.write_text(f'<REAPER_PROJECT 0.1 "7.0"\n{body}\n>\n')
    return path


def test_a_state_that_reaper_wrote_is_understood() -> None:
    (band,) = read_reaeq(BY_REAPER, 44_100)
    assert (band.kind, band.gain_db) == ("high_pass", 0.0)
    assert band.frequency_hz == pytest.approx(100.417, abs=1e-3)
    assert bandwidth_octaves(band.q, band.frequency_hz, 44_100) == pytest.approx(2.0)


def test_bands_come_back_and_the_header_is_reapers() -> None:
    bands = (
        EqBand("low_shelf", 80.0, -2.5, 0.6),
        EqBand("bell", 1_234.5, 3.25, 1.7),
        EqBand("notch", 50.0, 0.0, 12.0),
    )
    lines = reaeq_lines(bands, 48_000)
    back = read_reaeq(lines, 48_000)
    assert [band.kind for band in back] == [band.kind for band in bands]
    for one, other in zip(back, bands, strict=True):
        assert one.frequency_hz == other.frequency_hz
        assert one.gain_db == pytest.approx(other.gain_db)
        assert one.q == pytest.approx(other.q)
    assert lines[0][:64] == BY_REAPER[0][:64]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('NAME "Lead Vox"', ["NAME", "Lead Vox"]),
        ("NAME 'a \"b\"' 1", ["NAME", 'a "b"', "1"]),
        ("FILE `a'b\"c`", ["FILE", "a'b\"c"]),
        ('NAME "open', ["NAME", "open"]),
        ("  ", []),
    ],
)
def test_words_are_reapers(line, words) -> None:
    assert words_of(line) == words


def test_folders_sends_and_envelopes_of_any_project(tmp_path) -> None:
    path = project(
        tmp_path,
        "TEMPO 91 4 4\nMARKER 1 12.5 Chorus 0\n"
        "<TRACK\n NAME Drums\n ISBUS 1 1\n>\n"
        "<TRACK\n NAME Kick\n ISBUS 2 -1\n VOLPAN 0.5 -0.25 -1 -1 1\n MUTESOLO 1 0 0\n"
        " <VOLENV2\n ACT 1\n PT 2 0.5 0\n PT 0 1 0\n >\n"
        " <ITEM\n POSITION 3\n LENGTH 4\n SOFFS 1\n <SOURCE WAVE\n FILE audio/kick.wav\n >\n >\n>\n"
        "<TRACK\n NAME Verb\n AUXRECV 1 0 0.25 0 0\n AUXRECV 99 0 1 0 0\n>",
    )
    session = read_reaper(path)
    drums, kick, verb = session.tracks
    assert (session.tempo_bpm, session.markers[0].time_s) == (91.0, 12.5)
    assert (drums.is_group, kick.parent, verb.parent) == (True, 0, None)
    assert kick.strip.gain_db == pytest.approx(-6.02, abs=0.01)
    assert (kick.strip.pan, kick.strip.muted) == (-0.25, True)
    assert kick.strip.automation == ((0.0, 1.0), (2.0, 0.5))
    assert kick.strip.sends == (("Verb", pytest.approx(-12.04, abs=0.01)),)
    clip = kick.clips[0]
    assert (clip.file, clip.position_s, clip.offset_s) == ("audio/kick.wav", 3.0, 1.0)


def test_what_a_project_leaves_out_is_as_reaper_has_it(tmp_path) -> None:
    """Faders at 0 dB, pans in the middle, envelopes that act; muted sends and items are out."""
    usual, off, curved = (
        f"<VOLENV2\n {act}\n PT 0 1 {shape}\n PT 1 0.5 0\n >\n"
        for act, shape in (("", 0), ("ACT 0 -1", 0), ("ACT 1 -1", 2))
    )
    path = project(
        tmp_path,
        f"<TRACK\n NAME Plain\n {usual}>\n<TRACK\n NAME Off\n {off}>\n"
        f"<TRACK\n NAME Curved\n {curved}>\n"
        "<TRACK\n NAME Verb\n AUXRECV 0 0\n AUXRECV 1 0 1 0 1 0\n AUXRECV 2 0 2 0 0 0\n>\n"
        "<TRACK\n NAME Inverted\n VOLPAN -2 1\n MUTESOLO 0 1 0\n"
        " <ITEM\n MUTE 1 0\n <SOURCE WAVE\n FILE a.wav\n >\n >\n"
        " <ITEM\n VOLPAN 2 -1 -0.25 1\n <SOURCE WAVE\n FILE b.wav\n >\n >\n>",
    )
    plain, off, curved, _, inverted = read_reaper(path).tracks
    assert (plain.strip.gain_db, plain.strip.pan, plain.strip.muted) == (0.0, 0.0, False)
    assert plain.strip.automation == ((0.0, 1.0), (1.0, 0.5))
    assert (off.strip.automation, off.remarks) == ((), ())
    assert (len(curved.strip.automation), plain.remarks) == (2, ())
    assert curved.remarks[0].startswith("automation that is not straight")
    assert plain.strip.sends == (("Verb", 0.0),)
    assert off.strip.sends == ()
    assert curved.strip.sends == (("Verb", pytest.approx(6.02, abs=0.01)),)
    assert inverted.strip.gain_db == pytest.approx(6.02, abs=0.01)
    assert (inverted.strip.pan, inverted.strip.soloed) == (1.0, True)
    (clip,) = inverted.clips
    assert (clip.file, clip.gain, clip.pan) == ("b.wav", -0.5, -1.0)


@pytest.mark.parametrize(
    "body",
    [
        "<TRACK\n NAME\n VOLPAN nan inf x\n MUTESOLO\n ISBUS 2 -99999999\n>",
        "<TRACK\n ISBUS 1 1\n <FXCHAIN\n <VST \"VST: ReaEQ (Cockos)\"\n !!!\n AAAA\n >\n >\n>",
        "<TRACK\n <ITEM\n <SOURCE SECTION\n <SOURCE SECTION\n >\n >\n >\n>",
        "<TRACK\n AUXRECV\n AUXRECV 0 0 1e999\n <VOLENV2\n PT\n PT a b\n >\n>",
        "TEMPO 1e300\nMARKER 1 -5 x\nMARKER\nSAMPLERATE -1",
    ],
)  # fmt: skip
def test_nonsense_is_read_as_nothing(tmp_path, body) -> None:
    session = read_session(project(tmp_path, body))
    assert all(abs(track.strip.gain_db) < 1_000.0 for track in session.tracks)


def test_blocks_nested_without_end_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"a\.rpp is nested too deeply"):
        read_session(project(tmp_path, "<TRACK\n" * 200))


def test_what_is_not_a_session_is_refused(tmp_path) -> None:
    for name, content in (("a.rpp", b"hello"), ("a.rpp", b"\xff\xfe"), ("a.dawproject", b"PK")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=r"is not a"):
            read_session(tmp_path / name)
    with pytest.raises(InputError, match=r"\.rpp"):
        read_session(tmp_path / "a.wav")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "bbbb">]><Project>&b;</Project>',
        "<Project><Structure>" + "<Track>" * 5_000,
        "<Project><Structure>" + "<Track><Channel/>" * 100 + "</Track>" * 100,
        "",
    ],
)
def test_a_dawproject_that_is_none_is_refused(tmp_path, text) -> None:
    path = tmp_path / "a.dawproject"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.xml", text)
    with pytest.raises(InputError):
        read_session(path)


def test_a_dawproject_that_says_too_much_is_not_read(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        "mixer.output.daw.dawproject.read_dawproject._LONGEST_BYTES",
        1_000,
    )
    path = tmp_path / "a.dawproject"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.xml", "<Project>" + " " * 100_000 + "</Project>")
    with pytest.raises(InputError, match=r"project\.xml is too large"):
        read_session(path)


def container(path: Path, text: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("project.xml", text)
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_container_is_refused_with_a_line(tmp_path, method) -> None:
    path = container(tmp_path / "a.dawproject", b"<Project>" + b"<a/>" * 99 + b"</Project>", method)
    content = bytearray(path.read_bytes())
    start = content.find(b"project.xml") + len(b"project.xml") + 9
    content[start : start + 12] = b"\xff" * 12
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a DAWproject that mixer can read"):
        read_session(path)


def test_what_unpacks_without_bounds_is_not_unpacked(tmp_path) -> None:
    """Python bounds what it unpacks at a time of one method only."""
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        path = container(tmp_path / "a.dawproject", b"<Project/>", method)
        with pytest.raises(InputError, match="compressed in a way that is not read"):
            read_session(path)


def test_entities_are_refused_in_any_encoding(tmp_path) -> None:
    head = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "bbbb">]>'
    text = f'{head}<Project><Structure><Track name="&b;"/></Structure></Project>'
    path = container(tmp_path / "a.dawproject", text.encode("utf-16"))
    with pytest.raises(InputError, match="document type"):
        read_session(path)


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        (b"<a/>" * 2_000_000, "too many elements"),
        (b"<a>" * 100 + b"</a>" * 100, "levels deep"),
        (b"<a b='" + b"=" * 4_000_001 + b"'/>", "too many elements"),
    ],
)
def test_xml_that_would_fill_the_memory_is_refused(tmp_path, inside, what) -> None:
    path = container(tmp_path / "a.dawproject", b"<Project>" + inside + b"</Project>")
    assert path.stat().st_size < 20_000
    with pytest.raises(InputError, match=what):
        read_session(path)


def test_clips_that_many_tracks_share_are_counted_once(tmp_path) -> None:
    clip = '<Clip time="0" duration="1"><Audio><File path="a.wav"/></Audio></Clip>'
    track, lanes = '<Track id="t" name="a"/>', f'<Lanes track="t">{clip * 100}</Lanes>'
    text = (
        f"<Project><Structure>{track * 50}</Structure>"
        f"<Arrangement><Lanes>{lanes}</Lanes></Arrangement></Project>"
    )
    session = read_session(container(tmp_path / "a.dawproject", text.encode()))
    assert [len(track.clips) for track in session.tracks] == [100, *[0] * 49]


def test_more_clips_than_any_session_has_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        "mixer.output.daw.dawproject.read_dawproject.MOST_CLIPS",
        150,
    )
    clip = '<Clip time="0" duration="1"><Audio><File path="a.wav"/></Audio></Clip>'
    rows = [f'<Track id="t{i}"/>' for i in range(3)]
    lanes = [f'<Lanes track="t{i}">{clip * 100}</Lanes>' for i in range(3)]
    text = (
        f"<Project><Structure>{''.join(rows)}</Structure>"
        f"<Arrangement><Lanes>{''.join(lanes)}</Lanes></Arrangement></Project>"
    )
    with pytest.raises(InputError, match="too many tracks or clips"):
        read_session(container(tmp_path / "a.dawproject", text.encode()))


@pytest.mark.parametrize(
    ("limit", "body"),
    [
        ("_MOST_LINES", "A\n" * 1_100),
        ("_MOST_WORDS", "A b c d e f\n" * 200),
        ("_MOST_BLOCKS", "<A\n>\n" * 1_100),
    ],
)
def test_a_project_that_would_fill_the_memory_is_refused(
    tmp_path, monkeypatch, limit, body
) -> None:
    """Short lines take a hundred times the memory that they take on the disk."""
    assert read_session(project(tmp_path, body)).tracks == ()
    monkeypatch.setattr(
        f"mixer.output.daw.reaper.rpp_text.{limit}",
        1_000,
    )
    with pytest.raises(InputError, match="too large to be a project"):
        read_session(project(tmp_path, body))


def test_sends_of_a_dawproject_that_are_off_are_none(tmp_path) -> None:
    sends = "".join(
        f'<Send destination="{to}"><Enable value="{on}"/><Volume unit="decibel" value="-6"/></Send>'
        for to, on in (("r1", "true"), ("r2", "false"))
    )
    tracks = "".join(f'<Track name="{to}"><Channel id="{to}"/></Track>' for to in ("r1", "r2"))
    voice = f'<Track name="voice"><Channel><Sends>{sends}</Sends></Channel></Track>'
    ((name, level_db),) = dawproject(tmp_path, voice + tracks)[0].strip.sends
    assert (name, level_db) == ("r1", pytest.approx(-6.0))


def dawproject(tmp_path: Path, tracks: str) -> tuple[ReadTrack, ...]:
    path = tmp_path / "song.dawproject"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.xml", f"<Project><Structure>{tracks}</Structure></Project>")
    return read_session(path).tracks


@pytest.mark.parametrize(
    ("written", "pan"),
    [
        ('<Pan unit="linear" value="-0.5"/>', -0.5),
        ('<Pan unit="normalized" value="0.25"/>', -0.5),
        ('<Pan value="1"/>', 1.0),
        ('<Pan unit="linear" value="7"/>', 1.0),
        ('<Pan unit="linear"/>', 0.0),
        ("<Pan/>", 0.0),
        ("", 0.0),
    ],
)
def test_pans_of_a_dawproject_have_their_units(tmp_path, written, pan) -> None:
    (track,) = dawproject(tmp_path, f"<Track><Channel>{written}</Channel></Track>")
    assert track.strip.pan == pan


@pytest.mark.parametrize(
    ("written", "gain_db"),
    [('unit="decibel" value="-6"', -6.0), ('unit="linear" value="2"', 6.0206), ("", 0.0),
     ('unit="decibel"', 0.0), ('value="0"', -180.0), ('unit="decibel" value="900"', 60.0)],
)  # fmt: skip
def test_faders_of_a_dawproject_have_their_units(tmp_path, written, gain_db) -> None:
    (track,) = dawproject(tmp_path, f"<Track><Channel><Volume {written}/></Channel></Track>")
    assert track.strip.gain_db == pytest.approx(gain_db, abs=1e-3)


def test_devices_of_a_dawproject_that_are_off_do_nothing(tmp_path) -> None:
    def devices(kind: str, inside: str = "") -> str:
        states = ("", '<Enabled value="true"/>', '<Enabled value="false"/>')
        return "".join(
            f'<{kind} deviceName="{kind} {place}">{state}{inside}</{kind}>'
            for place, state in enumerate(states)
        )

    band = '<Band type="bell"><Freq value="900"/><Gain value="{}"/>{}</Band>'
    bands = band.format(3, "") + band.format(4, '<Enabled value="false"/>')
    own, others = devices("Equalizer", bands), devices("Vst3Plugin")
    channel = f"<Channel><Devices>{own}{others}</Devices></Channel>"
    (track,) = dawproject(tmp_path, f"<Track>{channel}</Track>")
    assert [band.gain_db for band in track.strip.bands] == [3.0, 3.0]
    assert track.foreign == ("Vst3Plugin 0", "Vst3Plugin 1")


def test_tracks_without_end_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(
        "mixer.output.daw.dawproject.read_dawproject.MOST_TRACKS",
        3,
    )
    assert len(dawproject(tmp_path, "<Track/>" * 3)) == 3
    with pytest.raises(InputError, match="too many tracks or clips"):
        dawproject(tmp_path, "<Track/>" * 4)


@pytest.mark.parametrize(("limit", "most"), [("MOST_BANDS", 1), ("MOST_POINTS", 2)])
def test_more_than_any_track_has_is_refused(tmp_path, monkeypatch, limit, most) -> None:
    """What is learnt takes time with the square of bands and points."""
    state = "\n".join(
        reaeq_lines((EqBand("bell", 1e3, 1.0, 1.0), EqBand("bell", 2e3, 1.0, 1.0)), 44_100)
    )
    points = "PT 0 1 0\nPT 1 0.5 0\nPT 2 1 0\n"
    path = project(
        tmp_path,
        f'<TRACK\nNAME Kick\n<FXCHAIN\nBYPASS 0 0 0\n<VST "{NAME}"\n{state}\n>\n>\n'
        f"<VOLENV2\nACT 1\n{points}>\n>",
    )
    (track,) = read_session(path).tracks
    assert (len(track.strip.bands), len(track.strip.automation)) == (2, 3)
    monkeypatch.setattr(f"mixer.output.daw.session_reading.{limit}", most)
    with pytest.raises(InputError, match="track 'Kick' has 2 EQ bands and 3 points") as refusal:
        read_session(path)
    assert "\n" not in str(refusal.value)


def test_gains_of_clips_that_no_number_holds_are_bounded(tmp_path) -> None:
    clip = "<ITEM\nLENGTH 1\nVOLPAN 1e308 0 1e308\n{}<SOURCE WAVE\nFILE a.wav\n>\n>\n"
    body = f"<TRACK\nNAME a\n{clip.format('')}{clip.format('CHANMODE 2' + chr(10))}>"
    (track,) = read_session(project(tmp_path, body)).tracks
    assert all(math.isfinite(clip.gain) for clip in track.clips)
    assert track.strip.width == 0.5
