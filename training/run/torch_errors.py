"""Translate PyTorch errors that a user can resolve."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from training.errors import TrainingError


@contextmanager
def errors_in_words(device: torch.device) -> Iterator[None]:
    """Turn out-of-memory errors inside the block into one line that says what to change.

    Raises:
        TrainingError: the device is out of memory, or a reading process was killed.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise TrainingError(
            f"{device} is out of memory; give a smaller run.batch_size or data.segment_s, or"
            " run.precision fp16"
        ) from None
    except (RuntimeError, ConnectionError, EOFError) as error:
        # It comes out of a signal handler, wherever the run happens to be; or out of the pipe to
        # the process, where the run was just taking a batch from it.
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        raise TrainingError(
            "a data-loading process was killed (out of memory?); the last checkpoint is kept:"
            " resume with fewer data.workers"
        ) from None
