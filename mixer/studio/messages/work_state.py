"""The server's current work, requested renders, and the takes that they wrote."""

from __future__ import annotations

from typing import Literal, TypedDict


class Doing(TypedDict):
    """The server's current work; `share` of it is done, 0 to 1."""

    what: str
    detail: str
    share: float


class JobFile(TypedDict):
    """A file that a job wrote."""

    name: str
    n_bytes: int


class Job(TypedDict):
    """A render, or another long task that writes files.

    Attributes:
        state: waiting, running, done, failed, cancelled.
        problem: why it failed.
        folder: of the files on this machine.
        files: for download, by index in this list.
        remarks: on deliverables that are incomplete.
    """

    id: str
    name: str
    revision: int
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    doing: Doing | None
    problem: str | None
    folder: str
    files: list[JobFile]
    remarks: list[str]


class TakeRow(TypedDict):
    """A take of the mix, or a variation of it; as in `mixer takes`.

    `source` is the id for `CompareAsked`; `words` describes a variation's effect, else "".
    """

    source: str
    number: int
    words: str
    file: str
    made_by: str
    asked: list[str]
    changes: list[str]
    state: str
    loudness_lufs: float | None
    true_peak_dbtp: float | None


class Takes(TypedDict):
    """All takes, the first mix first."""

    takes: list[TakeRow]
