"""Manifests as spreadsheets write them, and every mistake at once."""

import dataclasses
from pathlib import Path

import pytest

from mixer.batch.columns import COLUMNS
from mixer.batch.defaults import Defaults
from mixer.batch.manifest import ManifestError, read_manifest
from mixer.batch.states import ColumnUse, ReportKind
from mixer.errors import InputError


@pytest.fixture
def songs(tmp_path):
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
    return tmp_path


def write(folder, text, encoding="utf-8"):
    path = folder / "manifest.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_dialects_say_the_same(songs, delimiter, newline, encoding) -> None:
    lines = [["song", "amount", "id"], ['"one"', "0.5", '"a;b,c\td"'], [], ["two", "", ""]]
    text = newline.join(delimiter.join(cells) for cells in lines)
    rows = read_manifest(write(songs, text, encoding))
    assert [(row.number, row.id, row.song.name) for row in rows] == [
        (2, "a;b,c\td", "one"),
        (4, "two", "two"),
    ]
    assert rows[0].settings == {"amount": 0.5}
    assert rows[1].settings == {}


def test_excels_own_delimiter_line_and_decimal_commas(songs) -> None:
    rows = read_manifest(write(songs, "sep=;\nsong;loudness_lufs\none;-14,5\n"))
    assert rows[0].settings == {"loudness_lufs": -14.5}


def test_columns_may_come_in_any_order_and_case(songs) -> None:
    text = "Format,STEMS,song,effects,true_peak_dbtp,dry\nflac,yes,one,loudness+eq,none,no\n"
    (row,) = read_manifest(write(songs, text))
    assert (row.format, row.stems) == ("flac", True)
    assert row.settings == {"effects": ("eq", "loudness"), "true_peak_dbtp": None, "dry": False}


def test_names_with_quotes_newlines_and_emoji(songs) -> None:
    name = 'a "b"\nc 🎚️'
    (songs / name).mkdir()
    (row,) = read_manifest(write(songs, f'song\n"{name.replace(chr(34), chr(34) * 2)}"\n'))
    assert row.song == (songs / name).resolve()
    assert row.id == name


def test_all_mistakes_come_at_once_with_row_and_column(songs) -> None:
    text = (
        "song,amount,format,seed,nosuch,preset,vocals.gian_db,loudnes_lufs,drums.pan,daw,report\n"
        "one,2,wma,x,,a++b,,,3,cubase,maybe\n"
        "nowhere,0.5,flac,-1,,,,,,,\n"
    )
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(songs, text))
    assert caught.value.exit_code == 2
    expected = [
        "row 1, column 'nosuch': no such column",
        "row 1, column 'vocals.gian_db': no key 'gian_db' of vocals; did you mean 'gain_db'?",
        "row 1, column 'loudnes_lufs': no such column; did you mean 'loudness_lufs'?",
        "row 2, column amount: '2' must be a number from 0 to 1",
        "row 2, column format: 'wma' must be one of wav, flac, mp3, ogg",
        "row 2, column seed: 'x' must be a whole number",
        "row 2, column preset: 'a++b' has a plus sign or a semicolon with no preset beside it",
        "row 2, column drums.pan: '3' must be a number from -1 to 1",
        "row 2, column daw: 'cubase' must be one of dawproject, reaper, both, none",
        "row 2, column report: 'maybe' must be yes, no or embed",
        "row 3, column seed: '-1' must be a whole number",
        "row 3, column song: 'nowhere' no such folder",
    ]
    assert len(caught.value.mistakes) == len(expected)
    for words, mistake in zip(expected, caught.value.mistakes, strict=True):
        assert mistake.startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("song\none\none\n", "row 3, column id: 'one' is row 2's too"),
        ("song,format,bit_depth\none,flac,32f\n", "FLAC holds 16 or 24 bit"),
        ("song,format,sample_rate\none,mp3,96000\n", "48000 Hz, not 96000"),
        ("song,effects\none,panning balance\n", "exclude each other"),
        ("song\n", "no songs"),
        ("folder\none\n", "column song: is missing"),
        ("song,song\none,one\n", "is there twice"),
        ("song\none,surplus\n", "1 cells more than the header"),
        ("song,amount\none,nan\n", "must be a number"),
    ],
)
def test_mistakes(songs, text, words) -> None:
    with pytest.raises(ManifestError, match="nothing was rendered") as caught:
        read_manifest(write(songs, text))
    assert words in str(caught.value)


