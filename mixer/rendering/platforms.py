"""Where a mix is heard: what each place plays it at, by what it says itself or what was measured.

One record a place. Services change their rules; each record says where its figures are from and
when they were looked up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mixer.errors import SettingsError
from mixer.files.wording import quote, suggest

# Nearer than this nobody hears, and no meter agrees with another.
_AS_IT_IS_LU = 0.2


class TurnsUp(StrEnum):
    """What a place does with what is softer than it plays."""

    NOT = "not"  # it stays as soft as it is
    TO_HEADROOM = "to headroom"  # as far as its peaks allow, without a limiter
    REFUSES = "refuses"  # nobody turns anything: it is to be delivered at its loudness
    NOBODY = "nobody"  # it is played as it is, in either case


@dataclass(frozen=True)
class Platform:
    """A place.

    Attributes:
        name: as one asks for it.
        title: as it is written.
        loudness_lufs: what it plays at, and what a mix is made for.
        true_peak_dbtp: ceiling that it asks for.
        turns_up: what becomes of softer mixes; `NOT` and `TO_HEADROOM` turn louder ones down.
        headroom_dbtp: up to which peaks it turns up.
        tolerance_lu: within which it takes a mix for its loudness.
        loud_peak_dbtp: ceiling for mixes that are louder, where it asks for another one.
        source: who says so.
        looked_up: when, year and month.
        note: what else to know.
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
            note="albums are turned as a whole; listeners may choose -11 or -19",
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
            note="Apple publishes no loudness; albums are turned as a whole",
        ),
        Platform(
            "youtube",
            "YouTube",
            -14.0,
            -1.0,
            TurnsUp.NOT,
            "measured by 'stats for nerds' (productionadvice.co.uk); YouTube publishes no figure",
            "2026-11",
            note="YouTube Music turns down from -7 LUFS only",
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
            "no standard: IEC 60908 (1999) bounds samples alone; the figures are this program's",
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
            "no standard: usual dance masters; the figures are this program's",
            "2026-11",
            note="the DJ sets the level",
        ),
    )
}


def parse_platform(text: str) -> str | None:
    """A name of `PLATFORMS`, or none.

    Raises:
        SettingsError: an unknown one; the nearest is named.
    """
    name = text.strip().lower()
    if name in ("", "none"):
        return None
    if name not in PLATFORMS:
        raise SettingsError(f"unknown platform {quote(text)}; {suggest(name, PLATFORMS)}")
    return name


def verdict(name: str, loudness_lufs: float | None, true_peak_dbtp: float | None) -> str:
    """What becomes of a mix there, a sentence.

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
        return "it is played as loud as it is"
    if abs(above_lu) <= place.tolerance_lu + 1e-9:
        return "it will be played as it is"
    if place.turns_up is TurnsUp.REFUSES:
        return f"it will be sent back or changed; deliver it at {place.loudness_lufs:g} LUFS"
    if above_lu > 0.0:
        return f"it will be turned down by {above_lu:.1f} dB"
    if place.turns_up is TurnsUp.NOT:
        return "it will not be turned up, and plays softer than others"
    room_db = place.headroom_dbtp - true_peak_dbtp
    if room_db >= -above_lu:
        return f"it will be turned up by {-above_lu:.1f} dB"
    if room_db < 0.1:
        return f"it will not be turned up, as its peak of {true_peak_dbtp:.1f} dBTP leaves no room"
    return (
        f"it will be turned up by {room_db:.1f} dB only, as its peak of {true_peak_dbtp:.1f} dBTP "
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
