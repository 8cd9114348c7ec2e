"""One record a format of sessions, from which all else derives."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.requests.columns import COLUMNS
from mixer.batch.requests.outputs import Target
from mixer.cli.main import run
from mixer.errors import OutputError
from mixer.output.daw.daw_formats import DAW_FORMATS, DawFormat
from mixer.output.daw.daw_session import DawSession
from mixer.output.daw.session_reading import read_session
from mixer.output.delivery import deliver
from mixer.output.output_settings import OutputSettings


def test_every_format_writes_its_session(written, tmp_path) -> None:
    mix, recipe = written
    deliver(mix, recipe, tmp_path / "song.wav", OutputSettings(daw=tuple(DAW_FORMATS)))
    for daw in DAW_FORMATS.values():
        assert (tmp_path / f"song{daw.suffix}").stat().st_size > 1_000


def write_tracks(session: DawSession, path: Path, *, home: Path | None, overwrite: bool) -> None:
    path.write_text("\n".join(track.name for track in session.tracks))


def test_a_record_more_is_a_format_more(written, tmp_path, monkeypatch) -> None:
    tape = DawFormat("tape", ".tape", "Tape", f"{__name__}:write_tracks")
    monkeypatch.setitem(DAW_FORMATS, "tape", tape)
    mix, recipe = written
    deliver(mix, recipe, tmp_path / "song.wav", OutputSettings(daw=("tape",)))
    assert "vocals" in (tmp_path / "song.tape").read_text().splitlines()
    assert COLUMNS["daw"].parse("tape") == ("tape",)
    assert "a.tape" in Target("a.wav", OutputSettings("wav", daw=("tape",))).files


@pytest.mark.parametrize("daw", ["dawproject", "ardour"])
def test_a_path_is_refused_that_xml_cannot_hold(daw, session, tmp_path, monkeypatch) -> None:
    """Control characters are not XML, even escaped; what joins letters in Persian names is."""
    monkeypatch.setattr(
        "mixer.output.daw.dawproject.write_dawproject.EMBED_UP_TO_BYTES",
        0,
    )
    track = session.tracks[0]
    for name, is_xml in (
        ("می\u200cخواهم.wav", True),
        ("bell \x1b.wav", False),
        ("half \udcff.wav", False),
    ):
        audio, path = tmp_path / name, tmp_path / f"song{DAW_FORMATS[daw].suffix}"
        audio.write_bytes(track.clips[0].path.read_bytes())
        named = replace(track, clips=(replace(track.clips[0], path=audio),))
        asked = replace(session, tracks=(named,))
        if is_xml:
            DAW_FORMATS[daw].write(asked, path, home=None, overwrite=False)
            path.unlink()
            continue
        with pytest.raises(OutputError, match="XML cannot hold"):
            DAW_FORMATS[daw].write(asked, path, home=None, overwrite=False)
        assert not path.exists()


def test_a_folder_of_several_lines_adds_none_to_a_session(tmp_path) -> None:
    """Seen from within it, no path has the folder's name: its title alone has."""
    folder = tmp_path / "a\n>\n<TRACK\nNAME evil"
    folder.mkdir()
    for stem in ("vocals", "bass"):
        soundfile.write(folder / f"{stem}.wav", np.sin(np.arange(44_100) * 0.1), 44_100)
    for daw in DAW_FORMATS:
        out = folder / daw / "mix.wav"
        asked = ["render", str(folder), "-o", str(out), "--model", "tracks", "--daw", daw, "-q"]
        assert run(asked) == 0
        text = out.with_suffix(DAW_FORMATS[daw].suffix)
        if daw == "reaper":
            lines = [line.strip() for line in text.read_text().splitlines()]
            assert not [line for line in lines if line.startswith("NAME evil")]
        elif daw == "dawproject":
            assert [t.name for t in read_session(text).tracks]
        else:
            ET.parse(text)
