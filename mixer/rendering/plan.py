"""What a song and settings come down to: which model, towards which profile, by which effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypedDict

from mixer.audio import read_audio
from mixer.baselines import LEVELS, NONE
from mixer.console.plugin import check_files
from mixer.console.settings import MASTER, Console, Strip
from mixer.console.split import GainLike, is_neutral_console, split_console, without_changes
from mixer.errors import ModelError
from mixer.files.mistakes import dotted
from mixer.files.wording import joined
from mixer.fxnorm.profile import Profile, read_profile
from mixer.fxnorm.rooms import RoomSource, read_rooms
from mixer.model_settings import StripChanges, asked_for
from mixer.network.device import parse_device
from mixer.network.manifest import FAITHFUL_BELOW_DB, Manifest
from mixer.network.model import Bundle, read_bundle
from mixer.network.track_mixer.architecture import TRACK_MIXER
from mixer.normalisations import FOR_DRY_SONGS
from mixer.preset.merge import resolve
from mixer.preset.shape import NETWORK
from mixer.reference.target import Target
from mixer.rendering.answers_of_stems import knows_doubt
from mixer.rendering.model_choice import model_of
from mixer.rendering.settings import RenderSettings
from mixer.rendering.track_hand import (
    TrackHand,
    hand_on_tracks,
    refuse_more_than_gains,
    roles_not_there,
    with_hand,
)
from mixer.shipped import PUBLISHED_PROFILE, TRACK_MODEL
from mixer.song.folder_names import SONG_FILE
from mixer.song.preparation import prepare_song
from mixer.song.song import Song
from mixer.song.tracks import Track, tracks_of
from mixer.stems import STEMS

# What the paper calls the baseline: every stem normalised, no network, no reverb added.
NO_MODEL_EFFECTS = ("eq", "compression", "panning", "loudness")
NETWORK_RATE_HZ = 44_100


class MaterialKind(StrEnum):
    """What a mix's wet material is made from."""

    RECORDINGS = "recordings"  # nothing is wet: the mix is the plain sum of the recordings
    STEMS = "stems"  # the normalised stems, summed
    NETWORK = "network"  # the normalised stems, mixed by a network
    TRACKS = "tracks"  # single tracks, each through a strip that a model sets


