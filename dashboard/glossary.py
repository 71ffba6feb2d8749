"""What the terms of the pages mean, shown where somebody points at one, tabs to it or taps it."""

import re
from functools import cache
from typing import Any, cast

from dash import html
from dash.development.base_component import Component

from dashboard.language import LANGUAGE, N_, _

MEANINGS = {  # in lower case, as tables, tiles and notes write them
    N_("toxic"): N_("Rude, disrespectful or unreasonable: likely to make people leave a conversation."),
    N_("severely toxic"): N_("Very hateful or aggressive."),
    N_("obscene"): N_("Swear words and other crude language."),
    N_("threat"): N_("Announces harm to somebody, or wishes it."),
    N_("insult"): N_("Belittles a person or a group."),
    N_("identity hate"): N_("Attacks people for what they are, such as their origin, religion, gender or sexuality."),
    N_("estimated share"): N_(
        "The average of the model's probabilities: how many comments really are of this category."
    ),
    N_("95% interval"): N_("Where the true share is in 95 of 100 cases."),
    N_("flagged"): N_("Scored above the threshold in Settings → Flags, or containing one of your own words."),
    N_("significant?"): N_("Yes if chance, and how days differ anyway, would not explain the change."),
    N_("change"): N_("The difference in percentage points between the two periods."),
    N_("coverage"): N_("The share of the platform's comment count that was collected."),
    N_("severity"): N_("How serious a comment is: the highest severity among its flags, as Settings → Flags has it."),
    N_("judged"): N_(
        "A model is judged in a language if it was tested on labelled comments in it. Others get no scores."
    ),
    N_("pseudonym"): N_("Stands for one author; the name itself is not kept."),
    N_("accepted"): N_("Comments that passed the checks: with text, not seen before, with a plausible time."),
}
IN_NOTES = ("estimated share", "95% interval", "flagged", "coverage", "severity", "judged", "pseudonym")


@cache
def _meanings(_language: str) -> dict[str, str]:
    """By term, in the language that is read."""
    return {_(term).lower(): _(meaning) for term, meaning in MEANINGS.items()}


@cache
def _terms(language: str) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, _meanings(language)), key=len, reverse=True)
    return re.compile(rf"\b({'|'.join(longest_first)})(?!\w)", re.IGNORECASE)


def term(text: str, is_focusable: bool = True) -> Component | str:
    """The text itself, with its meaning if it is a term; not focusable within a link."""
    meaning = _meanings(LANGUAGE.get()).get(text.lower())
    if meaning is None:
        return text
    focus = {"tabIndex": 0} if is_focusable else {}
    return html.Abbr(text, className="term", **cast(Any, {"data-meaning": meaning, **focus}))


def with_terms(text: str) -> list[Any]:
    """A note, in which each term that needs it is explained where it stands first."""
    wanted = {_(term).lower() for term in IN_NOTES}
    parts: list[Any] = []
    for number, part in enumerate(_terms(LANGUAGE.get()).split(text)):
        is_new = number % 2 == 1 and part.lower() in wanted
        wanted -= {part.lower()} if is_new else set()
        parts.append(term(part) if is_new else part)
    return [part for part in parts if part]
