"""A session that was worked in is kept with what it plays, and names nothing else anew."""

import zipfile
from pathlib import Path

import pytest

from mixer.output.daw.aside import set_aside

FILES = ("album/A & B.daw/residual.wav", "album/A & B.stems/bass.wav", "album/A & B.recall.json")
BASE = "album/A & B"


@pytest.fixture
def folder(tmp_path) -> Path:
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(file)
    return tmp_path


def test_reapers_files_keep_what_they_name_alone(folder) -> None:
    text = (
        'NAME "A & B.daw/residual.wav"\n<SOURCE WAVE\n  FILE "A & B.daw\\residual.wav"\n>\n'
        '<SOURCE WAVE\n  FILE "../songs/A & B.stems/bass.wav"\n>\n'
    )
    (folder / f"{BASE}.rpp").write_text(text)
    names = set_aside(folder, [f"{BASE}.rpp"], FILES)
    assert names == {f"{BASE}.rpp": f"{BASE} (edited 1).rpp"}
    kept = text.replace('FILE "A & B.daw', 'FILE "A & B (edited 1).daw')
    assert (folder / f"{BASE} (edited 1).rpp").read_text() == kept
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {
        f"{BASE} (edited 1).rpp",
        f"{BASE} (edited 1).daw/residual.wav",
        f"{BASE} (edited 1).recall.json",
        f"{BASE}.stems/bass.wav",
    }


def test_sessions_of_one_render_share_a_number(folder) -> None:
    """Ardour's names whole paths, a DAWproject of long songs relative ones; both escape signs."""
    (folder / f"{BASE} (edited 1).ardour").touch()
    where = f"{folder.resolve()}/album/A &amp; B"
    (folder / f"{BASE}.ardour").write_text(f'<Source name="{where}.daw/residual.wav"/>')
    with zipfile.ZipFile(folder / f"{BASE}.dawproject", "w") as archive:
        archive.writestr("project.xml", '<File path="A &amp; B.stems/bass.wav"/>')
        archive.writestr("plugins/own.bin", b"state")
    set_aside(folder, [f"{BASE}.ardour", f"{BASE}.dawproject"], FILES)
    kept = folder / f"{BASE} (edited 2).ardour"
    assert f"{where} (edited 2).daw/residual.wav" in kept.read_text()
    with zipfile.ZipFile(folder / f"{BASE} (edited 2).dawproject") as archive:
        assert b'path="A &amp; B (edited 2).stems/bass.wav"' in archive.read("project.xml")
        assert archive.read("plugins/own.bin") == b"state"
    for file in FILES:
        assert (folder / file.replace(BASE, f"{BASE} (edited 2)")).read_text() == file
        assert not (folder / file).exists()


def test_what_is_no_session_any_more_is_kept_as_it_is(folder) -> None:
    (folder / f"{BASE}.rpp").write_bytes(b"\x00\xff")
    set_aside(folder, [f"{BASE}.rpp"], FILES)
    assert (folder / f"{BASE} (edited 1).rpp").read_bytes() == b"\x00\xff"
    assert (folder / FILES[0]).exists()
