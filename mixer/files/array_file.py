"""Arrays in NumPy's own files, read by any number of threads.

NumPy reads a file's header with Python's parser, which in some versions (3.11.2 among them) counts
its depth once for all threads: two that read at once end in a SystemError. So one reads at a time.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mixer.files.regular_file import open_regular

_one_reader = threading.Lock()


def read_array(path: Path, mmap_mode: Literal["r"] | None = None) -> np.ndarray[Any, Any]:
    """The array of a `.npy` file.

    Args:
        path: of the file.
        mmap_mode: "r" maps the file, which must then not be changed, in place of reading it.

    Raises:
        OSError: the file cannot be read, or is not a regular file.
        ValueError: it is damaged, or holds objects instead of numbers.
    """
    open_regular(path).close()
    with _one_reader:
        # Mapped first: a header that claims more than the file holds is refused, not allocated.
        try:
            found = np.load(path, mmap_mode="r", allow_pickle=False)
        except OSError:
            raise
        except Exception:  # NumPy reads the header by Python's parser, which raises many kinds
            raise ValueError("its header is damaged") from None
        if not isinstance(found, np.ndarray):
            raise ValueError("it holds several arrays")
        return found if mmap_mode == "r" else np.load(path, allow_pickle=False)


def read_arrays(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """All arrays of an `.npz` file, by name.

    Raises:
        OSError, EOFError, zipfile.BadZipFile: the file cannot be read, or is not such a file.
        ValueError: it is damaged, or holds objects instead of numbers.
    """
    with _one_reader, np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
