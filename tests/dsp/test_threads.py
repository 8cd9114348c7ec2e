"""BLAS is held to one thread while anybody computes, and let go again after the last."""

import os
import threading

import pytest
import scipy.linalg.blas  # noqa: F401  (a BLAS of its own, to be held as well)
import threadpoolctl

from mixer.dsp.threads import available_threads, one_blas_thread


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
    assert available_threads() == len(os.sched_getaffinity(0)) >= 1
