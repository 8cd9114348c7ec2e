"""A signal that arrives while a library is loaded is an interruption, not a broken library."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixer.cli.main import run
from mixer.errors import InputError
from mixer.files.interruption import is_interrupted_import


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


def test_only_an_import_that_a_signal_stopped_is_told_apart() -> None:
    assert is_interrupted_import(stopped_import())
    assert not is_interrupted_import(failed_after_ctrl_c())
    assert not is_interrupted_import(ImportError("lib.so: failed to map segment"))


def test_a_command_whose_import_was_stopped_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise stopped_import()

    monkeypatch.setattr("mixer.cli.main.cli.main", fail)
    assert run(["check", str(tmp_path)]) == 130
    assert "interrupted" in capsys.readouterr().err
