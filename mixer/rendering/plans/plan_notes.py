"""Notes of a plan about settings that may be unintended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mixer.console.settings import MASTER, Console
from mixer.files.mistakes import dotted
from mixer.files.wording import joined
from mixer.network.manifest import FAITHFUL_BELOW_DB, Manifest
from mixer.preset.console_shape import NETWORK, ROLES, TRACKS
from mixer.rendering.doubts.doubt import can_estimate_uncertainty
from mixer.rendering.plans.plan import MaterialKind, RenderPlan
from mixer.setting_changes import asked_for


def without_uncertainty(plan: RenderPlan) -> tuple[str, ...]:
    """A line if the uncertainty is requested from a model that cannot estimate it."""
    if not plan.settings.uncertainty or plan.material is MaterialKind.TRACKS:
        return ()
    bundle = plan.bundle if plan.material is MaterialKind.NETWORK else None
    if bundle is not None and can_estimate_uncertainty(bundle.manifest):
        return ()
    return (
        f"model {plan.model_name} outputs no settings that could be compared, so --uncertainty "
        "has nothing to report",
    )


def changes_without_effect(plan: RenderPlan) -> tuple[str, ...]:
    """A line about requested changes to settings that the plan's model does not have or control."""
    console, known = plan.asked, plan.known_changes
    asked = {stem: strip.network for stem, strip in console.strips}
    lost = [
        dotted((stem, NETWORK, key))
        for stem, changes in asked.items()
        for key, _ in asked_for(changes)
        if key not in known
    ]
    if plan.tracks and known:
        lost += _of_tracks_without_effect(console, known)
    else:
        lost += [dotted((MASTER, NETWORK, key)) for key, _ in asked_for(console.master.network)]
        lost += [dotted(("space", key)) for key, _ in asked_for(console.space)]
    if not lost:
        return ()
    why = "amount 0" if plan.settings.amount == 0.0 else f"model {plan.model_name}"
    return (f"{why} has no setting that {joined(lost, 'or')} could change",)


def _of_tracks_without_effect(console: Console, known: frozenset[str]) -> Iterator[str]:
    """Keys of changes to roles and tracks that a model of tracks has no setting for."""
    for kind, tables in ((ROLES, console.roles), (TRACKS, console.tracks)):
        for name, table in tables:
            for key in table.get(NETWORK, {}):
                if key not in known:
                    yield dotted((kind, name, NETWORK, key))


def with_leakage_warning(plan: RenderPlan) -> RenderPlan:
    """The plan of a render that delivers wet stems, with a warning if they are unreliable."""
    manifest = plan.bundle.manifest if plan.bundle is not None else None
    if manifest is None or plan.material is not MaterialKind.NETWORK:
        return plan
    if manifest.has_faithful_wet_stems:
        return plan
    warning = (
        f"model {manifest.name} {about_wet_stems(manifest)}: moving one of them also"
        " moves parts of the others"
    )
    if warning in plan.warnings:
        return plan
    return replace(plan, warnings=(*plan.warnings, warning))


def about_wet_stems(manifest: Manifest) -> str:
    """Explain why a model's wet stems are unreliable."""
    if not manifest.has_wet_stems:
        return "makes no wet stems"
    leakage_db = manifest.wet_stem_leakage_db
    if leakage_db is None:
        return "has wet stems that were never measured"
    return f"has other stems in its wet stems ({leakage_db:g} dB, above {FAITHFUL_BELOW_DB:g})"
