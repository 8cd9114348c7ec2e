"""Each kind of failure has its exit code and its line, as docs/errors.md tells them."""

from __future__ import annotations

import errno

import click
import pytest

from mixer import errors
from mixer.batch.requests.row_mistakes import ManifestError
from mixer.cli import main


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.InputError("no such song"), 1, "mixer: no such song"),
        (errors.OutputError("the disk is full"), 1, "mixer: the disk is full"),
        (errors.AlreadyThereError("a.wav exists"), 1, "mixer: a.wav exists"),
        (errors.SettingsError("out of range"), 2, "mixer: out of range"),
        (errors.PresetError("no such key"), 2, "mixer: no such key"),
        (ManifestError("m.csv", ["row 2"]), 2, "mixer: m.csv"),
        (click.UsageError("give one"), 2, "Error: give one"),
        (click.BadParameter("must be a number"), 2, "must be a number"),
        (errors.ModelError("damaged"), 3, "mixer: damaged"),
        (errors.DeviceError("no GPU"), 3, "mixer: no GPU"),
        (errors.MissingExtraError("install it"), 3, "mixer: install it"),
        (ImportError("libfoo.so"), 3, "a library cannot be loaded (libfoo.so)"),
        (MemoryError(), 1, "out of memory"),
        (OSError(errno.EIO, "Input/output error", "a.wav"), 1, "Input/output error: a.wav"),
        (ZeroDivisionError("a bug"), 3, "internal error (ZeroDivisionError: a bug)"),
        (KeyboardInterrupt(), 130, "mixer: interrupted"),
        (click.Abort(), 130, "mixer: interrupted"),
        (click.exceptions.Exit(1), 1, ""),
        (click.exceptions.Exit(0), 0, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_failure_has_its_code_and_its_line(
    monkeypatch, capsys, error: BaseException, code: int, line: str
) -> None:
    def fail(arguments: list[str]) -> None:
        raise error

    monkeypatch.delenv("MIXER_TRACEBACK", raising=False)
    monkeypatch.setattr(main, "_run", fail)
    assert main.run(["render", "song"]) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert line in said.err
    assert "Traceback" not in said.err
    assert bool(said.err) == bool(line)


def test_each_mistake_of_an_error_is_a_line(monkeypatch, capsys) -> None:
    def fail(arguments: list[str]) -> None:
        raise errors.PresetError("one", "two")

    monkeypatch.setattr(main, "_run", fail)
    assert main.run(["render", "song"]) == 2
    assert capsys.readouterr().err == "mixer: one\nmixer: two\n"
