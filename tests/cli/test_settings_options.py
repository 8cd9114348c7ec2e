"""Options that come from the fields of settings: what is said arrives as it was meant."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from mixer.cli.settings_options import given_settings, settings_options
from mixer.output.output_settings import DawAudio, OutputSettings, ReportKind
from mixer.rendering.options import options_of


def said(*arguments: str) -> OutputSettings:
    found: list[OutputSettings] = []

    @click.command()
    @settings_options(OutputSettings)
    def command(**options: Any) -> None:
        found.append(OutputSettings(**given_settings(OutputSettings, options)))

    done = CliRunner().invoke(command, list(arguments))
    assert done.exit_code == 0, done.output
    return found[0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (["--format", "flac", "--bit-depth", "16"], {"format": "flac", "bit_depth": "16"}),
        (["--stems", "--tracks"], {"stems": True, "tracks": True}),
        (["--daw", "reaper", "--daw", "reaper"], {"daw": ("reaper",)}),
        (["--daw-audio", "wet"], {"daw_audio": DawAudio.WET}),
        (["--report"], {"report": ReportKind.LINKED}),
        # The stronger of the two wins, in any order.
        (["--embed", "--report"], {"report": ReportKind.EMBEDDED}),
        (["--report", "--embed"], {"report": ReportKind.EMBEDDED}),
    ],
)
def test_what_is_said_arrives(arguments: list[str], expected: dict[str, Any]) -> None:
    assert said(*arguments) == OutputSettings(**expected)


def test_the_help_shows_words_not_names() -> None:
    @click.command()
    @settings_options(OutputSettings)
    def command(**options: Any) -> None: ...

    text = " ".join(CliRunner().invoke(command, ["--help"]).output.split())
    assert "[dry|wet|both]" in text
    assert "[default: dry]" in text
    for option in options_of(OutputSettings):
        assert option.help.split(":")[0].split(",")[0][:20] in text or option.flags
