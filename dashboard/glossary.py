"""What the terms of the pages mean, shown where somebody points at one, tabs to it or taps it."""

import re
from typing import Any, cast

from dash import html
from dash.development.base_component import Component

MEANINGS = {  # in lower case, as tables, tiles and notes write them
    "toxic": "Rude, disrespectful or unreasonable: likely to make people leave a conversation.",
    "severely toxic": "Very hateful or aggressive.",
    "obscene": "Swear words and other crude language.",
    "threat": "Announces harm to somebody, or wishes it.",
    "insult": "Belittles a person or a group.",
    "identity hate": "Attacks people for what they are, such as their origin, religion, gender or sexuality.",
    "estimated share": "The average of the model's probabilities: how many comments really are of this category.",
    "95% interval": "Where the true share is in 95 of 100 cases.",
    "flagged": "Scored above the threshold in Settings → Flags, or containing one of your own words.",
    "significant?": "Yes if chance, and how days differ anyway, would not explain the change.",
    "change": "The difference in percentage points between the two periods.",
    "coverage": "The share of the platform's comment count that was collected.",
    "severity": "How serious a comment is: the highest severity among its flags, as Settings → Flags has it.",
    "judged": "A model is judged in a language if it was tested on labelled comments in it. Others get no scores.",
    "pseudonym": "Stands for one author; the name itself is not kept.",
    "accepted": "Comments that passed the checks: with text, not seen before, with a plausible time.",
}
TERM = re.compile(rf"\b({'|'.join(sorted(map(re.escape, MEANINGS), key=len, reverse=True))})(?!\w)", re.IGNORECASE)
IN_NOTES = {"estimated share", "95% interval", "flagged", "coverage", "severity", "judged", "pseudonym"}


def term(text: str, is_focusable: bool = True) -> Component | str:
    """The text itself, with its meaning if it is a term; not focusable within a link."""
    if text.lower() not in MEANINGS:
        return text
    focus = {"tabIndex": 0} if is_focusable else {}
    return html.Abbr(text, className="term", **cast(Any, {"data-meaning": MEANINGS[text.lower()], **focus}))


def with_terms(text: str) -> list[Any]:
    """A note, in which each term that needs it is explained where it stands first."""
    seen: set[str] = set()
    parts: list[Any] = []
    for number, part in enumerate(TERM.split(text)):
        is_new = number % 2 == 1 and part.lower() in IN_NOTES - seen
        seen |= {part.lower()} if is_new else set()
        parts.append(term(part) if is_new else part)
    return [part for part in parts if part]
