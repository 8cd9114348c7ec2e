"""Published feature files: the figures come through, code and claims do not."""

import os
import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mixer.errors import ModelError
from mixer.fxnorm.published import read_published_features

BINS = 32_769


def features(rng: np.random.Generator) -> dict:
    curve = 1.0 / (1.0 + np.arange(BINS) / 400.0)
    return {
        "reverb": {"vocals": []},
        "eq": {"vocals": 30.0 * curve, "bass": curve**2},
        "compression": {"vocals": np.array([-14.2, 1.4]), "bass": np.array([-13.1, 0.9])},
        "panning": {
            "vocals": np.full(BINS, 0.9, dtype=np.float32),
            "bass": np.clip(rng.normal(0.8, 0.05, BINS), 0, 1),
        },
        "loudness": {"vocals": np.array([-30.7]), "bass": np.float64(-29.7)},
    }


def npy(path: Path, pickled: bytes) -> Path:
    """A `.npy` file of one object around any pickle."""
    np.save(path, np.array(None, dtype=object), allow_pickle=True)
    header = path.read_bytes()
    path.write_bytes(header[: header.index(b"\n") + 1] + pickled)
    return path


def test_the_published_structure_becomes_a_profile(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path = tmp_path / "features.npy"
    np.save(path, features(rng), allow_pickle=True)
    profile = read_published_features(path)
    vocals = profile.stem("vocals")
    assert set(profile.stems) == {"vocals", "bass"}
    assert vocals.loudness_lufs == -30.7
    assert vocals.onset_peak_dbfs == (-14.2, 1.4)
    np.testing.assert_allclose(vocals.panning_phi, 0.9, atol=1e-6)
    assert profile.stem("bass").panning_phi[40] == pytest.approx(0.8, abs=0.01)
    # 1 / (1 + f / 269 Hz), its level gone: 20 log10 of the ratio between 1 and 8 kHz.
    octave = np.interp([1_000.0, 8_000.0], profile.bands_hz, vocals.spectrum_db)
    ratio = (1 + 8_000 / 269.16) / (1 + 1_000 / 269.16)
    assert octave[0] - octave[1] == pytest.approx(20.0 * np.log10(ratio), abs=0.2)
    assert max(vocals.spectrum_db) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("protocol", [3, 4])
def test_pickles_of_python_3_are_read(
    tmp_path: Path, rng: np.random.Generator, protocol: int
) -> None:
    wrapped = np.empty((), dtype=object)
    wrapped[()] = features(rng)
    path = npy(tmp_path / "old.npy", pickle.dumps(wrapped, protocol=protocol))
    assert read_published_features(path).stem("bass").loudness_lufs == -29.7


class RunsCode:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.marker),)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    marker = tmp_path / "it ran"
    path = tmp_path / "evil.npy"
    np.save(path, {"eq": RunsCode(marker)}, allow_pickle=True)
    with pytest.raises(ModelError, match=r"evil\.npy: refused"):
        read_published_features(path)
    assert not marker.exists()
    np.load(path, allow_pickle=True)  # the file is what it says: elsewhere it does run
    assert marker.exists()


@pytest.mark.parametrize(
    "call", [b"cbuiltins\neval\n(S'1'\ntR.", b"cnumpy\nload\n(S'x'\ntR.", b"(S'1'\nios\nsystem\n."]
)
def test_other_ways_to_code_are_refused(tmp_path: Path, call: bytes) -> None:
    with pytest.raises(ModelError, match="refused"):
        read_published_features(npy(tmp_path / "evil.npy", call))


def test_arrays_of_objects_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    content = features(rng)
    content["eq"]["vocals"] = np.array([1.0, "two", None], dtype=object)
    np.save(tmp_path / "objects.npy", content, allow_pickle=True)
    with pytest.raises(ModelError, match="objects"):
        read_published_features(tmp_path / "objects.npy")


def test_structured_arrays_are_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    content = features(rng)
    content["eq"]["vocals"] = np.zeros(BINS, dtype=[("a", "f4"), ("b", "O")])
    np.save(tmp_path / "structured.npy", content, allow_pickle=True)
    with pytest.raises(ModelError, match="refused"):
        read_published_features(tmp_path / "structured.npy")


def claims(n: int) -> dict[str, bytes]:
    """Pickles that claim `n` bytes or objects and bring none."""
    dtype = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8I00\nI01\ntR"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I%d\ntX\x01\x00\x00\x00btR" % n
    )
    state = b"(I1\n(I%d\nt" % n + dtype + b"I00\nC\x08" + bytes(8) + b"tb."
    return {
        "shape": b"\x80\x03" + array + state,
        "bytes": b"\x80\x04\x8e" + struct.pack("<Q", n) + b"x.",
        "bytearray": b"\x80\x05\x96" + struct.pack("<Q", n) + b"x.",
        "memo": b"\x80\x03]r" + struct.pack("<I", 0x7FFFFFFF) + b".",
    }


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("shape", "differs from its data"),
        ("bytes", "expected 274877906944 bytes"),
        ("bytearray", "expected 274877906944 bytes"),
        ("memo", "claims 2147483647 objects"),
    ],
)
def test_a_huge_claim_allocates_nothing(tmp_path: Path, kind: str, says: str) -> None:
    path = npy(tmp_path / "huge.npy", claims(1 << 38)[kind])
    tracemalloc.start()
    with pytest.raises(ModelError, match=says):
        read_published_features(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 4 << 20


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.npy"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(ModelError, match="64 MiB"):
        read_published_features(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x93NUMPY", b"PK\x03\x04", b"\x93NUMPY\x01\x00\xff\xff"]
)
def test_what_is_no_feature_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.npy"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="refused"):
        read_published_features(path)


@pytest.mark.parametrize(
    ("effect", "value", "says"),
    [
        ("eq", np.ones(5), "5 values"),
        ("eq", np.full(BINS, np.nan), "finite"),
        ("eq", -np.ones(BINS), "magnitude"),
        ("panning", np.ones((2, BINS)), "vector"),
        ("compression", np.ones(3), "3 values"),
        ("compression", np.array([-14.0, -1.0]), "negative"),
    ],
)
def test_features_that_cannot_be_are_refused(
    tmp_path: Path, rng: np.random.Generator, effect: str, value: np.ndarray, says: str
) -> None:
    content = features(rng)
    content[effect]["vocals"] = value
    np.save(tmp_path / "odd.npy", content, allow_pickle=True)
    with pytest.raises(ModelError, match=says):
        read_published_features(tmp_path / "odd.npy")


def test_a_plain_array_is_no_feature_file(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.ones(3))
    with pytest.raises(ModelError, match="array"):
        read_published_features(tmp_path / "plain.npy")
    np.save(tmp_path / "empty.npy", {"eq": {}}, allow_pickle=True)
    with pytest.raises(ModelError, match="compression"):
        read_published_features(tmp_path / "empty.npy")
