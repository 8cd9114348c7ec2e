"""Identity of a mix beside its inputs: settings, model, profile and the program's version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mixer.audio.formats import FORMATS
from mixer.batch.requests.manifest import Row
from mixer.batch.requests.row_mistakes import ManifestError, mistake
from mixer.batch.requests.row_request import Asked
from mixer.errors import MixerError
from mixer.output.output_settings import OutputSettings, changed
from mixer.rendering.choices.baselines import LEVELS, WITHOUT_NETWORK
from mixer.rendering.choices.shipped import (
    AUTO_MODEL,
    DEFAULT_MODEL,
    PUBLISHED_PROFILE,
    TRACK_MODEL,
)
from mixer.rendering.options import options_of
from mixer.version import __version__

_KEPT = 1_024  # different settings of a manifest


@dataclass(frozen=True)
class Identity:
    """Hashes of a model and of the profile that goes with it.

    Attributes:
        model_sha256: hash of the bundle's manifest, which has the hashes of all its files; empty
            without a model.
        profile_sha256: hash of the profile's figures.
        sample_rate: the network's, in Hz.
        latent_bytes_per_s: memory that the network needs per second of song.
        bytes_a_thread: memory per thread, independent of the song.
        has_wet_stems: whether it can write stems.
        mixes_tracks: whether it mixes single tracks, and can write them.
    """

    model_sha256: str
    profile_sha256: str
    sample_rate: int = 44_100
    latent_bytes_per_s: int = 0
    bytes_a_thread: int = 0
    has_wet_stems: bool = True
    mixes_tracks: bool = False


# Identity of a row whose model or profile cannot be read.
UNKNOWN = Identity("", "")


def read_identities(rows: Sequence[Row]) -> tuple[list[Identity], list[str]]:
    """Identities of all rows, with each bundle and profile read once; and the mistakes."""
    known: dict[tuple[str, str | None], Identity | MixerError] = {}
    identities, mistakes = [], []
    for row in rows:
        model = str(row.settings.get("model", AUTO_MODEL))
        key = (model, row.settings.get("profile"))
        if key not in known:
            try:
                known[key] = _read(*key)
            except ManifestError:
                raise
            except MixerError as error:
                known[key] = error
        found = known[key]
        if isinstance(found, MixerError):
            column = "profile" if "profile" in row.settings and "profile" in str(found) else "model"
            mistakes.append(mistake(row.number, column, str(found)))
            identities.append(UNKNOWN)
            continue
        if row.wanted.takes_stems and not found.has_wet_stems:
            what = f"model {model} makes no wet stems"
            # A session, a report and versions take stems too.
            wanted = row.wanted
            column = "daw" if wanted.daw else "report" if wanted.has_report else "stems"
            column = "deliver" if not wanted.stems else column
            mistakes.append(mistake(row.number, column, what))
        if row.wanted.tracks and not found.mixes_tracks:
            what = f"model {model} mixes stems, not single tracks; leave tracks out"
            mistakes.append(mistake(row.number, "tracks", what))
        identities.append(found)
    return identities, mistakes


def settings_of(
    row: Row,
    file_format: str,
    console: Mapping[str, object] | None = None,
    sources: Sequence[Mapping[str, str]] = (),
) -> tuple[Asked, str]:
    """Every setting that changes the output, as JSON values, and its SHA-256.

    Rows with the same request have the same hash.

    Args:
        row: row of the manifest, including the targets set by its presets.
        file_format: of the mix.
        console: the console as a plain table.
        sources: the presets' files; their content counts, not their location.
    """
    more = {
        "console": dict(console or {}),
        "presets": [{"name": s["name"], "sha256": s["sha256"]} for s in sources],
    }
    asked = {
        **row.settings,
        **_wanted(changed(row.wanted, format=file_format)),
        "album": row.album,
        **{name: value for name, value in more.items() if value},
        **_references(row),
        **({"album_sound": row.album_sound} if row.album_sound > 0.0 else {}),
    }
    return _as_json(json.dumps(asked))


@lru_cache(_KEPT)
def _as_json(text: str) -> tuple[Asked, str]:
    """A table, and the SHA-256 of its canonical form."""
    asked: Asked = json.loads(text)
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return asked, hashlib.sha256(canonical.encode()).hexdigest()


def _references(row: Row) -> dict[str, object]:
    """Contents of the row's references, wherever they are."""
    texts = row.settings.get("reference")
    if not texts:
        return {}
    from mixer.reference.sources import reference_sha256

    return {"reference_sha256": reference_sha256(texts)}


def _wanted(wanted: OutputSettings) -> dict[str, object]:
    """How a mix is written, and what of it is not as always; a lossy format has no depth."""
    return dict(_said(wanted))


@lru_cache(_KEPT)
def _said(wanted: OutputSettings) -> tuple[tuple[str, object], ...]:
    said = {
        one.name: getattr(wanted, one.name)
        for one in options_of(OutputSettings)
        if one.in_ledger or getattr(wanted, one.name) != one.default
    }
    if FORMATS[wanted.format].is_lossy:
        said["bit_depth"] = None
    return tuple(said.items())


def code_version() -> str:
    """The version of the program; another version may render differently."""
    return __version__


def _read(model: str, profile: str | None) -> Identity:
    if model == AUTO_MODEL:
        return _either(_read(DEFAULT_MODEL, profile), _read(TRACK_MODEL, profile))
    return _read_one(model, profile)


def _either(stems: Identity, tracks: Identity) -> Identity:
    """For a song that may get either model once it is read: the more of both."""
    return Identity(
        hashlib.sha256(f"{stems.model_sha256} {tracks.model_sha256}".encode()).hexdigest(),
        stems.profile_sha256,
        stems.sample_rate,
        max(stems.latent_bytes_per_s, tracks.latent_bytes_per_s),
        max(stems.bytes_a_thread, tracks.bytes_a_thread),
        has_wet_stems=True,
        mixes_tracks=True,
    )


def _read_one(model: str, profile: str | None) -> Identity:
    from mixer.fxnorm.profile import read_profile
    from mixer.network.model import read_bundle
    from mixer.network.track_mixer.architecture import TRACK_MIXER

    if model in WITHOUT_NETWORK:
        sha256 = read_profile(profile or PUBLISHED_PROFILE).sha256
        return Identity("", sha256, mixes_tracks=model == LEVELS)
    bundle = read_bundle(model)
    manifest = bundle.manifest
    memory = manifest.architecture.memory(manifest.hyper_parameters, manifest.sample_rate)
    return Identity(
        bundle.sha256,
        read_profile(profile or bundle.profile_path).sha256,
        manifest.sample_rate,
        memory.bytes_per_s,
        memory.bytes_a_thread,
        manifest.has_wet_stems,
        manifest.kind == TRACK_MIXER.kind,
    )
