"""The versions of a mix that may be handed over with it: their words, titles and files' names.

`mixer.output.deliverables` makes them.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import SettingsError
from mixer.files.file_names import clean, key, shorten
from mixer.files.wording import quote, suggest
from mixer.output.names import versions_folder

MIX, STEMS = "mix", "stems"
DEFAULT_TEMPLATE = "{name} ({kind})"
FIELDS = ("name", "song", "kind", "rate", "bits")
_LONGEST_BYTES = 200


@dataclass(frozen=True)
class Version:
    """A version of a mix.

    Attributes:
        title: in its file's name.
        help: what is in it.
        of_vocals: whether it needs a song with vocals.
        holds_ceiling: whether it may be louder than the mix, so that it is limited once more.
    """

    title: str
    help: str
    of_vocals: bool = True
    holds_ceiling: bool = False


VERSIONS = {
    "instrumental": Version("Instrumental", "everything but the vocals"),
    "acapella": Version("A Cappella", "the vocals alone"),
    "tv": Version("TV", "everything but the lead vocals"),
    "vocal-up": Version("Vocal Up", "vocals 1 dB louder", holds_ceiling=True),
    "vocal-down": Version("Vocal Down", "vocals 1 dB quieter", holds_ceiling=True),
    "clean": Version("Clean", "without the words that are marked as explicit", holds_ceiling=True),
}
WORDS = (MIX, *VERSIONS, STEMS)
# People spell it in all these ways.
_SPELLINGS = dict.fromkeys(("acappella", "a cappella", "a-cappella", "a capella"), "acapella")


def parse_deliver(text: str) -> tuple[str, ...]:
    """Words of `WORDS`, comma-separated, in their order; none for nothing.

    Raises:
        SettingsError: an unknown word; the nearest is named.
    """
    words = [word.strip().lower() for word in text.split(",")]
    words = [_SPELLINGS.get(word, word) for word in words]
    if words in ([""], ["none"]):
        return ()
    check_deliver(words)
    return tuple(word for word in WORDS if word in words)


def check_deliver(words: Sequence[str]) -> None:
    """Raise SettingsError for a word that is not a version."""
    for word in words:
        if word not in WORDS:
            raise SettingsError(f"unknown version {quote(word)} to deliver; {suggest(word, WORDS)}")


def parse_template(text: str) -> str:
    """A template of names; SettingsError for an unknown field, or without {kind}."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise SettingsError(f"{quote(text)} is not a template of names: {error}") from None
    fields = [field for _, field, _, _ in parsed if field is not None]
    for _, field, form, conversion in parsed:
        if field is not None and (field not in FIELDS or form or conversion):
            raise SettingsError(
                f"{quote(text)} has the unknown field {{{field}}}; {suggest(field, FIELDS)}"
            )
    if "kind" not in fields:
        raise SettingsError(
            f"{quote(text)} must contain {{kind}}, or all versions would be one file"
        )
    return text


def titles(words: Sequence[str], stems: Sequence[str]) -> dict[str, str]:
    """The versions that are files of their own, by name, with their titles; stems one by one.

    Args:
        words: of `WORDS`; the mix is the mix's own file.
        stems: of the song.
    """
    found = {word: VERSIONS[word].title for word in words if word in VERSIONS}
    if STEMS in words:
        found |= {f"{STEMS}/{stem}": stem.capitalize() for stem in stems}
    return found


def words_of(names: Iterable[str]) -> tuple[str, ...]:
    """The words of `--deliver` that request versions with these names."""
    said = {name.partition("/")[0] for name in names}
    return tuple(word for word in WORDS if word in said)


def version_paths(
    words: Sequence[str],
    template: str,
    mix_path: Path,
    *,
    song: str,
    stems: Sequence[str],
    rate: int,
    bits: str,
) -> dict[str, Path]:
    """Path of each version, in a folder beside the mix, by name.

    Args:
        words: of `WORDS`.
        template: of names, with fields of `FIELDS`.
        mix_path: the mix's file.
        song: its title.
        stems: of the song.
        rate: in Hz.
        bits: one of `mixer.audio.formats.BIT_DEPTHS`.

    Raises:
        SettingsError: two of them would be one file.
    """
    taken: dict[str, str] = {}
    paths = {}
    for name, kind in titles(words, stems).items():
        filled = template.format(name=mix_path.stem, song=song, kind=kind, rate=rate, bits=bits)
        file = shorten(clean(filled.replace("/", "_")), _LONGEST_BYTES)
        if key(file) in taken:
            raise SettingsError(
                f"{quote(template)}: {name} and {taken[key(file)]} would be the same file"
            )
        taken[key(file)] = name
        paths[name] = versions_folder(mix_path) / f"{file}{mix_path.suffix}"
    return paths
