"""`mixer model`, `mixer export`, and what rendering says about a model: output and exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mixer.cli.main import run
from mixer.network.model import read_bundle
from mixer.network.wave_u_net.parameters import WaveUNetParameters
from mixer.rendering.choices.shipped import USES
from tests.passthrough import PASSTHROUGH
from tests.signals import band
from training.checkpoint import write_checkpoint
from training.networks.wave_u_net import WaveUNet

HYPER = WaveUNetParameters(n_features=8, n_levels=2, output_samples=30_000)


@pytest.fixture(scope="module")
def wave_u_net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small Wave-U-Net's bundle, exported by the command."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(2)
    write_checkpoint(folder / "small.safetensors", WaveUNet(HYPER).eval())
    arguments = ["export", str(folder / "small.safetensors"), "-o", str(folder / "small")]
    assert run([*arguments, "--effects", "eq,loudness", "--fp16", "--licence", "CC0-1.0"]) == 0
    return folder / "small"


@pytest.fixture
def default_copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(read_bundle(PASSTHROUGH).folder, tmp_path / "mine"))


@pytest.fixture
def song(write_song, rng) -> Path:
    return write_song({f"{name}.wav": audio for name, audio in band(rng, 2.0, 44_100).items()})


def test_list_names_the_shipped_models(capsys) -> None:
    assert run(["model", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["models"]
    assert "default" in [model["name"] for model in listed]
    assert run(["model", "list"]) == 0
    told = capsys.readouterr().out
    assert "has not learnt to mix" not in told
    for name in ("default", "tracks", "paper"):
        assert f"\n{name} " in f"\n{told}"
        assert f"for {USES[name]}" in told
    assert "4 stems at 44100 Hz; 2.3 MB; GPL-3.0-or-later" in told


def test_info_shows_what_the_manifest_says(wave_u_net: Path, capsys) -> None:
    assert run(["model", "info", str(wave_u_net), "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert info["network"] == {"kind": "wave_u_net", **HYPER.to_json()}
    assert info["effects"] == ["eq", "loudness"]
    assert info["licence"] == "CC0-1.0"
    assert 40.0 < info["fp16_snr_db"] < 90.0
    assert run(["model", "info", str(PASSTHROUGH)]) == 0
    said = capsys.readouterr().out
    assert "(kind fxnorm)" in said
    assert "half precision" not in said
    assert "- it has not learnt to mix" in said
    assert run(["model", "info", "default"]) == 0
    said = capsys.readouterr().out
    heads = [line.removeprefix("## ") for line in said.splitlines() if line.startswith("## ")]
    assert heads == ["What it is", "Data", "Licence", "Figures", "Limits"]
    assert "- other stems in a wet stem: -200 dB" in said
    assert "300 composed songs" in said.partition("## Data")[2].partition("## Licence")[0]
    assert "\n\nGPL-3.0-or-later\n" in said
    limits = said.partition("## Limits")[2]
    assert limits.count("misses a target: ") == said.count("target missed")
    assert "benchmark, synthetic songs" in said
    assert "level of a stem, dB" in said
    assert said.count("target met") + said.count("target missed") > 5


def test_a_card_tells_of_limits_that_follow_from_what_was_measured(
    default_copy: Path, wave_u_net: Path, capsys
) -> None:
    path = default_copy / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest |= {"limits": ["deaf to choirs"], "licence": "not stated by its source"}
    for leakage_db, limit in (
        (None, "the crosstalk between its wet stems was never measured"),
        (-4.5, "its wet stems contain parts of one another (above -20 dB)"),
    ):
        path.write_text(json.dumps({**manifest, "wet_stem_leakage_db": leakage_db}))
        assert run(["model", "info", str(default_copy)]) == 0
        limits = capsys.readouterr().out.partition("## Limits")[2]
        for line in ("- deaf to choirs", limit, "the licence of its weights is not known"):
            assert line in limits
    assert run(["model", "info", str(default_copy), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["limits"][0] == "deaf to choirs"
    assert run(["model", "info", str(wave_u_net)]) == 0
    said = capsys.readouterr().out
    assert "- it makes no wet stems, so strips can only mute, solo and set the gain" in said
    assert "- the benchmark was not run on it" in said
    assert "- half precision on a GPU: " in said


def test_verify_passes_what_was_exported(wave_u_net: Path, capsys) -> None:
    for bundle in ("default", str(PASSTHROUGH), str(wave_u_net)):
        assert run(["model", "verify", bundle]) == 0
        assert "verified on cpu: largest error" in capsys.readouterr().out
        assert run(["model", "verify", bundle, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert result["passed"] is True
        assert result["max_abs_error"] < 1e-5


def test_verify_fails_another_answer(default_copy: Path, capsys) -> None:
    import hashlib

    path = default_copy / "check_mix.f32"
    path.write_bytes((0.9 * np.fromfile(path, "<f4")).astype("<f4").tobytes())
    manifest = json.loads((default_copy / "manifest.json").read_text())
    manifest["check"]["mix"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (default_copy / "manifest.json").write_text(json.dumps(manifest))
    assert run(["model", "verify", str(default_copy)]) == 3
    said = capsys.readouterr()
    assert "gives different results on cpu" in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert run(["model", "verify", str(default_copy), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["passed"] is False


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "front_end.onnx").write_bytes(b"x"), "SHA-256"),
        (lambda folder: (folder / "check_stems.s16").unlink(), "missing"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "not valid JSON"),
    ],
)
def test_verify_refuses_damage_in_one_line(default_copy, capsys, damage, message) -> None:
    damage(default_copy)
    assert run(["model", "verify", str(default_copy)]) == 3
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_verify_refuses_what_is_not_there(capsys) -> None:
    assert run(["model", "verify", "nosuch"]) == 3
    assert "unknown model 'nosuch'" in capsys.readouterr().err
    assert run(["model", "verify", "default", "--device", "tpu"]) == 3
    assert "unknown device 'tpu'" in capsys.readouterr().err


def test_export_says_what_it_measured(wave_u_net: Path, tmp_path: Path, capsys) -> None:
    checkpoint = wave_u_net.parent / "small.safetensors"
    command = ["export", str(checkpoint), "-o", str(tmp_path / "again"), "--fp16"]
    assert run(command) == 0
    said = capsys.readouterr().out
    assert "mixer render SONG --model" in said
    assert "dB SNR" in said
    assert run([*command, "--overwrite", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["parity"]["max_abs_error"] < 1e-5
    assert 40.0 < answer["fp16_snr_db"] < 90.0


def test_a_wave_u_net_renders_a_song(wave_u_net: Path, song: Path, tmp_path: Path, capsys) -> None:
    arguments = ["render", str(song), "--model", str(wave_u_net), "-o", str(tmp_path / "a.wav")]
    assert run([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["n_samples"] == 2 * 44_100
    assert answer["model"] == "small"
    assert -60.0 < answer["loudness_lufs"] < 0.0


def test_a_wave_u_net_has_no_stems_to_write(wave_u_net, song, tmp_path, capsys) -> None:
    arguments = ["render", str(song), "--model", str(wave_u_net), "-o", str(tmp_path / "out")]
    assert run([*arguments, "--stems", "-q"]) == 3
    assert "makes no wet stems" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    # Without any of the network in it, the stems are the recordings.
    assert run([*arguments, "--stems", "--amount", "0", "-q"]) == 0


def test_another_profile_than_the_models_is_warned_about(
    song: Path, tmp_path: Path, capsys
) -> None:
    bundle = read_bundle("default")
    profile = json.loads(bundle.profile_path.read_text())
    same, other = tmp_path / "same.json", tmp_path / "other.json"
    same.write_text(json.dumps({**profile, "about": "the same figures"}))
    profile["stems"]["vocals"]["loudness_lufs"] -= 3.0
    other.write_text(json.dumps(profile))
    plan = ["render", str(song), "--dry-run", "-o", str(tmp_path / "a.wav")]
    assert run([*plan, "--profile", str(other)]) == 0
    error = capsys.readouterr().err
    assert f"warning: profile {other} is not the one that model default was made with" in error
    for arguments in ([], ["--profile", str(same)], ["--profile", str(other), "--model", "none"]):
        assert run([*plan, *arguments]) == 0
        assert "warning" not in capsys.readouterr().err
    assert run([*plan, "--profile", str(other), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["warnings"]) == 1


def test_info_reports_a_broken_profile(default_copy: Path, capsys) -> None:
    import hashlib

    (default_copy / "profile.json").write_text("{}")
    manifest = json.loads((default_copy / "manifest.json").read_text())
    manifest["profile"]["sha256"] = hashlib.sha256(b"{}").hexdigest()
    (default_copy / "manifest.json").write_text(json.dumps(manifest))
    assert run(["model", "info", str(default_copy)]) != 0
    said = capsys.readouterr()
    assert said.out == ""
    # A line a mistake.
    assert said.err
    assert all("profile.json" in line for line in said.err.splitlines())
