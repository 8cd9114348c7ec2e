"""Bodies of the page's requests."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from mixer.studio.messages.channel_state import Value


class Edits(TypedDict):
    """Changes based on a revision; the page chooses `gesture` and `label`."""

    revision: int
    changes: dict[str, Value]
    gesture: NotRequired[str]
    label: NotRequired[str]


class Revision(TypedDict):
    """The revision that the page knows."""

    revision: int


class WishAsked(TypedDict):
    """Requests in words of `Choices.wishes`: "vocals a little louder, less reverb on drums"."""

    revision: int
    text: str


class BlendAsked(TypedDict):
    """A blend of the mix and variations: shares by id, "mix" among them; they sum to 1."""

    revision: int
    parts: dict[str, float]


class CompareAsked(TypedDict):
    """Make a source: "default", or the `source` of a row of `Takes`; `remove` takes one away."""

    source: str
    remove: NotRequired[bool]


class SaveAsked(TypedDict):
    """Save to song.toml, or as a preset of the user's.

    A preset needs a `name`; `overwrite` replaces one of that name.
    """

    what: Literal["song", "preset"]
    name: NotRequired[str]
    summary: NotRequired[str]
    overwrite: NotRequired[bool]


class RenderAsked(TypedDict):
    """Options of `mixer render`; missing ones have their defaults.

    Attributes:
        format, bit_depth: of the mix.
        stems, tracks, report: whether to write these as well.
        deliver: versions. daw: session formats. daw_audio: audio of the sessions.
    """

    format: NotRequired[str]
    bit_depth: NotRequired[str]
    stems: NotRequired[bool]
    tracks: NotRequired[bool]
    report: NotRequired[bool]
    deliver: NotRequired[list[str]]
    daw: NotRequired[list[str]]
    daw_audio: NotRequired[str]
