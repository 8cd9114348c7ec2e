"""Examples teach what they say: levels drawn away come back, finished tracks stay."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.human import GROUP_LUFS
from mixer.network.track_mixer.parameters import TrackMixerParameters
from mixer.roles import ROLE_NAMES, STEM_OF_ROLE
from training.data.track_songs import SongKind, make_song, read_song, write_song
from training.networks.track_mixer import TrackMixer
from training.track_mixer.batches import collate
from training.track_mixer.draws import Sounds, draw, draw_human
from training.track_mixer.examples import Strength
from training.track_mixer.human_mixes import MIXES_FILE, read_human_mixes, usual_curves
from training.track_mixer.objective import Weights, objective
from training.track_mixer.track_powers import loudness

RATE = 44_100
ROLES = ("kick", "bass", "lead_vocal", "electric_guitar", "electric_guitar", "keys")


def song(kind: str):
    rng = np.random.default_rng(11)
    sounds = [0.1 * rng.standard_normal((1, RATE)).astype(np.float32) for _ in ROLES]
    dry = [listen_to(sound, RATE) for sound in sounds]
    gains = rng.uniform(0.2, 1.0, len(ROLES)).astype(np.float32)
    wet = [listen_to(np.repeat(g * s, 2, axis=0), RATE) for g, s in zip(gains, sounds, strict=True)]
    stems = tuple(STEM_OF_ROLE[role] for role in ROLES)
    return make_song(kind, ROLES, stems, dry, None if kind == SongKind.COMPOSED else wet)


def test_a_song_is_read_as_it_was_written(tmp_path: Path):
    written = song(SongKind.DRY_AND_WET)
    write_song(written, tmp_path / "song.npz")
    read = read_song(tmp_path / "song.npz")
    assert (read.kind, read.roles, read.stems) == (written.kind, written.roles, written.stems)
    np.testing.assert_array_equal(read.wet_powers, written.wet_powers)
    np.testing.assert_array_equal(read.decisions, written.decisions)


def test_draws_hang_on_the_seed_alone():
    examples = [
        draw(song(SongKind.DRY_AND_WET), Strength(), np.random.default_rng(3), {}) for _ in range(2)
    ]
    np.testing.assert_array_equal(examples[0].bands_db, examples[1].bands_db)
    np.testing.assert_array_equal(examples[0].role, examples[1].role)


def test_a_person_s_levels_are_the_target_whatever_goes_in():
    strength = Strength(missing=0.0)
    given = song(SongKind.DRY_AND_WET)
    levels = loudness(given.wet_powers)
    wanted = levels - 10 * np.log10((10 ** (levels / 10)).sum())
    for seed in range(6):
        example = draw(given, strength, np.random.default_rng(seed), {})
        np.testing.assert_allclose(example.target_lu, wanted, atol=1e-3)


def test_composed_songs_are_balanced_as_people_do():
    strength = Strength(missing=0.0, taste_db=0.0, group_taste_db=0.0)
    example = draw(song(SongKind.COMPOSED), strength, np.random.default_rng(0), {})
    bass, voice = example.target_lu[1], example.target_lu[2]
    assert voice - bass == pytest.approx(GROUP_LUFS["vocals"] - GROUP_LUFS["bass"], abs=0.01)
    assert 10 * np.log10((10 ** (example.target_lu / 10)).sum()) == pytest.approx(0.0, abs=0.01)


def test_the_objective_falls_and_padding_does_not_count():
    torch.manual_seed(0)
    rng = np.random.default_rng(1)
    network = TrackMixer(TrackMixerParameters(channels=16, n_heads=2, n_layers=1))
    examples = [
        draw(song(kind), Strength(), rng, {})
        for kind in (SongKind.COMPOSED, SongKind.DRY_AND_WET) * 3
    ]
    batch = collate(examples)
    network.eval()
    alone = objective(network, collate(examples[:1]), Weights())["level"].item()
    both = objective(network, collate([examples[0], examples[0]]), Weights())["level"].item()
    assert alone == pytest.approx(both, abs=1e-4)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(30):
        loss = objective(network, batch, Weights())["sum"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]


def test_human_mixes_are_read(shared: Path):
    mixes = read_human_mixes(shared / "human_mixes" / MIXES_FILE)
    assert len(mixes) == 90
    curves = usual_curves(mixes)
    # Low mids out of kicks and snares, highs into voices: what engineers do.
    assert curves["kick"][0][3] < -0.5
    assert curves["lead_vocal"][0][-1] > 0.5
    lent = song(SongKind.COMPOSED)
    sounds = Sounds(
        dict.fromkeys(ROLE_NAMES, lent.dry_powers),
        dict.fromkeys(ROLE_NAMES, lent.dry_dynamics[0]),
    )
    example = draw_human(mixes[0], sounds, Strength(), np.random.default_rng(2))
    assert example.within_groups
    assert np.nanmax(example.decisions[:, 0]) <= 1.0
