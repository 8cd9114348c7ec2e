"""What one asks of a render, checked when it is said."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixer.audio.formats import SAMPLE_RATES_HZ
from mixer.console.settings import Console
from mixer.errors import SettingsError
from mixer.fxnorm.effects import check_effects

AMOUNT_RANGE = (0.0, 1.0)
SEED_RANGE = (0, 2**63 - 1)
LOUDNESS_RANGE_LUFS = (-70.0, -5.0)
CEILING_RANGE_DBTP = (-30.0, 0.0)
DEFAULT_CEILING_DBTP = -1.0
WARM_UP_RANGE_S = (0.0, 600.0)


@dataclass(frozen=True)
class RenderSettings:
    """Everything that, with the song, decides what the mix sounds like.

    Attributes:
        model: a bundle's name or folder, or "none" for the sum of the normalised stems.
        device: "auto", "cpu", "cuda" or "cuda:N".
        profile: name or file of the profile to normalise to; None for the model's own.
        effects: which normalisations apply, any of `EFFECTS`; None for the model's own.
        amount: 0 (the plain sum of the recordings) to 1 (the mix).
        dry: the recording is dry, so a model that normalises reverb adds a room first; None as
            `song.toml` says.
        rooms: folder of impulse responses for the reverbs; None for generated ones.
        warm_up_s: wrapped audio in front of the song for the network's recurrent layers, cut off
            again; None for the model's own.
        seed: of the rooms and of the dither.
        sample_rate: of the mix in Hz; None for the song's own.
        loudness_lufs: integrated loudness of the mix; None leaves it as it comes.
        true_peak_dbtp: ceiling of the true peak; None for no limiter.
        console: the strips, after the network; None as `song.toml` says. Its targets of loudness
            and true peak count by way of `with_console`.
    """

    model: str = "default"
    device: str = "auto"
    profile: str | None = None
    effects: tuple[str, ...] | None = None
    amount: float = 1.0
    dry: bool | None = None
    rooms: str | None = None
    warm_up_s: float | None = None
    seed: int = 0
    sample_rate: int | None = None
    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = DEFAULT_CEILING_DBTP
    console: Console | None = None

    def __post_init__(self) -> None:
        for name in ("model", "device"):
            _check_text(name, getattr(self, name))
        for name in ("profile", "rooms"):
            if getattr(self, name) is not None:
                _check_text(name, getattr(self, name))
        for name in ("seed", "sample_rate"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                raise SettingsError(f"{name} must be a whole number, not {value!r}")
        _check_range("amount", self.amount, AMOUNT_RANGE)
        _check_range("sample rate in Hz", self.sample_rate, SAMPLE_RATES_HZ)
        _check_range("loudness in LUFS", self.loudness_lufs, LOUDNESS_RANGE_LUFS)
        _check_range("true-peak ceiling in dBTP", self.true_peak_dbtp, CEILING_RANGE_DBTP)
        _check_range("warm-up in seconds", self.warm_up_s, WARM_UP_RANGE_S)
        _check_range("seed", self.seed, SEED_RANGE)
        check_effects(self.effects or ())


def with_console(
    settings: RenderSettings,
    console: Console,
    *,
    keeps_loudness: bool = False,
    keeps_ceiling: bool = False,
) -> RenderSettings:
    """Settings with a console, whose targets they take over.

    Args:
        settings: what was asked for so far.
        console: from `mixer.preset.merge.resolve`.
        keeps_loudness, keeps_ceiling: that target was asked for and wins over the console's.
    """
    loudness_lufs, true_peak_dbtp = settings.loudness_lufs, settings.true_peak_dbtp
    if console.loudness_lufs is not None and not keeps_loudness:
        loudness_lufs = console.loudness_lufs
    if console.true_peak_dbtp is not None and not keeps_ceiling:
        true_peak_dbtp = console.true_peak_dbtp
    return replace(
        settings,
        loudness_lufs=loudness_lufs,
        true_peak_dbtp=true_peak_dbtp,
        console=replace(console, loudness_lufs=None, true_peak_dbtp=None),
    )


def _check_range(what: str, value: float | None, allowed: tuple[float, float]) -> None:
    low, high = allowed
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise SettingsError(f"{what} must be a number, not {value!r}")
    if value is not None and not low <= value <= high:
        raise SettingsError(f"{what} must be from {low:g} to {high:g}, not {value:g}")


def _check_text(what: str, value: object) -> None:
    if not isinstance(value, str):
        raise SettingsError(f"{what} must be a text, not {value!r}")
