"""Where mixes go, and where they must not."""

import dataclasses
from pathlib import Path

import pytest

from mixer.batch.requests.manifest import Row
from mixer.batch.requests.outputs import MAX_NAME_BYTES, plan_output, plan_outputs
from mixer.batch.requests.own_inputs import find_own_inputs
from mixer.output.output_settings import OutputSettings, ReportKind


def row(output=None, number=2, song="My Song", **fields) -> Row:
    fields = {"id": song, **fields}
    said = {
        f.name: fields.pop(f.name) for f in dataclasses.fields(OutputSettings) if f.name in fields
    }
    fields.setdefault("wanted", OutputSettings(**said))
    return Row(number=number, song=Path("/songs") / song, output=output, **fields)


@pytest.mark.parametrize(
    ("output", "fields", "expected"),
    [
        (None, {}, "My Song.wav"),
        (None, {"format": "flac"}, "My Song.flac"),
        ("mixes/{song}.mp3", {}, "mixes/My Song.mp3"),
        ("{album}/{row} {id}", {"album": "AC/DC", "id": "x"}, "AC_DC/00002 x.wav"),
        ("{id}", {"id": "disc 1/07 Song"}, "disc 1/07 Song.wav"),
        ("v1.2 {song}", {}, "v1.2 My Song.wav"),
        ("{model}/{song}.{format}", {"settings": {"model": "/m/big"}}, "big/My Song.wav"),
        ("{preset}/{id}", {"presets": ("rock", "/p/my own.toml")}, "rock+my own/My Song.wav"),
        ("{preset}/{id}", {}, "none/My Song.wav"),
        (None, {"id": 'a "b"\nc: d?'}, "a _b__c_ d_.wav"),
        (None, {"id": "🎚️ mix"}, "🎚️ mix.wav"),
        (None, {"id": "../../etc/passwd"}, "_/_/etc/passwd.wav"),
        (None, {"id": "/etc/passwd"}, "etc/passwd.wav"),
        (None, {"id": "con"}, "_con.wav"),
    ],
)
def test_templates(output, fields, expected) -> None:
    assert plan_output(row(output, **fields)).mix == expected


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("../../{song}", "leads out of the output folder"),
        ("a/../../b", "leads out of the output folder"),
        ("/tmp/{song}", "leads out of the output folder"),
        ("~/x", "leads out of the output folder"),
        ("C:/x", "leads out of the output folder"),
        ("..\\x", "leads out of the output folder"),
        ("a\nb", "control character"),
        ("{sonk}", "did you mean {song}"),
        ("{presets}", "did you mean {preset}"),
        ("{song.parent}", "unknown field"),
        ("{id!r}", "unknown field"),
        ("{", "is not a template"),
        (".mixer-batch/{id}", "holds the ledger"),
        ("{id}.flac", "FLAC supports"),
    ],
)
def test_what_is_refused(output, words) -> None:
    with pytest.raises(ValueError, match=words.replace("{", r"\{")):
        plan_output(row(output, bit_depth="32f"))


def test_a_link_out_of_the_output_folder_is_refused(tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    _, mistakes = plan_outputs([row("link/{song}")], tmp_path / "out")
    assert "leads out of the output folder by a link" in mistakes[0]


def test_two_rows_on_one_file_are_refused_on_every_file_system(tmp_path) -> None:
    pairs = [
        (row("a", 2, id="x"), row("A", 3, id="y")),
        (row("é", 2, id="x"), row("e\u0301", 3, id="y")),
        (row("a.wav", 2, id="x"), row("a.flac", 3, id="y")),  # one recipe
        (row("a", 2, id="x", wanted=OutputSettings(stems=True)), row("a.stems/vocals", 3, id="y")),
        (row("a", 2, id="x", report=ReportKind.LINKED), row("a.report/input_sum", 3, id="y")),
    ]
    for pair in pairs:
        _, mistakes = plan_outputs(pair, tmp_path)
        assert len(mistakes) == 1, pair
        assert mistakes[0].startswith("row 3, column output")


def test_long_names_fit_and_stay_apart(tmp_path) -> None:
    rows = [row(number=n, song="🎚" * 62 + str(n)) for n in (2, 3)]
    targets, mistakes = plan_outputs(rows, tmp_path)
    assert not mistakes
    for target in targets:
        assert len(target.recipe.encode()) <= 255
        assert len(target.mix.encode()) <= MAX_NAME_BYTES + 4
    whole = row(song="x" * 400, report=ReportKind.LINKED, daw=("dawproject", "reaper"))
    for path in plan_output(whole).files:
        assert all(len(part.encode()) <= 255 for part in Path(path).parts)
    assert targets[0].mix != targets[1].mix


def test_a_recording_is_never_an_output(tmp_path) -> None:
    """By its own name, by a link to it, or in a folder that is a song: of this row or another."""
    for name in ("one", "two", "three.stems"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "drums.wav").write_bytes(b"RIFF")
    (tmp_path / "mix.wav").hardlink_to(tmp_path / "one" / "drums.wav")
    (tmp_path / "two" / "mine.wav").write_bytes(b"RIFF")
    (tmp_path / "two" / "mine.mix.json").write_text("{}")  # a mix of an earlier run

    def listed(output, number, name, **fields):
        return Row(
            number=number, id=name, song=(tmp_path / name).resolve(), output=output, **fields
        )

    rows = [
        listed("two/drums", 2, "one"),
        listed("mix", 3, "two"),
        listed("three", 4, "three.stems", wanted=OutputSettings(stems=True)),
        listed("two/mine", 5, "two"),
        listed("two/new", 6, "two"),
    ]
    targets = [plan_output(row) for row in rows]
    assert find_own_inputs(rows, targets, tmp_path) == [
        "row 4, column output: 'three.stems' is the song of row 4; choose another output",
        "row 2, column output: 'two/drums.wav' is a recording of the song of row 3; "
        "choose another output",
        "row 3, column output: 'mix.wav' is a recording of the song of row 2; "
        "choose another output",
    ]