@dataclass(frozen=True)
class RenderPlan:
    """What a song and settings come down to; everything that follows is decided here.

    Attributes:
        song: what is mixed.
        settings: what was asked for.
        bundle: the model; None for the sum of the normalised stems.
        profile: what the stems are normalised to.
        effects: by which effects, in order.
        sample_rate: at which rate, in Hz; `mix_rate` is that of the mix.
        stem_order: the stems as the network takes them.
        rooms: for the reverbs; None for generated ones.
        panning_limits_time_axis: see `mixer.fxnorm.panning`.
        identity: name and hash of the model, for the record; None without one.
        asked: the console as it was asked for.
        console: what of it acts on the wet stems, and on the bus.
        gains_before: mute, solo and gain of stems that act before the network instead.
        changes: by stem, of what the model sets; those of tracks are in `hand`.
        has_output_curve: the model's mix is the tanh of the sum of its wet stems.
        tracks: what a model of tracks mixes; empty for a model of stems.
        hand: what the console says of single tracks.
        reference: what the mix is moved towards; None for nothing.
        presets: name, path and sha256 of every file that had a say in the console.
        warnings: what will be done all the same, though it may not be meant; a line each.
    """

    song: Song
    settings: RenderSettings
    bundle: Bundle | None
    profile: Profile
    effects: tuple[str, ...]
    sample_rate: int
    stem_order: tuple[str, ...]
    rooms: RoomSource | None = None
    panning_limits_time_axis: bool = False
    identity: ModelIdentity | None = None
    asked: Console = field(default_factory=Console)
    console: Console = field(default_factory=Console)
    gains_before: Mapping[str, GainLike] = field(default_factory=dict)
    changes: Mapping[str, StripChanges] = field(default_factory=dict)
    has_output_curve: bool = False
    tracks: tuple[Track, ...] = ()
    hand: TrackHand = field(default_factory=TrackHand)
    reference: Target | None = None
    presets: Sequence[Mapping[str, str]] = ()
    warnings: tuple[str, ...] = ()

    @property
    def material(self) -> MaterialKind:
        if self.settings.amount == 0.0:
            return MaterialKind.RECORDINGS
        if self.tracks:
            return MaterialKind.TRACKS
        return MaterialKind.NETWORK if self.bundle else MaterialKind.STEMS

    @property
    def known_changes(self) -> frozenset[str]:
        """The settings of its own that the model has, of `mixer.model_settings.STRIP_KEYS`."""
        if self.material not in (MaterialKind.NETWORK, MaterialKind.TRACKS):
            return frozenset()
        if self.bundle is None:
            return TRACK_MIXER.changes
        return self.bundle.manifest.architecture.changes

    @property
    def handled_song(self) -> Song:
        """The song whose recordings have the mute, solo and gain that are said of single tracks.

        It is what a model of stems mixes, and what a mix is blended with.
        """
        return with_hand(self.song, tracks_of(self.song), self.hand)

    @property
    def mix_rate(self) -> int:
        """Sample rate of the mix, in Hz."""
        return self.settings.sample_rate or self.song.sample_rate

    @property
    def n_samples(self) -> int:
        """Length of the mix at `mix_rate`."""
        return self.song.n_samples_at(self.mix_rate)

    def check_wet_stems(self) -> None:
        """ModelError where the model answers with a mix alone."""
        if self.bundle is not None and not self.bundle.manifest.has_wet_stems:
            raise ModelError(
                f"model {self.model_name} makes a mix and no wet stems: render without stems or "
                "with another model"
            )

    def check_wet_tracks(self) -> None:
        """ModelError where the model mixes stems, not tracks."""
        if not self.tracks:
            raise ModelError(
                f"model {self.model_name} mixes stems, not single tracks: render without tracks or "
                f"with --model {TRACK_MODEL}"
            )

    @property
    def touches_stems(self) -> bool:
        """Whether a strip acts on a wet stem, so that wet stems are needed."""
        return not is_neutral_console(replace(self.console, master=Strip()))

    @property
    def has_desk_behind(self) -> bool:
        """Whether strips act behind the network alone, so that a mix may pass them again."""
        is_faithful = self.bundle is None or self.bundle.manifest.has_faithful_wet_stems
        return is_faithful or bool(self.tracks)

    @property
    def needs_wet_stems(self) -> bool:
        """Whether something acts on wet stems, or hears them: a strip, a reference, a variation."""
        has_reference = self.reference is not None or self.settings.held_reference is not None
        has_wet = self.bundle is None or self.bundle.manifest.has_wet_stems
        return has_reference or self.touches_stems or (self.varies and has_wet)

    @property
    def varies(self) -> bool:
        """Whether the mix is to be a variation, and its desk is not that variation's yet."""
        return self.settings.variation is not None and not self.settings.held_variation

    @property
    def model_name(self) -> str:
        if self.bundle is None:
            return LEVELS if self.tracks else NONE
        return self.bundle.manifest.name


def plan_render(
    song: Song,
    settings: RenderSettings,
    bundle: Bundle | None = None,
    *,
    presets: Sequence[Mapping[str, str]] = (),
    wet_tracks: bool = False,
) -> RenderPlan:
    """Find the model (unless it is given), the profile and the rooms, and check that they fit.

    Args:
        song: from `load_song`.
        settings: what is asked for; without a console of its own, the song's counts.
        bundle: the settings' model, read already.
        presets: the files that the settings' console was resolved from.
        wet_tracks: each wet track is wanted, so that "auto" means a model that has them.

    Raises:
        ModelError: no such model or profile, or the model does not know one of the song's stems.
        InputError: no usable folder of rooms, or a float file whose scale is not certain.
        DeviceError: the device is none of auto, cpu, cuda and cuda:N.
        PresetError: a strip names a plug-in that is not there, or what is said of a track means
            none of the song's, or more than the model can do to one.
    """
    parse_device(settings.device)  # an unknown device is a mistake even where none is used
    console = settings.console
    if console is None:
        resolved = resolve((), song.console, song_path=song.folder / SONG_FILE)
        console, presets = resolved.console, resolved.sources
    _check_plugins(song, console)
    song, notes = prepare_song(song, trim=settings.trim == "auto", fixes=settings.fix)
    hand, of_stems = hand_on_tracks(console, tracks_of(song))
    changes = {stem: strip.network for stem, strip in of_stems.strips if strip.network is not None}
    of_stems = without_changes(of_stems)
    settings = replace(settings, model=model_of(song, settings, console, wet_tracks=wet_tracks))
    if settings.model == NONE:
        plan = _plan_of_stems(song, settings, of_stems, presets)
    elif settings.model == LEVELS:
        plan = _plan_of_tracks(song, settings, of_stems, presets, None)
    else:
        bundle = bundle or read_bundle(settings.model)
        of_kind = _plan_of_tracks if bundle.manifest.architecture.mixes_tracks else _plan_of_network
        plan = of_kind(song, settings, of_stems, presets, bundle)
    not_there = roles_not_there(console, tracks_of(song))
    notes += () if not_there is None else (not_there,)
    notes += _check_hand(plan, hand, console)
    plan = replace(plan, asked=console, hand=hand, changes=changes)
    plan = _with_reference(plan, song)
    notes += _no_doubts(plan)
    return replace(plan, warnings=(*notes, *plan.warnings, *changes_without_effect(plan)))


