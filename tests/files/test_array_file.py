"""NumPy's files are read by one thread at a time, and in one place."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mixer.files.array_file import read_array, read_arrays

REPOSITORY = Path(__file__).resolve().parents[2]


def test_threads_take_turns(tmp_path: Path, rng, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = rng.standard_normal((2, 100)).astype(np.float32)
    np.save(tmp_path / "one.npy", audio)
    np.savez(tmp_path / "some.npz", left=audio[0], right=audio[1])
    load, inside, most = np.load, threading.Semaphore(1), []

    def alone(*args, **options):
        most.append(inside.acquire(blocking=False))
        time.sleep(0.001)  # lets another thread in, if it may come
        try:
            return load(*args, **options)
        finally:
            inside.release()

    monkeypatch.setattr(np, "load", alone)
    with ThreadPoolExecutor(4) as pool:
        ones = [pool.submit(read_array, tmp_path / "one.npy", "r") for _ in range(8)]
        some = [pool.submit(read_arrays, tmp_path / "some.npz") for _ in range(8)]
        for one in ones:
            np.testing.assert_array_equal(one.result(), audio)
        for both in some:
            np.testing.assert_array_equal(
                [both.result()[name] for name in ("left", "right")], audio
            )
    assert most == [True] * 16


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1000000000000)}"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 10**30)}"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, " + "9" * 30 + ")}"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + bytes(100),
        header("-" * 9_000),
        header("(" * 9_000),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("mode", [None, "r"])
def test_a_damaged_file_is_a_value_error(tmp_path: Path, content: bytes, mode) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError):
        read_array(tmp_path / "a.npy", mode)


def test_several_arrays_are_not_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.zeros(3))
    with pytest.raises(ValueError, match="several arrays"):
        read_array(tmp_path / "a.npz")


def test_nothing_else_reads_them() -> None:
    files = (
        path
        for room in ("mixer", "training", "export")
        for path in (REPOSITORY / room).rglob("*.py")
    )
    found = [path.name for path in files if re.search(r"\bnp\.load\(", path.read_text("utf-8"))]
    assert found == ["array_file.py"]
