"""Roles are read off names as engineers write them."""

import pytest

from mixer.roles import ROLES, STEM_OF_ROLE
from mixer.song.track_names import classify
from mixer.song.track_roles import role_of


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Kick In", "kick"),
        ("BD 03", "kick"),
        ("Snare Bottom", "snare"),
        ("HH", "hihat"),
        ("Hats", "hihat"),
        ("Floor Tom", "toms"),
        ("OH L", "overheads"),
        ("Drum Room", "room"),
        ("Shaker", "percussion"),
        ("House Beat", "drum_loop"),
        ("Bass DI", "bass"),
        ("Sub Bass", "sub"),
        ("Gtr Dbl L", "electric_guitar"),
        ("Acoustic Gtr", "acoustic_guitar"),
        ("Rhodes", "keys"),
        ("Hammond", "organ"),
        ("Melody Pad", "lead_synth"),
        ("Pad", "pad"),
        ("Arp Dist", "arp"),
        ("Cello", "strings"),
        ("Trumpet 2", "brass"),
        ("Riser FX", "fx"),
        ("Lead Vox", "lead_vocal"),
        ("VOX LEAD", "lead_vocal"),
        ("Vox Dbl L", "vocal_double"),
        ("BGVOX 1", "backing_vocals"),
        ("Choir", "choir"),
        ("底鼓", "kick"),
        ("ハモリ", "backing_vocals"),
        ("Strijkers", "strings"),
        ("vocals", "vocal_stem"),
        ("drums", "drum_stem"),
        ("Default preset", "unknown"),
    ],
)
def test_role_of_a_name(name: str, role: str):
    stem = classify(name).stem
    assert stem is not None
    assert role_of(name, stem) == role


def test_every_role_belongs_to_a_stem_and_is_named_once():
    assert len(STEM_OF_ROLE) == len(ROLES)
    for role in ROLES:
        words = [word.strip() for word in role.words.split(",")]
        assert len(words) == len(set(words)), role.name
