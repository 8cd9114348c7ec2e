"""Settings of a render, checked when they are made.

Each option is defined here and nowhere else: `mixer render` and the columns of `mixer batch` derive
from the fields (`mixer.rendering.options`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixer.audio.formats import SAMPLE_RATES_HZ, fitting_rate
from mixer.console.settings import (
    CEILING_RANGE_DBTP,
    LOUDNESS_RANGE_LUFS,
    NO_CEILING_DBTP,
    Console,
)
from mixer.errors import SettingsError
from mixer.normalisations import check_effects, parse_effects
from mixer.reference.moves import Moves
from mixer.reference.reference_text import parse_reference, parse_references
from mixer.rendering.choices.axes import parse_variation
from mixer.rendering.choices.level_words import AUTO, check_levels, parse_levels
from mixer.rendering.choices.platforms import PLATFORMS, parse_platform
from mixer.rendering.choices.shipped import AUTO_MODEL
from mixer.rendering.options import option, options_of
from mixer.song.fixes import check_fixes, parse_fixes
from mixer.song.song import Song

DEFAULT_CEILING_DBTP = -1.0
TRIMS = ("auto", "none")
_SEED_RANGE = (0, 2**63 - 1)
_WARM_UP_RANGE_S = (0.0, 600.0)
_MODELS_OWN = "the model's"


def parse_trim(text: str) -> str:
    """Parse one of `TRIMS`; raise SettingsError for any other word."""
    word = text.strip().lower()
    if word not in TRIMS:
        raise SettingsError(f"unknown trim {text!r}; choose from {', '.join(TRIMS)}")
    return word


@dataclass(frozen=True)
class RenderSettings:
    """All settings that, with the song, determine the sound of the mix.

    Attributes:
        model: a bundle's name or folder, "none" for the sum of the normalised stems, or "auto": a
            model of tracks where a stem has several recordings, else one of stems.
        device: "auto", "cpu", "cuda" or "cuda:N".
        profile: name or file of the profile to normalise to; None for the model's own.
        effects: which normalisations apply, any of `EFFECTS`; None for the model's own.
        amount: 0 (the plain sum of the recordings) to 1 (the mix).
        dry: the recording is dry, so a model that normalises reverb adds a room first; None takes
            the value of `song.toml`.
        levels: how far a model of tracks relies on incoming levels: "raw" (not at all), "rough"
            (a rough mix), "mix" (finished stems), or "auto", judged by their sound.
        rooms: folder of impulse responses for the reverbs; None for generated ones.
        warm_up_s: seconds of the song's end that settle the network's recurrent layers before its
            start, and are cut off again; None for the model's own.
        seed: random seed for reverb rooms and dither, 0 or more.
        sample_rate: of the mix in Hz, 8 000 to 384 000; None for the song's own.
        fix: what to repair between microphones on one source, any of `FIXES`; for a
            single file, `song.toml` takes precedence.
        trim: "auto" cuts the digital silence that every file ends in, "none" keeps it.
        platform: delivery platform, one of `PLATFORMS`, which sets loudness and ceiling unless
            they are requested; None for none.
        uncertainty: run the model again on slightly changed input, and a second model, and report
            how far their settings differ.
        abstain: how far uncertain settings are drawn towards neutral, 0 to 1; above 0 only with
            `uncertainty`.
        loudness_lufs: target of the integrated loudness, -70 to -5 LUFS; None leaves it unchanged.
        true_peak_dbtp: ceiling of the true peak, -30 to 0 dBTP; None for no limiter.
        console: the strips, after the network; None takes those of `song.toml`. Its targets of
            loudness and true peak apply through `with_console`.
        reference: recordings, or folders of them, that the mix is moved towards, each perhaps with
            aspects and amounts after a colon: see `mixer.reference.reference_text`.
        variation: name of a variation of the mix that keeps its loudness and everything else, from
            `mixer.rendering.choices.axes.named_moves`; None for none.
        held_staging_db, held_gain_db: gains with which an earlier take reached the desk's level and
            its loudness, reused so that nothing else changes; None measures them again. Set only
            by a recipe.
        held_reference: an earlier take's moves towards its references, reused likewise.
        held_variation: console and loudness are already the variation's. Set only by a recipe.
    """

    model: str = option(AUTO_MODEL, "Bundle name or folder, none, or auto: chosen by the song.")
    device: str = option("auto", "Device: auto, cpu, cuda or cuda:N.", has_column=False)
    profile: str | None = option(
        None, "Target profile of normalisation: a name or a file.", otherwise=_MODELS_OWN
    )
    effects: tuple[str, ...] | None = option(
        None,
        "Normalisations to apply, comma-separated; none for none.",
        otherwise=_MODELS_OWN,
        parse=parse_effects,
    )
    amount: float = option(1.0, "Blend: 0 is the plain sum, 1 the mix.", range=(0.0, 1.0))
    dry: bool | None = option(
        None, "Treat the recordings as dry, or as wet.", otherwise="song.toml", off="wet"
    )
    levels: str = option(
        AUTO,
        "How much to trust the incoming levels: raw (not at all), rough, mix or auto.",
        parse=parse_levels,
    )
    rooms: str | None = option(
        None, "Folder of impulse responses.", is_folder=True, has_column=False
    )
    warm_up_s: float | None = option(
        None,
        "Seconds of the song's end that the network hears before its start.",
        title="warm-up in seconds",
        range=_WARM_UP_RANGE_S,
        otherwise=_MODELS_OWN,
        has_column=False,
    )
    seed: int = option(0, "Random seed for reverb rooms and dither.", range=_SEED_RANGE)
    sample_rate: int | None = option(
        None,
        "Sample rate of the mix, in Hz.",
        title="sample rate in Hz",
        range=SAMPLE_RATES_HZ,
        otherwise="the song's",
    )
    fix: tuple[str, ...] = option(
        (),
        "Correct microphones on one source: polarity, delay, or both, comma-separated.",
        otherwise="none",
        parse=parse_fixes,
    )
    trim: str = option(
        "auto", "auto cuts silence at the end of all files; none keeps it.", parse=parse_trim
    )
    platform: str | None = option(
        None,
        f"Loudness and ceiling for a platform: {', '.join(PLATFORMS)}.",
        otherwise="none",
        parse=parse_platform,
        called="for",
        for_every_row=True,
    )
    uncertainty: bool = option(
        False, "Report how sure the model is of each stem, and what to check."
    )
    abstain: float = option(
        0.0,
        "With --uncertainty: how far to move unsure settings towards neutral, 0 to 1.",
        range=(0.0, 1.0),
    )
    loudness_lufs: float | None = option(
        None,
        "Loudness target in LUFS.",
        title="loudness in LUFS",
        range=LOUDNESS_RANGE_LUFS,
        otherwise="the preset's, none",
        takes_none=True,
    )
    true_peak_dbtp: float | None = option(
        DEFAULT_CEILING_DBTP,
        "True-peak ceiling in dBTP.",
        title="true-peak ceiling in dBTP",
        range=CEILING_RANGE_DBTP,
        otherwise="the preset's, -1",
        takes_none=True,
    )
    reference: tuple[str, ...] = option(
        (),
        "Move the mix towards a recording: song.wav, or song.wav:tone=0.7,width; repeatable.",
        otherwise="none",
        parse=parse_references,
        repeats=True,
    )
    variation: str | None = option(
        None,
        "Write a variation of the mix: brighter, vocals-up, ...; see mixer variations --list.",
        otherwise="none",
        parse=parse_variation,
    )
    console: Console | None = None
    held_staging_db: float | None = None
    held_gain_db: float | None = None
    held_reference: Moves | None = None
    held_variation: bool = False

    def __post_init__(self) -> None:
        for one in options_of(RenderSettings):
            one.check(getattr(self, one.name))
        check_effects(self.effects or ())
        check_fixes(self.fix)
        parse_trim(self.trim)
        check_levels(self.levels)
        parse_variation(self.variation or "")
        for text in self.reference:
            parse_reference(text)
        if self.abstain > 0.0 and not self.uncertainty:
            raise SettingsError("abstain needs uncertainty, which says where the model is unsure")
        self._take_over_platform()

    def _take_over_platform(self) -> None:
        """Adopt the platform's targets unless others were requested."""
        if self.platform is None:
            return
        place = PLATFORMS[parse_platform(self.platform) or ""]
        # A frozen dataclass: this is its own construction.
        if self.loudness_lufs is None:
            object.__setattr__(self, "loudness_lufs", place.loudness_lufs)
        if self.true_peak_dbtp == DEFAULT_CEILING_DBTP:
            object.__setattr__(self, "true_peak_dbtp", place.true_peak_dbtp)


