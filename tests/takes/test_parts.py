"""Hashes that prove unchanged parts are of the samples as they lie, channel after channel."""

from __future__ import annotations

import hashlib

import numpy as np

from mixer.takes.parts import hash_rest, hash_samples


def test_a_hash_is_that_of_all_samples_at_once(rng: np.random.Generator) -> None:
    audio = rng.standard_normal((2, 150_000)).astype(np.float32)
    assert hash_samples(audio) == hashlib.sha256(audio.tobytes()).hexdigest()
    assert hash_samples(audio[::-1]) != hash_samples(audio)
    every_other = audio[:, ::2]
    assert hash_samples(every_other) == hashlib.sha256(every_other.tobytes()).hexdigest()


def test_the_rest_is_hashed_as_what_a_mix_has_beyond_its_stems(rng: np.random.Generator) -> None:
    mix, one, two = (rng.standard_normal((2, 70_000)).astype(np.float32) for _ in range(3))
    assert hash_rest(mix, [one, two]) == hash_samples(mix - one - two)
