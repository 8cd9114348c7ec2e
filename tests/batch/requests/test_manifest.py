"""Manifests as spreadsheets write them, and every mistake at once."""

import dataclasses
import os
from pathlib import Path

import pytest

from mixer.batch.batch_plan import Shard, list_songs
from mixer.batch.requests.columns import COLUMNS
from mixer.batch.requests.defaults import Defaults
from mixer.batch.requests.row_mistakes import ManifestError
from mixer.batch.states import ColumnUse
from mixer.errors import InputError
from mixer.output.config import Config
from mixer.output.output_settings import OutputSettings, ReportKind
from tests.batch.manifests import read_rows


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
    rows = read_rows(write(songs, text, encoding))
    assert [(row.number, row.id, row.song.name) for row in rows] == [
        (2, "a;b,c\td", "one"),
        (4, "two", "two"),
    ]
    assert rows[0].settings == {"amount": 0.5}
    assert rows[1].settings == {}


def test_excels_own_delimiter_line_and_decimal_commas(songs) -> None:
    rows = read_rows(write(songs, "sep=;\nsong;loudness_lufs\none;-14,5\n"))
    assert rows[0].settings == {"loudness_lufs": -14.5}


def test_a_platform_says_what_the_rows_own_targets_do_not(songs) -> None:
    text = "song,platform,loudness_lufs,true_peak_dbtp\none,cd,,\ntwo,cd,-10,\nthree,cd,,none\n"
    targets = [
        (row.settings["loudness_lufs"], row.settings["true_peak_dbtp"])
        for row in read_rows(write(songs, text))
    ]
    assert targets == [(-12.0, -0.3), (-10.0, -0.3), (-12.0, None)]


def test_a_cell_beats_the_command_line_which_beats_the_users_own_defaults(songs) -> None:
    text = "song,seed,amount,format,bit_depth\none,7,,flac,\ntwo,,0.25,,32f\nthree,,,,\n"
    own = Config({}, {"format": "wav", "bit_depth": "16"})
    rows = read_rows(write(songs, text), Defaults(settings={"seed": 3}, config=own))
    assert [row.settings for row in rows] == [
        {"seed": 7}, {"seed": 3, "amount": 0.25}, {"seed": 3},
    ]  # fmt: skip
    assert [(row.wanted.format, row.wanted.bit_depth) for row in rows] == [
        ("flac", "16"), ("wav", "32f"), ("wav", "16"),
    ]  # fmt: skip


def test_a_rows_own_target_goes_without_the_platform_of_the_command_line(songs) -> None:
    text = "song,loudness_lufs,platform\none,-10,\ntwo,,\nthree,,spotify\n"
    for given, of_two in (
        ({"platform": "cd"}, (-12.0, -0.3)),
        ({"loudness_lufs": -20.0, "true_peak_dbtp": -3.0}, (-20.0, -3.0)),
    ):
        rows = read_rows(write(songs, text), Defaults(settings=given))
        one, two, three = (
            (row.settings.get("loudness_lufs"), row.settings.get("true_peak_dbtp")) for row in rows
        )
        assert one == (-10.0, given.get("true_peak_dbtp"))
        assert (two, three) == (of_two, (-14.0, -1.0))


def test_columns_may_come_in_any_order_and_case(songs) -> None:
    text = "Format,STEMS,song,effects,true_peak_dbtp,dry\nflac,yes,one,loudness+eq,none,no\n"
    (row,) = read_rows(write(songs, text))
    assert (row.wanted.format, row.wanted.stems) == ("flac", True)
    assert row.settings == {"effects": ("eq", "loudness"), "true_peak_dbtp": None, "dry": False}


def test_names_with_quotes_newlines_and_emoji(songs) -> None:
    name = 'a "b"\nc 🎚️'
    (songs / name).mkdir()
    (row,) = read_rows(write(songs, f'song\n"{name.replace(chr(34), chr(34) * 2)}"\n'))
    assert row.song == (songs / name).resolve()
    assert row.id == name


