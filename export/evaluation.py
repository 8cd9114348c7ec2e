"""Store a model's evaluation figures in its bundle.

python -m training.shipped.evaluate --model tracks --json build/benchmark.json
python -m export.evaluation mixer/models/tracks build/benchmark.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from export.progress_lines import say
from mixer.errors import InputError, MixerError, ModelError
from mixer.files.document import read_json
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Store figures in a bundle from the command line and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    parser.add_argument("figures", type=Path, help="from `training.shipped.evaluate --json`")
    options = parser.parse_args(arguments)
    try:
        figures = read_json(options.figures, "benchmark figures", InputError).table
        if "groups" not in figures:
            raise InputError(
                f"{options.figures}: does not hold benchmark figures; write them with"
                " `python -m training.shipped.evaluate --json FILE`"
            )
        state_evaluation(options.bundle, figures)
    except MixerError as error:
        say(f"evaluation: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
