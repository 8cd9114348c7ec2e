"""The benchmark of tracks runs what a fork can run."""

from __future__ import annotations

from pathlib import Path

from benchmarks import forked, tracks


def test_its_renders_are_commands_of_a_program_that_is_known(tmp_path: Path) -> None:
    song = tracks.write_kind(tmp_path / "song", tracks.KINDS["mono files"].make, 2, 0.5)
    command = tracks._render(song, tmp_path / "mix.wav")
    assert forked._forked(command) is not None
    assert (tmp_path / "mix.mix.json").is_file()
    assert forked._forked(["nothing", *command]) is None
