"""Model bundles on disk: found by name or path, read, and checked as untrusted input.

A bundle is a folder: `manifest.json`, the target profile, the ONNX graphs. Files are regular files
of the folder itself, of bounded size, and hash to what the manifest says.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.errors import ModelError
from mixer.files.regular_file import read_regular
from mixer.files.whole_file import hash_file
from mixer.files.wording import listed, nearest, quote
from mixer.network.manifest import MANIFEST_FILE, FileEntry, Manifest, read_manifest
from mixer.network.onnx_file import refuse_outside_references

PACKAGED = Path(__file__).resolve().parents[1] / "models"
_MAX_PROFILE_BYTES = 16 << 20
# The published networks take up to 21 MB.
_MAX_GRAPH_BYTES = 512 << 20
# A few seconds of stems.
_MAX_CHECK_BYTES = 64 << 20


@dataclass(frozen=True)
class Bundle:
    """A bundle, all of whose files were present and intact when it was read.

    Attributes:
        folder: its path.
        manifest: its manifest.
        sha256: of the manifest, which holds the hashes of everything else.
    """

    folder: Path
    manifest: Manifest
    sha256: str

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.manifest.name

    @property
    def is_shipped(self) -> bool:
        """Whether it is, to the last byte, one that comes with this package."""
        return self.sha256 in _shipped_hashes()

    @property
    def profile_path(self) -> Path:
        """The target profile that travels with the network."""
        return self.folder / self.manifest.profile.file

    def read_graph(self, name: str) -> bytes:
        """One serialised ONNX graph, hashed again as it is read.

        Raises:
            ModelError: the bundle has no such graph, the file changed, or the graph is damaged or
                needs other files.
        """
        entry = self.manifest.graphs.get(name)
        if entry is None:
            raise ModelError(f"{self.folder}: the bundle has no graph {name!r}; export it again")
        content = _read_intact(self.folder, entry, _MAX_GRAPH_BYTES)
        refuse_outside_references(content, str(self.folder / entry.file))
        return content

    def read_check(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The stored input (inputs, samples) and PyTorch's answer to it (channels, samples).

        Raises:
            ModelError: the bundle has none, or it is damaged.
        """
        check, hyper = self.manifest.check, self.manifest.hyper_parameters
        if check is None:
            raise ModelError(f"{self.folder}: the bundle holds no check; export it again")
        stems = np.frombuffer(_whole(self._read_check_file(check.stems), 2), "<i2")
        mix = np.frombuffer(_whole(self._read_check_file(check.mix), 4), "<f4")
        n_samples = len(mix) // hyper.n_channels
        if not n_samples or (len(stems), len(mix)) != (
            hyper.n_inputs * n_samples,
            hyper.n_channels * n_samples,
        ):
            raise ModelError(
                f"{self.folder}: its check has {len(stems)} input samples and {len(mix)} output"
                " samples, which do not match; export it again"
            )
        scaled = stems.reshape(hyper.n_inputs, n_samples).astype(np.float32) / np.float32(1 << 15)
        return scaled, mix.reshape(hyper.n_channels, n_samples).astype(np.float32)

    def _read_check_file(self, entry: FileEntry) -> bytes:
        return _read_intact(self.folder, entry, _MAX_CHECK_BYTES)


def list_bundles() -> list[str]:
    """Names of the bundles shipped with the package, sorted."""
    if not PACKAGED.is_dir():
        return []
    return sorted(folder.name for folder in PACKAGED.iterdir() if _is_bundle(folder))


def find_bundle(name_or_path: str | Path) -> Path:
    """The folder of a bundle: a shipped one by its name, any other by its path.

    Args:
        name_or_path: a name from `list_bundles`, or a folder with a manifest. A name wins over a
            folder of that name in the working directory; write ./name for the folder.

    Raises:
        ModelError: the bundle does not exist.
    """
    text = str(name_or_path)
    names = list_bundles()
    if text in names and not isinstance(name_or_path, Path):
        return PACKAGED / text
    folder = Path(text).expanduser()
    if folder.is_file() and folder.name == MANIFEST_FILE:
        return folder.parent
    if _is_bundle(folder):
        return folder
    if folder.exists():
        raise ModelError(f"{text}: holds no {MANIFEST_FILE}, so it is not a model bundle")
    close = nearest(text, names)
    known = f"choose from {listed(names) or 'none'}, or give a bundle's folder"
    hint = f"did you mean {quote(close)}?" if close else known
    raise ModelError(f"unknown model {text!r}; {hint}")


def read_bundle(name_or_path: str | Path) -> Bundle:
    """Find a bundle, check its manifest and the hash of every file that it names.

    Raises:
        ModelError: it was not found, has another schema, is damaged, or refers to files outside its
            folder.
    """
    folder = find_bundle(name_or_path)
    path = folder / MANIFEST_FILE
    _refuse_irregular(path)
    manifest = read_manifest(path)
    digest = hash_file(path)
    _check_intact(folder, manifest.profile, _MAX_PROFILE_BYTES)
    for entry in manifest.graphs.values():
        _check_intact(folder, entry, _MAX_GRAPH_BYTES)
    for entry in (manifest.check.stems, manifest.check.mix) if manifest.check else ():
        _check_intact(folder, entry, _MAX_CHECK_BYTES)
    return Bundle(folder, manifest, digest)


@functools.cache
def _shipped_hashes() -> frozenset[str]:
    return frozenset(hash_file(PACKAGED / name / MANIFEST_FILE) for name in list_bundles())


def _is_bundle(folder: Path) -> bool:
    return folder.is_dir() and (folder / MANIFEST_FILE).is_file()


def _read_intact(folder: Path, entry: FileEntry, max_bytes: int) -> bytes:
    path = folder / entry.file
    _check_size(path, max_bytes)
    try:
        content = read_regular(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    _check_hash(path, hashlib.sha256(content).hexdigest(), entry)
    return content


def _check_intact(folder: Path, entry: FileEntry, max_bytes: int) -> None:
    """As `_read_intact`, block by block: nothing of the file is kept."""
    path = folder / entry.file
    _check_size(path, max_bytes)
    try:
        digest = hash_file(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    _check_hash(path, digest, entry)


def _check_size(path: Path, max_bytes: int) -> None:
    _refuse_irregular(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None
    if size > max_bytes:
        raise ModelError(f"{path}: larger than {max_bytes} bytes; refused")


def _check_hash(path: Path, digest: str, entry: FileEntry) -> None:
    if digest != entry.sha256:
        raise ModelError(f"{path}: its SHA-256 is not the manifest's: the bundle is damaged")


def _unreadable(path: Path, error: OSError) -> ModelError:
    return ModelError(f"{path}: cannot be read ({error.strerror})")


def _whole(content: bytes, sample_bytes: int) -> bytes:
    return content[: len(content) // sample_bytes * sample_bytes]


def _refuse_irregular(path: Path) -> None:
    # A link could lead anywhere, and a pipe never ends.
    if path.is_symlink():
        raise ModelError(f"{path}: is a link; a bundle's files must lie in the bundle itself")
    if not path.is_file():
        raise ModelError(f"{path}: is missing; the bundle is not complete")
