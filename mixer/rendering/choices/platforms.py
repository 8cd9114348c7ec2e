"""Platforms and their playback loudness, as published by each service or as measured.

One record for each platform. Services change their rules, so each record names the source of its
figures and when they were looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest

# Smaller differences are inaudible, and meters differ by as much.
_AS_IT_IS_LU = 0.2


class TurnsUp(StrEnum):
    """A platform's treatment of mixes below its loudness."""

    NOT = "not"  # they stay quieter
    TO_HEADROOM = "to headroom"  # raised as far as their peaks allow, without a limiter
    REFUSES = "refuses"  # nothing is adjusted: a mix must be delivered at the loudness
    NOBODY = "nobody"  # every mix is played at its own level


@dataclass(frozen=True)
class Platform:
    """A platform or medium that mixes are delivered to.

    Attributes:
        name: value of `--for`.
        title: name in messages.
        loudness_lufs: playback loudness, and the target of a mix.
        true_peak_dbtp: ceiling that it specifies.
        turns_up: treatment of quieter mixes; `NOT` and `TO_HEADROOM` turn louder ones down.
        headroom_dbtp: peak up to which the platform turns a mix up.
        tolerance_lu: largest deviation that counts as on target.
        loud_peak_dbtp: ceiling for louder mixes, if it differs.
        source: of the figures.
        looked_up: year and month when the source was consulted.
        note: anything else worth knowing.
    """

    name: str
    title: str
    loudness_lufs: float
    true_peak_dbtp: float
    turns_up: TurnsUp
    source: str
    looked_up: str
    headroom_dbtp: float = 0.0
    tolerance_lu: float = _AS_IT_IS_LU
    loud_peak_dbtp: float | None = None
    note: str = ""


PLATFORMS = {
    place.name: place
    for place in (
        Platform(
            "spotify",
            "Spotify",
            -14.0,
            -1.0,
            TurnsUp.TO_HEADROOM,
            "Spotify for Artists, 'Loudness normalization' (support.spotify.com)",
            "2026-11",
            headroom_dbtp=-1.0,
            loud_peak_dbtp=-2.0,
            note="albums are adjusted as a whole; listeners may choose -11 or -19",
        ),
        Platform(
            "apple-music",
            "Apple Music",
            -16.0,
            -1.0,
            TurnsUp.TO_HEADROOM,
            "Sound Check as engineers measured it; ceiling: 'Apple Digital Masters' (2019)",
            "2026-11",
            headroom_dbtp=-1.0,
            note="Apple publishes no loudness; albums are adjusted as a whole",
        ),
        Platform(
            "youtube",
            "YouTube",
            -14.0,
            -1.0,
            TurnsUp.NOT,
            "measured by 'stats for nerds' (productionadvice.co.uk); YouTube publishes no figure",
            "2026-11",
            note="YouTube Music only turns down above -7 LUFS",
        ),
        Platform(
            "broadcast-ebu",
            "EBU R 128",
            -23.0,
            -1.0,
            TurnsUp.REFUSES,
            "EBU R 128 v5.0 (November 2023)",
            "2026-11",
            tolerance_lu=0.2,
            note="1 LU for live programmes",
        ),
        Platform(
            "cd",
            "a CD",
            -12.0,
            -0.3,
            TurnsUp.NOBODY,
            "no standard: IEC 60908 (1999) limits samples only; these figures are mixer's own",
            "2026-11",
        ),
        Platform(
            "podcast",
            "podcasts",
            -16.0,
            -1.0,
            TurnsUp.REFUSES,
            "Apple Podcasts, audio requirements; AES TD1008 (2021) says -18 for speech",
            "2026-11",
            tolerance_lu=1.0,
        ),
        Platform(
            "club",
            "a club",
            -9.0,
            -1.0,
            TurnsUp.NOBODY,
            "no standard: typical dance masters; these figures are mixer's own",
            "2026-11",
            note="the DJ sets the level",
        ),
    )
}


def parse_platform(text: str) -> str | None:
    """Parse a name of `PLATFORMS`, or "none".

    Raises:
        SettingsError: the name is unknown; the message suggests the nearest.
    """
    name = text.strip().lower()
    if name in ("", "none"):
        return None
    if name not in PLATFORMS:
        raise SettingsError(f"unknown platform {quote(text)}; {suggest(name, PLATFORMS)}")
    return name


def verdict(name: str, loudness_lufs: float | None, true_peak_dbtp: float | None) -> str:
    """The platform's treatment of a mix, as a sentence.

    Args:
        name: of `PLATFORMS`.
        loudness_lufs, true_peak_dbtp: of the finished mix; None is silence.
    """
    place = PLATFORMS[name]
    if loudness_lufs is None or true_peak_dbtp is None:
        return f"silent: {place.title} has nothing to play"
    above_lu = loudness_lufs - place.loudness_lufs
    parts = [f"{_where(place, above_lu)}: {_turned(place, above_lu, true_peak_dbtp)}"]
    return "; ".join((*parts, *_of_peak(place, above_lu, true_peak_dbtp)))


def _where(place: Platform, above_lu: float) -> str:
    possessive = f"{place.title}'" if place.title.endswith("s") else f"{place.title}'s"
    target = f"{possessive} {place.loudness_lufs:g} LUFS"
    if abs(above_lu) <= place.tolerance_lu + 1e-9:
        return f"at {target}"
    return f"{abs(above_lu):.1f} LU {'above' if above_lu > 0 else 'below'} {target}"


def _turned(place: Platform, above_lu: float, true_peak_dbtp: float) -> str:
    if place.turns_up is TurnsUp.NOBODY:
        return "it is played at its own level"
    if abs(above_lu) <= place.tolerance_lu + 1e-9:
        return "it will be played unchanged"
    if place.turns_up is TurnsUp.REFUSES:
        return f"it will be rejected or changed; deliver it at {place.loudness_lufs:g} LUFS"
    if above_lu > 0.0:
        return f"it will be turned down by {above_lu:.1f} dB"
    if place.turns_up is TurnsUp.NOT:
        return "it will not be turned up, and will be quieter than others"
    room_db = place.headroom_dbtp - true_peak_dbtp
    if room_db >= -above_lu:
        return f"it will be turned up by {-above_lu:.1f} dB"
    if room_db < 0.1:
        return f"it will not be turned up, as its peak of {true_peak_dbtp:.1f} dBTP leaves no room"
    return (
        f"it will be turned up by {room_db:.1f} dB at most, as its peak of "
        f"{true_peak_dbtp:.1f} dBTP "
        f"may rise to {place.headroom_dbtp:g}"
    )


def _of_peak(place: Platform, above_lu: float, true_peak_dbtp: float) -> Iterator[str]:
    ceiling_dbtp, why = place.true_peak_dbtp, "its ceiling"
    if place.loud_peak_dbtp is not None and above_lu > place.tolerance_lu:
        ceiling_dbtp, why = place.loud_peak_dbtp, "its ceiling for louder mixes"
    # The limiter's own margin does not count as excess.
    if true_peak_dbtp > ceiling_dbtp + 0.02:
        yield (
            f"its peak of {true_peak_dbtp:.1f} dBTP is above {why} of {ceiling_dbtp:g}, so it may "
            "clip when it is encoded"
        )
