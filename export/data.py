"""A checkpoint's statements about its training data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import ModelError
from mixer.fxnorm.profile import Profile, parse_profile
from mixer.normalisations import EFFECTS

DATASET_KEY = "dataset"
PRETRAIN_STAGE = "pretrain"


@dataclass(frozen=True)
class StatedData:
    """Effects and profile used to normalise the stems; None if not stated."""

    effects: tuple[str, ...] | None = None
    profile: Profile | None = None


def stated_data(metadata: Mapping[str, str], path: Path) -> StatedData:
    """Read the data set's effects and profile out of a checkpoint's metadata.

    Args:
        metadata: strings by name; empty for a published state dict.
        path: the checkpoint, for messages.

    Raises:
        ModelError: the record of the data set is not valid.
    """
    text = metadata.get(DATASET_KEY)
    if text is None:
        return StatedData()
    try:
        dataset = json.loads(text)
    except (ValueError, RecursionError):
        dataset = None
    if not isinstance(dataset, dict):
        raise ModelError(f"{path}: its record of the data set is not a JSON object")
    effects = dataset.get("effects")
    if not isinstance(effects, list) or any(effect not in EFFECTS for effect in effects):
        raise ModelError(
            f"{path}: unknown effects {effects!r} in its data set; choose from {', '.join(EFFECTS)}"
        )
    profile = parse_profile(dataset.get("profile", {}), f"{path}: profile of its data set")
    return StatedData(tuple(effects), profile)
