"""Processes: how they ended, how many make sense."""

from __future__ import annotations

import signal

from mixer.dsp.threads import available_threads


def describe_exit(exit_code: int | None) -> str:
    """Describe how a process ended, in words."""
    if exit_code is None or exit_code >= 0:
        return f"with exit code {exit_code}"
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    hints = {"SIGKILL": "killed, or out of memory", "SIGSEGV": "a crash in a plug-in or library"}
    return f"by {name} ({hints[name]})" if name in hints else f"by {name}"


def default_jobs(threads: int) -> int:
    """Number of workers that the cores allow."""
    return max(1, available_threads() // threads)
