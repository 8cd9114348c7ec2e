"""One thing that was looked at, and a look that never fails itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mixer.files.wording import first_line


class Status(StrEnum):
    """Whether something keeps mixer from working."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """Result of a check.

    Attributes:
        about: the subject, a word or two.
        status: `PROBLEM` if mixer does not work, or not as its user expects.
        found: what was found, in one line.
        todo: what to do, one line; empty if there is nothing to do.
        figures: measurements, for programs.
    """

    about: str
    status: Status
    found: str
    todo: str = ""
    figures: Mapping[str, object] = field(default_factory=dict)


def looked_at(about: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Run a check; any exception becomes a finding too.

    Args:
        about: the subject.
        look: the check; it does its own imports, any of which may fail.
    """
    try:
        return list(look())
    except ImportError as error:
        what = f"cannot be loaded: {first_line(error)}"
        return [Finding(about, Status.PROBLEM, what, "repair that library first")]
    # A broken library raises anything, and this is called only then.
    except Exception as error:
        what = f"fails: {type(error).__name__}: {first_line(error)}"
        return [Finding(about, Status.PROBLEM, what, "install mixer again in a new environment")]
