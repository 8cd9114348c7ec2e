"""The words for a batch's songs: in the ledger, in orders, in plans, in columns."""

from enum import StrEnum

# `--ignore-columns` of every unknown column.
ALL_COLUMNS = "all"


class State(StrEnum):
    """State of a song in the ledger.

    PUBLISHING: its files are whole in the staging folder and are being moved to their places; what
    a run that died leaves there, the next one moves on.
    """

    PENDING = "pending"
    RUNNING = "running"
    MEASURED = "measured"
    PUBLISHING = "publishing"
    DONE = "done"
    FAILED = "failed"


class Phase(StrEnum):
    """Part of the work on a song that an order asks for.

    Everything; or, for songs of an album, first the mix before the master and its loudness
    (MEASURE), then the master with the album's offset (FINISH).
    """

    WHOLE = "whole"
    MEASURE = "measure"
    FINISH = "finish"


class Ending(StrEnum):
    """Outcome of an order."""

    DONE = "done"
    MEASURED = "measured"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Action(StrEnum):
    """The action planned for a song.

    VERIFY: its files were modified; render unless their content is the same.
    """

    SKIP = "skip"
    VERIFY = "verify"
    RENDER = "render"


class Mode(StrEnum):
    """Selection of the songs that a run renders."""

    RESUME = "resume"
    RETRY_FAILED = "retry-failed"
    FORCE = "force"


class ColumnUse(StrEnum):
    """The use of a column's cells."""

    ROW = "row"
    SETTING = "setting"
    OUTPUT = "output"
    STRIP = "strip"