def with_desk(plan: RenderPlan, settings: RenderSettings) -> RenderPlan:
    """The plan of the same wet material with another desk and other targets.

    Args:
        plan: from `plan_render`.
        settings: of the plan, with a console that differs in the strips of stems and of the bus.

    Raises:
        ModelError: strips ask for wet stems, which the model does not have.
        ValueError: the wet material would be another.
    """
    console = settings.console or Console()
    hand, of_stems = hand_on_tracks(console, tracks_of(plan.song))
    changes = {stem: strip.network for stem, strip in of_stems.strips if strip.network is not None}
    of_stems, gains_before = without_changes(of_stems), dict[str, GainLike]()
    if plan.bundle is not None and not plan.tracks:
        gains_before, of_stems, _ = _around_network(of_stems, plan.bundle.manifest, settings.amount)
    if (hand, changes, gains_before) != (plan.hand, plan.changes, plan.gains_before):
        raise ValueError("another desk must leave the wet material as it is")
    return replace(plan, settings=settings, asked=console, console=of_stems)


def _with_reference(plan: RenderPlan, song: Song) -> RenderPlan:
    """The plan with what its references measure, unless their moves are held."""
    settings = plan.settings
    if settings.reference and settings.held_reference is None:
        # Not above: few mixes have references, and to hear speech in one loads statistics.
        from mixer.reference.sources import read_target

        plan = replace(plan, reference=read_target(settings.reference, song))
    if plan.needs_wet_stems:
        plan.check_wet_stems()
    return plan


def _check_hand(plan: RenderPlan, hand: TrackHand, console: Console) -> tuple[str, ...]:
    """What to say about the hand on single tracks."""
    _check_plugin_files(hand.strips)
    if hand.is_idle:
        return ()
    if not plan.tracks:
        refuse_more_than_gains(console, tracks_of(plan.song), plan.model_name)
        return (
            f"model {plan.model_name} mixes stems: mute, solo and gain of single tracks act on "
            "the recordings, before it",
        )
    if plan.settings.amount == 0.0:
        return ("amount 0: of what is said of single tracks only mute, solo and gain act",)
    return ()


def _no_doubts(plan: RenderPlan) -> tuple[str, ...]:
    """A line where it is asked how sure a model is that cannot tell."""
    if not plan.settings.uncertainty or plan.material is MaterialKind.TRACKS:
        return ()
    bundle = plan.bundle if plan.material is MaterialKind.NETWORK else None
    if bundle is not None and knows_doubt(bundle.manifest):
        return ()
    return (
        f"model {plan.model_name} sets nothing that it could be asked about again: --uncertainty "
        "tells nothing",
    )


def changes_without_effect(plan: RenderPlan) -> tuple[str, ...]:
    """A line about changes of settings that the plan's model does not have, or no say in."""
    console, known = plan.asked, plan.known_changes
    asked = {stem: strip.network for stem, strip in console.strips}
    lost = [
        dotted((stem, NETWORK, key))
        for stem, changes in asked.items()
        for key, _ in asked_for(changes)
        if key not in known
    ]
    if not (plan.tracks and known):
        lost += [dotted((MASTER, NETWORK, key)) for key, _ in asked_for(console.master.network)]
        lost += [dotted(("space", key)) for key, _ in asked_for(console.space)]
    if not lost:
        return ()
    why = "amount 0" if plan.settings.amount == 0.0 else f"model {plan.model_name}"
    return (f"{why} sets nothing that {joined(lost, 'or')} could change",)


