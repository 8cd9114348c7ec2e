"""Errors, in words that a user can act on.

Every message is one line that says what is wrong, which file or value it is about, and what to do;
an error about a table that someone wrote has a line for each of its mistakes. The command line
turns each class into an exit code; the library raises them as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

# Exit codes of the program, as in docs/errors.md.
EXIT_FAILED, EXIT_USAGE, EXIT_ENVIRONMENT, EXIT_INTERRUPTED = 1, 2, 3, 130


class MixerError(Exception):
    """Base of all errors that mixer raises on purpose.

    Attributes:
        exit_code: of the command line.

    Its arguments are lines, one for each mistake: what happened, to which file or value, and what
    to do.
    """

    exit_code = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for each mistake."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "; ".join(self.lines)


class InputError(MixerError):
    """A song, a recording or another file given by the user cannot be used."""

    exit_code = 1


class SettingsError(MixerError):
    """A setting asks for what does not exist, is out of range, or contradicts another one."""

    exit_code = 2


class PresetError(SettingsError):
    """A preset, a console setting or `song.toml` asks for what does not exist or cannot be."""


class ModelError(MixerError):
    """A model bundle, a checkpoint or a profile is missing, damaged or of the wrong kind."""

    exit_code = 3


class DeviceError(MixerError):
    """The requested device is not there, or the network could not run on it."""

    exit_code = 3


class MissingExtraError(MixerError):
    """An optional part of the distribution is not installed."""

    exit_code = 3


class OutputError(MixerError):
    """A result cannot be written: it already exists, the disk is full, the folder is read-only."""

    exit_code = 1


class AlreadyThereError(OutputError):
    """A result would replace a file."""


class Gathered:
    """Mistakes in several places, each of which would be raised by itself, raised as one error."""

    def __init__(self, error: type[MixerError]) -> None:
        self._error = error
        self._lines: dict[str, None] = {}

    @contextlib.contextmanager
    def gathering(self) -> Iterator[None]:
        """Keep the mistakes that are raised within, and go on after it."""
        try:
            yield
        except self._error as error:
            self.add(*error.lines)

    def add(self, *lines: str) -> None:
        """Keep mistakes; the same one counts once."""
        self._lines |= dict.fromkeys(lines)

    def refuse(self) -> None:
        """Raise all that were kept, if there are any."""
        if self._lines:
            raise self._error(*self._lines)
