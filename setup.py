"""The package's long description; everything else about the package is in setup.cfg.

A package index shows the README without the files that it links to, so links into this folder
become their words there, and pictures their descriptions.
"""

import re
from pathlib import Path

from setuptools import setup

# A link or a picture whose target is neither on the web nor on the page itself.
_INTO_THE_FOLDER = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|#)[^)]*\)")


def page_for_an_index(readme: str) -> str:
    """The README's text without relative links: words stay, pictures become their descriptions."""

    def plain(link: re.Match[str]) -> str:
        is_picture, words = link.groups()
        return f"*{words}.*" if is_picture else words

    return _INTO_THE_FOLDER.sub(plain, readme)


setup(
    long_description=page_for_an_index(
        Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    )
)
