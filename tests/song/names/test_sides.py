"""Left in left, right in right: sides in every writing; mid and side; surround sets."""

import numpy as np
import pytest

from mixer.errors import InputError
from mixer.song.load import load_song
from mixer.song.names.sides import find_sides
from mixer.song.samples import read_stem
from tests.signals import sine

PAIRS = [
    ("OH_01.L", "OH_01.R"), ("OH-1%L", "OH-1%R"), ("OH L", "OH R"), ("OHL", "OHR"),
    ("OH Left", "OH Right"), ("L OH", "R OH"), ("01 OH L 48k", "01 OH R 48k"),
    ("07 OH L", "08 OH R"), ("07 OH R", "08 OH L"), ("OH_L_01", "OH_R_02"), ("OH Lft", "OH Rgt"),
    ("OverheadLeft", "OverheadRight"), ("overheadleft", "overheadright"), ("OH.L_03", "OH.R_03"),
    ("Song - 11 - OH L", "Song - 12 - OH R"), ("Piano Lch", "Piano Rch"), ("01_GtrL", "02_GtrR"),
    ("E-Git links", "E-Git rechts"), ("Guitare gauche", "Guitare droite"), ("Pno lt", "Pno rt"),
    ("Guitarra izquierda", "Guitarra derecha"), ("Chitarra sx", "Chitarra dx"),
    ("ギター左", "ギター右"), ("钢琴左声道", "钢琴右声道"), ("기타 왼쪽", "기타 오른쪽"),
    ("гитара левый", "гитара правый"), ("Gitarr vänster", "Gitarr höger"), ("Room (L)", "Room (R)"),
    ("gitara lewy", "gitara prawy"), ("Pno 44.1k L", "Pno 48k R"), ("Drums/OH L", "Drums/OH R"),
    ("01 OH L", "03 OH R"), ("OH_LEFT_02", "OH_RIGHT_02"), ("Ｏ Ｈ　Ｌ", "Ｏ Ｈ　Ｒ"),
    ("Coro izq", "Coro der"), ("Coral esq", "Coral dir"),
]  # fmt: skip


def sides(*names: str) -> list[str | None]:
    found = find_sides([f"{name}.wav" for name in names])
    return [found.sides.get(place) for place in range(len(names))]


@pytest.mark.parametrize("pair", PAIRS)
def test_pairs_in_every_writing(pair: tuple[str, str]) -> None:
    expected = ["left", "right"] if pair != ("07 OH R", "08 OH L") else ["right", "left"]
    assert sides(*pair, "Bass") == [*expected, None]
    assert sides("Bass", *reversed(pair)) == [None, *reversed(expected)]


@pytest.mark.parametrize(
    "names",
    [
        ("L Vox", "R Gtr"), ("Gtr 1 L", "Gtr 2 R"), ("Vocal", "Snare"), ("Drums/OH L", "Keys/OH R"),
        ("LeftHandPiano", "RightHandPiano"), ("Left hand", "Right hand"),
        ("Tom L", "Tom M", "Tom S"), ("Pno LR", "Gtr L-R"), ("Bright", "Blight"),
    ],
)  # fmt: skip
def test_what_is_no_pair(names: tuple[str, ...]) -> None:
    assert sides(*names) == [None] * len(names)


def test_several_pairs_of_one_name_stay_apart() -> None:
    assert sides("Gtr L1", "Gtr R1", "Gtr L2", "Gtr R2") == ["left", "right"] * 2
    assert sides("07 Gtr L", "08 Gtr R", "09 Gtr L", "10 Gtr R") == ["left", "right"] * 2
    assert sides("OH L", "OH R", "OH L copy", "OH R copy") == ["left", "right"] * 2
    assert sides("01 OH L", "02 Room L", "03 OH R", "04 Room R") == ["left"] * 2 + ["right"] * 2


def test_a_side_without_its_partner_is_said(write_song) -> None:
    tone = sine(300.0, 0.1, 44_100)
    (oh, bass) = sorted(load_song(write_song({"OH L.wav": tone, "Bass.wav": tone})).recordings,
                        key=lambda r: r.file, reverse=True)  # fmt: skip
    assert (oh.side, bass.remarks) == (None, ())
    assert "the left side of a pair whose other side is missing" in oh.remarks[0]


def test_words_that_mean_more_are_sides_beside_their_partner_alone() -> None:
    assert find_sides(["Der Mond.wav", "Bass Dir.wav"]).lone == {}


def test_a_pair_of_two_rates_is_joined(write_song) -> None:
    folder = write_song({"Pno L.wav": sine(300.0, 0.5, 44_100)})
    write_song({"Pno R.wav": sine(500.0, 0.5, 48_000)}, sample_rate=48_000)
    left, right = read_stem(load_song(folder), "other", 48_000)
    for channel, hz in ((left, 300), (right, 500)):
        spectrum = np.abs(np.fft.rfft(channel[:24_000]))
        assert int(spectrum.argmax()) == hz // 2


@pytest.mark.parametrize("names", [("OH M", "OH S"), ("Pno Mid", "Pno Side"), ("Amb.M", "Amb.S")])
def test_mid_and_side_are_decoded(write_song, names: tuple[str, str]) -> None:
    mid, side = sine(300.0, 0.2, 44_100), 0.5 * sine(500.0, 0.2, 44_100)
    song = load_song(write_song({f"{names[0]}.wav": mid, f"{names[1]}.wav": side}))
    assert [r.side for r in song.recordings] == ["mid", "side"]
    assert [r.partner for r in song.recordings] == [f"{name}.wav" for name in reversed(names)]
    audio = read_stem(song, song.stems[0], 44_100)
    assert np.allclose(audio, np.concatenate([mid + side, mid - side]), atol=1e-6)


@pytest.mark.parametrize(
    "channels", [("L", "R", "C", "LFE", "Ls", "Rs"), ("L", "R", "C", "lfe", "SL", "SR"),
                 ("L", "R", "Ls", "Rs"),
                 ("Left", "Right", "Center", "LFE", "Left Surround", "Right Surround"),
                 ("Left", "Right", "Centre", "Rear L", "Rear R")],
)  # fmt: skip
def test_a_surround_set_is_refused_and_never_mixed_as_parts(write_song, channels) -> None:
    tone = sine(300.0, 0.1, 44_100)
    folder = write_song({f"Amb.{channel}.wav": tone for channel in channels} | {"Kick.wav": tone})
    with pytest.raises(InputError, match="of a surround recording; mix it down to stereo"):
        load_song(folder)
    song = load_song(folder, leave_out_faulty=True)
    assert [r.file for r in song.recordings] == ["Kick.wav"]
    assert len(song.left_out) == len(channels)
