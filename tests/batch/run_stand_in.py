"""`python -m tests.batch.run_stand_in MANIFEST OUT WORK`: a batch in a process, to be killed."""

import signal
import sys
from pathlib import Path

from mixer.batch.batch_session import Options, run_batch
from mixer.batch.engines.local import LocalEngine, worker_specs
from mixer.batch.listener import Stop

GIGABYTE = 1 << 30


def main() -> int:
    manifest, out, work = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    stop = Stop()
    signal.signal(signal.SIGINT, lambda number, frame: stop.request())
    summary = run_batch(
        manifest,
        out,
        Options(),
        lambda n_songs: LocalEngine(worker_specs(2, 1, ["cpu"], work), 8 * GIGABYTE),
        stop=stop,
    )
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