def test_all_mistakes_come_at_once_with_row_and_column(songs) -> None:
    text = (
        "song,amount,format,seed,nosuch,preset,vocals.gian_db,loudnes_lufs,drums.pan,daw,report\n"
        "one,2,wma,x,,a++b,,,3,cubase,maybe\n"
        "nowhere,0.5,flac,-1,,,,,,,\n"
    )
    with pytest.raises(ManifestError) as caught:
        read_rows(write(songs, text))
    assert caught.value.exit_code == 2
    expected = [
        f"row 1, column 'nosuch': unknown column; choose from {', '.join(COLUMNS)}, or a strip's",
        "row 1, column 'vocals.gian_db': unknown key 'gian_db' of vocals; did you mean 'gain_db'?",
        "row 1, column 'loudnes_lufs': unknown column; did you mean 'loudness_lufs'?",
        "row 2, column amount: '2' must be a number from 0 to 1",
        "row 2, column format: 'wma' must be one of wav, flac, mp3, ogg",
        "row 2, column seed: 'x' must be a whole number",
        "row 2, column preset: 'a++b' has a plus sign or a semicolon with no preset beside it",
        "row 2, column drums.pan: '3' must be a number from -1 to 1",
        "row 2, column daw: 'cubase' must be one of dawproject, reaper, ardour, all, none",
        "row 2, column report: 'maybe' must be yes, no or embed",
        "row 3, column seed: '-1' must be a whole number",
        "row 3, column song: folder 'nowhere' was not found",
    ]
    assert len(caught.value.mistakes) == len(expected)
    for words, mistake in zip(expected, caught.value.mistakes, strict=True):
        assert mistake.startswith(words)
        assert ", not '" not in mistake


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("song\none\none\n", "row 3, column id: 'one' is also the id of row 2"),
        ("song,format,bit_depth\none,flac,32f\n", "FLAC supports 16 or 24 bit"),
        ("song,format,sample_rate\none,mp3,96000\n", "48000 Hz, not 96000"),
        ("song,effects\none,panning balance\n", "exclude each other"),
        ("song\n", "has only a header"),
        ("folder\none\n", "column song: is missing"),
        ("song,song\none,one\n", "appears twice"),
        ("song\none,surplus\n", "1 cell more than the header"),
        ("song,amount\none,inf\n", "must be a number"),
    ],
)
def test_mistakes(songs, text, words) -> None:
    with pytest.raises(ManifestError, match="nothing was rendered") as caught:
        read_rows(write(songs, text))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("song\none\ncafé\n".encode("cp1252"), r"row 3: byte 12 is not UTF-8 .*'café'"),
        ("song\none\n".encode("utf-16")[:-1], "row 2: is truncated or damaged"),
        (b"\n\n", "is empty"),
        (b"", "is empty"),
        (
            b'song,id\none,a\n"one,b\n',
            "row 3: .* a quotation mark opens a cell that is never closed",
        ),
        (b'song,id\none,"a"b\n', "row 2: .* quotation mark inside a quoted cell twice"),
        (b"PK\x03\x04" + bytes(30), "is a workbook, not CSV"),
        (b"RIFF\xf4\x1fy\0WAVEfmt ", "is not text; give a CSV file"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_row(songs, content, words) -> None:
    path = songs / "m.csv"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=words) as caught:
        read_rows(path)
    assert caught.value.exit_code == 2
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(songs / "nothing.csv")


