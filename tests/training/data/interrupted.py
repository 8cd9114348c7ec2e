"""A task whose process is sent Ctrl-C while it loads it, before it could ignore it."""

import os
import signal

WANTED = "MIXER_TEST_CTRL_C"

if WANTED in os.environ:
    os.kill(os.getpid(), signal.SIGINT)


def double(number, report) -> int:
    return 2 * number
