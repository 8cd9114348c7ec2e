"""The optional parts of the distribution, and the command that installs one here."""

from __future__ import annotations

from pathlib import Path

DISTRIBUTION = "fxnorm-mixer"
# Packages that each extra adds, as `pip install` names them.
EXTRAS = {
    "codecs": "AAC, WMA, WavPack and stem containers, and writing AAC",
    "cuda": "CUDA's libraries, so that a GPU machine needs only its driver",
    "hub": "models from the Hugging Face Hub",
    "plot": "diagrams",
    "mcp": "the tool server for agents",
    "ray": "batches on a Ray cluster",
    "studio": "mixing by hand in the browser",
    "train": "training and export",
}


def checkout() -> Path | None:
    """The folder of the source that runs, None if the package was installed from an index."""
    root = Path(__file__).resolve().parents[1]
    return root if (root / "setup.cfg").is_file() else None


def install_command(extra: str) -> str:
    """The command that installs an extra: of this checkout, or from the package index.

    Double quotes are understood by every shell, Windows' included.
    """
    root = checkout()
    if root is None:
        return f'pip install "{DISTRIBUTION}[{extra}]"'
    place = "." if root == _here() else str(root)
    return f'pip install -e "{place}[{extra}]"'


def _here() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # the folder is gone
        return None
