"""What one hostile run is: files of a stranger, a command, and what must happen.

A family is a module `tests/fuzz/NAME.py` with

    def cases(seed: int) -> Iterator[Case]

It never ends: it goes round its kinds and draws each again, with `random.Random(f"{seed} {n}")` or
numpy's generator, so that case n of a seed is always the same and the first round has every kind.
`tests.fuzz.run` takes as many as it wants, lays each out in an empty sandbox and judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

DONE, FAILED, USAGE, ENVIRONMENT, INTERRUPTED = 0, 1, 2, 3, 130
# A stranger's file may be used, or refused in any of three ways; it never breaks anything.
USED_OR_REFUSED = frozenset({DONE, FAILED, USAGE, ENVIRONMENT})
REFUSED = frozenset({FAILED, USAGE, ENVIRONMENT})


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        exit_code: negative for a signal, as `subprocess` counts.
        stdout, stderr: as text; bytes that are not UTF-8 as lone surrogates.
        wall_s, cpu_s: of the process, the second with the children it waited for.
        peak_bytes: largest resident memory of the process or of a child it waited for.
        new: paths that were made, relative to the sandbox.
        changed: paths that were there and have other content, another kind or are gone.
    """

    exit_code: int
    stdout: str
    stderr: str
    wall_s: float
    cpu_s: float
    peak_bytes: int
    new: frozenset[str]
    changed: frozenset[str]


@dataclass(frozen=True)
class Case:
    """One hostile run.

    The command runs in SANDBOX/work with HOME, TMPDIR and the caches in SANDBOX/home and
    SANDBOX/tmp; beside them lies SANDBOX/outside with a file that nothing may touch.

    Attributes:
        kind: family/kind, as "audio/cut-short"; the summary counts by it.
        build: called with SANDBOX/work, which is there and empty; lays out the files.
        arguments: of `mixer`, paths relative to SANDBOX/work.
        exit_codes: any of which is right.
        says: text that standard error must hold, any letter case; "" for any text. A refusal
            always has to say something.
        may_write: names in SANDBOX/work that the command may make (files or whole folders).
        may_change: names in SANDBOX/work that it may alter or remove.
        keeps_some: a failed command may leave finished results in `may_write`; for batches.
        environment: further variables of the process; None takes one away.
        stdin: what is on standard input.
        stdout, stderr: a file to write the stream to in place of a log that is judged.
        time_limit_s: of processor, children included; the clock may run six times as long.
        memory_limit_bytes: largest resident memory of one process.
        meanwhile: called with SANDBOX/work and the process's id once it runs, in another thread's
            stead: it returns when it has done its worst, with what it found wrong ("" for nothing);
            then the process gets SIGTERM. For servers.
        check: called with SANDBOX/work and the outcome; what it found wrong, "" for nothing.
    """

    kind: str
    build: Callable[[Path], None]
    arguments: tuple[str, ...]
    exit_codes: frozenset[int] = USED_OR_REFUSED
    says: str = ""
    may_write: tuple[str, ...] = ("out", "mixes")
    may_change: tuple[str, ...] = ()
    keeps_some: bool = False
    environment: Mapping[str, str | None] = field(default_factory=dict)
    stdin: bytes = b""
    stdout: str = ""
    stderr: str = ""
    time_limit_s: float = 20.0
    memory_limit_bytes: int = 1 << 30
    meanwhile: Callable[[Path, int], str] | None = None
    check: Callable[[Path, Outcome], str] | None = None
