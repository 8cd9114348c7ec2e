"""A folder of arrays by key: bit for bit what was kept, or nothing; and bounded."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from mixer.dsp.long_audio import LEAST_BYTES
from mixer.rendering.kept.kept_arrays import KeptArrays

KEY = ("stem", 1)


def arrays(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        "audio": rng.standard_normal((2, LEAST_BYTES)).astype(np.float32),  # a long one
        "turned": rng.standard_normal((300, 2)).astype(np.float32).T,
        "record": np.frombuffer(b'{"a": 1}', np.uint8),
        "places": np.array([1, 2]),
        "silent": np.zeros((2, 0), np.float32),
    }


def file_of(folder: Path) -> Path:
    (only,) = folder.iterdir()
    return only


def test_what_was_kept_is_found_bit_for_bit_by_its_key_alone(tmp_path: Path, rng) -> None:
    made = arrays(rng)
    KeptArrays(tmp_path / "new", {"song": 1}).keep(made, *KEY)
    kept = KeptArrays(tmp_path / "new", {"song": 1})
    assert kept.holds(*KEY)
    found = kept.find(*KEY)
    assert found is not None
    assert list(found) == list(made)
    for name, array in made.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
        found[name][..., :1] = 0  # whoever finds an array may work in it
    assert kept.n_found == 1
    for other in (KeptArrays(tmp_path / "new", {"song": 2}), kept):
        key = KEY if other is not kept else ("stem", 2)
        assert not other.holds(*key)
        assert other.find(*key) is None


@pytest.mark.parametrize("place", [0, 5, 40, -40, -1])
def test_a_bit_that_changed_is_noticed(tmp_path: Path, rng, place: int) -> None:
    kept = KeptArrays(tmp_path, 1)
    kept.keep(arrays(rng), *KEY)
    content = bytearray(file_of(tmp_path).read_bytes())
    content[place] ^= 1
    file_of(tmp_path).write_bytes(content)
    assert kept.holds(*KEY)
    assert kept.find(*KEY) is None
    assert kept.n_found == 0


def whole(head: object, content: bytes) -> bytes:
    """A file with a head and content of one's own, and their true hash."""
    told = json.dumps(head).encode() + b"\n"
    return told + content + hashlib.sha256(told + content).digest()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no head",
        b"\xff\n",
        whole([1], b""),
        whole({"audio": 3}, b""),
        whole({"audio": ["|O", [1]]}, 8 * b"\0"),
        whole({"audio": ["<f4", [1e3]]}, 4 * b"\0"),
        whole({"audio": ["<f4", [-1, -1]]}, 4 * b"\0"),
        # More memory than a machine has, by the head's claim.
        whole({"audio": ["<f4", [1 << 40]]}, 4 * b"\0"),
        whole({"audio": ["<f4", [1]]}, 8 * b"\0"),
        b"[" * 100_000 + b"\n",
    ],
    ids=range(11),
)
def test_a_file_that_is_not_one_counts_as_missing(tmp_path: Path, content: bytes) -> None:
    kept = KeptArrays(tmp_path, 1)
    kept.keep({"audio": np.zeros(1, np.float32)}, *KEY)
    file_of(tmp_path).write_bytes(content)
    assert kept.find(*KEY) is None


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    entry: Mapping[str, np.ndarray] = {"audio": np.ones(250, np.float32)}
    kept = KeptArrays(tmp_path, 1, most_bytes=3_500)
    for place in range(3):
        kept.keep(entry, place)
        path = max(tmp_path.iterdir(), key=lambda path: path.stat().st_ctime_ns)
        os.utime(path, (place, place))
    assert kept.find(0) is not None  # used just now
    kept.keep(entry, 3)
    assert [kept.holds(place) for place in range(4)] == [True, False, True, True]
    kept.keep({"audio": np.ones(2_500, np.float32)}, 4)  # would be alone, and too large even so
    assert [kept.holds(place) for place in range(5)] == [True, False, True, True, False]
    (tmp_path / "somebody's.npz").touch()
    kept.keep(entry, 5)
    assert (tmp_path / "somebody's.npz").is_file()
