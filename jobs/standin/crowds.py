"""Many who write the same in the invented world.

Fans chant, newcomers enter a giveaway, campaigns send new pseudonyms to several accounts at once, and many answer one
commenter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, NamedTuple

Kind = Literal["chant", "giveaway", "campaign", "pile-on"]
EMOJI = ("🔥", "👏👏", "💙", "‼️", "😡", "🙏", "🤡")
FILLERS = ("really", "honestly", "again", "please", "now", "everyone", "btw", "guys")


@dataclass(frozen=True)
class Crowds:
    """How often they come, and how many write."""

    chanted: float = 0.3  # of a post's usual comments, on match days, as many more are chants
    sent: int = 24  # comments of a campaign, below each post of its accounts and days
    period: int = 28  # days from one campaign to the next
    accounts: int = 2  # of a campaign
    days: int = 2  # of a campaign
    new: float = 0.9  # share of a campaign's authors who came for it
    edited: float = 0.5  # share of its comments that differ from its text
    piled: int = 24  # abusive answers to one commenter, once a week
    entered: int = 0  # comments that enter a giveaway, and as many others by newcomers, once a period


class Line(NamedTuple):
    kind: Kind | None  # None for comments beside it
    text: str
    author: str
    abuse: str | None = None
    is_answer: bool = False  # to the last line that is none


def chants(chance: Random, texts: list[str], count: int, regular: Callable[[], str]) -> Iterator[Line]:
    """By those who always comment."""
    for _ in range(count):
        yield Line("chant", decorated(chance, chance.choice(texts)), regular())


def giveaway(
    chance: Random, text: str, count: int, regular: Callable[[], str], comment: Callable[[], str]
) -> Iterator[Line]:
    """Mostly newcomers come, of whom half write what they were asked to."""
    for i in range(2 * count):
        author = newcomer(chance) if chance.random() < 0.7 else regular()
        yield Line("giveaway", decorated(chance, text), author) if i < count else Line(None, comment(), author)


def campaign(
    chance: Random, called_for: dict[str, Any], crowds: Crowds, authors: list[str], regular: Callable[[], str]
) -> Iterator[Line]:
    """By authors who came for it, and by a few who join them."""
    for _ in range(crowds.sent):
        author = chance.choice(authors) if chance.random() < crowds.new else regular()
        text = edited(chance, called_for["text"]) if chance.random() < crowds.edited else called_for["text"]
        yield Line("campaign", text, author, called_for.get("abuse"))


def pile_on(
    comment: str, count: int, regular: Callable[[], str], abusive: Callable[[], tuple[str, str]], handle: str
) -> Iterator[Line]:
    """One commenter is answered by many, until the account asks them to stop, and is answered too."""
    yield Line(None, comment, regular())
    for _ in range(count):
        text, abuse = abusive()
        yield Line("pile-on", text, regular(), abuse, is_answer=True)
    yield Line(None, "Please stay kind to each other here", handle)
    for thanks in ("thank you for saying so", "you should have done that sooner", "why do you even allow this"):
        yield Line(None, thanks, regular(), is_answer=True)


def newcomer(chance: Random) -> str:
    return f"{chance.choice(FILLERS)}.{chance.randrange(16**8):08x}"


def decorated(chance: Random, text: str) -> str:
    text = text.upper() if chance.random() < 0.3 else text
    return text + chance.choice(("", "", "!", "!!!", f" {chance.choice(EMOJI)}"))


def edited(chance: Random, text: str) -> str:
    """With one or two of its words changed."""
    words = text.split()
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(words))
        change = chance.randrange(4)
        if change == 0:
            words.insert(at, chance.choice(FILLERS))
        elif change == 1:
            words[at] = chance.choice(FILLERS)
        elif change == 2:
            words[at] += words[at][-1]
        else:
            del words[at]
    return decorated(chance, " ".join(words))
