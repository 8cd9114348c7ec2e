"""Plans for models of stems, of tracks, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mixer.audio import read_audio
from mixer.console.settings import Console, Strip
from mixer.console.split import PreNetworkGain, is_neutral_console, split_console
from mixer.errors import ModelError
from mixer.fxnorm.profile import Profile, read_profile
from mixer.fxnorm.rooms import RoomSource, read_rooms
from mixer.network.manifest import Manifest
from mixer.network.model import Bundle
from mixer.normalisations import FOR_DRY_SONGS
from mixer.rendering.choices.shipped import PUBLISHED_PROFILE
from mixer.rendering.plans.plan import ModelIdentity, RenderPlan
from mixer.rendering.plans.plan_notes import about_wet_stems
from mixer.rendering.settings import RenderSettings
from mixer.song.song import Song
from mixer.song.tracks import tracks_of
from mixer.stems import STEMS

# The paper's baseline: every stem normalised, no network, no reverb added.
NO_MODEL_EFFECTS = ("eq", "compression", "panning", "loudness")
NETWORK_RATE_HZ = 44_100


def plan_of_stems(
    song: Song, settings: RenderSettings, console: Console, presets: Sequence[Mapping[str, str]]
) -> RenderPlan:
    return RenderPlan(
        song=song,
        settings=settings,
        bundle=None,
        profile=read_profile(settings.profile or PUBLISHED_PROFILE),
        effects=settings.effects if settings.effects is not None else NO_MODEL_EFFECTS,
        sample_rate=NETWORK_RATE_HZ,
        stem_order=STEMS,
        rooms=_rooms(settings, NETWORK_RATE_HZ),
        asked=console,
        console=console,
        presets=presets,
    )


def plan_of_tracks(
    song: Song,
    settings: RenderSettings,
    console: Console,
    presets: Sequence[Mapping[str, str]],
    bundle: Bundle | None,
) -> RenderPlan:
    """Plan for a model of tracks: strips run at the mix's own rate, without normalisation."""
    return RenderPlan(
        song=song,
        settings=settings,
        bundle=bundle,
        profile=read_profile(settings.profile or PUBLISHED_PROFILE),
        effects=(),
        sample_rate=settings.sample_rate or song.sample_rate,
        stem_order=STEMS,
        identity=None if bundle is None else _identity(bundle),
        asked=console,
        console=console,
        tracks=tracks_of(song),
        presets=presets,
    )


def plan_of_network(
    song: Song,
    settings: RenderSettings,
    console: Console,
    presets: Sequence[Mapping[str, str]],
    bundle: Bundle,
) -> RenderPlan:
    manifest = bundle.manifest
    missing = [stem for stem in song.stems if stem not in manifest.stems]
    if missing:
        raise ModelError(
            f"model {manifest.name} mixes {', '.join(manifest.stems)}, not {missing[0]}; "
            "give the files of that stem another one in song.toml"
        )
    dry = song.dry if settings.dry is None else settings.dry
    effects = settings.effects
    if effects is None:
        effects = tuple(e for e in manifest.effects if dry or e not in FOR_DRY_SONGS)
    profile = read_profile(settings.profile or bundle.profile_path)
    gains_before, rest, moved = around_network(console, manifest, settings.amount)
    return RenderPlan(
        song=song,
        settings=settings,
        bundle=bundle,
        profile=profile,
        effects=effects,
        sample_rate=manifest.sample_rate,
        stem_order=tuple(manifest.stems),
        rooms=_rooms(settings, manifest.sample_rate),
        panning_limits_time_axis=manifest.panning_limits_time_axis,
        identity=_identity(bundle),
        asked=console,
        console=rest,
        gains_before=gains_before,
        has_output_curve=manifest.architecture.has_output_curve,
        presets=presets,
        warnings=(*_warnings(settings, bundle, profile), *moved),
    )


def around_network(
    console: Console, manifest: Manifest, amount: float
) -> tuple[dict[str, PreNetworkGain], Console, tuple[str, ...]]:
    """Strips before and after the network, and notes about them.

    Raises:
        ModelError: a strip needs wet stems, and the model has none.
    """
    if manifest.has_faithful_wet_stems or amount == 0.0:
        return {}, console, ()
    gains, rest = split_console(console)
    needs_wet = not is_neutral_console(replace(rest, master=Strip()))
    if needs_wet and not manifest.has_wet_stems:
        raise ModelError(
            f"model {manifest.name} makes no wet stems, so strips can only mute, solo "
            "and set the gain; remove the other settings or use another model"
        )
    if not gains:
        return {}, console, ()
    why = about_wet_stems(manifest)
    return (
        gains,
        rest,
        (f"model {manifest.name} {why}: mute, solo and gain act before the network",),
    )


def _identity(bundle: Bundle) -> ModelIdentity:
    return {
        "name": bundle.manifest.name,
        "manifest_sha256": bundle.sha256,
        "learnt_to_mix": bundle.manifest.learnt_to_mix,
    }


def _warnings(settings: RenderSettings, bundle: Bundle, profile: Profile) -> tuple[str, ...]:
    if settings.profile is None or profile.sha256 == read_profile(bundle.profile_path).sha256:
        return ()
    return (
        f"profile {settings.profile} is not the one that model {bundle.name} was made with: "
        "the network receives stems unlike those that it was trained on",
    )


def _rooms(settings: RenderSettings, sample_rate: int) -> RoomSource | None:
    if settings.rooms is None:
        return None
    return read_rooms(settings.rooms, sample_rate, lambda path, rate: read_audio(path, rate)[0])
