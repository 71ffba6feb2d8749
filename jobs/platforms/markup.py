"""What somebody wrote in HTML: the words without tags, quotations and code of pages, and the pictures."""

from html.parser import HTMLParser
from typing import NamedTuple

BLOCKS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre"}
QUOTATIONS = {"blockquote", "aside"}  # somebody else's words
UNSEEN = {"script", "style"}


class Written(NamedTuple):
    text: str
    pictures: list[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.pictures: list[str] = []
        self.inside: list[str] = []  # quotations that are open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in QUOTATIONS | UNSEEN:
            self.inside.append(tag)
        elif tag in BLOCKS:
            self.words.append("\n")
        elif tag == "img" and not self.inside:
            self._picture({name: value or "" for name, value in attributes})

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.words.append(data)

    def _picture(self, attributes: dict[str, str]) -> None:
        if "emoji" in attributes.get("class", "").split():
            self.words.append(attributes.get("alt", ""))
        else:
            self.pictures.append(attributes.get("src", ""))


def read(html: str) -> Written:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.words).splitlines())
    return Written("\n".join(line for line in lines if line), reader.pictures)
