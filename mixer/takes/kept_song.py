"""The cache that all mixes of one song share: revisions, and variations."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict

from mixer.network.cuda import count_gpus
from mixer.output.recipe import library_versions
from mixer.rendering.kept.kept_arrays import KeptArrays, cache_folder
from mixer.rendering.kept.kept_material import ALL_KEPT, KeptMaterial
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.progress import Stage

# Settings that act after the material that is kept, and those that the plan has resolved.
_BEHIND = ("console", "loudness_lufs", "true_peak_dbtp", "platform", "amount", "held_staging_db",
           "held_gain_db", "reference", "held_reference",
           "variation", "held_variation")  # fmt: skip
_RESOLVED = ("model", "device", "dry")


def kept_of(
    plan: RenderPlan, hashes: Mapping[str, str], keeps: frozenset[Stage] = ALL_KEPT
) -> KeptMaterial | None:
    """The cache of all mixes of the same recordings by the same settings; None for no cache.

    Args:
        plan: of a mix.
        hashes: by file, SHA-256 in hex of each recording.
        keeps: stages of which what is made is kept.
    """
    settings, song = plan.settings, plan.song
    if settings.rooms is not None:  # the folder's files are not in the recipe
        return None
    # To ask a model how sure it is changes nothing, unless it is drawn towards neutral.
    behind = (*_BEHIND, *_RESOLVED, *(("uncertainty",) if settings.abstain == 0.0 else ()))
    made_of = {
        "recordings": [
            (r.file, hashes[r.file], r.stem, r.gain_db, r.side, r.start_s, r.inverted)
            for r in song.recordings
        ],
        "dry": song.dry if settings.dry is None else settings.dry,
        "settings": {k: v for k, v in asdict(settings).items() if k not in behind},
        "model": (plan.model_name, plan.identity),
        # A recipe names the device that ran; a GPU's libraries may be missing.
        "device": "cpu" if settings.device == "auto" and not count_gpus() else settings.device,
        "profile": plan.profile.sha256,
        "effects": plan.effects,
        "rates_hz": (plan.sample_rate, plan.mix_rate),
        "n_samples": plan.n_samples,
        "versions": library_versions(),
        "platform": platform.platform(),
    }
    return KeptMaterial(KeptArrays(cache_folder(), made_of), keeps)
