"""Forecast of loading a song, known once its files are counted.

The cost of each step is in `mixer.rendering.timing.unit_costs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType

from mixer.dsp.threads import available_threads
from mixer.rendering.choices.baselines import NONE
from mixer.rendering.choices.shipped import AUTO_MODEL, PAPER_MODEL
from mixer.rendering.timing import unit_costs as costs
from mixer.rendering.timing.forecast import hashing_s
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock, Steps
from mixer.song.load_progress import LoadProgress, LoadStep
from mixer.stems import STEMS

# Until headers are read, a file is taken for one of this length: too long rather than too short,
# since the share of the bar never falls.
_LIKELY_S = 180.0
# About how many seconds will follow the loading, for so many seconds of all recordings, and so many
# of these.
Rest = Callable[[float, int], float]
# Models that take longer with each recording than those that ship for it.
_A_RECORDING_BY = {
    NONE: costs.ABOUT_A_NORMALISED_RECORDING,
    PAPER_MODEL: costs.ABOUT_A_RECORDING_BY_PAPER,
}
# The first take of a mix makes it again with all its parts, which are kept.
_MIXES_OF_A_FIRST_TAKE = 1.3
# A take whose parent has no record of its parts finds and hashes these as well.
_TAKES_OF_TWO = 1.5
# A step that is not told: what is compared and planned when all is loaded.
_PLAN = "plan"


class SongLoading:
    """Tells a listener how far the loading of a song is; called with each `LoadProgress`.

    Args:
        progress: called at each step; None for no listener.
        rest_s: forecast of what will follow the loading.
        hashes: the files are hashed as well, to be compared with those of a recipe.

    Attributes:
        clock: of the loading, which those of what follows are to follow.

    Used as a context manager, it goes on between two steps, and until what is planned after them.
    """

    def __init__(self, progress: Progress | None, rest_s: Rest, *, hashes: bool = False) -> None:
        self.clock = StageClock(progress, {Stage.LOAD: costs.BEGIN_S}, pace=pace_for(progress))
        self._rest_s, self._hashes = rest_s, hashes
        self._n_files: dict[LoadStep, int] = {}
        self._is_over = False

    def __enter__(self) -> SongLoading:
        self.clock.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the loading; again, nothing."""
        if self._is_over:
            return
        self._is_over = True
        if self._n_files:
            self.clock.settle()  # it goes by the disk
        self.clock.__exit__()

    def __call__(self, now: LoadProgress) -> None:
        is_first = not self._n_files
        if is_first:
            # Until a step tells its own number.
            self._n_files = dict.fromkeys(LoadStep, now.n_files) | {LoadStep.BY_EAR: 0}
        self._n_files[now.step] = now.n_files
        audio_s = now.audio_s or now.n_files * _LIKELY_S
        steps_s = loading_steps_s(self._n_files, self._hashes * audio_s)
        self.clock.foresee(Stage.LOAD, sum(steps_s.values()))
        self.clock.foresee_rest(self._rest_s(audio_s, now.n_files))
        if is_first:  # not before: it would move towards an end that is too near
            self.clock.start(Stage.LOAD)
        Steps(self.clock, steps_s).at(now.step, now.share, now.file)


def about_a_mix(model: str | None) -> Rest:
    """Forecast of a mix from the loading on, by a model of this name; None for the default."""
    each = _A_RECORDING_BY.get(model or AUTO_MODEL, costs.ABOUT_A_RECORDING)

    def rest_s(audio_s: float, n_recordings: int) -> float:
        at_once = min(available_threads(), n_recordings)
        return audio_s * (costs.ABOUT_A_MIX / n_recordings + each / at_once)

    return rest_s


def about_a_revision(model: str | None, *, is_first: bool, knows_parts: bool) -> Rest:
    """As `about_a_mix`, of a take.

    Args:
        model: of its parent.
        is_first: nothing of the parent is kept yet, as of others that had a take before.
        knows_parts: the parent's recipe tells its parts.
    """
    mix = about_a_mix(model)

    def rest_s(audio_s: float, n_recordings: int) -> float:
        # In a mix of tracks the strips run again.
        n_tracks = max(0, n_recordings - len(STEMS))
        a_take = costs.ABOUT_A_TAKE + n_tracks * costs.ABOUT_A_TRACK_OF_A_TAKE
        takes_s = (1.0 if knows_parts else _TAKES_OF_TWO) * audio_s / n_recordings * a_take
        return takes_s + is_first * _MIXES_OF_A_FIRST_TAKE * mix(audio_s, n_recordings)

    return rest_s


def about_variations(model: str | None, n: int, *, is_first: bool) -> Rest:
    """As `about_a_mix`, of a mix and so many variations of it; `is_first`: nothing is kept yet."""
    mix, each = about_a_mix(model), costs.A_VARIATION_OF_A_MIX + costs.A_FILE["wav"]

    def rest_s(audio_s: float, n_recordings: int) -> float:
        n_tracks = max(0, n_recordings - len(STEMS))
        song_s = audio_s / n_recordings
        others_s = song_s * (costs.LISTEN_TO_THE_FIRST + each * n / min(available_threads(), n))
        if is_first:
            return others_s + costs.BEGIN_TO_ASK_S + mix(audio_s, n_recordings)
        return others_s + song_s * (costs.MASTER + n_tracks * costs.ABOUT_A_TRACK_OF_A_TAKE)

    return rest_s


def about_a_match_s(song_s: float) -> float:
    """About how many seconds it takes to match a mix of so many seconds with a reference."""
    by_length = costs.MEASURE_STEMS + costs.SOLVE + costs.MOVE_STEMS + costs.MEASURE_MOVED
    return 2.0 * costs.BEGIN_TO_MEASURE_S + costs.BEGIN_TO_SOLVE_S + song_s * by_length


def measuring_references_s(audio_s: float, n_files: int) -> float:
    """Seconds to measure references, so many files of so many seconds in all."""
    measure_s = n_files * costs.A_REFERENCE_S + audio_s * costs.MEASURE_A_REFERENCE
    return costs.BEGIN_REFERENCES_S + measure_s


def about_a_check_s(audio_s: float, n_recordings: int) -> float:
    """About how many seconds it takes to check recordings: a `Rest`."""
    return audio_s * costs.CHECK_A_RECORDING


def loading_steps_s(n_files: Mapping[LoadStep, int], hashed_s: float = 0.0) -> dict[str, float]:
    """Seconds that each step of loading a song is foreseen to take, by name, in their order.

    Args:
        n_files: that each step reads.
        hashed_s: seconds of all recordings that are hashed at the end.
    """
    n_offsets, n_heard = n_files[LoadStep.OFFSETS], n_files[LoadStep.EXCERPTS]
    n_in_turn = n_heard / max(1, min(available_threads(), n_heard))
    return {
        LoadStep.HEADERS: n_files[LoadStep.HEADERS] * costs.READ_A_HEADER_S,
        LoadStep.OFFSETS: costs.BEGIN_TO_LOAD_S + n_offsets * costs.FIND_AN_OFFSET_S,
        LoadStep.EXCERPTS: costs.BEGIN_S + n_in_turn * costs.READ_EXCERPTS_S,
        LoadStep.COMPARE: n_files[LoadStep.COMPARE] ** 2 * costs.COMPARE_TWO_S,
        LoadStep.BY_EAR: n_files[LoadStep.BY_EAR] * costs.HEAR_A_NAME_S,
        _PLAN: costs.PLAN_A_MIX_S + hashing_s(hashed_s, n_files[LoadStep.HEADERS]),
    }
