"""How the interface words things: categories, counts, days, and the headings of tables."""

import html as entities
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from dashboard.view import REVIEWS, TAG, Row, View

LABEL_NAMES = {"severe_toxic": "severely toxic", "identity_hate": "identity hate"}
LABEL_PLURALS = {
    "toxic": "toxic comments",
    "severe_toxic": "severely toxic comments",
    "obscene": "obscene comments",
    "threat": "threats",
    "insult": "insults",
    "identity_hate": "identity hate",
}
LABEL_NOUNS = {  # of one comment, of several
    "toxic": ("toxic comment", "toxic comments"),
    "severe_toxic": ("severely toxic comment", "severely toxic comments"),
    "obscene": ("obscene comment", "obscene comments"),
    "threat": ("threat", "threats"),
    "insult": ("insult", "insults"),
    "identity_hate": ("comment with identity hate", "comments with identity hate"),
}
LABEL_VERBS = {
    "toxic": "were toxic",
    "severe_toxic": "were severely toxic",
    "obscene": "were obscene",
    "threat": "were threats",
    "insult": "were insults",
    "identity_hate": "contained identity hate",
}
ATTACKED = {
    "person": "A person",
    "origin": "Origin or ethnicity",
    "religion": "Religion",
    "gender": "Gender",
    "sexuality": "Sexuality or gender identity",
    "age": "Age",
    "disability": "Disability",
    "other": "Another group",
}
COMMENT_FACTS = {
    "is_by_owner": "written by the account",
    "is_liked_by_owner": "liked by the account",
    "is_pinned": "pinned by the account",
    "is_verified": "verified author",
    "is_edited": "edited",
}
COLUMN_HEADINGS = {
    "comments_read": "Collected",
    "comments_kept": "Accepted",
    "comments_scored": "Scored",
    "cost_usd": "Cost (USD)",
    "ready_at": "There at",
    "ingest_errors": "Collection errors",
    "quality_warnings": "Failed checks",
    "column_name": "Column",
    "is_met": "Passed",
    "unexpected_count": "Bad rows",
    "psi": "PSI",
    "share_before": "Share before",
    "flagged_from": "Threshold",
    "is_policy": "In use",
    "captured": "Collected",
    "reported_by_platform": "Reported",
}
PERIODS = {1: "1 day", 7: "7 days", 14: "14 days", 28: "28 days", 91: "13 weeks"}
REJECTIONS = {
    "no_id": "No ID",
    "no_post": "No post",
    "no_account": "No account",
    "no_time": "No time",
    "time_in_the_future": "Posted in the future",
    "time_before_the_window": "Older than the look-back window",
    "no_text": "No text",
    "text_too_long": "Text too long",
    "too_many_likes": "Implausible number of likes",
    "duplicate_id": "Duplicate",
}
COLLECTION_ERRORS = {
    "no_items": "Private or empty account",
    "not_found": "Not found",
    "blocked": "Blocked by the platform",
    "budget_reached": "The budget was too small",
    "start_refused": "Apify did not start the run",
    "start_unclear": "Apify did not say whether the run started",
    "no_room": "Apify had no room for another run",
    "still_running": "The run on Apify took too long",
    "gone": "Apify no longer has the run",
    "items_missing": "Some comments did not arrive",
    "posts_missing": "None of the known posts arrived",
    "refused": "Refused by Apify",
    "unreachable": "Apify could not be reached",
}
LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "pt": "Portuguese",
    "und": "Unknown", "nl": "Dutch", "pl": "Polish", "tr": "Turkish", "ar": "Arabic", "hi": "Hindi", "ru": "Russian",
    "id": "Indonesian", "zh": "Chinese", "ko": "Korean", "ja": "Japanese", "sv": "Swedish", "da": "Danish",
    "no": "Norwegian", "fi": "Finnish", "cs": "Czech", "sk": "Slovak", "hu": "Hungarian", "ro": "Romanian",
    "bg": "Bulgarian", "el": "Greek", "hr": "Croatian", "sr": "Serbian", "sl": "Slovenian", "uk": "Ukrainian",
    "he": "Hebrew", "fa": "Persian", "ur": "Urdu", "bn": "Bengali", "ta": "Tamil", "te": "Telugu", "mr": "Marathi",
    "th": "Thai", "vi": "Vietnamese", "ms": "Malay", "tl": "Tagalog", "sw": "Swahili", "ca": "Catalan", "eu": "Basque",
    "gl": "Galician", "lt": "Lithuanian", "lv": "Latvian", "et": "Estonian", "af": "Afrikaans", "sq": "Albanian",
    "kn": "Kannada", "ml": "Malayalam",
}  # fmt: skip
MOST_LANGUAGES = 4  # named in a sentence
SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def label_name(label: str) -> str:
    """ "severely toxic", within a sentence"""
    return LABEL_NAMES.get(label, label)