def _check_plugins(song: Song, console: Console) -> None:
    strips = {stem: console.strip(stem) for stem in song.stems}
    _check_plugin_files({**strips, MASTER: console.master})


def _check_plugin_files(strips: Mapping[str, Strip]) -> None:
    for name, strip in strips.items():
        for plugin in strip.plugins:
            check_files(plugin, name)  # before minutes of work, not after


def _plan_of_stems(
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


def _plan_of_tracks(
    song: Song,
    settings: RenderSettings,
    console: Console,
    presets: Sequence[Mapping[str, str]],
    bundle: Bundle | None,
) -> RenderPlan:
    """Every track passes its strip at the mix's own rate; nothing is normalised beforehand."""
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


def _plan_of_network(
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
    gains_before, rest, moved = _around_network(console, manifest, settings.amount)
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


class ModelIdentity(TypedDict):
    """What a model is known by; `learnt_to_mix` is False for one that only sums its stems."""

    name: str
    manifest_sha256: str
    learnt_to_mix: bool


def _identity(bundle: Bundle) -> ModelIdentity:
    return {
        "name": bundle.manifest.name,
        "manifest_sha256": bundle.sha256,
        "learnt_to_mix": bundle.manifest.learnt_to_mix,
    }


def _around_network(
    console: Console, manifest: Manifest, amount: float
) -> tuple[dict[str, GainLike], Console, tuple[str, ...]]:
    """What acts before the network, what after it, and what to say about it.

    Raises:
        ModelError: a strip asks for what needs wet stems, and the model has none.
    """
    if manifest.has_faithful_wet_stems or amount == 0.0:
        return {}, console, ()
    gains, rest = split_console(console)
    needs_wet = not is_neutral_console(replace(rest, master=Strip()))
    if needs_wet and not manifest.has_wet_stems:
        raise ModelError(
            f"model {manifest.name} makes a mix and no wet stems, so strips can only mute, solo "
            "and gain: leave the rest out or use another model"
        )
    if not gains:
        return {}, console, ()
    why = _about_wet_stems(manifest)
    return (
        gains,
        rest,
        (f"model {manifest.name} {why}: mute, solo and gain act before the network",),
    )


def _about_wet_stems(manifest: Manifest) -> str:
    """Why a model's wet stems are not to be relied on, in words."""
    if not manifest.has_wet_stems:
        return "makes no wet stems"
    leakage_db = manifest.wet_stem_leakage_db
    if leakage_db is None:
        return "has wet stems that were never measured"
    return f"has other stems in its wet stems ({leakage_db:g} dB, above {FAITHFUL_BELOW_DB:g})"


def hands_on_wet_stems(plan: RenderPlan) -> RenderPlan:
    """The plan of a render that hands its wet stems on: it warns where they are not faithful."""
    manifest = plan.bundle.manifest if plan.bundle is not None else None
    if manifest is None or plan.material is not MaterialKind.NETWORK:
        return plan
    if manifest.has_faithful_wet_stems:
        return plan
    warning = (
        f"model {manifest.name} {_about_wet_stems(manifest)}: whoever moves one of them moves"
        " parts of the others too"
    )
    if warning in plan.warnings:
        return plan
    return replace(plan, warnings=(*plan.warnings, warning))


def _warnings(settings: RenderSettings, bundle: Bundle, profile: Profile) -> tuple[str, ...]:
    if settings.profile is None or profile.sha256 == read_profile(bundle.profile_path).sha256:
        return ()
    return (
        f"profile {settings.profile} is not the one that model {bundle.name} was made with: "
        "the network meets stems unlike those it knows",
    )


def _rooms(settings: RenderSettings, sample_rate: int) -> RoomSource | None:
    if settings.rooms is None:
        return None
    return read_rooms(settings.rooms, sample_rate, lambda path, rate: read_audio(path, rate)[0])
