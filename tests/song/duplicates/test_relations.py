"""Copies, sums, mixes and takes are found by their samples, and nothing else is taken for one."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal

from mixer.song.duplicates.found import EXCERPTS_RATE_HZ, Found, Relation
from mixer.song.duplicates.relations import find_relations

N_EXCERPTS, N_SAMPLES = 8, 4_000


@pytest.fixture
def parts(rng: np.random.Generator) -> np.ndarray:
    """Four parts: noise of a colour and an envelope of its own."""
    found = []
    for cutoff in (0.05, 0.2, 0.5, 0.9):
        noise = rng.standard_normal((N_EXCERPTS, N_SAMPLES))
        b, a = scipy.signal.butter(2, cutoff)
        level = 10.0 ** (rng.uniform(-30, -10, (N_EXCERPTS, 1)) / 20)
        found.append(level * scipy.signal.lfilter(b, a, noise))
    return np.stack(found).astype(np.float32)


def with_also(parts: np.ndarray, *more: np.ndarray) -> np.ndarray:
    return np.concatenate([parts, np.stack(more).astype(np.float32)])


def only(found: list[Found], index: int) -> Found:
    assert [entry.index for entry in found] == [index]
    return found[0]


def test_parts_of_their_own_are_not_related(parts: np.ndarray) -> None:
    assert find_relations(parts, range(4)) == []


@pytest.mark.parametrize("gain", [1.0, 0.5, -1.0])
def test_a_copy_is_found_at_any_level_and_polarity(parts: np.ndarray, gain: float) -> None:
    entry = only(find_relations(with_also(parts, gain * parts[2]), range(5)), 4)
    assert (entry.relation, entry.others, entry.certain) == (Relation.COPY, (2,), True)
    assert entry.inverted == (gain < 0)


@pytest.mark.parametrize("error_db", [-31.0, -30.2, -29.8])
@pytest.mark.parametrize("gains", [(1.0, 1.0), (-0.2, -0.4), (2.0, 0.1)])
def test_a_copy_is_one_up_to_its_limit(
    parts: np.ndarray, rng: np.random.Generator, error_db: float, gains: tuple[float, float]
) -> None:
    """At any level, polarity and place between the sides."""
    stereo = np.stack([parts, parts[:, :, ::-1]], axis=2)
    copy = stereo[2] * np.array(gains, np.float32)[:, None]
    noise = rng.standard_normal(copy.shape)
    power = np.sum(copy**2, axis=2, keepdims=True)
    noise -= copy * np.sum(noise * copy, axis=2, keepdims=True) / power
    # As loud as the copy in each excerpt.
    noise *= np.sqrt(power / np.sum(noise**2, axis=2, keepdims=True))
    copy = copy + 10.0 ** (error_db / 20.0) * noise
    flat = with_also(stereo, copy).reshape(5, N_EXCERPTS, -1)
    found = find_relations(flat, range(5), channels=2)
    is_copy = [(entry.index, entry.others) for entry in found if entry.relation is Relation.COPY]
    assert is_copy == ([(4, (2,))] if error_db < -30.0 else [])


def test_of_two_copies_the_preferred_one_stays(parts: np.ndarray) -> None:
    entry = only(find_relations(with_also(parts, parts[2]), [0, 1, 9, 3, 4]), 2)
    assert entry.others == (4,)


def test_a_lossy_twin_is_a_copy_where_the_names_say_so(
    parts: np.ndarray, rng: np.random.Generator
) -> None:
    error = 0.1 * parts[1].std() * rng.standard_normal(parts[1].shape)
    error *= np.sqrt(np.mean(parts[1] ** 2, axis=1, keepdims=True)) / parts[1].std()
    both = with_also(parts, parts[1] + error)
    assert not only(find_relations(both, range(5)), 4).certain
    assert only(find_relations(both, range(5), [(1, 4)]), 4).relation == Relation.COPY


def test_a_second_microphone_is_a_part(parts: np.ndarray) -> None:
    b, a = scipy.signal.butter(1, 0.3)
    second = scipy.signal.lfilter(b, a, np.roll(parts[2], 20, axis=1))
    assert find_relations(with_also(parts, second), range(5)) == []


def test_a_sum_of_some_is_a_sum_and_of_all_a_mix(parts: np.ndarray) -> None:
    some = only(find_relations(with_also(parts, parts[0] + parts[3]), range(5)), 4)
    assert some.relation == Relation.SUM
    assert set(some.others) == {0, 3}
    mix = only(find_relations(with_also(parts, 0.7 * parts.sum(axis=0)), range(5)), 4)
    assert mix.relation == Relation.MIX
    assert mix.certain


def test_the_difference_of_two_is_a_part(parts: np.ndarray) -> None:
    """A sum's part is the sum less the other parts: that must not make it a sum."""
    found = find_relations(with_also(parts, parts[0] + parts[1]), range(5))
    assert [entry.index for entry in found] == [4]


