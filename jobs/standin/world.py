"""An invented world of accounts, a pure function of seed and date: any window of nights can be visited."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from random import Random

from jobs.standin import crowds
from jobs.standin.crowds import Crowds, Kind, Line

PHRASES = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))
LIFE = (0.62, 0.22, 0.10, 0.06)  # share of a post's comments by its age in days
PERIOD = 14  # days from one wave of abuse to the next
WAVE = (280, 90)  # abusive comments of a wave, below posts of the same day and of the day before
CALM: dict[str, float] = {"kind": 60, "asks": 14, "critical": 14, "spam": 3, "insult": 0.6, "obscene": 0.4}
HEATED: dict[str, float] = {
    "kind": 34,
    "asks": 10,
    "critical": 34,
    "spam": 2,
    "insult": 9,
    "obscene": 5,
    "threat": 1.2,
    "hate": 2.5,
}
STORM: dict[str, float] = {"critical": 12, "insult": 40, "obscene": 28, "threat": 9, "hate": 11}
PILE_ON: dict[str, float] = {"insult": 60, "obscene": 30, "threat": 10}
ABUSE = {"insult": "insult", "obscene": "obscene", "threat": "threat", "hate": "identity_hate"}  # mood → category
CROWDS = Crowds()
MATCH_DAY = 5  # of the week: Saturday
LARGE = 50  # comments below a post, from which campaigns come
MODERATED = {"insult": 0.15, "obscene": 0.15, "threat": 0.5, "hate": 0.5}  # share that is taken down
SYLLABLES = ("ma", "lo", "ri", "ta", "ven", "ko", "su", "ni", "pel", "da", "zo", "fi", "ber", "ju", "ha", "wyn")


@dataclass(frozen=True)
class Community:
    platform: str
    handle: str
    topic: str
    posts_a_day: float
    comments_a_post: int
    languages: dict[str, float] = field(hash=False, default_factory=lambda: {"en": 1.0})
    moods: dict[str, float] = field(hash=False, default_factory=lambda: CALM)
    is_private: bool = False
    has_waves: bool = False
    loses_posts: bool = False


WORLDLY: dict[str, float] = {"en": 64, "es": 9, "pt": 6, "fr": 6, "de": 5, "it": 4, "tr": 4, "el": 2}
COMMUNITIES = (
    Community("instagram", "aurora.space", "space", 1.0, 120, WORLDLY),
    Community("instagram", "harbour_fc", "football", 1.5, 110, {"en": 85, "es": 8, "pt": 7}, has_waves=True,
              moods={**CALM, "critical": 30, "insult": 4, "obscene": 3, "threat": 0.3}),
    Community("instagram", "tonis.kitchen", "cooking", 1.0, 60, {"en": 60, "it": 30, "fr": 10}, loses_posts=True),
    Community("instagram", "the_daily_lantern", "politics", 2.0, 110, {"en": 75, "de": 15, "fr": 10}, HEATED),
    Community("instagram", "mosswood_game", "games", 0.5, 80, {"en": 80, "de": 12, "pt": 8}),
    Community("instagram", "eastgate_library", "library", 0.4, 12),
    Community("instagram", "quiet.garden", "library", 0.5, 10, is_private=True),
    Community("tiktok", "tonis.kitchen", "cooking", 1.0, 60, {"en": 80, "it": 10, "es": 10}),
    Community("youtube", "aurora.space", "space", 0.5, 90, WORLDLY),
    Community("facebook", "harbourfc", "football", 1.0, 50, {"en": 90, "de": 10},
              moods={**CALM, "insult": 4, "hate": 1}),
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    community: Community
    key: int  # holds account, day and place in the day, so that a link alone finds the post
    posted_at: datetime
    caption: str
    likes: int
    is_deleted: bool


@dataclass(frozen=True)
class Comment:
    id: str
    parent_id: str | None
    author: str
    text: str
    edited: str | None  # what it says from the day after
    posted_at: datetime
    visible_at: datetime
    removed_at: datetime
    likes: int
    has_gif: bool
    abuse: str | None  # its category
    oddity: str | None  # "no_id" or "bad_time": what a scraper sometimes sends
    crowd: Kind | None = None  # with which it was written

    def text_at(self, seen_at: datetime) -> str:
        is_edited = self.edited and seen_at - self.posted_at > timedelta(days=1)
        return self.edited if is_edited and self.edited else self.text

    def likes_at(self, seen_at: datetime) -> int:
        return int(self.likes * min(1.0, (seen_at - self.posted_at) / timedelta(days=3)))


class World:
    def __init__(self, seed: int, communities: Sequence[Community] = COMMUNITIES, crowds: Crowds = CROWDS) -> None:
        self.seed, self.communities, self.crowds = seed, communities, crowds
        self.posts_on = lru_cache(maxsize=4096)(self._posts_on)
        self.comments_on = lru_cache(maxsize=16384)(self._comments_on)

    def community(self, platform: str, handle: str) -> Community | None:
        return next((c for c in self.communities if (c.platform, c.handle) == (platform, handle)), None)

    def posts(self, community: Community, since: date, seen_at: datetime) -> list[Post]:
        """Newest first."""
        days = range((seen_at.date() - since).days + 1)
        found = [post for day in days for post in self.posts_on(community, since + timedelta(days=day))]
        return sorted((post for post in found if post.posted_at < seen_at), key=lambda p: p.posted_at, reverse=True)

    def post(self, key: int) -> Post | None:
        place, day, index = key % 64, key // 64 // 16, key // 64 % 16
        if place >= len(self.communities) or not 1 <= day <= date.max.toordinal():
            return None
        posts = self.posts_on(self.communities[place], date.fromordinal(day))
        return posts[index] if index < len(posts) else None

    def comments(self, post: Post, seen_at: datetime) -> list[Comment]:
        """Newest first; a reply is seen when its parent is."""
        first = post.posted_at.date()
        seen = [
            comment
            for age in range(len(LIFE))
            for comment in self.comments_on(post, first + timedelta(days=age))
            if comment.visible_at < seen_at < comment.removed_at
        ]
        ids = {comment.id for comment in seen}
        kept = [comment for comment in seen if comment.parent_id is None or comment.parent_id in ids]
        return sorted(kept, key=lambda c: c.posted_at, reverse=True)

    def abuse(self, first: date, last: date) -> dict[str, str]:
        """ID → category of the comments of these days that are meant to be abusive."""
        days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
        return {
            comment.id: comment.abuse
            for community in self.communities
            for day in days
            for age in range(len(LIFE))
            for post in self.posts_on(community, day - timedelta(days=age))
            for comment in self.comments_on(post, day)
            if comment.abuse
        }

    def is_wave(self, day: date) -> bool:
        return day.toordinal() % PERIOD == self.random("wave").randrange(PERIOD)

    def random(self, *of: object) -> Random:
        digest = blake2b(repr((self.seed, *of)).encode(), digest_size=8).digest()
        return Random(int.from_bytes(digest))

    def _posts_on(self, community: Community, day: date) -> tuple[Post, ...]:
        chance = self.random(community.platform, community.handle, day)
        count = int(community.posts_a_day) + (chance.random() < community.posts_a_day % 1)
        return tuple(self._post(community, day, index, chance) for index in range(count))

    def _post(self, community: Community, day: date, index: int, chance: Random) -> Post:
        posted_at = at(day, 6 * 3600 + chance.randrange(13 * 3600))
        thing = chance.choice(PHRASES["topics"][community.topic]["en"])
        return Post(
            community=community,
            key=(day.toordinal() * 16 + index) * 64 + self.communities.index(community),
            posted_at=posted_at,
            caption=chance.choice(PHRASES["captions"]["en"]).replace("{thing}", thing),
            likes=community.comments_a_post * chance.randint(8, 40),
            is_deleted=community.loses_posts and index == 0 and day.toordinal() % 9 == 4,
        )

    def _comments_on(self, post: Post, day: date) -> tuple[Comment, ...]:
        chance = self.random("comments", post.key, day)
        community, age = post.community, (day - post.posted_at.date()).days
        count = round(community.comments_a_post * LIFE[age] * chance.uniform(0.7, 1.3))
        moods = [community.moods] * count
        if community.has_waves and age < len(WAVE) and self.is_wave(day):
            moods += [STORM] * WAVE[age]
        return (*self._thread(post, day, moods, chance), *self._crowd(post, day, age))

    def _crowd(self, post: Post, day: date, age: int) -> Iterator[Comment]:
        """In dice of its own, so that all else is the same with and without it."""
        chance = self.random("crowd", post.key, day)
        answered: Comment | None = None
        for line in self._lines(post, day, age, chance):
            parent = answered if line.is_answer else None
            opens = int((max(parent.posted_at if parent else post.posted_at, at(day)) - at(day)).total_seconds())
            posted_at = at(day, chance.randrange(opens, 86400))
            comment = Comment(
                id=str(17_700_000_000_000_000 + chance.randrange(10**15)),
                parent_id=parent.id if parent else None,
                author=line.author,
                text=line.text,
                edited=None,
                posted_at=posted_at,
                visible_at=posted_at,
                removed_at=at(date.max),
                likes=chance.randrange(3),
                has_gif=False,
                abuse=line.abuse,
                oddity=None,
                crowd=line.kind,
            )
            answered = parent or comment
            yield comment

    def _lines(self, post: Post, day: date, age: int, chance: Random) -> Iterator[Line]:
        community, sizes = post.community, self.crowds
        period, day_of_it = divmod(day.toordinal(), sizes.period)

        def regular() -> str:
            return author(chance, pool=400)

        if age == 0 and day.weekday() == MATCH_DAY and (texts := PHRASES["chants"].get(community.topic)):
            yield from crowds.chants(chance, texts, round(sizes.chanted * community.comments_a_post), regular)
        dice = self.random("campaign", period)
        first, of_giveaway = dice.randrange(sizes.period - sizes.days), dice.randrange(sizes.period)
        called_for, large = dice.choice(PHRASES["campaigns"]), self._large()
        targets = dice.sample(large, min(sizes.accounts, len(large)))
        authors = [crowds.newcomer(dice) for _ in range(3 * sizes.sent * sizes.accounts)]
        if first <= day_of_it < first + sizes.days and community in targets:
            yield from crowds.campaign(chance, called_for, sizes, authors, regular)
        if sizes.entered and age == 0 and day_of_it == of_giveaway and community in large:
            words = PHRASES["giveaways"]["text"].replace("{account}", community.handle)
            yield from crowds.giveaway(
                chance, words, sizes.entered, regular, lambda: compose(chance, "en", "kind", community.topic)
            )

        week, day_of_it = divmod(day.toordinal(), 7)
        dice = self.random("pile-on", week)
        busy = [one for one in large if one.posts_a_day >= 1]
        is_hit = bool(busy) and (dice.choice(busy), dice.randrange(7)) == (community, day_of_it)
        if sizes.piled and age == 0 and is_hit and post == self.posts_on(community, day)[0]:
            opening = compose(chance, "en", "critical", community.topic)
            yield from crowds.pile_on(
                opening, sizes.piled, regular, lambda: self._abusive(chance, community.topic), community.handle
            )

    def _abusive(self, chance: Random, topic: str) -> tuple[str, str]:
        mood = pick(chance, PILE_ON)
        return compose(chance, "en", mood, topic), ABUSE[mood]

    def _large(self) -> list[Community]:
        return [one for one in self.communities if one.comments_a_post >= LARGE and not one.is_private]

    def _thread(self, post: Post, day: date, moods: list[dict[str, float]], chance: Random) -> Iterator[Comment]:
        opens = int((max(post.posted_at, at(day)) - at(day)).total_seconds())
        times = sorted(min(opens + int(chance.expovariate(1 / 16000)), 86399) for _ in moods)
        chance.shuffle(moods)
        parents: list[Comment] = []
        for mood, seconds in zip(moods, times, strict=True):
            parent = chance.choice(parents[-12:]) if parents and chance.random() < 0.18 else None
            comment = self._comment(post, at(day, seconds), parent, mood, chance)
            if parent is None and comment.oddity is None:
                parents.append(comment)
            yield comment

    def _comment(
        self, post: Post, posted_at: datetime, parent: Comment | None, moods: dict[str, float], chance: Random
    ) -> Comment:
        mood = chance.choices([*moods], [*moods.values()])[0]
        if parent and mood in CALM and chance.random() < 0.8:
            mood = "reply"
        text = compose(chance, pick(chance, post.community.languages), mood, post.community.topic)
        has_gif = mood == "kind" and chance.random() < 0.04
        if has_gif or chance.random() < 0.002:
            text = "" if has_gif else "   "
        is_late, is_edited = chance.random() < 0.03, mood in ("critical", "insult") and chance.random() < 0.06
        id = str(17_800_000_000_000_000 + chance.randrange(10**15))
        moderator = self.random("moderator", id)
        is_removed = moderator.random() < MODERATED.get(mood, 0)
        return Comment(
            id=id,
            parent_id=parent.id if parent else None,
            author=author(chance, pool=60 if moods is STORM else 400),
            text=text,
            edited=f"{text} (edit: calm down everyone)" if is_edited else None,
            posted_at=posted_at,
            visible_at=posted_at + timedelta(hours=chance.randint(24, 44) if is_late else 0),
            removed_at=posted_at + timedelta(hours=moderator.randint(30, 60)) if is_removed else at(date.max),
            likes=int(chance.paretovariate(1.1)) - 1,
            has_gif=has_gif,
            abuse=ABUSE.get(mood),
            oddity=chance.choice(("no_id", "bad_time")) if chance.random() < 0.003 else None,
        )


def at(day: date, seconds: int = 0) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)


def pick(chance: Random, weights: dict[str, float]) -> str:
    return chance.choices([*weights], [*weights.values()])[0]


def author(chance: Random, pool: int) -> str:
    """Few write much, many write little."""
    number = int(pool * chance.random() ** 2)
    syllables = Random(number * 1000 + pool)
    return "".join(syllables.choices(SYLLABLES, k=3)) + str(number)


def compose(chance: Random, language: str, mood: str, topic: str) -> str:
    sentences = PHRASES["sentences"][language]
    if mood not in sentences:
        language, sentences = "en", PHRASES["sentences"]["en"]
    slots = {**PHRASES["slots"][language], "thing": PHRASES["topics"][topic][language]}

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return str(chance.randint(2, 98)) if name == "number" else chance.choice(slots[name])

    text: str = chance.choice(sentences[mood])
    while "{" in text:
        text = re.sub(r"\{(\w+)\}", fill, text)
    if chance.random() < 0.04:
        text = text.upper()
    return text
