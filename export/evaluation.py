"""Store a model's evaluation figures in its bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mixer.errors import ModelError
from mixer.files.whole_file import write_json
from mixer.network.manifest import MANIFEST_FILE
from mixer.network.model import Bundle, read_bundle

MAX_CHARACTERS = 200_000


def state_evaluation(folder: Path, evaluation: Mapping[str, object]) -> Bundle:
    """Write figures into a bundle's manifest, replacing existing ones.

    Args:
        folder: the bundle.
        evaluation: tables of figures, ready for JSON.

    Returns:
        The bundle, read back.

    Raises:
        ModelError: `folder` is not a bundle, or the figures exceed the manifest's size limit.
    """
    read_bundle(folder)
    if len(json.dumps(evaluation)) > MAX_CHARACTERS:
        raise ModelError(f"{folder}: the figures exceed {MAX_CHARACTERS} characters")
    path = folder / MANIFEST_FILE
    values = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, {**values, "evaluation": dict(evaluation)})
    return read_bundle(folder)
