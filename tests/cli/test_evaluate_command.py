"""`mixer evaluate` as users and scripts meet it."""

import csv
import json
import re
import sys

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.meters.measures import PAPER_TABLE
from tests.signals import band
from tests.training.songs import write_container

RATE_HZ = 44_100


@pytest.fixture
def folders(tmp_path, rng):
    """Three mixes, each 10 ms later than the one before, and their references."""
    for index, name in enumerate("abc"):
        reference = sum(band(rng, 3.0, RATE_HZ).values())
        mix = np.pad(np.tanh((2 + index) * reference), ((0, 0), (441 * index, 0)))
        for folder, audio in (("mixes", mix), ("references", reference)):
            (tmp_path / folder).mkdir(exist_ok=True)
            path = tmp_path / folder / f"{name}.wav"
            soundfile.write(path, audio.T, RATE_HZ, subtype="FLOAT")
    return tmp_path / "mixes", tmp_path / "references"


def test_a_pair_as_json(folders, capsys) -> None:
    mix, reference = (str(folder / "b.wav") for folder in folders)
    assert run(["evaluate", mix, reference, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    (result,) = said["results"]
    assert result["alignment"]["lag_samples"] == 441
    assert result["paper"]["dynamic.crest_mean"] > 0.05
    assert result["mix"]["loudness_lufs"] == pytest.approx(result["reference"]["loudness_lufs"])
    assert said["failed"] == []


def test_a_pair_as_a_table(folders, capsys) -> None:
    mix, reference = (str(folder / "c.wav") for folder in folders)
    assert run(["evaluate", mix, reference, "--target", "musdb18", "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    assert run(["evaluate", mix, reference, "--target", "musdb18"]) == 0
    table = capsys.readouterr().out
    for words in ("20.00 ms late, compensated", "spectral", "crest factor", "LUFS", "from musdb18"):
        assert words in table


def test_the_reference_itself_has_no_error(folders, capsys) -> None:
    path = str(folders[1] / "a.wav")
    assert run(["evaluate", path, path, "--json", "--no-align", "--no-loudness-match"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert set(result["paper"].values()) == {0.0}
    assert result["alignment"] is None


def test_folders_a_table_and_a_csv_of_pairs(folders, tmp_path, capsys) -> None:
    mixes, references = map(str, folders)
    table = tmp_path / "out" / "table.csv"
    soundfile.write(folders[0] / "lonely.wav", np.zeros((100, 2)), RATE_HZ)
    arguments = ["evaluate", mixes, references, "--csv", str(table), "--target", references]
    assert run(arguments) == 0
    said = capsys.readouterr()
    assert "lonely.wav: left out" in said.err
    assert "Objective measures, mean over 3 songs" in said.out
    with table.open(newline="") as file:
        rows = {row["song"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["a", "b", "c"]
    assert float(rows["c"]["lag_ms"]) == pytest.approx(20.0)
    assert run(arguments) == 1
    assert "already exists" in capsys.readouterr().err

    pairs = tmp_path / "pairs.csv"
    lines = [
        f"{name},{system},{folder}/{name}.wav,references/{name}.wav"
        for name in "abc"
        for system, folder in (("tanh", "mixes"), ("human", "references"))
    ]
    pairs.write_text("\n".join(["song,system,mix,reference", *lines]))
    assert run(["evaluate", str(pairs)]) == 0
    said = capsys.readouterr().out
    assert "tanh - human" in said
    assert "3 songs: no signed-rank test reaches p < 0.05" in said


def test_one_bad_pair_of_many_is_told_and_fails_the_run(folders, capsys) -> None:
    (folders[0] / "b.wav").write_bytes(b"RIFF")
    assert run(["evaluate", *map(str, folders), "--json"]) == 1
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert [result["song"] for result in answer["results"]] == ["a", "c"]
    assert answer["failed"][0]["song"] == "b"
    assert "1 could not be measured (see above); 2 were" in said.err


def test_stems_tell_what_masks_what(folders, write_song, rng, capsys) -> None:
    song = write_song({f"{name}.wav": x for name, x in band(rng, 2.0, RATE_HZ).items()})
    mix, reference = (str(folder / "a.wav") for folder in folders)
    assert run(["evaluate", mix, reference, "--stems", str(song)]) == 0
    assert "masked by the other stems: vocals" in capsys.readouterr().out


def test_system_renders_and_compares(write_song, rng, capsys) -> None:
    stems = band(rng, 2.0, RATE_HZ)
    files = {f"{name}.wav": audio for name, audio in stems.items()}
    song = write_song({**files, "mixture.wav": sum(stems.values())})
    assert run(["evaluate", "system", "--model", "none", str(song), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [r["system"] for r in results] == ["none", "sum"]
    # This mixture is the dry sum.
    assert results[1]["paper"]["spectral.mape_mean"] < 1e-6
    assert results[0]["paper"]["spectral.mape_mean"] > 0.01


def test_systems_are_told_in_the_paper_s_table(write_song, rng, capsys, tmp_path) -> None:
    songs = []
    for name in "xyz":
        stems = band(rng, 2.0, RATE_HZ)
        files = {f"{stem}.wav": audio for stem, audio in stems.items()}
        reference = 2.0 * stems["vocals"] + stems["bass"] + stems["drums"]
        songs.append(str(write_song({**files, "mixture.wav": reference}, folder=name)))
    table = tmp_path / "table.csv"
    arguments = ["--model", "none", "--no-masking", "--csv", str(table), *songs]
    assert run(["evaluate", "system", *arguments]) == 0
    said = capsys.readouterr().out
    paper = said[said.index("Objective measures, mean over 3 songs") :]
    assert "lower is better; none: the normalised stems added up, the paper's baseline" in paper
    lines = [re.split(r"\s{2,}", line.strip()) for line in paper.splitlines()]
    heads = {line[0]: line[1:] for line in lines if line[0] in PAPER_TABLE}
    assert heads == {
        "spectral": ["centroid", "bandwidth", "contrast", "roll-off", "flatness", "mean"],
        "panning": ["whole band", "0-250 Hz", "250-2500 Hz", "2500-22050 Hz", "mean"],
        "dynamic": ["RMS level", "dynamic spread", "crest factor", "mean"],
        "loudness": ["LUFS", "peak"],
    }
    # The floor has one name and one row a family, and the mean stands under its heading.
    rows = [line for line in lines if line[0] == "none"]
    assert [len(row) for row in rows[:4]] == [7, 6, 5, 3]
    with table.open(newline="") as file:
        errors = [
            float(r["spectral.mape_mean"]) for r in csv.DictReader(file) if r["system"] == "none"
        ]
    assert float(rows[0][-1]) == pytest.approx(100.0 * np.mean(errors), abs=0.006)
    intervals = lines[lines.index(rows[0]) + 1]
    assert all(re.fullmatch(r"\[[\d.]+, [\d.]+\]", cell) for cell in intervals)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["evaluate", "A"], 2, "give a mix and its reference"),
        (["evaluate", "A", "nowhere.wav"], 2, "does not exist"),
        (["evaluate", "A", "FOLDER"], 1, "give two files or two folders"),
        (["evaluate", "A", "A", "--max-lag", "-1"], 2, "0 or more"),
        (["evaluate", "A", "A", "--max-lag", "nan"], 2, "must be a number"),
        (["evaluate", "A", "A", "--seed", "-1"], 2, "must be a whole number from 0"),
        (["evaluate", "A", "A", "--target", "nosuch"], 3, "unknown profile 'nosuch'"),
        (["evaluate", "FOLDER", "FOLDER", "--stems", "FOLDER"], 2, "with a single mix"),
        (["evaluate", "system"], 2, "Missing argument"),
        (["evaluate", "system", "FOLDER"], 1, "no mixture.wav"),
    ],
)
def test_mistakes_cost_one_line_and_the_right_code(
    folders, capsys, arguments, code, message
) -> None:
    places = {"A": str(folders[0] / "a.wav"), "FOLDER": str(folders[0])}
    assert run([places.get(a, a) for a in arguments]) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_a_folder_may_be_called_mixes(folders, capsys, monkeypatch) -> None:
    monkeypatch.chdir(folders[0].parent)
    assert run(["evaluate", "mixes", "references", "--json", "--no-align"]) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 3


def test_stem_containers_are_songs(tmp_path, rng, capsys) -> None:
    """As MUSDB18 has them: many in one folder, each with its mixture."""
    pytest.importorskip("av")
    songs = []
    for name in ("BKS - B", "Al - A"):
        stems = band(rng, 2.0, RATE_HZ)
        parts = [np.float32(0.4) * stems[s] for s in ("drums", "bass", "other", "vocals")]
        songs.append(tmp_path / f"{name}.stem.mp4")
        write_container(songs[-1], [sum(parts), *parts])
    assert run(["evaluate", "system", "--json", "--no-masking", *map(str, songs)]) == 0
    results = json.loads(capsys.readouterr().out)["results"]
    assert [(r["song"], r["system"]) for r in results] == [
        (song, system) for song in ("BKS - B", "Al - A") for system in ("none", "sum")
    ]
    # The mixture is the sum, but for what the codec loses.
    assert results[1]["paper"]["spectral.mape_mean"] < 0.02
    assert results[0]["paper"]["spectral.mape_mean"] > 0.02
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    assert run(["evaluate", "system", str(tmp_path / "a.wav")]) == 1
    assert "give the song's folder, or a .stem.mp4" in capsys.readouterr().err


def test_one_damaged_song_does_not_cost_the_others(write_song, rng, capsys) -> None:
    stems = band(rng, 2.0, RATE_HZ)
    files = {"drums.wav": stems["drums"], "bass.wav": stems["bass"], "mixture.wav": stems["other"]}
    holed = stems["drums"].copy()
    holed[0, 1_000] = np.nan
    good = str(write_song(files, folder="good"))
    bad = str(write_song({**files, "drums.wav": holed}, folder="bad"))
    assert run(["evaluate", "system", bad, good, "--json", "--no-masking"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert {result["song"] for result in said["results"]} == {"good"}
    assert said["failed"][0]["song"] == "bad"


def test_a_picture_without_matplotlib_names_the_extra(folders, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "mixer.evaluate.plot", raising=False)
    path = str(folders[0] / "a.wav")
    assert run(["evaluate", path, path, "--plot", "x.png"]) == 3
    assert "[plot]" in capsys.readouterr().err


def test_help_names_every_way(capsys) -> None:
    assert run(["evaluate", "--help"]) == 0
    said = capsys.readouterr().out
    assert "PAIRS.csv" in said
    assert "system" in said
