"""Kind of a folder inside a song's by its name: an instrument, parts, mixes, or set aside."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from mixer.song.names.track_word_splitting import is_unknown, split_words
from mixer.song.names.track_word_tables import HINT, LEFT_OUT_EXPORT, SOUND
from mixer.song.names.track_words import strongest

INSTRUMENT = "instrument"
# Named after an instrument and something else, as a song may be: "Drum Island".
PERHAPS_INSTRUMENT = "instrument, perhaps"


class FolderKind(StrEnum):
    """Kinds of folders in a song's, by their names."""

    PARTS = "parts"
    MIXES = "mixes"
    TAKES = "takes"
    SET_ASIDE = "set aside"
    OTHER = "other"


_PARTS = frozenset(
    (
        "stem", "multitrack", "multi", "track", "audio", "file", "wav", "wave", "aif", "aiff",
        "flac", "mp", "ogg", "interchange", "raw", "dry", "wet", "individual", "consolidated",
        "bit", "khz", "k", "hz", "mono", "stereo", "part", "song", "recording", "trackout",
        "export", "exported", "media", "clip", "out", "tracked", "edited", "edit", "tuned",
        "cleaned", "zip", "the", "of", "and", "all", "final", "for", "mixing", "spur", "spuren",
        "piste", "session", "project", "pro", "tool", "logic", "ableton", "live", "cubase", "reaper"
    )
)  # fmt: skip
_TELLING_PARTS = frozenset(
    (
        "stem", "multitrack", "multi", "track", "audio", "wav", "wave", "aif", "aiff", "flac",
        "mp", "ogg", "interchange", "part", "recording", "trackout", "export", "exported", "media",
        "consolidated", "session", "individual", "raw", "dry", "wet", "file", "spuren"
    )
)  # fmt: skip
# Of whose mix or master they are, and how they were exported: Mix Stems, Stems (no master FX).
_STEMS = frozenset(("stem", "multitrack"))
_OF_STEMS = frozenset(
    (
        "mix", "mixed", "master", "mastered", "mastering", "premaster", "mixdown", "no", "with",
        "without", "fx", "effect", "processed", "unprocessed", "processing"
    )
)  # fmt: skip
_MIXES = frozenset(
    (
        "mix", "mixe", "mixes", "mixed", "mixdown", "master", "mastered", "mastering", "reference",
        "ref", "bounce", "bounced", "rough", "premaster", "print", "render", "rendered", "demo"
    )
)  # fmt: skip
_SET_ASIDE = frozenset(
    (
        "old", "unused", "backup", "archive", "trash", "deleted", "outtake", "fade", "macosx",
        "cache", "peak", "waveform", "undo", "autosave", "alt", "alternate", "version",
        "discarded", "video", "picture", "artwork"
    )
)  # fmt: skip
_FOLDERS_OF_MIXES = frozenset(("mixes", "mixdowns", "bounces", "masters", "remixes"))
# Folders of what is in no other one.
_GENERIC = frozenset(
    ("misc", "miscellaneous", "various", "extra", "additional", "other", "music", "instrument",
     "overdub", "rest", "band", "sonstige", "divers", "otros", "altro")
)  # fmt: skip
_SHORTEST_PLURAL = 3
_FILLERS = frozenset(
    (
        "session", "file", "folder", "song", "the", "final", "new", "my", "and", "of", "track",
        "for", "first", "v", "stereo", "wav", "mp"
    )
)  # fmt: skip
_TAKES = frozenset(("take", "comp", "comping", "playlist"))
_RELEASE = "ep"  # of a folder, not an electric piano


@lru_cache(maxsize=4096)
def kind_of(name: str, parent: str = "") -> str:
    """Kind of a folder by its name.

    Args:
        name: the folder's.
        parent: the name of the folder that it is in, which often is in front: "Song Stems".

    Returns:
        One of this module's constants.
    """
    tokens = [token for token in split_words(name) if not token.isdigit()]
    outer = {_plain(token) for token in split_words(parent)}
    own = [token for token in tokens if _plain(token) not in outer] or tokens
    plain = frozenset(map(_plain, own))
    best = strongest(own)
    if best is None or not best.names_a_part:
        # An "Old Town Road" is a song: nothing else may be said.
        only = _FILLERS.issuperset(plain - _SET_ASIDE - _MIXES)
        if plain & _SET_ASIDE and only:
            return FolderKind.SET_ASIDE
        if (plain & _MIXES and only) or _FOLDERS_OF_MIXES & set(own):
            return FolderKind.MIXES
    parts = plain - _OF_STEMS if plain & _STEMS else plain
    if parts & _TELLING_PARTS and _PARTS.issuperset(parts):
        return FolderKind.PARTS
    if plain & _TAKES and _FILLERS.issuperset(plain - _TAKES):
        return FolderKind.TAKES
    if plain & _GENERIC and _FILLERS.issuperset(plain - _GENERIC):
        return INSTRUMENT
    is_named_so = best is not None and best.strength < LEFT_OUT_EXPORT
    if best is not None and best.family is None and not any(map(is_unknown, own)) and is_named_so:
        return FolderKind.SET_ASIDE  # clicks, guides, cues
    if best is None or best.family is None or best.strength >= HINT or best.guess:
        return FolderKind.OTHER
    if best.text == _RELEASE or {_plain(token) for token in tokens} == outer:
        return FolderKind.OTHER  # nor does the title say anything that the folder around it has too
    if any(map(is_unknown, own)) or (best.strength > SOUND and len(own) > 1):
        return PERHAPS_INSTRUMENT
    return INSTRUMENT


def _plain(token: str) -> str:
    """A word without its plural's s."""
    return token.removesuffix("s") if len(token) > _SHORTEST_PLURAL else token