def test_cells_as_pandas_writes_them(songs) -> None:
    text = (
        "song,sample_rate,seed,stems,dry,loudness_lufs,album\n"
        "one,48000.0,3.0,True,1.0,NaN,nan\ntwo,,<NA>,FALSE,0.0,-14.0,#N/A\n"
    )
    one, two = read_rows(write(songs, text))
    assert one.settings == {"sample_rate": 48_000, "seed": 3, "dry": True}
    assert two.settings == {"dry": False, "loudness_lufs": -14.0}
    assert (one.wanted.stems, two.wanted.stems, one.album, two.album) == (True, False, None, None)
    with pytest.raises(ManifestError, match=r"'44100\.5' must be a whole number"):
        read_rows(write(songs, "song,sample_rate\none,44100.5\n"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_encodings_of_spreadsheets_are_read(songs, encoding) -> None:
    (songs / "Größe").mkdir()
    (row,) = read_rows(write(songs, 'song\tid\r\nGröße\t"é\n"\r\n', encoding))
    assert (row.song, row.id) == ((songs / "Größe").resolve(), "é")


def test_a_folder_is_found_in_any_normal_form(songs) -> None:
    (songs / "Cafe\u0301").mkdir()
    (row,) = read_rows(write(songs, "song\nCaf\u00e9\n"))
    assert row.song == (songs / "Cafe\u0301").resolve()


@pytest.mark.skipif(os.sep != "/", reason="backslashes are separators there")
def test_paths_of_windows_get_a_hint(songs) -> None:
    (songs / "album" / "one").mkdir(parents=True)
    text = "song,preset\nalbum\\one,\nC:\\Music\\one,\nalbum\\on,\none,sets\\x.toml\nalbum/ones,\n"
    with pytest.raises(ManifestError) as caught:
        read_rows(write(songs, text))
    assert [mistake.partition("; ")[2] for mistake in caught.value.mistakes] == [
        "folders are separated by / here; write 'album/one'",
        "that is a Windows path; write the folder's path on this machine",
        "folders are separated by / here, not \\ (did you mean 'album/one'?)",
        "separate folders by /",
        "did you mean 'album/one'?",
    ]


def test_unknown_columns_can_be_let_through_all_or_by_name(songs) -> None:
    path = write(songs, ",song,Notes,vocals.gian_db,loudness_lufs\n0,one,hm,3,x\n1,two,,,-14\n")
    with pytest.raises(ManifestError) as caught:
        read_rows(path)
    places = [mistake.partition(":")[0] for mistake in caught.value.mistakes]
    header = ["row 1, column 'Notes'", "row 1, column 'vocals.gian_db'"]
    assert places == [*header, "row 2, column 1", "row 2, column loudness_lufs"]
    with pytest.raises(ManifestError) as caught:
        read_rows(path, ignored=["all"])
    assert [m.partition(":")[0] for m in caught.value.mistakes] == ["row 2, column loudness_lufs"]
    with pytest.raises(ManifestError) as caught:
        read_rows(path, ignored=["notes", "LOUDNESS_LUFS", "Note"])
    assert "'Note': named by --ignore-columns is not in the sheet" in str(caught.value)
    assert [m.partition(":")[0] for m in caught.value.mistakes[:2]] == [
        "row 1, column 'vocals.gian_db'",
        "row 1, column 'Note'",
    ]
    assert "loudness_lufs" not in str(caught.value)


def test_a_songs_own_file_may_name_what_lies_in_its_folders(songs) -> None:
    (songs / "one" / "Drums").mkdir()
    (songs / "one" / "Drums" / "Kick.wav").touch()
    song_file = songs / "one" / "song.toml"
    song_file.write_text('[files."Drums/Kick.wav"]\ngain_db = -3.0\n')
    (listed,) = list_songs(write(songs, "song\none\n"), songs / "out", Shard())
    assert not listed.row.has_mistakes
    song_file.write_text('[files."Drums/Snare.wav"]\ngain_db = -3.0\n')
    with pytest.raises(ManifestError, match=r"row 2, column song: .*'Drums/Kick\.wav'"):
        list_songs(write(songs, "song\none\n"), songs / "out", Shard())


def test_thousands_of_wrong_rows_are_not_compared_with_thousands_of_folders(
    songs, monkeypatch
) -> None:
    listings = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: listings.append(place) or scandir(place))
    rows = "".join(f"thrée{chr(0x4E00 + n)}\n" for n in range(3000))
    with pytest.raises(ManifestError) as caught:
        read_rows(write(songs, f"song\n{rows}"))
    assert len(caught.value.mistakes) == 3000
    assert "did you mean 'three'?" in caught.value.mistakes[0]
    assert sum("did you mean" in mistake for mistake in caught.value.mistakes) == 50
    assert len(listings) == 1


def test_mistakes_of_cells_presets_models_and_outputs_come_together(songs) -> None:
    (songs / "bad.toml").write_text("[vocals]\ngain_dB = 3\npan = 7\n")
    text = (
        "song,id,preset,model,output,amount\n"
        "one,a,bad.toml,nosuch,,7\n"
        "tow,a,rok+wid,none,{sng}.wav,\n"
        "two,b,,none,b.wav,\n"
        "two,c,,none,b.wav,\n"
    )
    with pytest.raises(ManifestError) as caught:
        list_songs(write(songs, text), songs / "out", Shard())
    told = str(caught.value).splitlines()[1:]
    for words in (
        "row 2, column amount: '7' must be",
        "gain_dB is unknown; did you mean 'gain_db'?",
        "vocals.pan must be a number from -1 to 1",
        "row 2, column model: unknown model 'nosuch'",
        "row 3, column song: folder 'tow' was not found; did you mean 'two'?",
        "row 3, column id: 'a' is also the id of row 2",
        "row 3, column preset: unknown preset 'rok'",
        "row 3, column preset: unknown preset 'wid'",
        "row 3, column output: '{sng}.wav' has the unknown field",
        "row 5, column output: would write 'b.wav', as row 4 would",
    ):
        assert sum(words in line for line in told) == 1, words
    assert len(told) == 10
    assert [line.split(",")[0] for line in told] == sorted(line.split(",")[0] for line in told)


def test_a_manifest_elsewhere_names_songs_from_where_it_lies(songs) -> None:
    (songs / "lists").mkdir()
    rows = read_rows(write(songs / "lists", "song\n../one\n./../two\n"))
    assert [row.id for row in rows] == ["one", "two"]
    assert [row.song for row in rows] == [(songs / n).resolve() for n in ("one", "two")]


def test_a_target_names_the_files_that_rendering_writes() -> None:
    from mixer.batch.requests import outputs
    from mixer.output import delivery, names
    from mixer.output.daw.daw_formats import DAW_FORMATS
    from mixer.rendering import settings
    from mixer.stems import RESIDUAL, STEMS

    wanted = OutputSettings("wav", stems=True, daw=tuple(DAW_FORMATS), report=ReportKind.LINKED)
    mix = Path("songs/v1.2 a.wav")
    target = outputs.Target(str(mix), wanted)
    paths = {
        **delivery.delivered_paths(wanted, mix),
        **delivery.listening_copies(wanted, mix),
    }
    assert target.beside == {role: path.as_posix() for role, path in paths.items()}
    written = names.output_paths(mix, [*STEMS, RESIDUAL], "wav")
    assert {*target.files} == {path.as_posix() for path in (*written.values(), *paths.values())}
    fields = {field.name for field in dataclasses.fields(settings.RenderSettings)}
    assert {column.name for column in COLUMNS.values() if column.use == ColumnUse.SETTING} <= fields


def test_what_a_row_asks_of_the_desk_and_beside_the_mix(songs) -> None:
    text = (
        "song,preset,Vocals.gain_db,drums.mute,daw,report\n"
        'one,rock + mine.toml,"+1,5",yes,dawproject + reaper,embed\n'
        "two,none,,,none,no\n"
        "three,,,,,\n"
    )
    defaults = Defaults(
        ("wide",), ("bass.gain_db=1",), OutputSettings(daw=("reaper",), report=ReportKind.LINKED)
    )
    one, two, three = read_rows(write(songs, text), defaults)
    assert one.presets == ("rock", str(songs / "mine.toml"))
    assert one.sets == ("bass.gain_db=1", "vocals.gain_db=+1,5", "drums.mute=yes")
    assert (one.wanted.daw, one.wanted.report, one.wanted.stems) == (
        ("dawproject", "reaper"),
        "embed",
        True,
    )
    assert (two.presets, two.wanted.daw, two.wanted.report, two.wanted.stems) == (
        (),
        (),
        "no",
        False,
    )
    assert (three.presets, three.wanted.daw, three.wanted.report) == (("wide",), ("reaper",), "yes")


def test_a_manifest_loads_no_plugin_without_a_word(songs) -> None:
    path = write(songs, "song,vocals.plugins.0.path,vocals.plugins.0.parameters.Mix\none,x.vst3,\n")
    with pytest.raises(ManifestError, match=r"column vocals\.plugins\.0\.path: loads a plug-in"):
        read_rows(path)
    (row,) = read_rows(path, Defaults(allow_plugins=True))
    assert row.sets == (f"vocals.plugins.0.path={songs / 'x.vst3'}",)


def test_a_sheet_of_nothing_but_mistakes_is_not_read_to_its_end(make_songs, tmp_path) -> None:
    manifest = make_songs(["one"], "song\n" + "one\n" * 20_000)
    with pytest.raises(ManifestError) as caught:
        read_rows(manifest)
    mistakes = caught.value.mistakes
    assert mistakes[0] == "more than 5000 mistakes up to row 5003: the rest was not read"
    assert mistakes[1] == "row 3, column id: 'one' is also the id of row 2; give each row its own"
    assert len(mistakes) == 5_002