def label_title(label: str) -> str:
    """ "Severely toxic", for tiles, menus and cells"""
    return sentence_case(label_name(label))


def label_plural(label: str) -> str:
    """ "Severely toxic comments", for headings"""
    return LABEL_PLURALS[label].capitalize()


def counted(number: int, noun: str) -> str:
    """ "1 comment", "1,204 comments" """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def spelled(number: int) -> str:
    """ "four", "12" """
    return SMALL_NUMBERS[number] if number < len(SMALL_NUMBERS) else f"{number:,}"


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c" """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def some_of(names: Sequence[str], most: int = 3) -> str:
    """ "a, b, c and 4 more" """
    return listed([*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])])


def heading(column: str) -> str:
    """A table's heading for a column of the warehouse."""
    return COLUMN_HEADINGS.get(column, column.replace("_", " ").capitalize())


def day_month(day: date) -> str:
    """ "20 November" """
    return f"{day.day} {day:%B}"


def full_date(day: date) -> str:
    """ "20 November 2026" """
    return f"{day_month(day)} {day.year}"


def period_phrase(days: int, last: date) -> str:
    """ "on 20 November 2026", "in the 7 days to 20 November 2026" """
    return f"on {full_date(last)}" if days == 1 else f"in the {_length(days)} to {full_date(last)}"


def previous_period(days: int) -> str:
    """ "the day before", "the previous 7 days" """
    return "the day before" if days == 1 else f"the previous {_length(days)}"


def dates(first: date, last: date) -> str:
    """ "20 November 2026", "1 to 20 November 2026", "28 December 2025 to 3 January 2026" """
    if first == last:
        return full_date(last)
    if first.year != last.year:
        return f"{full_date(first)} to {full_date(last)}"
    start = day_month(first) if first.month != last.month else str(first.day)
    return f"{start} to {full_date(last)}"


def _length(days: int) -> str:
    return PERIODS.get(days, f"{days:,} days")


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def percent(part: float | None) -> str:
    if part is None:
        return "–"
    return f"{part:.1%}" if part >= 0.01 or part == 0 else f"{part:.2%}"


def points(change: float | None) -> str:
    """+1.2 points"""
    if change is None:
        return "–"
    return f"{100 * change:+.1f} points" if abs(change) >= 0.0005 else "0.0 points"


def up_or_down(change: float) -> str:
    """ "up 1.2 points" """
    return f"{'up' if change > 0 else 'down'} {points(abs(change)).lstrip('+')}"


def share(row: Row) -> str:
    """16.5% ± 1.0"""
    return f"{percent(row['share'])} ± {100 * row['margin']:.1f}"


def shown(value: Any) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return f"{value:%d %b}"
    return entities.unescape(str(value))


def language_name(code: str) -> str:
    return LANGUAGES.get(code, code)


def not_judged(languages: Sequence[Row]) -> str:
    """ " Not counted: 120 comments (2.4%) in languages that the model was not judged in: Greek (100), Finnish." """
    others = [row for row in languages if not row["is_judged"]]
    if not others:
        return ""
    comments, total = (sum(row["comments"] for row in rows) for rows in (others, languages))
    named = ", ".join(f"{language_name(row['language'])} ({row['comments']:,})" for row in others[:MOST_LANGUAGES])
    more = f" and {len(others) - MOST_LANGUAGES} more" if len(others) > MOST_LANGUAGES else ""
    return (
        f" Not counted: {counted(comments, 'comment')} ({percent(comments / total)}) in languages that the model was "
        f"not judged in: {named}{more}."
    )


def filters_of(view: View) -> str:
    """ "instagram/nasa, flagged as threat, in German, in the 7 days to 20 November 2026" """
    parts = [
        f"tagged {view.account.removeprefix(TAG)}" if view.account and view.account.startswith(TAG) else view.account,
        ", ".join(view.accounts),
        view.flag and f"flagged as {label_name(view.flag)}",
        view.severity and f"severity {view.severity}",
        view.attacked and f"attacks: {ATTACKED[view.attacked].lower()}",
        view.language and f"in {language_name(view.language)}",
        view.review and REVIEWS[view.review].lower(),
        view.words and f"with “{view.words}”",
        period_phrase(view.days, view.last),
    ]
    return ", ".join(filter(None, parts))


def change_from(change: float, view: View) -> str:
    """ "up 1.2 points from the previous 7 days", "the same as the previous 7 days" """
    if abs(change) < 0.0005:
        return f"the same as {compared_with(view)}"
    return f"{up_or_down(change)} from {compared_with(view)}"


def compared_with(view: View) -> str:
    """ "the previous 7 days", "the same weeks last year", "1 to 7 November 2026" """
    if view.compared is None:
        return previous_period(view.days)
    if view.against == "year":
        return "the same weeks last year"
    return dates(view.compared.first, view.compared.last)
