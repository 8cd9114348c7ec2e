"""The role of a track within its stem, by its name.

The words that name a role are looked for among those that decided the stem
(`mixer.song.names.track_words`); a name that only identifies a stem has that stem's usual role, or
none, and the track mixer then goes by the sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from mixer.roles import FINISHED_STEM, STEM_OF_ROLE, UNKNOWN
from mixer.song.names.role_words import ROLE_OF_FAMILY, ROLE_WORDS, WIDE_WORDS
from mixer.song.names.separators import find_separated
from mixer.song.names.track_vocabulary import DRUM_MACHINES
from mixer.song.names.track_word_splitting import split_words
from mixer.song.names.track_word_tables import SOURCE
from mixer.song.names.track_words import find_evidence, meaning_of

# The likeliest role of a name that says a stem and no more.
_USUAL = {"vocals": "lead_vocal", "bass": "bass", "drums": UNKNOWN, "other": UNKNOWN}
# More telling than the instrument beside them: "BGVOX Harmony", "Lead Vox Dbl", "Snare OH".
_TELLING = (
    "choir",
    "vocal_double",
    "backing_vocals",
    "sub",
    "acoustic_guitar",
    "overheads",
    "room",
)
_WIDE = frozenset(WIDE_WORDS.split())
# Words beside which a rim is named: Snare Rim, 808 Rimshot. A snare is struck as a rim shot, too.
_RIM, _BESIDE_RIM = "rim", ("snare", "drum_loop")
_RIM_SHOTS = ("rimshot", "rim shot", "リムショット")
# Where a part of the song's form is sung by several, unless the name says lead.
_FORM = "chorus"
_SECTION = "horn"
_GUITARS = ("electric_guitar", "acoustic_guitar")


def role_of(title: str, stem: str) -> str:
    """The role that a track's name indicates within its stem.

    Args:
        title: the track's name, without folder and extension.
        stem: one of `mixer.stems.STEMS`, from `mixer.song.names.track_names`.

    Returns:
        One of `mixer.roles.ROLE_NAMES`; `UNKNOWN` if the name does not indicate one.
        A file with the bare name of a stem is a finished stem.
    """
    separated = find_separated(title)
    title = title if separated is None else separated.text
    if title.strip().lower() in FINISHED_STEM:
        return FINISHED_STEM[title.strip().lower()]
    return role_of_words(split_words(title), stem)


def role_of_words(tokens: Sequence[str], stem: str) -> str:
    """As `role_of`, for the words of a name."""
    evidence = sorted(find_evidence(tokens), key=lambda item: (item.strength, item.position))
    words = [item.text for item in evidence]
    # The words of a phrase that has a role do not speak for themselves: a lap steel.
    spoken = [word for word in words if _role_of_word(word, stem) is not None]
    silent = {part for word in spoken for part in word.split()}.union(words)
    words += [token for token in tokens if token not in silent]
    roles = {word: role for word in words if (role := _role_of_word(word, stem)) is not None}
    # Drums - Kick, Synth Pad: what it stands among, or how it is made, yields.
    if any((meaning_of(word) or (SOURCE, None))[1] == "lead_vocal" for word in roles):
        roles.pop(_FORM, None)  # the lead of the chorus
    if "woodwind" in roles.values():
        roles.pop(_SECTION, None)  # Horns - Sax
    narrow = {word: role for word, role in roles.items() if not _is_wide(word, stem)}
    roles = narrow or roles
    found = list(roles.values())
    if _RIM in found and set(found) <= {_RIM, *_BESIDE_RIM}:
        is_struck = all(word in _RIM_SHOTS for word, role in roles.items() if role == _RIM)
        return "snare" if is_struck and "snare" in found else _RIM
    telling = [name for name in found if name in _TELLING]
    if found and found[0] not in _GUITARS:
        # An acoustic piano: the word is of the instrument beside it.
        telling = [name for name in telling if name not in _GUITARS]
    return (*telling, *found, _USUAL[stem])[0]


def _is_wide(word: str, stem: str) -> bool:
    if word in _WIDE:
        return True
    return word not in _roles_by_word(stem) and (meaning_of(word) or (SOURCE, None))[1] == "drums"


def _role_of_word(word: str, stem: str) -> str | None:
    """The role that a word or phrase names within a stem."""
    if word in _roles_by_word(stem):
        return _roles_by_word(stem)[word]
    *machine, sound = word.split()
    if machine and machine[-1] in DRUM_MACHINES and sound in _roles_by_word(stem):
        return _roles_by_word(stem)[sound]
    meaning = meaning_of(word)
    if meaning is None:
        return None
    strength, family = meaning
    if family in ROLE_OF_FAMILY and strength > SOURCE:
        return None
    role = ROLE_OF_FAMILY.get(family, family)
    return role if STEM_OF_ROLE.get(role) == stem else None


@cache
def _roles_by_word(stem: str) -> dict[str, str]:
    return {
        word.strip(): role
        for role, words in ROLE_WORDS.items()
        if STEM_OF_ROLE[role] == stem
        for word in words.split(",")
    }
