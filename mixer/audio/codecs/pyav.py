"""PyAV, which the codecs extra installs: whether it is there, and itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixer.errors import InputError
from mixer.extras import install_command


def has_av() -> bool:
    """Whether PyAV can be imported."""
    try:
        import av
    except ImportError:
        return False
    return bool(av)


def import_av(path: Path) -> Any:
    """PyAV.

    Raises:
        InputError: it is not installed.
    """
    try:
        import av
    except ImportError:
        raise InputError(
            f"{path.name}: reading {path.suffix or 'this file'} needs PyAV; "
            f"install it with {install_command('codecs')}, or convert the file to WAV"
        ) from None
    return av
