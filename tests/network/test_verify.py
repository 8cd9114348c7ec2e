"""A bundle checks itself, without PyTorch; what was tampered with or damaged does not pass."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixer.errors import ModelError
from mixer.network.model import read_bundle
from mixer.network.verify import TOLERANCE, signal_to_noise_db, verify_bundle
from tests.network.conftest import Exported


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    """A bundle of its own to damage."""
    return Path(shutil.copytree(exported.bundle.folder, tmp_path / "bundle"))


def put(folder: Path, part: str, content: bytes) -> None:
    """Replace a file of the check, hash included."""
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = manifest["check"][part]
    (folder / entry["file"]).write_bytes(content)
    entry["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_an_exported_bundle_passes(exported: Exported) -> None:
    result = verify_bundle(exported.bundle)
    assert result.passed
    assert result.max_abs_error < 1e-5
    assert result.snr_db is not None
    assert result.snr_db > 80.0
    assert result.device == "cpu"
    assert json.loads(json.dumps(result.as_json()))["samples"] == result.samples


def test_the_stored_answer_is_pytorchs(exported: Exported) -> None:
    stems, mix = exported.bundle.read_check()
    assert stems.shape == (8, mix.shape[1])
    assert np.array_equal(stems * 32_768, np.rint(stems * 32_768))
    assert 0.01 < np.abs(stems).max() < 1.0
    assert np.abs(mix - exported.whole_file(stems)[0]).max() < 1e-6


def test_the_default_model_passes_without_pytorch() -> None:
    program = (
        "import sys; from mixer.network.model import read_bundle;"
        "from mixer.network.verify import verify_bundle;"
        "assert verify_bundle(read_bundle('default')).passed;"
        "assert not {'torch', 'onnx', 'export'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("change", [2 * TOLERANCE, np.nan, np.inf])
def test_another_answer_does_not_pass(copy: Path, change: float) -> None:
    _, mix = read_bundle(copy).read_check()
    mix[1, 1234] += np.float32(change)
    put(copy, "mix", mix.astype("<f4").tobytes())
    assert not verify_bundle(read_bundle(copy)).passed


def test_other_weights_do_not_pass(copy: Path, exported: Exported) -> None:
    """The mask's gain is left out: the graphs load and run, and answer something else."""
    stems, _ = read_bundle(copy).read_check()
    put(copy, "stems", np.rint(stems[::-1] * 32_768).astype("<i2").tobytes())
    assert not verify_bundle(read_bundle(copy)).passed


@pytest.mark.parametrize(
    ("part", "content"),
    [("stems", b""), ("mix", b""), ("mix", b"abc"), ("stems", b"\0" * 30), ("mix", b"\0" * 64)],
)
def test_a_check_that_does_not_fit_is_refused(copy: Path, part: str, content: bytes) -> None:
    put(copy, part, content)
    with pytest.raises(ModelError, match="which do not match"):
        verify_bundle(read_bundle(copy))


def test_a_bundle_without_a_check_says_so(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["check"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="holds no check"):
        verify_bundle(read_bundle(copy))


@pytest.mark.parametrize(
    ("check", "word"),
    [([], "check"), ({}, "check.stems"), ({"stems": {"file": "../x", "sha256": ""}}, "plain")],
)
def test_a_check_out_of_order_is_refused(copy: Path, check: object, word: str) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["check"] = check
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=word):
        read_bundle(copy)


def test_damage_to_the_check_is_noticed_on_reading(copy: Path) -> None:
    with (copy / "check_mix.f32").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="SHA-256"):
        read_bundle(copy)


@pytest.mark.parametrize("fp16", [{}, [], {"snr_db": "high"}, {"snr_db": -1}, {"snr_db": True}])
def test_a_precision_out_of_order_is_refused(copy: Path, fp16: object) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["fp16"] = fp16
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="fp16"):
        read_bundle(copy)


def test_half_precision_of_unknown_cost_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["graphs"]["front_end_fp16"] = manifest["graphs"]["front_end"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="fp16 is missing"):
        read_bundle(copy)


def test_signal_to_noise() -> None:
    signal = np.ones((2, 100), np.float32)
    assert signal_to_noise_db(signal, signal) is None
    assert signal_to_noise_db(signal, signal * np.float32(1.01)) == pytest.approx(40.0, abs=0.01)
