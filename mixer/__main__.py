"""`python -m mixer`, and what the installed command runs: the command line."""

from __future__ import annotations

import os
import signal
import sys

from mixer.errors import EXIT_ENVIRONMENT, EXIT_INTERRUPTED


def main() -> None:
    """Run the command line; without the library that it is made with, say so in one line."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # While modules are loaded there is nothing to clean up, and nobody who would be quiet.
        signal.signal(signal.SIGINT, lambda number, frame: os._exit(EXIT_INTERRUPTED))
    try:
        from mixer.cli.main import main as run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "mixer":
            raise
        what = f"{error.name} is not installed; pip install {error.name}, or install mixer again"
        sys.stderr.write(f"mixer: {what}\n")
        sys.exit(EXIT_ENVIRONMENT)
    run()


if __name__ == "__main__":
    main()
