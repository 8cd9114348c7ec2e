"""A signal that arrives in a library is an interruption, not a broken library."""

from __future__ import annotations

import io
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.errors import InputError
from mixer.files.interruption import ending_signals, interrupt_on_signals, is_interruption


def stopped_import() -> Exception:
    """Ctrl-C in a module's initialisation, as pybind11 and then a caller of ours report it."""
    try:
        try:
            try:
                raise KeyboardInterrupt
            except KeyboardInterrupt as stop:
                raise ImportError("initialization failed") from stop
        except ImportError:
            raise InputError("a.m4a: reading it needs PyAV") from None
    except InputError as error:
        return error


def failed_after_ctrl_c() -> Exception:
    """An error of the cleaning up after Ctrl-C."""
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise InputError("the answers cannot be read") from None
    except InputError as error:
        return error


def library_that_cannot_clean_up() -> Exception:
    """Ctrl-C in a library whose own clean-up then fails."""
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("trying to pop from an empty stack")
    except RuntimeError as error:
        return error


def test_what_a_library_makes_of_a_signal_is_told_apart() -> None:
    assert is_interruption(library_that_cannot_clean_up())
    assert not is_interruption(RuntimeError("trying to pop from an empty stack"))
    assert is_interruption(stopped_import())
    assert not is_interruption(failed_after_ctrl_c())
    assert not is_interruption(ImportError("lib.so: failed to map segment"))


@pytest.mark.parametrize("stopped", [stopped_import, library_that_cannot_clean_up])
def test_a_command_whose_library_was_stopped_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stopped
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise stopped()

    monkeypatch.setattr("mixer.cli.main.cli.main", fail)
    assert run(["check", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_signal_in_what_a_library_calls_back_is_not_lost() -> None:
    stopped = [signal.getsignal(number) for number in ending_signals()]
    arrived = list[int]()

    class Signalled(io.BytesIO):
        """A file whose first write is interrupted."""

        def write(self, data) -> int:
            if not arrived:
                arrived.append(len(data))
                signal.raise_signal(signal.SIGINT)
            return super().write(data)

    def write_and_wait() -> None:
        with soundfile.SoundFile(Signalled(), "w", 48_000, 2, format="MP3") as file:
            file.write(np.zeros((48_000, 2), np.float32))
        time.sleep(5.0)

    try:
        interrupt_on_signals()
        with pytest.raises(KeyboardInterrupt):
            write_and_wait()
    finally:
        for number, handler in zip(ending_signals(), stopped, strict=True):
            signal.signal(number, handler)
    assert arrived
