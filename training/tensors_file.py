"""Write tensors and strings as a safetensors file, with the permissions of any new file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file.

    Args:
        path: the file; replaced if it exists.
        tensors: tensors by name, on any device.
        metadata: strings by name.

    Raises:
        OSError, SafetensorError: the disk is full or read-only.
    """
    path.touch()
    mode = path.stat().st_mode & 0o777
    plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    save_file(plain, str(path), metadata=dict(metadata))
    # safetensors renames a private file of its own into place: nobody else could read a checkpoint.
    path.chmod(mode)