def with_console(
    settings: RenderSettings,
    console: Console,
    *,
    keeps_loudness: bool = False,
    keeps_ceiling: bool = False,
) -> RenderSettings:
    """Settings with a console, adopting its loudness and true-peak targets.

    Args:
        settings: to be combined with the console.
        console: from `mixer.preset.merge.resolve`.
        keeps_loudness, keeps_ceiling: that target was requested explicitly and overrides the
            console's, as a platform's targets always do.
    """
    loudness_lufs, true_peak_dbtp = settings.loudness_lufs, settings.true_peak_dbtp
    if settings.platform is not None:
        keeps_loudness = keeps_ceiling = True
    if console.loudness_lufs is not None and not keeps_loudness:
        loudness_lufs = console.loudness_lufs
    if console.true_peak_dbtp is not None and not keeps_ceiling:
        true_peak_dbtp = asked_ceiling(console)
    return replace(
        settings,
        loudness_lufs=loudness_lufs,
        true_peak_dbtp=true_peak_dbtp,
        console=replace(console, loudness_lufs=None, true_peak_dbtp=None),
    )


def asked_ceiling(console: Console) -> float | None:
    """True-peak ceiling requested by a console, in dBTP; None for no limiter."""
    ceiling_dbtp = console.true_peak_dbtp
    return None if ceiling_dbtp == NO_CEILING_DBTP else ceiling_dbtp


def with_targets(console: Console, settings: RenderSettings) -> Console:
    """A console with the targets of settings: the inverse of `with_console`."""
    ceiling_dbtp = settings.true_peak_dbtp
    return replace(
        console,
        loudness_lufs=settings.loudness_lufs,
        true_peak_dbtp=NO_CEILING_DBTP if ceiling_dbtp is None else ceiling_dbtp,
    )


def at_fitting_rate(settings: RenderSettings, song: Song, file_format: str) -> RenderSettings:
    """Choose a sample rate that the output format supports, unless a rate was requested.

    Args:
        settings: the requested settings.
        song: to be rendered.
        file_format: one of `FORMATS`; the song's own rate is kept if the format supports it.
    """
    rate = fitting_rate(file_format, song.sample_rate)
    if settings.sample_rate is not None or rate == song.sample_rate:
        return settings
    return replace(settings, sample_rate=rate)
