"""One record a format of sessions, from which all else derives."""

from pathlib import Path

from mixer.batch.requests.columns import COLUMNS
from mixer.batch.requests.outputs import Target
from mixer.output.daw.daw_formats import DAW_FORMATS, DawFormat
from mixer.output.daw.daw_session import DawSession
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
