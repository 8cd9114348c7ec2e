"""XML from anyone: no entities, and no more elements than memory has room for.

A tree takes about 50 times the memory of the shortest tags that it is made of, and a container
shortens those a thousandfold, so the size of a file bounds little.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

# No session has a dozen levels; a walk through each level's whole inside would take forever.
_MOST_LEVELS = 64
# At 64 bytes a tag and 110 an attribute, together below 1 GB.
_MOST_TAGS, _MOST_ATTRIBUTES = 2_000_000, 4_000_000


class _PlainTree(ET.TreeBuilder):
    """A flat tree without a document type, in which entities would be defined."""

    _level = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise ValueError(f"it is nested more than {_MOST_LEVELS} levels deep")
        return super().start(tag, attrs)

    def end(self, tag: str) -> ET.Element:
        self._level -= 1
        return super().end(tag)

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("it has a document type")


def parse_xml(text: bytes) -> ET.Element:
    """The root of a document in any encoding that states itself.

    Raises:
        ValueError: it is not XML, has a document type, too many tags or attributes, or is
            nested too deeply.
    """
    if text.count(b"<") > _MOST_TAGS or text.count(b"=") > _MOST_ATTRIBUTES:
        raise ValueError("it has too many elements")
    try:
        return ET.fromstring(text, ET.XMLParser(target=_PlainTree()))
    except (ET.ParseError, LookupError):  # an encoding that does not exist
        raise ValueError("its XML is broken") from None
