"""Recordings start where their time references say, or together where those cannot be meant."""

from mixer.song.time_line import Clip, lay_out

HOUR_S = 3600.0


def test_without_references_all_start_together_and_nothing_is_said() -> None:
    line = lay_out([Clip("a.wav", None, 8.0), Clip("b.wav", None, 8.0)])
    assert line.starts_s == (0.0, 0.0)
    assert line.note is None


def test_equal_references_mean_a_common_start() -> None:
    line = lay_out([Clip("a.wav", HOUR_S, 8.0), Clip("b.wav", HOUR_S, 8.0)])
    assert line.starts_s == (0.0, 0.0)
    assert line.note is None


def test_a_later_clip_starts_later() -> None:
    line = lay_out([Clip("vox.wav", HOUR_S + 2.5, 5.5), Clip("drums.wav", HOUR_S, 8.0)])
    assert line.starts_s == (2.5, 0.0)
    assert line.note is not None
    assert "vox.wav by 2.500 s" in line.note


def test_one_file_without_a_reference_leaves_all_together() -> None:
    clips = [Clip("a.wav", HOUR_S, 8.0), Clip("b.wav", HOUR_S + 1.0, 8.0), Clip("c.wav", None, 8.0)]
    line = lay_out(clips)
    assert line.starts_s == (0.0, 0.0, 0.0)
    assert line.note is not None
    assert "c.wav has none" in line.note


def test_takes_of_other_hours_are_not_laid_out() -> None:
    line = lay_out([Clip("a.wav", HOUR_S, 8.0), Clip("b.wav", 3 * HOUR_S, 8.0)])
    assert line.starts_s == (0.0, 0.0)
    assert line.note is not None
    assert "too far apart" in line.note


def test_a_pause_of_a_minute_is_still_one_song() -> None:
    """What plays under a short clip goes on behind it."""
    long, short = Clip("pad.wav", HOUR_S, 300.0), Clip("hit.wav", HOUR_S + 10.0, 1.0)
    for gap_s, is_laid_out in ((59.0, True), (61.0, False)):
        later = Clip("end.wav", HOUR_S + 300.0 + gap_s, 8.0)
        expected = (0.0, 10.0, 300.0 + gap_s) if is_laid_out else (0.0, 0.0, 0.0)
        assert lay_out([long, short, later]).starts_s == expected


def test_many_short_clips_make_a_long_song() -> None:
    clips = [Clip(f"{n}.wav", HOUR_S + 10.0 * n, 8.0) for n in range(30)]
    assert lay_out(clips).starts_s[-1] == 290.0
