"""What strangers wrote, made safe for where people look at it: a terminal, a list of lines, a spreadsheet."""

import re

# Control characters, which move a terminal's cursor or end a line, and those that reverse the order of what follows.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Spreadsheets run cells that start with these, and some run a line within a cell.
FORMULA = "(\\A|[\r\n])([ \t]*[=+\\-@＝＋－＠]|[\t\r])"
GUARDED = "\\1'\\2"


def printable(text: str, keep: str = "") -> str:
    """The text on one line, with escapes for what would not be seen; characters in `keep` stay as they are."""
    return CONTROL.sub(lambda found: found[0] if found[0] in keep else _escaped(found[0]), text)


def guarded(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run as a formula."""
    return re.sub(FORMULA, GUARDED, text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
