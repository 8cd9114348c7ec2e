"""Commands that need extras: load the required packages, or report what to install."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from importlib import import_module
from types import ModuleType

from mixer.errors import MissingExtraError
from mixer.extras import install_command

_MATPLOTLIB_HOME = "MPLCONFIGDIR"


def load_extra(module: str, extra: str) -> ModuleType:
    """Import a module of `export` or `training`, which need the libraries of an extra.

    The runtime never imports those packages by itself: a command does, when it is called.

    Raises:
        MissingExtraError: a library of the extra is not installed.
    """
    if extra == "plot":
        _keep_matplotlib_out_of_home()
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in ("export", "training", "mixer"):
            raise
        raise MissingExtraError(
            f"this command needs {error.name}, which is not installed: {install_command(extra)}"
        ) from None


def _keep_matplotlib_out_of_home() -> None:
    """Its list of fonts goes into a folder that is gone at the end, unless it was given a place."""
    if _MATPLOTLIB_HOME not in os.environ:
        os.environ[_MATPLOTLIB_HOME] = folder = tempfile.mkdtemp(prefix="mixer-matplotlib-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