def test_what_is_no_manifest_is_refused(songs) -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read_manifest(write(songs, "song\ncafé\n", "latin-1"))
    with pytest.raises(InputError, match="is empty"):
        read_manifest(write(songs, "\n\n"))
    with pytest.raises(InputError, match="is no CSV"):
        read_manifest(write(songs, 'song\n"one\n'))
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(songs / "nothing.csv")


def test_a_manifest_elsewhere_names_songs_from_where_it_lies(songs) -> None:
    (songs / "lists").mkdir()
    rows = read_manifest(write(songs / "lists", "song\n../one\n./../two\n"))
    assert [row.id for row in rows] == ["one", "two"]
    assert [row.song for row in rows] == [(songs / n).resolve() for n in ("one", "two")]


def test_a_target_names_the_files_that_rendering_writes() -> None:
    from mixer.batch import outputs, survey
    from mixer.output import delivery, names
    from mixer.output.daw.formats import DAW_FORMATS
    from mixer.rendering import settings
    from mixer.report.listening import PREVIEW_S
    from mixer.stems import RESIDUAL, STEMS

    delivered = delivery.Delivery(tuple(DAW_FORMATS), report=True)
    mix = Path("songs/v1.2 a.wav")
    target = outputs.Target(str(mix), "wav", True, tuple(DAW_FORMATS), ReportKind.LINKED)
    paths = {**delivered.paths(mix), **delivered.copies(mix)}
    assert target.beside == {role: path.as_posix() for role, path in paths.items()}
    written = names.output_paths(mix, [*STEMS, RESIDUAL], "wav")
    assert {*target.files} == {path.as_posix() for path in (*written.values(), *paths.values())}
    assert survey._PREVIEW_S == PREVIEW_S
    fields = {field.name for field in dataclasses.fields(settings.RenderSettings)}
    assert {column.name for column in COLUMNS.values() if column.use == ColumnUse.SETTING} <= fields


def test_what_a_row_asks_of_the_desk_and_beside_the_mix(songs) -> None:
    text = (
        "song,preset,Vocals.gain_db,drums.mute,daw,report\n"
        'one,rock + mine.toml,"+1,5",yes,both,embed\n'
        "two,none,,,none,no\n"
        "three,,,,,\n"
    )
    defaults = Defaults(("wide",), ("bass.gain_db=1",), ("reaper",), "yes")
    one, two, three = read_manifest(write(songs, text), defaults)
    assert one.presets == ("rock", str(songs / "mine.toml"))
    assert one.sets == ("bass.gain_db=1", "vocals.gain_db=+1,5", "drums.mute=yes")
    assert (one.daws, one.report, one.stems) == (("dawproject", "reaper"), "embed", True)
    assert (two.presets, two.daws, two.report, two.stems) == ((), (), "no", False)
    assert (three.presets, three.daws, three.report) == (("wide",), ("reaper",), "yes")


def test_a_manifest_loads_no_plugin_without_a_word(songs) -> None:
    path = write(songs, "song,vocals.plugins.0.path,vocals.plugins.0.parameters.Mix\none,x.vst3,\n")
    with pytest.raises(ManifestError, match=r"column vocals\.plugins\.0\.path: loads a plug-in"):
        read_manifest(path)
    (row,) = read_manifest(path, Defaults(allow_plugins=True))
    assert row.sets == (f"vocals.plugins.0.path={songs / 'x.vst3'}",)
