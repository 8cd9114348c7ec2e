"""The command line as users and scripts meet it: output, errors, exit codes."""

import json
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from tests.signals import noise


def test_demo_check_render(tmp_path, capsys) -> None:
    assert run(["demo", str(tmp_path / "demo")]) == 0
    assert run(["check", str(tmp_path / "demo"), "--json"]) == 0
    capsys.readouterr()
    assert run(["render", str(tmp_path / "demo"), "-o", str(tmp_path / "out"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    info = soundfile.info(answer["mix"])
    assert (info.frames, info.samplerate, info.subtype) == (30 * 44_100, 44_100, "PCM_24")
    assert answer["true_peak_dbtp"] <= -1.0
    assert answer["device"] == "cpu" or answer["device"].startswith("cuda:")


def test_render_says_what_it_left_out_and_what_came_out(folder, tmp_path, capsys) -> None:
    assert run(["render", str(folder), "-o", str(tmp_path / "a.flac")]) == 0
    said = capsys.readouterr()
    assert "left out: click.wav" in said.err
    assert said.out.startswith(str(tmp_path / "a.flac"))
    assert "LUFS" in said.out
    assert "dBTP" in said.out
    assert "x real time" in said.out
    assert soundfile.info(tmp_path / "a.flac").format == "FLAC"


def test_quiet_says_nothing(folder, tmp_path, capsys) -> None:
    assert run(["render", str(folder), "-o", str(tmp_path / "a.wav"), "-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_dry_run_writes_nothing(folder, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert run(["render", str(folder), "-o", str(out), "--stems", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["outputs"]["vocals"].endswith("song.stems/vocals.wav")
    assert plan["model"] == "default"
    assert not out.exists()


def test_stems_are_written_in_the_format_of_the_mix(folder, tmp_path) -> None:
    arguments = ["render", str(folder), "-o", str(tmp_path / "out"), "--stems", "--format", "flac"]
    assert run([*arguments, "--bit-depth", "16", "-q"]) == 0
    written = sorted(p.name for p in (tmp_path / "out" / "song.stems").iterdir())
    assert written == [f"{n}.flac" for n in ("bass", "drums", "other", "residual", "vocals")]


def test_amount_zero_without_a_ceiling_writes_the_plain_sum(folder, tmp_path) -> None:
    options = ["--amount", "0", "--true-peak", "none", "--bit-depth", "32f", "-q"]
    assert run(["render", str(folder), "-o", str(tmp_path / "a.wav"), *options]) == 0
    names = ("bass", "drums", "other", "vocals")
    expected = sum(soundfile.read(folder / f"{n}.wav", dtype="float32")[0] for n in names)
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], expected)


def test_effects_may_be_named_in_any_order(folder, tmp_path, capsys) -> None:
    options = ["--effects", "loudness, eq", "--dry-run", "--json"]
    assert run(["render", str(folder), "-o", str(tmp_path), *options]) == 0
    assert json.loads(capsys.readouterr().out)["effects"] == ["eq", "loudness"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["render"], 2, "Missing argument"),
        (["render", "nowhere"], 2, "does not exist"),
        (["rendr", "x"], 2, "unknown command"),
        (["render", "FOLDER", "--loudness", "loud"], 2, "must be a number or none"),
        (["render", "FOLDER", "--amount", "2"], 2, "amount must be from 0 to 1"),
        (["render", "FOLDER", "--effects", "eq,panning,balance"], 2, "exclude each other"),
        (["render", "FOLDER", "--format", "flac", "--bit-depth", "32f"], 2, "FLAC supports"),
        (["render", "FOLDER", "-o", "a.wav", "--format", "mp3"], 2, "--format says mp3"),
        (["render", "FOLDER", "--model", "nosuch"], 3, "unknown model 'nosuch'"),
        (["render", "FOLDER", "--profile", "nosuch"], 3, "unknown profile 'nosuch'"),
        (["render", "FOLDER", "--device", "tpu"], 3, "unknown device 'tpu'"),
        (["render", "FOLDER", "--rooms", "nowhere"], 2, "'nowhere' does not exist"),
        (["render", "EMPTY"], 1, "no audio files"),
    ],
)
def test_mistakes_cost_one_line_and_the_right_code(
    folder, tmp_path, capsys, monkeypatch, arguments, code, message
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    places = {"FOLDER": str(folder), "EMPTY": str(tmp_path / "empty")}
    assert run([places.get(a, a) for a in arguments]) == code
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not (tmp_path / "mixes").exists()


def test_a_damaged_file_fails_the_song_and_leaves_nothing(folder, tmp_path, capsys) -> None:
    (folder / "vocals.wav").write_bytes(b"RIFF")
    out = tmp_path / "out"
    assert run(["render", str(folder), "-o", str(out)]) == 1
    assert "vocals.wav: cannot be read as audio" in capsys.readouterr().err
    assert not out.exists()


def test_a_dry_run_says_what_would_be_replaced(folder, tmp_path, capsys) -> None:
    mix = tmp_path / "a.wav"
    mix.write_text("mine")
    assert run(["render", str(folder), "-o", str(mix), "--dry-run"]) == 0
    assert f"would need --overwrite: {mix} already exists" in capsys.readouterr().out
    assert run(["render", str(folder), "-o", str(mix), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["needs_overwrite_of"] == [str(mix)]
    assert run(["render", str(folder), "-o", str(mix), "--dry-run", "--overwrite"]) == 0
    assert "would need" not in capsys.readouterr().out
    assert mix.read_text() == "mine"


def test_the_settings_of_a_song_are_read_and_not_left_out(folder, tmp_path, capsys) -> None:
    (folder / "song.toml").write_text('title = "A"\n')
    assert run(["render", str(folder), "-o", str(tmp_path / "a.wav"), "--model", "none"]) == 0
    said = capsys.readouterr().err
    assert "read: song.toml (settings of this song)" in said
    assert "left out: song.toml" not in said
    assert run(["check", str(folder)]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if x.startswith("song.toml")]
    assert line.split()[1] == "read"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["render", "my_sogn"], "'my_sogn' does not exist; did you mean 'my_song'?"),
        (["render", "elsewhere/my_song"], "'elsewhere/my_song' does not exist"),
        (["check", "my_song/drums.wav"], "'my_song/drums.wav' is a file; give a folder"),
        (["replay", "my_song"], "'my_song' is a folder; give a file"),
        (
            ["revise", "my_song", "more bass"],
            "'my_song' is a folder; give one of its mixes, which 'mixer takes my_song' lists",
        ),
    ],
)
def test_a_path_that_will_not_do_says_what_would(tmp_path, monkeypatch, capsys, args, said):
    (tmp_path / "my_song").mkdir()
    (tmp_path / "my_song/drums.wav").touch()
    monkeypatch.chdir(tmp_path)
    assert run(args) == 2
    (line,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("Error: ")]
    assert line.endswith(f": {said}")


@pytest.mark.parametrize(
    "group",
    [
        "batch",
        "completion",
        "config",
        "dataset",
        "evaluate",
        "listen",
        "model",
        "preset",
        "profile",
    ],
)
def test_a_group_lists_its_commands_with_whole_sentences(group: str, capsys) -> None:
    assert run([group, "--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:\n")[2]
    assert listed.strip()
    assert "..." not in listed
    assert run([group, "anothre"]) == 2


def test_a_folder_of_mixes_is_answered_with_its_mixes(folder, tmp_path, capsys) -> None:
    mixes = tmp_path / "mixes"
    assert run(["render", str(folder), "-o", f"{mixes}/a.wav", "--model", "none", "-q"]) == 0
    assert run(["revise", str(mixes), "more bass"]) == 2
    assert capsys.readouterr().err.endswith("is a folder; give one of its mixes: a.mix.json\n")


def test_an_existing_mix_is_kept(folder, tmp_path, capsys) -> None:
    (tmp_path / "a.wav").write_text("mine")
    assert run(["render", str(folder), "-o", str(tmp_path / "a.wav")]) == 1
    said = capsys.readouterr().err
    assert "already exists; add --overwrite to replace it, or --next to write the next" in said
    assert (tmp_path / "a.wav").read_text() == "mine"


def test_next_is_a_numbered_take_beside_what_is_there(folder, tmp_path, capsys) -> None:
    mix = tmp_path / "a.wav"
    asked = ["render", str(folder), "-o", str(mix), "--model", "none", "--next"]
    for name in ("a.wav", "a.take2.wav", "a.take3.wav"):
        assert run(asked) == 0
        assert str(tmp_path / name) in capsys.readouterr().out
    assert mix.read_bytes() == (tmp_path / "a.take3.wav").read_bytes()
    assert run(["takes", str(mix)]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines()] == ["1", "2", "3"]
    assert run([*asked, "--overwrite"]) == 2
    assert "give one" in capsys.readouterr().err


def test_open_takes_the_report_or_else_the_mix(folder, tmp_path, capsys, monkeypatch) -> None:
    opened = []
    monkeypatch.setattr("click.launch", lambda url: opened.append(url) or len(opened) - 1)
    monkeypatch.setenv("DISPLAY", ":0")
    asked = ["render", str(folder), "--model", "none", "--open", "-o"]
    assert run([*asked, str(tmp_path / "a.wav")]) == 0
    assert "opens" not in capsys.readouterr().err
    # Where there is no program for it, the render is as good as before.
    assert run([*asked, str(tmp_path / "b.wav"), "--report"]) == 0
    assert f"no program was found to open {tmp_path / 'b.report.html'}" in capsys.readouterr().err
    assert opened == [str(tmp_path / "a.wav"), str(tmp_path / "b.report.html")]
    # Without a screen the system's own program would only complain.
    monkeypatch.setattr("mixer.cli.opening.sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert run([*asked, str(tmp_path / "c.wav")]) == 0
    assert f"no program was found to open {tmp_path / 'c.wav'}" in capsys.readouterr().err
    assert len(opened) == 2


def test_cuda_without_cuda_is_an_error(folder, tmp_path, capsys) -> None:
    from mixer.network.runtime import cuda_is_likely

    if cuda_is_likely():
        pytest.skip("this machine has a GPU")
    assert run(["render", str(folder), "-o", str(tmp_path / "a.wav"), "--device", "cuda"]) == 3
    assert "cuda:0 does not work here" in capsys.readouterr().err


def test_an_unexpected_error_is_one_line(folder, capsys, monkeypatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("surprise")

    monkeypatch.setattr("mixer.cli.check.inspect_song", broken)
    assert run(["check", str(folder)]) == 3
    error = capsys.readouterr().err
    assert "internal error (ZeroDivisionError: surprise)" in error
    assert "Traceback" not in error


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_render_leaves_nothing_and_exits_130(
    write_song, rng, tmp_path, number
) -> None:
    folder = write_song({"drums.wav": noise(rng, 20.0, 44_100), "bass.wav": noise(rng, 20, 44_100)})
    process = subprocess.Popen(
        [sys.executable, "-m", "mixer", "render", str(folder), "-o", str(tmp_path / "o")],
        stderr=subprocess.PIPE,
        text=True,
        # A suite that is to outlive its terminal (nohup) has it ignored, as would all it starts.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert process.stderr is not None
    assert any("normalise" in line for line in iter(process.stderr.readline, ""))
    process.send_signal(number)
    process.send_signal(number)  # as a closing terminal does
    assert process.wait(timeout=60) == 130
    assert process.stderr.read().endswith("nothing half-written is left behind\n")
    assert [path.name for path in tmp_path.iterdir()] == ["song"]


@pytest.mark.parametrize(
    "arguments",
    [["-o", "x.aac"], ["-o", "y.wma", "--format", "wav"], ["-o", ".wav"], ["-o", "z.SPX"]],
)
def test_a_name_of_a_format_that_cannot_be_written_is_no_folder(
    folder, tmp_path, capsys, monkeypatch, arguments
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["render", str(folder), *arguments]) == 2
    assert ".wav, .flac, .mp3, .ogg" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]


def test_a_mistyped_ending_is_not_a_folder(folder, tmp_path, capsys) -> None:
    assert run(["render", str(folder), "-o", str(tmp_path / "mix.wva")]) == 2
    assert "did you mean .wav? If it is to be a folder, create it first" in capsys.readouterr().err
    assert not (tmp_path / "mix.wva").exists()
    (tmp_path / "mix.wva").mkdir()
    for name in ("mix.wva", "takes of v1.2"):
        options = ["--dry-run", "--json", "-o", str(tmp_path / name)]
        assert run(["render", str(folder), *options]) == 0
        assert f"{name}/" in capsys.readouterr().out


def test_a_recording_is_kept_even_with_overwrite(folder, capsys) -> None:
    before = (folder / "drums.wav").read_bytes()
    target = str(folder / "drums.wav")
    assert run(["render", str(folder), "-o", target, "--overwrite", "--dry-run"]) == 1
    assert "is one of the recordings of the song" in capsys.readouterr().err
    assert (folder / "drums.wav").read_bytes() == before


def test_a_name_too_long_is_one_line(folder, tmp_path, capsys) -> None:
    for length in (250, 300):
        assert run(["render", str(folder), "-o", str(tmp_path / f"{'a' * length}.wav")]) == 1
        error = capsys.readouterr().err
        assert "cannot be written (File name too long" in error


def test_clipped_stems_and_a_missed_loudness_are_reported(folder, tmp_path, capsys) -> None:
    options = ["--model", "none", "--stems", "--loudness", "-5", "--true-peak", "-9"]
    arguments = ["render", str(folder), "-o", str(tmp_path / "a.wav"), *options, "--overwrite"]
    assert run(arguments) == 0
    said = capsys.readouterr().err
    assert "beyond full scale, so clipped; use --bit-depth 32f" in said
    assert "LU below the target of -5.0 LUFS" in said
    assert run([*arguments, "--bit-depth", "32f", "--json"]) == 0
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert "clipped" not in said.err
    assert result["clipped"] == []
    assert result["loudness_target_lufs"] == -5.0
    missed_lu = result["loudness_lufs"] - result["loudness_target_lufs"]
    assert missed_lu < -0.1
    assert result["loudness_missed_lu"] == pytest.approx(missed_lu, abs=0.01)
    assert run([*arguments, "--loudness", "-30", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["loudness_missed_lu"] is None


def test_words_that_people_try_first_are_understood(capsys) -> None:
    assert run(["version"]) == run(["--version"]) == 0
    by_word, by_option = capsys.readouterr().out.splitlines()
    assert by_word == by_option
    for word, option in (
        (["help"], ["--help"]),
        (["help", "render"], ["render", "--help"]),
        (["help", "preset", "show"], ["preset", "show", "--help"]),
    ):
        assert run(word) == run(option) == 0
        said = capsys.readouterr().out
        assert said[: len(said) // 2] == said[len(said) // 2 :]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["rendr", "song"], "unknown command 'rendr'; did you mean 'render'?"),
        (["."], "unknown command '.'; to mix a folder: mixer render ."),
        (["help", "bach"], "unknown command 'bach'; did you mean 'batch'?"),
        (["preset", "lsit"], "unknown command 'lsit'; did you mean 'list'?"),
        (["help", "render", "x"], "mixer render has no commands of its own"),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest(capsys, words, meant) -> None:
    assert run(words) == 2
    assert meant in capsys.readouterr().err


def test_verbose_is_a_table_in_words(folder, tmp_path, capsys) -> None:
    mix = str(tmp_path / "a.wav")
    assert run(["render", str(folder), "-o", mix, "--model", "none", "-v"]) == 0
    said = capsys.readouterr().err
    assert "unchanged" in said
    assert re.search(r"^ +loudness +-[\d.]+ +-[\d.]+ +gain -?[\d.]+ dB", said, re.MULTILINE)
    for internal in ("gain_db", "False", "loudness_lufs", "{"):
        assert internal not in said
