"""What a command costs in instructions, counted by valgrind: the same each time, however busy.

    python -m benchmarks.instructions render SONG -o mix.wav --overwrite

Under valgrind the libraries take other kernels than on the processor, so a count says what a change
did to the work, and not how many seconds it takes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_COUNTED = re.compile(r"I\s+refs:\s+([\d,]+)")


def is_available() -> bool:
    """Whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def instructions_of(arguments: Sequence[str], checkout: Path = _ROOT) -> int:
    """Instructions of one command of `mixer`, from its start to its end.

    Args:
        arguments: of `mixer`.
        checkout: whose `mixer`; it must have run before, so that nothing is compiled.

    Raises:
        CalledProcessError: the command failed.
        ValueError: valgrind did not count.
    """
    # Threads and the order of sets would change the count from run to run.
    env = {
        **os.environ,
        "PYTHONPATH": str(checkout),
        "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": "1",
    }
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "log"
        # Caches are not simulated, which is what takes valgrind long.
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--log-file={log}"]
        command += [f"--cachegrind-out-file={Path(name) / 'out'}"]
        command += [sys.executable, "-m", "mixer", *arguments]
        # From the checkout's own folder: Python looks there first.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=checkout, env=env)
        found = _COUNTED.search(log.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("valgrind did not report the number of instructions")
    return int(found[1].replace(",", ""))


if __name__ == "__main__":
    sys.stdout.write(f"{instructions_of(sys.argv[1:]):,} instructions\n")
