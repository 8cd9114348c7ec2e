"""Versions of a mix made: instrumental, a cappella, TV, vocal up and down, clean, stems.

All come out of one render through one frozen bus (`mixer.rendering.frozen_bus`), so they are
aligned to the sample and sum to the mix within an error that the recipe states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mixer.console.master import limit_true_peak
from mixer.dsp.blocks import FloatArray, db_to_gain
from mixer.dsp.long_audio import add_to, parts_of, silence
from mixer.errors import ModelError, SettingsError
from mixer.files.wording import listed
from mixer.meters.true_peak import true_peak_dbtp
from mixer.output.versions import MIX, STEMS, VERSIONS, titles
from mixer.rendering.mix import Mix
from mixer.rendering.plans.plan import RenderPlan
from mixer.song.song import Song
from mixer.stems import VOCALS

if TYPE_CHECKING:
    from mixer.rendering.frozen_bus import MixParts

    Maker = Callable[[Mix, MixParts], FloatArray]

VOCAL_STEP_DB = 1.0
# Left out of a TV mix: the singer sings it live.
LEAD_ROLES = frozenset(("lead_vocal", "vocal_double", "vocal_stem"))
# Words that are left out of a clean version fade so long on each side.
_FADE_S = 0.005


class Made(NamedTuple):
    """A version that is finished.

    Attributes:
        audio: float32 (2, samples).
        limited_db: gain reduction of the limiter beyond the frozen bus, 0 or more.
    """

    audio: FloatArray
    limited_db: float = 0.0


def check_versions(words: Sequence[str], plan: RenderPlan) -> None:
    """Check before rendering that a song and its model allow the versions.

    Args:
        words: of `mixer.output.versions.WORDS`.
        plan: of the mix.

    Raises:
        ModelError: the model has no wet stems, or hears lead and backing vocals as one.
        SettingsError: the song has no vocals, or no explicit words to leave out.
    """
    wanted = [word for word in words if word != MIX]
    if not wanted:
        return
    plan.check_wet_stems()
    song = plan.song
    of_vocals = [word for word in wanted if word in VERSIONS and VERSIONS[word].of_vocals]
    if of_vocals and VOCALS not in song.stems:
        raise SettingsError(
            f"{song.name} has no vocals, so there is no {listed(of_vocals)}; deliver mix or stems"
        )
    if "tv" in wanted and not plan.tracks and _has_backing(song):
        raise ModelError(
            f"model {plan.model_name} mixes lead and backing vocals as one stem, so there is no tv "
            "version; use --model tracks"
        )
    if "clean" in wanted and not song.explicit:
        raise SettingsError(
            f"{song.name}: no words are marked as explicit, so clean would equal the mix; mark "
            "them in song.toml, for example explicit = [{ from_s = 61.2, to_s = 61.9 }]"
        )


def needs_tracks(words: Sequence[str], plan: RenderPlan) -> bool:
    """Whether the versions need each wet track."""
    return "tv" in words and bool(plan.tracks)


def make_versions(mix: Mix, parts: MixParts, words: Sequence[str]) -> Iterator[tuple[str, Made]]:
    """Each version by name, one at a time.

    Args:
        mix: with its wet stems and, where `needs_tracks` says so, its wet tracks.
        parts: of the mix.
        words: of `mixer.output.versions.WORDS`.
    """
    ceiling_dbtp = mix.settings.true_peak_dbtp
    for name in titles(words, list(mix.wet_stems)):
        folder, _, stem = name.partition("/")
        audio = parts.stem(stem) if folder == STEMS else _MAKERS[name](mix, parts)
        over_db = 0.0
        if name in VERSIONS and VERSIONS[name].holds_ceiling and ceiling_dbtp is not None:
            over_db = max(0.0, true_peak_dbtp(audio, mix.sample_rate) - ceiling_dbtp)
            if over_db > 0.0:
                audio = limit_true_peak(audio, mix.sample_rate, ceiling_dbtp)
        yield name, Made(audio, over_db)


def _has_backing(song: Song) -> bool:
    return any(r.stem == VOCALS and r.role not in LEAD_ROLES for r in song.recordings)


def _instrumental(mix: Mix, parts: MixParts) -> FloatArray:
    out = silence(*mix.audio.shape)
    for stem in mix.wet_stems:
        if stem != VOCALS:
            add_to(out, parts.stem(stem))
    return out


def _tv(mix: Mix, parts: MixParts) -> FloatArray:
    out = _instrumental(mix, parts)
    if mix.plan.tracks:
        add_to(out, parts.without_tracks(VOCALS, LEAD_ROLES.__contains__))
    return out


def _vocals_moved(gain_db: float) -> Maker:
    def make(mix: Mix, parts: MixParts) -> FloatArray:
        share = np.float32(db_to_gain(gain_db) - 1.0)
        voice, moved = parts.stem(VOCALS), silence(*mix.audio.shape)
        for part in parts_of(moved):
            np.add(mix.audio[:, part], share * voice[:, part], out=moved[:, part])
        return moved

    return make


def _clean(mix: Mix, parts: MixParts) -> FloatArray:
    mask = explicit_mask(mix.song, mix.audio.shape[1], mix.sample_rate)
    voice, out = parts.stem(VOCALS), silence(*mix.audio.shape)
    for part in parts_of(out):
        np.subtract(mix.audio[:, part], voice[:, part] * mask[part], out=out[:, part])
    return out


_MAKERS: Mapping[str, Maker] = {
    "instrumental": _instrumental,
    "acapella": lambda mix, parts: parts.stem(VOCALS),
    "tv": _tv,
    "vocal-up": _vocals_moved(VOCAL_STEP_DB),
    "vocal-down": _vocals_moved(-VOCAL_STEP_DB),
    "clean": _clean,
}


def explicit_mask(song: Song, n_samples: int, sample_rate: int) -> FloatArray:
    """1 where the song's explicit words are, 0 elsewhere, with short fades; float32 (samples,)."""
    mask = silence(n_samples)
    fade = max(1, round(_FADE_S * sample_rate))
    for words in song.explicit:
        start, stop = (round(time_s * sample_rate) for time_s in (words.from_s, words.to_s))
        edges = (start - fade, start, stop, stop + fade)
        place = np.arange(max(0, edges[0]), min(n_samples, edges[3]))
        mask[place] = np.maximum(mask[place], np.interp(place, edges, (0.0, 1.0, 1.0, 0.0)))
    return mask
