"""Put what a model was judged by into its bundle."""

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
    """Write figures into a bundle's manifest, in place of those that are there.

    Args:
        folder: the bundle.
        evaluation: tables of figures, ready for JSON.

    Returns:
        The bundle, read back.

    Raises:
        ModelError: it is not a bundle, or the figures are longer than a manifest should be.
    """
    read_bundle(folder)
    if len(json.dumps(evaluation)) > MAX_CHARACTERS:
        raise ModelError(f"{folder}: figures of more than {MAX_CHARACTERS} characters")
    path = folder / MANIFEST_FILE
    values = json.loads(path.read_text(encoding="utf-8"))
    write_json(path, {**values, "evaluation": dict(evaluation)})
    return read_bundle(folder)
