"""`mixer check`: each file's stem, reason and findings, as a render would tell them."""

import io
import json
import os
import shutil

import numpy as np
import pytest
import soundfile
from rich.console import Console

from mixer.cli.main import run
from tests.signals import noise


def _cut_off_flac() -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 44_100)
    soundfile.write(file, noise, 44_100, format="FLAC")
    return file.getvalue()[:400]


def _float_wav(peak: float) -> bytes:
    file = io.BytesIO()
    samples = np.full(22_050, 0.1, np.float32)
    samples[1000:1003] = peak, 1.5, peak / 3
    soundfile.write(file, samples, 44_100, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_check_says_where_each_file_goes_and_why(folder, capsys) -> None:
    assert run(["check", str(folder), "--json"]) == 0
    files = {f["file"]: f for f in json.loads(capsys.readouterr().out)["files"]}
    assert files["drums.wav"]["stem"] == "drums"
    assert files["click.wav"]["stem"] is None
    assert "click" in files["click.wav"]["reason"]
    assert run(["check", str(folder)]) == 0
    table = capsys.readouterr().out
    assert "drums.wav" in table
    assert "left out" in table


@pytest.mark.parametrize("command", ["render", "check"])
def test_all_mistakes_are_told_at_once(folder, tmp_path, capsys, command) -> None:
    (folder / "song.toml").write_text(
        'tite = "Free"\n[files."Vocal.wav"]\nstem = "vox"\n[console.bass]\ngian_db = 1\n'
    )
    preset = tmp_path / "mine.toml"
    preset.write_text("[drums]\nmute = 3\npna = 0\n")
    desk = ["--preset", str(preset), "--set", "vocals.gian_db=1", "--set", "vocls.gain_db=1"]
    desk = desk if command == "render" else []
    assert run([command, str(folder), *desk]) == 2
    told = capsys.readouterr().err.replace(f"{folder.resolve()}/", "").replace(f"{tmp_path}/", "")
    song = [
        "song.toml: line 1: tite is unknown; did you mean 'title'?",
        "song.toml: line 3: files.'Vocal.wav'.stem must be one of vocals, bass, drums, other, "
        "not 'vox'",
        "song.toml: line 2: files.'Vocal.wav' matches no file in the folder; did you mean "
        "'vocals.wav'?",
    ]
    own = ["song.toml: line 5: console.bass.gian_db is unknown; did you mean 'gain_db'?"]
    if desk:
        own = [
            "mine.toml: line 2: drums.mute must be true or false, not 3",
            "mine.toml: line 3: drums.pna is unknown; did you mean 'pan'?",
            *own,
            "--set: 'vocals.gian_db': unknown key 'gian_db' of vocals; did you mean 'gain_db'?",
            "--set: 'vocls.gain_db': unknown key 'vocls'; did you mean 'vocals'?",
        ]
    told = [line.removeprefix("mixer: ") for line in told.splitlines()]
    assert [line.partition("; choose")[0] for line in told] == [
        line.partition("; choose")[0] for line in (*song, *own)
    ]


def test_damage_that_only_decoding_shows_is_told_before_the_work(folder, tmp_path, capsys) -> None:
    path = folder / "keys.flac"
    soundfile.write(path, noise(np.random.default_rng(2), 2.0, 44_100).T, 44_100)
    content = bytearray(path.read_bytes())
    content[26] ^= 1  # in the check sum of all samples
    path.write_bytes(bytes(content))
    arguments = ["render", str(folder), "-o", str(tmp_path / "a.wav"), "--model", "none"]
    assert run(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    told = [n for n, line in enumerate(lines) if line.startswith("warning: keys.flac: damaged")]
    (work, *_) = [n for n, line in enumerate(lines) if line.startswith("normalise")]
    assert len(told) == 1
    assert told[0] < work
    assert run([*arguments, "--strict", "--overwrite"]) == 1
    assert "keys.flac: damaged" in capsys.readouterr().err


def test_every_file_has_one_line_wherever_files_are_told(folder, tmp_path, capsys) -> None:
    (folder / "Perc").mkdir()
    shaker = noise(np.random.default_rng(6), 2.0, 44_100)
    soundfile.write(folder / "Perc" / "Shaker L.wav", shaker.T, 44_100)
    for name in ("notes.txt", ".hidden", "Gtr.wav.part", "Perc/cover.jpg", "song.toml"):
        (folder / name).touch()
    there = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert run(["check", str(folder), "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)["files"]
    assert sorted(file["file"] for file in checked) == there
    arguments = ["render", str(folder), "-o", str(tmp_path / "a.wav"), "--model", "none"]
    assert run([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    recipe = json.loads((tmp_path / "a.mix.json").read_text("utf-8"))["song"]
    for told in (answer, recipe):
        assert sorted(f["file"] for f in told["files"] + told["left_out"]) == there
        assert all(f["reason"] for f in told["files"] + told["left_out"])
    for name in there:
        assert sum(name in line.replace(f"/{name}", "") for line in said.err.splitlines()) == 1


def test_a_name_with_an_end_of_line_takes_one_line(write_song, rng, tmp_path, capsys) -> None:
    folder = write_song(
        {"Kick\n2.wav": noise(rng, 1.0, 44_100), "a\nb.txt.wav": noise(rng, 1.0, 44_100)}
    )
    assert run(["render", str(folder), "--model", "none", "-o", str(tmp_path / "o.wav")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert sum("Kick\\n2.wav" in line for line in lines) == 1
    assert sum("a\\nb.txt.wav" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (None, b""),
        ("vocals.wav", b"RIFF"),
        ("vocals.wav", _cut_off_flac()),
        ("vocals.wav", _float_wav(700.0)),
        ("vocals.wav", _float_wav(float("nan"))),
        ("song.toml", b"[console.vocals]\ngain = 3\n"),
        ("song.toml", b'[console.vocals]\nplugins = [{path = "x.vst3"}]\n'),
        ("song.toml", b"[nosuch]\n"),
        ("Rough Mix.wav", b"RIFF"),
    ],
)
def test_check_answers_as_render_would(folder, tmp_path, capsys, name, content) -> None:
    if name is not None:
        (folder / name).write_bytes(content)
    rendered = run(["render", str(folder), "-o", str(tmp_path / "out"), "-q"])
    said = capsys.readouterr().err
    assert run(["check", str(folder), "-q"]) == rendered
    checked = capsys.readouterr()
    assert checked.err.splitlines()[-1:] == said.splitlines()[-1:]
    assert run(["check", str(folder), "--json"]) == rendered


def test_file_names_that_are_no_text_are_shown_escaped(folder, tmp_path, capsys) -> None:
    odd = os.fsdecode(b"Snare \xff\xe9.wav")
    soundfile.write(folder / "drums.wav", noise(np.random.default_rng(5), 2.0, 44_100).T, 44_100)
    try:
        shutil.move(folder / "drums.wav", folder / odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    out = str(tmp_path / "a.wav")
    for arguments in (["check"], ["check", "--json"], ["render", "--json", "-o", out]):
        assert run([arguments[0], str(folder), *arguments[1:]]) == 0
        if arguments[0] == "check":
            assert "Snare \\udcff\\udce9.wav" in capsys.readouterr().out
    files = json.loads((tmp_path / "a.mix.json").read_text())["song"]["files"]
    assert odd in [file["file"] for file in files]


def test_check_fits_eighty_columns(folder, capsys, monkeypatch) -> None:
    monkeypatch.setattr("mixer.cli.check.table_console", lambda: Console(width=80))
    assert run(["check", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    # A whole name, and below it why it is in its stem.
    place = next(n for n, line in enumerate(lines) if line.startswith("drums.wav "))
    assert lines[place + 1].startswith("  exact stem name")
    assert max(map(len, lines)) <= 80


def test_a_finding_that_wraps_keeps_its_indent(folder, capsys, monkeypatch) -> None:
    soundfile.write(folder / "vocals.wav", np.zeros((44_100, 2)), 44_100, subtype="PCM_16")
    monkeypatch.setattr("mixer.cli.check.table_console", lambda: Console(width=50))
    assert run(["check", str(folder)]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    place = next(n for n, line in enumerate(lines) if line.startswith("  silent:"))
    below = lines[place : place + 5]
    words = []
    for line in below:
        if not line.startswith("  "):
            break
        words += line.split()
    assert " ".join(words) == "silent: every sample is zero"
    assert len(words) > len(below[0].split())
