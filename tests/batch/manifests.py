"""Manifests read as a run reads them: rows, or all mistakes as one error."""

from collections.abc import Collection
from pathlib import Path

from mixer.batch.requests.defaults import NO_DEFAULTS, Defaults
from mixer.batch.requests.manifest import Row, read_manifest
from mixer.batch.requests.row_mistakes import ManifestError


def read_rows(
    path: Path, defaults: Defaults = NO_DEFAULTS, ignored: Collection[str] = ()
) -> list[Row]:
    rows, mistakes = read_manifest(path, defaults, ignored)
    if mistakes:
        raise ManifestError(path, mistakes)
    return rows