def test_a_compressed_sum_is_found_by_its_equal_gains(parts: np.ndarray) -> None:
    total = parts.sum(axis=0)
    level = np.sqrt(np.mean(total**2))
    squeezed = np.tanh(total / (8 * level)) * 8 * level
    entry = only(find_relations(with_also(parts, squeezed), range(5)), 4)
    assert entry.relation == Relation.MIX
    assert entry.certain


def test_a_processed_mix_is_told_but_not_certain(
    parts: np.ndarray, rng: np.random.Generator
) -> None:
    gains = np.array([0.6, 1.7, 0.9, 1.0], np.float32)[:, None, None]
    total = (gains * parts).sum(axis=0)
    power = np.sqrt(np.mean(total**2, axis=1, keepdims=True))
    bent = total + 0.15 * power * rng.standard_normal(total.shape)
    entry = only(find_relations(with_also(parts, bent), range(5)), 4)
    assert not entry.certain
    assert -18 < entry.left_over_db < -14


def test_takes_give_way_to_their_comp(parts: np.ndarray, rng: np.random.Generator) -> None:
    level = np.sqrt(np.mean(parts[1] ** 2))
    other_take = (level * rng.standard_normal(parts[1].shape)).astype(np.float32)
    comp = np.where(np.arange(N_EXCERPTS)[:, None] % 2, parts[1], other_take)
    found = find_relations(with_also(parts, other_take, comp), range(6))
    assert {entry.index: entry.relation for entry in found} == {
        1: Relation.TAKE,
        4: Relation.TAKE,
    }
    assert all(entry.others == (5,) for entry in found)


def test_silence_is_related_to_nothing(parts: np.ndarray) -> None:
    assert find_relations(with_also(parts, 0 * parts[0], 0 * parts[0]), range(6)) == []
    assert find_relations(np.zeros((0, 3, 5), np.float32), []) == []


def test_one_excerpt_alone_proves_no_sum(parts: np.ndarray) -> None:
    once = np.zeros_like(parts[0])
    once[3] = parts[0, 3] + parts[1, 3]
    assert find_relations(with_also(parts, once), range(5)) == []


def test_a_mix_that_pans_its_parts_is_a_mix(parts: np.ndarray) -> None:
    both = np.concatenate([parts, parts], axis=2)
    pans = np.array([[1.0, 1.0], [0.2, 1.0], [1.0, 0.3], [0.9, 0.6]])
    panned = np.concatenate(
        [(pans[:, side, None, None] * parts).sum(axis=0) for side in (0, 1)], axis=1
    )
    assert find_relations(with_also(both, panned), range(5)) == []
    mix = only(find_relations(with_also(both, panned), range(5), channels=2), 4)
    assert (mix.relation, mix.certain) == (Relation.MIX, True)
    assert mix.left_over_db < -60.0


def test_a_mix_that_fades_is_a_mix(parts: np.ndarray) -> None:
    faded = parts.sum(axis=0) * np.linspace(1.0, 0.05, N_EXCERPTS)[:, None]
    mix = only(find_relations(with_also(parts, faded), range(5)), 4)
    assert (mix.relation, mix.certain) == (Relation.MIX, True)


def test_a_sum_that_a_difference_would_make_too_is_not_certain(
    parts: np.ndarray, rng: np.random.Generator
) -> None:
    """A = (A - B) + B as well: which of the three was recorded, samples do not tell."""
    level = np.sqrt(np.mean(parts[2] ** 2))
    other = (level * rng.standard_normal(parts[2].shape)).astype(np.float32)
    entry = only(find_relations(with_also(parts, other, parts[2] - other), range(6)), 2)
    assert (entry.relation, entry.certain, entry.reversible) == (Relation.SUM, False, True)


def test_a_bus_beside_louder_and_quieter_parts_is_no_mix(parts: np.ndarray) -> None:
    loud = parts * np.array([1.0, 1.0, 1.0, 0.1], np.float32)[:, None, None]
    entry = only(find_relations(with_also(loud, loud[:3].sum(axis=0)), range(5)), 4)
    assert entry.relation == Relation.SUM


