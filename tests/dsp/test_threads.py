"""BLAS is held to one thread while anybody computes, and let go again after the last."""

import os
import threading
from pathlib import Path

import pytest
import scipy.linalg.blas  # noqa: F401  (a BLAS of its own, to be held as well)
import threadpoolctl

from mixer.dsp import threads
from mixer.dsp.threads import available_threads, container_cores, one_blas_thread


def blas_threads() -> list[int]:
    libraries = threadpoolctl.threadpool_info()
    return [entry["num_threads"] for entry in libraries if entry["user_api"] == "blas"]


@pytest.fixture
def two_blas_threads():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if 2 not in blas_threads():
            pytest.skip("this BLAS has no threads, or threadpoolctl does not know it")
        yield


def test_held_within_and_as_before_after(two_blas_threads) -> None:
    before = blas_threads()
    with one_blas_thread:
        with one_blas_thread:
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_let_go_after_a_failure(two_blas_threads) -> None:
    before = blas_threads()

    @one_blas_thread
    def fail() -> None:
        assert set(blas_threads()) == {1}
        raise ValueError

    with pytest.raises(ValueError):
        fail()
    assert blas_threads() == before


def test_the_first_to_end_does_not_let_go_under_the_other(two_blas_threads) -> None:
    entered, look, seen = threading.Event(), threading.Event(), []

    def other() -> None:
        with one_blas_thread:
            entered.set()
            look.wait(10.0)
            seen.extend(blas_threads())

    thread = threading.Thread(target=other)
    with one_blas_thread:
        thread.start()
        assert entered.wait(10.0)
    look.set()
    thread.join()
    assert set(seen) == {1}


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not say")
def test_cores_are_those_of_this_process() -> None:
    assert 1 <= available_threads() <= len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "400000 100000\n"}, 4),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "5000 100000\n"}, 1),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_containers_share_of_processor_time_counts_as_cores(
    files: dict[str, str], cores: int | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert container_cores(tmp_path) == cores


def test_no_more_threads_than_the_container_grants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    monkeypatch.setattr(threads, "_CONTROL_GROUP", tmp_path)
    assert available_threads() == 1
