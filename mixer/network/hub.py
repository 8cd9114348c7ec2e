"""Download of a bundle from the Hugging Face Hub to a folder, checked and of bounded size.

Only files that the bundle's manifest names are fetched, and training checkpoints: graphs in ONNX,
weights in safetensors, a profile in JSON, raw numbers of a check. No format is
unpickled or executed when read, and no name may lead out of the folder. Each file's size is bounded
before and during the download; its hash must match the repository's and the manifest's.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mixer.errors import InputError, ModelError, OutputError, SettingsError
from mixer.files.staging import publish, staging_folder
from mixer.files.whole_file import refuse_existing
from mixer.files.wording import first_line, quote, visible
from mixer.network.manifest import MANIFEST_FILE, Manifest, read_manifest
from mixer.network.model import Bundle, read_bundle

PREFIX = "hf:"
# Largest file; the published networks take up to 21 MB.
MOST_FILE_BYTES = 512 << 20
MOST_BUNDLE_BYTES = 1 << 30
_MOST_MANIFEST_BYTES = 16 << 20
_MOST_CHECKPOINTS = 4
_TIMEOUT_S = 30.0
_BLOCK_BYTES = 1 << 16
_GRAPH, _WEIGHTS, _PROFILE, _NUMBERS = ".onnx", ".safetensors", ".json", (".s16", ".f32")
_REFERENCE = re.compile(
    r"(?P<repo>[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})"
    r"(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._/-]{0,99}))?"
)
_CHECKPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}\.safetensors")

# called with a file's name and the share of all bytes that is here, 0 to 1
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Reference:
    """A repository of the Hub and a revision of it; None for the newest."""

    repo: str
    revision: str | None


@dataclass(frozen=True)
class _Remote:
    """A file of the repository: its size, and its hash by the algorithm that the Hub keeps."""

    name: str
    n_bytes: int
    algorithm: str
    digest: str


@dataclass(frozen=True)
class Pulled:
    """A downloaded bundle.

    Attributes:
        bundle: read and checked.
        commit: of the repository.
        checkpoints: names of training checkpoints that came with it.
    """

    bundle: Bundle
    commit: str
    checkpoints: tuple[str, ...]


def parse_reference(text: str) -> Reference:
    """`hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION`.

    Raises:
        SettingsError: the text does not have this form.
    """
    match = _REFERENCE.fullmatch(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else None
    if match is None or ".." in text:
        raise SettingsError(
            f"{quote(text)} is not a repository; give {PREFIX}OWNER/NAME[@REVISION]"
        )
    return Reference(match["repo"], match["revision"])


def pull_bundle(
    reference: Reference,
    folder: Path,
    *,
    endpoint: str | None = None,
    overwrite: bool = False,
    progress: Progress = lambda name, share: None,
    accept: Callable[[Bundle], object] = lambda bundle: None,
) -> Pulled:
    """Fetch a bundle from the Hub.

    Args:
        reference: from `parse_reference`.
        folder: destination; it appears once the bundle is complete and checked.
        endpoint: of the Hub; None for what `huggingface_hub` is set to.
        overwrite: replace the files of a bundle that is there.
        progress: called as files come.
        accept: called with the whole bundle before it is moved to `folder`; raises `ModelError` to
            refuse it.

    Raises:
        InputError: the repository or revision does not exist, or cannot be reached.
        ModelError: it is not a bundle, is too large, or a file does not match its hash.
        OutputError: the destination exists, or the disk is full or read-only.
        ModuleNotFoundError: `huggingface_hub` is not installed.
    """
    if not overwrite:
        refuse_existing([folder])
    elif folder.exists() and not (folder / MANIFEST_FILE).is_file():
        raise OutputError(f"{folder}: exists and is not a model bundle, so it is not replaced")
    hub = _Hub(reference, endpoint)
    with staging_folder(folder) as staging:
        try:
            wanted = _fetch_all(hub, staging, progress)
            bundle = read_bundle(staging)
            for graph in bundle.manifest.graphs:
                bundle.read_graph(graph)
            accept(bundle)
        except ModelError as error:
            raise ModelError(str(error).replace(str(staging), str(hub))) from None
        publish(staging, folder, last=lambda path: path.name == MANIFEST_FILE, overwrite=overwrite)
    checkpoints = tuple(r.name for r in wanted if r.name.endswith(_WEIGHTS))
    return Pulled(read_bundle(folder), hub.commit, checkpoints)


def _fetch_all(hub: _Hub, staging: Path, progress: Progress) -> list[_Remote]:
    """Fetch the manifest, then the files that it names; return those files."""
    hub.fetch(hub.files.get(MANIFEST_FILE), staging, _MOST_MANIFEST_BYTES, progress)
    wanted = _wanted(read_manifest(staging / MANIFEST_FILE), hub.files)
    whole = sum(remote.n_bytes for remote in wanted)
    if whole > MOST_BUNDLE_BYTES:
        raise ModelError(f"{hub}: takes {whole} bytes, more than {MOST_BUNDLE_BYTES}; refused")
    done = 0
    for remote in wanted:

        def show(name: str, share: float, before: int = done, own: int = remote.n_bytes) -> None:
            progress(name, (before + share * own) / whole)

        hub.fetch(remote, staging, MOST_FILE_BYTES, show)
        done += remote.n_bytes
    return wanted


def _wanted(manifest: Manifest, files: dict[str, _Remote]) -> list[_Remote]:
    """The files that the manifest names, each of a kind that is safe to read; and checkpoints.

    Raises:
        ModelError: a file is of another kind, or not in the repository.
    """
    names: dict[str, tuple[str, ...]]
    names = {entry.file: (_GRAPH,) for entry in manifest.graphs.values()}
    names[manifest.profile.file] = (_PROFILE,)
    if manifest.check is not None:
        names |= {entry.file: _NUMBERS for entry in (manifest.check.stems, manifest.check.mix)}
    for name, endings in names.items():
        if not name.endswith(endings):
            raise ModelError(f"{visible(name)}: not a {' or '.join(endings)} file; refused")
        if name not in files:
            raise ModelError(f"{visible(name)}: named by the manifest, but not in the repository")
    checkpoints = [name for name in files if _CHECKPOINT.fullmatch(name)][:_MOST_CHECKPOINTS]
    return [files[name] for name in (*names, *checkpoints)]


class _Hub:
    """One revision of one repository, and its files.

    Args:
        reference: the repository and revision.
        endpoint: of the Hub.

    Raises:
        InputError: it is not there or cannot be reached.
    """

    def __init__(self, reference: Reference, endpoint: str | None) -> None:
        # It would else tell the Hub which libraries are installed here.
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from huggingface_hub import HfApi, hf_hub_url
        from huggingface_hub.utils import build_hf_headers

        self._reference = reference
        try:
            api = HfApi(endpoint=endpoint)
            self._endpoint = str(api.endpoint)
            found = api.model_info(
                reference.repo,
                revision=reference.revision,
                files_metadata=True,
                timeout=_TIMEOUT_S,
            )
        # Which library speaks to the network below it differs between its versions, and with it
        # what is raised.
        except Exception as error:
            why = first_line(error)
            raise InputError(f"{self}: cannot be read from the Hub: {visible(why, 200)}") from None
        self.commit = str(found.sha)
        self.files = {remote.name: remote for remote in _remotes(found.siblings or ())}
        self._url = lambda name: hf_hub_url(
            reference.repo, name, revision=self.commit, endpoint=self._endpoint
        )
        self._headers = build_hf_headers()

    def __str__(self) -> str:
        return f"{PREFIX}{self._reference.repo}"

    def fetch(
        self, remote: _Remote | None, folder: Path, most_bytes: int, progress: Progress
    ) -> None:
        """Download one file to a folder.

        Raises:
            InputError: it cannot be read.
            ModelError: it does not exist, is too large, or does not match its hash.
        """
        if remote is None:
            raise ModelError(f"{self}: holds no {MANIFEST_FILE}, so it is not a model bundle")
        if remote.n_bytes > most_bytes:
            raise ModelError(
                f"{self}: {remote.name} takes {remote.n_bytes} bytes, more than {most_bytes}:"
                " refused"
            )
        digest = hashlib.new(remote.algorithm)
        if remote.algorithm == "sha1":  # as git hashes a file
            digest.update(f"blob {remote.n_bytes}\0".encode())
        done = 0
        try:
            with self._open(remote.name) as answer, (folder / remote.name).open("xb") as file:
                while block := answer.read(_BLOCK_BYTES):
                    done += len(block)
                    if done > remote.n_bytes:
                        break
                    digest.update(block)
                    _write(file, block)
                    progress(remote.name, done / remote.n_bytes)
        # URLError and time-outs too; ValueError of addresses that are none.
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = visible(first_line(error), 200)
            raise InputError(f"{self}: {remote.name} cannot be fetched: {why}") from None
        if done != remote.n_bytes or digest.hexdigest() != remote.digest:
            raise ModelError(
                f"{self}: {remote.name} does not match the repository (its size or its"
                " hash differs); try again"
            )

    def _open(self, name: str) -> Any:
        url = self._url(name)
        if not _is_web_address(url):
            raise InputError(f"{self}: {visible(url)} is not a web address")
        request = urllib.request.Request(url)
        for key, value in self._headers.items():
            # A token is for the Hub, not for where it sends us on to.
            request.add_unredirected_header(key, value)
        opener = urllib.request.build_opener(_WebRedirects)
        return opener.open(request, timeout=_TIMEOUT_S)


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects to web addresses alone: urllib would also go to FTP."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        url = arguments[-1]
        if not _is_web_address(url):
            raise urllib.error.URLError(f"sent on to {quote(url)}, which is not a web address")
        return super().redirect_request(*arguments)


def _is_web_address(url: str) -> bool:
    return urllib.parse.urlsplit(url).scheme in ("http", "https")


def _write(file: BinaryIO, block: bytes) -> None:
    try:
        file.write(block)
    except OSError as error:
        raise OutputError(f"{file.name}: cannot be written ({error.strerror})") from None


def _remotes(siblings: Any) -> Iterator[_Remote]:
    """The files at the top of the repository whose size and hash the Hub knows."""
    for sibling in siblings:
        name, size = sibling.rfilename, sibling.size
        if not isinstance(name, str) or "/" in name or "\\" in name or name.startswith("."):
            continue
        if not isinstance(size, int) or size < 1:
            continue
        sha256 = getattr(sibling.lfs, "sha256", None)
        if isinstance(sha256, str):
            yield _Remote(name, size, "sha256", sha256)
        elif isinstance(sibling.blob_id, str):
            yield _Remote(name, size, "sha1", sibling.blob_id)