def test_a_take_that_plays_where_its_comp_is_silent_is_told_only(
    parts: np.ndarray, rng: np.random.Generator
) -> None:
    first, second = (
        (np.sqrt(np.mean(parts**2)) * rng.standard_normal(parts[0].shape)).astype(np.float32)
        for _ in range(2)
    )
    edited = np.where(np.arange(N_EXCERPTS)[:, None] % 2, first, second)
    edited[:2] = 0.0
    found = find_relations(with_also(parts, first, second, edited), range(7))
    assert {entry.index: entry.certain for entry in found} == {4: False, 5: False}


def test_what_was_copied_out_of_another_is_told(parts: np.ndarray) -> None:
    partly = parts[1].copy()
    partly[::2] = 0.0
    entry = only(find_relations(with_also(parts, partly), range(5)), 4)
    assert (entry.relation, entry.others, entry.certain) == (Relation.COPIED, (1,), False)


@pytest.mark.parametrize("n_later", [1, 37, -160])
def test_a_copy_that_comes_later_is_told(parts: np.ndarray, n_later: int) -> None:
    moved = np.roll(parts[1], n_later, axis=1)
    entry = only(find_relations(with_also(parts, moved), range(5)), 4)
    assert (entry.relation, entry.others, entry.certain) == (Relation.MOVED, (1,), False)
    assert entry.later_s == pytest.approx(n_later / EXCERPTS_RATE_HZ, abs=1e-4)


def test_an_equalised_mix_is_told(rng: np.random.Generator) -> None:
    parts = rng.normal(0.0, 0.1, (4, N_EXCERPTS, N_SAMPLES)).astype(np.float32)
    b, a = scipy.signal.butter(1, 0.2)
    total = parts.sum(axis=0)
    brighter = total - 0.8 * scipy.signal.lfilter(b, a, total)
    entry = only(find_relations(with_also(parts, brighter), range(5)), 4)
    assert entry.relation == Relation.MIX
    assert entry.left_over_db < -18.0


@pytest.mark.parametrize("n_later", [40, -220])
def test_a_mix_that_comes_later_is_a_mix(parts: np.ndarray, n_later: int) -> None:
    late = np.roll(parts.sum(axis=0), n_later, axis=1)
    mix = only(find_relations(with_also(parts, late), range(5)), 4)
    assert (mix.relation, mix.certain) == (Relation.MIX, True)


def test_parts_that_take_turns_are_parts_of_their_sum(parts: np.ndarray) -> None:
    """The sum equals one of them in each excerpt, as a comp equals its takes."""
    turns = np.arange(N_EXCERPTS)[:, None] % 2
    first, second = parts[1] * turns, parts[2] * (1 - turns)
    own = np.stack([parts[0], first, second, parts[3], first + second]).astype(np.float32)
    entry = only(find_relations(own, range(5)), 4)
    assert (entry.relation, set(entry.others)) == (Relation.SUM, {1, 2})


def test_a_mono_bounce_of_a_stereo_part_is_told(parts: np.ndarray) -> None:
    mono = (parts[0] + parts[1]) / 2.0
    stereo = np.concatenate([parts[0], parts[1]], axis=1)
    both = np.stack([stereo, np.concatenate([mono, mono], axis=1)]).astype(np.float32)
    entry = only(find_relations(both, range(2), channels=2), 1)
    assert (entry.relation, entry.others, entry.certain) == (Relation.MOVED, (0,), False)


def test_equal_halves_of_a_pair_are_no_copies(parts: np.ndarray) -> None:
    silent = np.zeros_like(parts[0])
    left = np.concatenate([parts[0], silent], axis=1)
    right = np.concatenate([silent, parts[0]], axis=1)
    assert find_relations(np.stack([left, right]), range(2), channels=2) == []


def test_a_mono_part_printed_to_stereo_and_panned_is_a_copy(parts: np.ndarray) -> None:
    mono = np.concatenate([parts[0], parts[0]], axis=1)
    panned = np.concatenate([0.9 * parts[0], 0.3 * parts[0]], axis=1)
    entry = only(find_relations(np.stack([panned, mono]), range(2), channels=2), 1)
    assert (entry.relation, entry.others, entry.inverted) == (Relation.COPY, (0,), False)
    widened = np.concatenate([0.9 * parts[0], -0.3 * parts[0]], axis=1)
    found = find_relations(np.stack([widened, mono]), range(2), channels=2)
    assert not any(entry.relation is Relation.COPY for entry in found)
    half = np.concatenate([parts[0], 0.0 * parts[0]], axis=1)
    assert find_relations(np.stack([half, mono]), range(2), channels=2) == []


def test_a_mix_of_opposite_polarity_is_found(parts: np.ndarray) -> None:
    mix = only(find_relations(with_also(parts, -0.5 * parts.sum(axis=0)), range(5)), 4)
    assert (mix.relation, mix.certain, mix.inverted) == (Relation.MIX, True, True)
